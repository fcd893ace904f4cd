// The two proofs of leadership an RPC can ask for. The engine's own word is not enough: a partitioned old leader still
// says it leads, would queue a rotation nobody commits, and would ship a stale key set over fresh keys. So a round trip
// follows, and a read of the registry is fenced by an applied read on top.
import { Code, StatusError } from '../base/errors.ts';
import type { Task } from '../base/task.ts';
import { goQuote } from '../base/go-text.ts';
import type { CallContext, LeaderView } from './ports.ts';
import { failedPrecondition, waitRefusal } from './refusals.ts';
import { orEnd } from './waiting.ts';
import type { Wiring } from './wiring.ts';

/** Passes on a proven leader, and without a view at all. @throws StatusError @source admin.md §3 */
export function* requireLeader(w: Wiring, ctx: CallContext): Task<void> {
  const view = w.leaderView;
  if (view === null) return;
  requireState(view);
  try {
    yield* orEnd(ctx, view.verifyLeader());
  } catch (error) {
    throw waitRefusal(error, 'VerifyLeader', Code.FailedPrecondition, 'failed, refusing to act on stale-leader state');
  }
}

/** As requireLeader, but what this replica has applied is proven fresh as well. @throws StatusError @source admin.md §3 */
export function* requireRegistryLeader(w: Wiring, ctx: CallContext): Task<void> {
  if (w.registryFence === 'verifyLeader') return yield* requireLeader(w, ctx);
  const view = w.registryLeaderView ?? w.leaderView;
  if (view === null) return;
  requireState(view);
  try {
    yield* orEnd(ctx, view.linearizableRead());
  } catch (error) {
    throw waitRefusal(
      error,
      'LinearizableRead',
      Code.FailedPrecondition,
      'failed, refusing to read stale registry state',
    );
  }
}

/** Whether the registry may be projected here: a follower answers without it. @throws StatusError for other codes */
export function* isRegistryLeader(w: Wiring, ctx: CallContext): Task<boolean> {
  try {
    yield* requireRegistryLeader(w, ctx);
    return true;
  } catch (error) {
    if (error instanceof StatusError && error.code === Code.FailedPrecondition) return false;
    throw error;
  }
}

function requireState(view: LeaderView): void {
  if (view.state() === 'leader') return;
  const { id, address } = view.leader();
  if (id === '' && address === '') throw failedPrecondition('not leader (no known leader)');
  throw failedPrecondition(`not leader (current leader id=${goQuote(id)} address=${goQuote(address)})`);
}
