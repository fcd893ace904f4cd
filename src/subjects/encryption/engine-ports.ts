// The engine of a group and the time of a process, as the admin service asks for them. The service tells apart why a
// proposal failed; an adapter that flattened those reasons would make every refusal look like a halt.
import type { Task } from '../../base/task.ts';
import { Failure } from '../../fsm/failure.ts';
import { EngineError } from '../../admin/ports.ts';
import type {
  CallContext as AdminContext,
  Clock,
  EngineErrorKind,
  LeaderView,
  ProposalResult,
  Proposer,
} from '../../admin/ports.ts';
import type { CallContext, GroupPort, ProcessPort, ProposalFailure } from '../../scenario/program.ts';

const KINDS: Readonly<Record<ProposalFailure, EngineErrorKind>> = {
  'not-leader': 'notLeader',
  'leadership-lost': 'leadershipLost',
  'transfer-in-progress': 'transferInProgress',
  canceled: 'canceled',
  deadline: 'deadline',
  halted: 'other',
  closed: 'other',
};

/** The engine's failure as the service's; a halt keeps the engine's own words. */
export function engineError(why: ProposalFailure, detail: string): EngineError {
  const kind = KINDS[why];
  return kind === 'other' ? new EngineError(kind, detail) : new EngineError(kind);
}

/** Proposes payloads as they are. */
export function rawProposer(group: GroupPort): Proposer {
  const proposeRaw = (payload: Uint8Array): Task<ProposalResult> => propose(group, payload, '');
  return { propose: proposeRaw, proposeAdmin: proposeRaw };
}

/** What a user proposal passes on its way to the engine of a group. */
export interface Admission {
  /** Throws when user proposals are held back. */
  enter(): void;
}

/**
 * Proposes what `wrap` makes of a payload; its failures wear the words of the shard group's own proposer.
 * @param admission asked before a user proposal, not before one of the service
 */
export function wrappingProposer(
  group: GroupPort,
  wrap: (payload: Uint8Array) => Uint8Array | Failure,
  admission: Admission,
): Proposer {
  const wrapped = (payload: Uint8Array): Uint8Array => {
    const bytes = wrap(payload);
    if (bytes instanceof Failure) throw new EngineError('other', `kv: raft payload wrap: ${bytes.text}`);
    return bytes;
  };
  return {
    *propose(payload) {
      admission.enter();
      return yield* propose(group, wrapped(payload), 'kv: dynamic wrapped propose: ');
    },
    *proposeAdmin(payload) {
      return yield* propose(group, wrapped(payload), 'kv: dynamic wrapped propose-admin: ');
    },
  };
}

/** @throws EngineError its text with `prefix` in front, its kind the engine's */
function* propose(group: GroupPort, payload: Uint8Array, prefix: string): Task<ProposalResult> {
  const proposed = yield* group.propose(payload);
  if (proposed.ok) return { index: proposed.index, response: proposed.error };
  const error = engineError(proposed.why, proposed.detail);
  throw prefix === '' ? error : new EngineError(error.kind, prefix + error.message);
}

/** A group's leadership as this process sees it. */
export function leaderViewOf(group: GroupPort): LeaderView {
  return {
    state: () => group.role(),
    leader: () => group.leader(),
    *verifyLeader() {
      const failed = yield* group.verifyLeader();
      if (failed !== null) throw readError(group, failed);
    },
    *linearizableRead() {
      const index = yield* group.linearizableRead();
      if (typeof index !== 'number') throw readError(group, index);
      return index;
    },
  };
}

function readError(group: GroupPort, why: ProposalFailure): EngineError {
  return engineError(why, `raft engine: group ${group.name} ${why}`);
}

/** The time of a process; an alarm of a process that died never rings. */
export function clockOf(port: Pick<ProcessPort, 'nowMs' | 'sleep' | 'spawn'>): Clock {
  return {
    nowMs: () => port.nowMs(),
    after(ms, wake) {
      let live = true;
      port.spawn('alarm', function* () {
        yield* port.sleep(Math.ceil(ms));
        if (live) wake();
      });
      return () => void (live = false);
    },
  };
}

/** A caller's deadline, as the service watches it. */
export function contextOf(context: CallContext, clock: Clock): AdminContext {
  return {
    end: () => context.canceled(),
    onEnd(wake) {
      if (context.canceled() === null) return clock.after(Math.max(0, context.deadlineMs - clock.nowMs()), wake);
      wake();
      return () => undefined;
    },
  };
}
