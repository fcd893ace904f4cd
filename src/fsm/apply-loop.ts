// The engine's half of applying an entry: which bytes reach the state machine, and what moves the applied index. It is
// small and every line has cost a cluster: unwrap only behind the proposal header, only strictly past the cutover, even
// for a duplicate (its clear text decides whether it runs again), and stop for good at the first entry that cannot be
// applied, because the next one would be applied to another state than everywhere else.
import type { Entry, Index } from '../raft/types.ts';
import type { RaftUnwrapper } from './encryption/ports.ts';
import { Failure, SENTINELS } from './failure.ts';
import { isProposal, proposalPayload } from './proposal-envelope.ts';
import { APPLIED } from './state-machine.ts';
import type { ApplyResult, Halt, StateMachine } from './state-machine.ts';

/** What an apply loop is wired to. */
export interface ApplyLoopParts {
  readonly fsm: StateMachine;
  /** This process's cutover cell: entries above it are wrapped; 0 while inactive. */
  readonly cutover: () => Index;
  readonly unwrapper: RaftUnwrapper | null;
}

/** Opcode of a halt whose payload nobody could read. */
export const OPCODE_UNREADABLE = -1;

/** Applies the committed entries of one group, in order. @source elastickv raftengine/etcd applyCommitted */
export class ApplyLoop {
  readonly #parts: ApplyLoopParts;
  #applied: Index;
  #halted: Halt | null = null;
  #duplicate = false;

  /** @param applied the snapshot index, or what the store already holds if that is more */
  constructor(parts: ApplyLoopParts, applied: Index) {
    this.#parts = parts;
    this.#applied = applied;
  }

  /** Index of the last entry applied; never moves down. */
  get applied(): Index {
    return this.#applied;
  }

  /** Why the loop stopped, null while it runs. */
  get halted(): Halt | null {
    return this.#halted;
  }

  /** True if the entry applied last was a duplicate: it must resolve no waiter. */
  get duplicate(): boolean {
    return this.#duplicate;
  }

  /** Applies a normal entry. Once halted, it answers the same halt for ever and touches nothing. */
  apply(entry: Entry): ApplyResult | Halt {
    if (this.#halted !== null) return this.#halted;
    this.#duplicate = entry.index <= this.#applied;
    const outcome = this.#run(entry);
    if (outcome.kind === 'halt') this.#halted = outcome;
    else if (!this.#duplicate) this.#applied = entry.index;
    return outcome;
  }

  /** A configuration change, or a snapshot, was applied elsewhere: it always advances. */
  advanceTo(index: Index): void {
    if (this.#halted === null && index > this.#applied) this.#applied = index;
  }

  #run(entry: Entry): ApplyResult | Halt {
    if (!isProposal(entry.data)) return APPLIED;
    const { fsm, cutover, unwrapper } = this.#parts;
    let payload = proposalPayload(entry.data);
    const cutoverIndex = cutover();
    if (cutoverIndex !== 0 && entry.index > cutoverIndex) {
      if (unwrapper === null) return unreadable(entry.index, `${NO_CIPHER}: ${SENTINELS.ErrRaftUnwrapFailed}`);
      const clear = unwrapper.unwrap(payload);
      if (clear instanceof Failure)
        return unreadable(entry.index, `raftengine/etcd: raft envelope unwrap: ${clear.text}`);
      payload = clear;
    }
    if (this.#duplicate) {
      if (!fsm.isVolatileOnly(payload)) return APPLIED;
    } else fsm.setApplyIndex(entry.index);
    return fsm.apply(entry, payload);
  }
}

const NO_CIPHER = 'raftengine/etcd: entry past raft envelope cutover but no raft cipher wired';

function unreadable(index: Index, detail: string): Halt {
  return { kind: 'halt', index, opcode: OPCODE_UNREADABLE, code: 'ErrRaftUnwrapFailed', detail };
}

/** The error the engine stops with, and every later call on it gets. */
export function engineError(halt: Halt): string {
  if (halt.opcode === OPCODE_UNREADABLE) return halt.detail;
  return `raftengine/etcd: FSM-requested apply halt: ${halt.detail}`;
}
