// The engine of a group and the time of a process, as the admin service asks for them. The service tells apart why a
// proposal failed; an adapter that flattened those reasons would make every refusal look like a halt.
import type { Task } from '../../base/task.ts';
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
  return proposerOf(group, (payload) => payload, null);
}

/** What a proposal passes on its way to the engine of a group. */
export interface Admission {
  /** Throws when user proposals are held back. */
  enter(): void;
}

/**
 * Proposes what `wrap` makes of a payload.
 * @param admission asked before a user proposal, not before one of the service
 */
export function proposerOf(
  group: GroupPort,
  wrap: (payload: Uint8Array) => Uint8Array,
  admission: Admission | null,
): Proposer {
  return {
    *propose(payload) {
      admission?.enter();
      return yield* propose(group, wrap(payload));
    },
    *proposeAdmin(payload) {
      return yield* propose(group, wrap(payload));
    },
  };
}

function* propose(group: GroupPort, payload: Uint8Array): Task<ProposalResult> {
  const proposed = yield* group.propose(payload);
  if (!proposed.ok) throw engineError(proposed.why, proposed.detail);
  return { index: proposed.index, response: proposed.error };
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
