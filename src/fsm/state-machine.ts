// The contract between a replica and the replicated state machine it drives. Apply is total: no byte string makes it
// throw, and it answers one of exactly two things. "Applied" moves the index, even when the answer inside is a plain
// error every replica skips alike; "halt" keeps the index where it is and stops the group on this node. A state machine
// that could answer anything else would let one replica skip what its peers applied, in silence.
import type { Entry, Index } from '../raft/types.ts';
import type { FailureCode } from './failure.ts';

/** Why an apply loop stopped: the sentinel of the real store, or `ErrSubject` for a designer's own halt. */
export type HaltCode = Exclude<FailureCode, ''> | 'ErrSubject';

/** The entry took its place in the history; the applied index advances to it. */
export interface ApplyResult {
  readonly kind: 'applied';
  /** What the waiting proposer is given; null for none. */
  readonly response: Uint8Array | null;
  /** A plain error: skipped alike by every replica. The proposer sees it, the index advances all the same. */
  readonly error: string | null;
}

/** The apply loop of this group stops on this node before the index advances, and again after each restart. */
export interface Halt {
  readonly kind: 'halt';
  /** The entry that cannot be applied: it is durable and committed, and stays in the log. */
  readonly index: Index;
  /** First byte of the payload, 0–255; -1 when the payload could not be unwrapped. */
  readonly opcode: number;
  readonly code: HaltCode;
  /** The full error text of the real store. */
  readonly detail: string;
}

/** Applied, with neither response nor error; shared because it is the answer of almost every entry. */
export const APPLIED: ApplyResult = { kind: 'applied', response: null, error: null };

/** True for the outcome that stops the apply loop. */
export function isHalt(outcome: ApplyResult | Halt): outcome is Halt {
  return outcome.kind === 'halt';
}

/** An applied entry whose answer is a plain error. */
export function refused(error: string): ApplyResult {
  return { kind: 'applied', response: null, error };
}

/**
 * One group's replicated state on one node.
 * @source elastickv raftengine.StateMachine and its ApplyIndexAware seam
 */
export interface StateMachine {
  /**
   * Tells the index of the entry that `apply` is about to be given. Not called for a duplicate of a cold start, so
   * that the durable applied index cannot be moved by an entry that was already applied.
   */
  setApplyIndex(index: Index): void;
  /**
   * Applies one committed normal entry. Total: it returns, whatever the bytes.
   * @param entry as it stands in the log; its `data` still wears the proposal envelope
   * @param payload what is left of `entry.data` when the proposal and raft envelopes are off
   */
  apply(entry: Entry, payload: Uint8Array): ApplyResult | Halt;
  /** True if the payload changes only memory, so that a duplicate must run again after a cold start. */
  isVolatileOnly(payload: Uint8Array): boolean;
  /** The highest index whose effect is durable in the store itself; 0 if none. A cold start compares it with snapshots. */
  durableAppliedIndex(): Index;
  /**
   * The whole state as bytes, header included. Persisting it makes `index` durable; 0 is the snapshot a group is founded
   * with, which no entry led to and which makes nothing durable.
   */
  snapshot(index: Index): Uint8Array;
  /** Replaces the whole state by a snapshot taken at `index`. Null, or why the bytes are refused (state untouched). */
  restore(bytes: Uint8Array, index: Index): string | null;
  /** Takes what stands before the body of a snapshot that a cold start skips; absent where nothing does. As `restore`. */
  restoreHeader?(bytes: Uint8Array): string | null;
  /**
   * The highest index whose effect the state may hold; absent where that is always the applied index. It is above it
   * while entries are replayed into a store that kept more than its durable mark says.
   */
  stateIndex?(): Index;
  /** An int32 fingerprint of the replicated state; equal states have equal digests on every node. */
  digest(): number;
}
