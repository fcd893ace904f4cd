// One replica as a host drives it: step messages in, take a Ready, persist, send, apply, advance.
import type { Config } from './config.ts';
import type { Message } from './message.ts';
import type {
  AnyConfChange,
  ConfState,
  Entry,
  HardState,
  Index,
  RaftId,
  ReadState,
  Snapshot,
  SoftState,
  Term,
} from './types.ts';
import type { Tracker, TrackerConfig } from './tracker.ts';
import type { Progress } from './progress.ts';

/** Why a proposal was not taken: all of them are the reference's ErrProposalDropped. */
export type DropReason = 'noLeader' | 'forwardingDisabled' | 'notMember' | 'transferring' | 'uncommittedSize';

/** Fate of a proposal. A forwarded one has index 0: only the leader knows where it will stand. */
export type Proposed =
  { readonly ok: true; readonly index: Index; readonly term: Term } | { readonly ok: false; readonly why: DropReason };

/**
 * What became of a message. 'ignored': a local kind came from outside (ErrStepLocalMsg); 'unknownPeer': an answer of a node
 * without progress (ErrStepPeerNotFound); 'dropped': a proposal that was refused (ErrProposalDropped).
 */
export type StepOutcome = 'stepped' | 'dropped' | 'ignored' | 'unknownPeer';

/** The reference's error text of an outcome; null for 'stepped'. */
export declare function stepError(outcome: StepOutcome): string | null;

/**
 * What to do next: persist hardState, snapshot, entries; send messages; apply committedEntries. null means unchanged.
 * Valid until the next ready() or advance() of the same node: the object is reused then; the arrays in it are not.
 */
export interface Ready {
  readonly softState: SoftState | null;
  readonly hardState: HardState | null;
  readonly readStates: readonly ReadState[];
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | null;
  readonly committedEntries: readonly Entry[];
  readonly messages: readonly Message[];
  readonly mustSync: boolean;
}

/** A member of the first configuration. @source etcd Peer */
export interface Peer {
  readonly id: RaftId;
  readonly context: Uint8Array;
}

/** The state of a node without its peers. @source etcd BasicStatus */
export interface BasicStatus {
  readonly id: RaftId;
  readonly hardState: HardState;
  readonly softState: SoftState;
  readonly applied: Index;
  readonly leadTransferee: RaftId;
}

/** The state of a node; progress is empty unless it leads. @source etcd Status */
export interface Status extends BasicStatus {
  readonly config: TrackerConfig;
  readonly progress: readonly Progress[];
}

/** One replica of one group. @throws RaftInvariantError where the reference panics. @source etcd RawNode */
export declare class RawNode {
  readonly id: RaftId;
  constructor(config: Config);

  /** Moves the clock by whole ticks. tick(n) ≡ n × tick(1). */
  tick(count: number): void;
  /** Ticks (>= 1) until a tick may do more than count; NO_LIMIT when none will. Holds until the next other call. */
  ticksUntilWork(): number;
  /** Takes a message from a peer, a storage thread, or the host. */
  step(m: Message): StepOutcome;
  /** MsgHup: start an election. */
  campaign(): void;
  propose(data: Uint8Array): Proposed;
  /** One MsgProp of several entries. */
  proposeBatch(data: readonly Uint8Array[]): Proposed;
  proposeConfChange(change: AnyConfChange): Proposed;
  /** To be called for each committed conf change entry, in order. */
  applyConfChange(change: AnyConfChange): ConfState;

  hasReady(): boolean;
  ready(): Ready;
  /** Synchronous storage only: everything of the last Ready is persisted, sent and applied. */
  advance(): void;

  readIndex(context: Uint8Array): void;
  transferLeader(transferee: RaftId): void;
  forgetLeader(): void;
  reportUnreachable(peer: RaftId): void;
  reportSnapshot(peer: RaftId, ok: boolean): void;
  /** First start with members but no snapshot. @throws RaftInvariantError if peers or storage do not allow it */
  bootstrap(peers: readonly Peer[]): void;

  basicStatus(): BasicStatus;
  status(): Status;
  /** Live view of members and progress; not to be changed. */
  tracker(): Tracker;
  /** Overwrites the current randomized election timeout; lost at the next reset. For scripts and tests. */
  setRandomizedElectionTimeout(ticks: number): void;
  /** Term of the entry at an index of the whole log (unstable part included); 0 if unknown. */
  termAt(index: Index): Term;
  firstIndex(): Index;
  lastIndex(): Index;
}
