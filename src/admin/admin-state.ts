// What one EncryptionAdmin server remembers between calls: the permit every mutator needs and the latch an unsafe
// cutover leaves behind. There was one such pair per listener once, so two cutovers ran at the same time and the latch
// was bypassed by asking another group's port. A server is one per process; who makes two of them models that fault.
import { Code, StatusError } from '../base/errors.ts';
import type { Task } from '../base/task.ts';
import type { CallContext, Index, ProposalResult, Proposer, SidecarState } from './ports.ts';
import { NO_PATH, NO_PROPOSER, UNSAFE_LATCH } from './refusals.ts';
import { failedPrecondition, proposeRefusal, sidecarOrRefuse, waitRefusal } from './refusals.ts';
import { Semaphore, orEnd } from './waiting.ts';
import type { Wiring } from './wiring.ts';

/** One server: its options and its process-long memory. */
export interface AdminState {
  readonly wiring: Wiring;
  readonly mutators: Semaphore;
  /** Set by a raft cutover whose outcome is unknown; nothing but a restart clears it. */
  unsafe: boolean;
}

/** A server with the permit free and the latch open. */
export function adminState(wiring: Wiring): AdminState {
  return { wiring, mutators: new Semaphore(), unsafe: false };
}

/** The raw proposer. @throws StatusError */
export function rawProposer(w: Wiring): Proposer {
  if (w.proposer === null) throw failedPrecondition(NO_PROPOSER);
  return w.proposer;
}

/** Reads the sidecar. @throws StatusError without a path, or as admin.md §5 maps the reader's error */
export function readSidecar(w: Wiring): SidecarState {
  if (w.sidecar === null) throw failedPrecondition(NO_PATH);
  return sidecarOrRefuse(w.sidecar.read());
}

/** Runs `body` with the permit. @throws StatusError when the caller gives up first */
export function* withPermit<T>(state: AdminState, ctx: CallContext, body: () => Task<T>): Task<T> {
  try {
    yield* state.mutators.acquire(ctx);
  } catch (error) {
    throw waitRefusal(error, 'cutover mutator wait', Code.Internal, 'failed');
  }
  try {
    return yield* body();
  } finally {
    state.mutators.release();
  }
}

/** Proposes an entry that is no cutover: with the permit, never past the latch, through the wrapping proposer. */
export function proposeMutation(state: AdminState, ctx: CallContext, entry: Uint8Array): Task<Index> {
  return withPermit(state, ctx, function* () {
    if (state.unsafe) throw failedPrecondition(UNSAFE_LATCH);
    return yield* proposeEntry(wrappingProposer(state.wiring), ctx, entry);
  });
}

/** The proposer that wraps above the raft cutover; the raw one where there is no other. */
export function wrappingProposer(w: Wiring): Proposer {
  return w.postCutoverProposer ?? rawProposer(w);
}

/**
 * Proposes one entry and waits for it. The index is the commit index, even when the state machine answered an error.
 * @throws StatusError @source admin.md §5
 */
export function* proposeEntry(proposer: Proposer, ctx: CallContext, entry: Uint8Array): Task<Index> {
  let result: ProposalResult | null;
  try {
    result = yield* orEnd(ctx, proposer.proposeAdmin(entry));
  } catch (error) {
    throw proposeRefusal(error, entry[0] ?? 0);
  }
  if (result === null) throw new StatusError(Code.Internal, 'encryption: proposer returned nil result');
  return result.index;
}
