// What the simulated world tells its checkers, and what checkers may look at. Events are small integers and references to
// values that exist anyway: a checker that had to be fed rendered trace events would cost more than the run it watches.
// Nodes and groups are numbers from 1 (node 0 is the outside: operators and clients); a node's number is its raft id.
import type {
  ConfState,
  DropReason,
  Entry,
  HardState,
  Index,
  Message,
  RaftId,
  Role,
  Snapshot,
  Term,
} from '../../raft/index.ts';
import type { Halt } from '../../fsm/state-machine.ts';
import type { Build } from '../../scenario/build.ts';
import type { DiskEvent, ProcessEvent } from '../../scenario/watch.ts';

/** How a leader sees one peer; a `Progress` of the core is one. */
export interface PeerLens {
  readonly id: RaftId;
  readonly match: Index;
  readonly next: Index;
  /** 0 probe, 1 replicate, 2 snapshot. */
  readonly state: number;
  readonly isLearner: boolean;
  /** Heard since the last quorum check. */
  readonly recentActive: boolean;
  inflightCount(): number;
  inflightBytes(): number;
}

/** Members and peers of one replica; a `Tracker` of the core is one. */
export interface MembersLens {
  readonly config: {
    readonly incoming: readonly RaftId[];
    readonly outgoing: readonly RaftId[];
    readonly learners: readonly RaftId[];
    readonly learnersNext: readonly RaftId[];
    readonly autoLeave: boolean;
  };
  readonly progress: readonly PeerLens[];
}

/** The cursors of a log, as the core has them now; a `RaftLog` is one. */
export interface LogLens {
  readonly committed: Index;
  readonly applied: Index;
  /** First index that is not known to be on disk. */
  readonly offset: Index;
  /** Whether entries wait for the disk, handed out or not. */
  hasNextOrInProgressUnstableEntries(): boolean;
  /** Whether a snapshot waits for the disk. */
  hasNextOrInProgressSnapshot(): boolean;
}

/** One replica's log and membership in memory; a `RawNode` is one. */
export interface RaftLens {
  readonly log: LogLens;
  readonly isLearner: boolean;
  /** Whom the node voted for in its term; 0 for nobody. */
  readonly vote: RaftId;
  /** Ticks since a leader was heard or a vote was given; of a leader, since it last looked for its quorum. */
  readonly electionElapsed: number;
  /** The leader the node believes in; 0 for none. */
  readonly lead: RaftId;
  /** Whom a leader hands over to; 0 for nobody. */
  readonly leadTransferee: RaftId;
  /** Payload bytes a leader counts as proposed and not applied. */
  readonly uncommittedSize: number;
  /** Term at an index of the whole log, unstable part included; 0 if unknown. */
  termAt(index: Index): Term;
  firstIndex(): Index;
  lastIndex(): Index;
  tracker(): MembersLens;
}

/** What one replica's disk would give back after a crash at this moment, the unsynced tail not counted; a `LogDisk` is one. */
export interface DurableLens {
  readonly hardState: HardState;
  readonly snapshot: Snapshot;
  lastIndex(): Index;
  /** Term of a durable entry, the snapshot's own index included; 0 if unknown. */
  termAt(index: Index): Term;
}

/** One incarnation of one replica. */
export interface ReplicaLens {
  readonly raft: RaftLens;
  readonly disk: DurableLens;
  role(): Role;
  term(): Term;
  commit(): Index;
  applied(): Index;
}

/** Anything with a fingerprint of its state; a `StateMachine` is one. */
export interface Digestible {
  digest(): number;
  /** The highest index whose effect the state may hold; absent where that is always the applied index. */
  stateIndex?(): Index;
}

/** The kinds of status a KV operation can end with. */
export const KvEnd = { Ok: 0, Failed: 1, Unknown: 2 } as const;
export type KvEnd = (typeof KvEnd)[keyof typeof KvEnd];

/**
 * The events of a run, in the order in which they happen. Within one replica: a change of role, term or commit index is told
 * before the messages and writes of the same Ready, an append when the entry is in the (unstable) log, `onPersist` after
 * each write to the disk, `onSend` for each message that leaves, after the write it waits for.
 */
export interface Probe {
  /** A replica has opened its log; told before it steps anything. Told again after each restart. */
  onStart(node: number, group: number, replica: ReplicaLens): void;
  /** The replica is gone, by whatever way; `wiped` if its disk went with it. */
  onStop(node: number, group: number, wiped: boolean): void;
  /** Role or term changed. */
  onRole(node: number, group: number, role: Role, term: Term): void;
  /** An entry came to stand in the replica's log. `leads`: the replica is the leader that made it. */
  onAppend(node: number, group: number, entry: Entry, leads: boolean): void;
  /** The commit index known to the replica rose to `index`. */
  onCommit(node: number, group: number, index: Index): void;
  /**
   * The replica applied an entry; `machine` is the state after it, null where there is none. `error` is the plain error
   * with which every replica is held to skip it alike; null if it took effect.
   */
  onApply(
    node: number,
    group: number,
    entry: Entry,
    opcode: number,
    machine: Digestible | null,
    error: string | null,
  ): void;
  /** The apply loop stopped; `entry` was not applied. */
  onHalt(node: number, group: number, halt: Halt): void;
  /** A snapshot was taken of, or replaced, the replica's state. */
  onSnapshot(node: number, group: number, did: 'take' | 'install', snapshot: Snapshot): void;
  /** A configuration took effect; `index` is that of the entry or snapshot it came with. */
  onConf(node: number, group: number, index: Index, conf: ConfState): void;
  /** A message leaves for a peer. */
  onSend(node: number, group: number, m: Message): void;
  /** Something was written to the replica's disk, synced or not. */
  onPersist(node: number, group: number): void;
  /** The replica is about to step a message of a peer. */
  onReceive(node: number, group: number, m: Message): void;
  /** Committed entries were handed out to be applied. */
  onHandOut(node: number, group: number, entries: readonly Entry[]): void;
  /** The core stepped an answer that its own write had held back; `before` is what `log.offset` was. */
  onStorageAck(node: number, group: number, m: Message, before: Index): void;
  /** The append thread has nothing left to write, and the core has heard of all that it wrote. */
  onStorageIdle(node: number, group: number): void;
  /** A leader stepped an answer of this peer. */
  onProgress(node: number, group: number, peer: number): void;
  /** A leader refused a proposal of that many payload bytes; `why` is the core's reason. */
  onDropped(node: number, group: number, why: DropReason, sizeBytes: number): void;
  /** A linearizable read was asked for; `read` is unique in the run. */
  onReadAsked(node: number, group: number, read: number): void;
  /** The read got its index. */
  onReadIndex(node: number, group: number, read: number, index: Index): void;
  /** A leader was told to hand over. */
  onTransfer(node: number, group: number, to: number): void;
  /** A node was told to forget its leader, `lead` being the one it knew; told when it has heard of it. */
  onForget(node: number, group: number, lead: RaftId): void;
  /** A leader stepped a report on a snapshot; it waited for one at index `waited`, 0 if for none. */
  onSnapshotReport(node: number, group: number, peer: number, ok: boolean, waited: Index): void;
  /** After healing: a proposal and a read of the group were answered. */
  onServed(group: number): void;
  /** A process reported its identity through one of its listeners. */
  onIdentity(node: number, group: number, fullNodeId: string): void;
  /** A plan's call began; `call` is unique in the run. */
  onCall(call: number, rpc: string): void;
  /** gRPC code and text of its end. */
  onReturn(call: number, rpc: string, code: number, text: string): void;
  /** A client's KV operation began; `op` counts from 0 in the run; `value` null: a read. */
  onKvCall(op: number, client: number, group: number, key: string, value: string | null): void;
  /** It ended; `value` is what a read returned. */
  onKvEnd(op: number, end: KvEnd, value: string | null): void;
  /** A process started, serves or ended; `detail` says why it ended. */
  onProcess(node: number, what: ProcessEvent, build: Build, detail: string): void;
  /** The program of a node tells the feature's own properties something. */
  onFact(node: number, fact: object): void;
  /** An operator changed a disk by hand. */
  onDisk(node: number, what: DiskEvent, detail: string): void;
  /** Links, weather, or who is up or paused changed. */
  onLinks(): void;
  /** Time has passed; told every 50 virtual ms or so. */
  onTick(nowMs: number): void;
  /** All faults are over. */
  onHealed(nowMs: number): void;
  /** The plan is over. */
  onPlanDone(nowMs: number): void;
  /** The run is over. `complete` is false if a limit ended it. */
  onEnd(nowMs: number, complete: boolean): void;
}

/** A property watched all through a run. It defines the hooks it needs and no other. */
export interface Checker extends Partial<Probe> {
  readonly name: string;
  /** What it holds to be true, one sentence without a full stop. */
  readonly says: string;
}

/** Which nodes can talk, as checkers need it; a `Network` with the nodes' states is one. */
export interface LinksLens {
  /** Both ways open, both ends up and running, no loss, delay or duplication about. */
  steady(a: number, b: number): boolean;
  /** A message from `a` can reach `b` at all. */
  reaches(a: number, b: number): boolean;
}

/** What every checker is built with. Arrays are in ascending number and have an unused element 0. */
export interface CheckContext {
  readonly nodes: readonly string[];
  readonly groups: readonly string[];
  /** Election timeout in virtual ms on a clock without skew, least and most. */
  readonly electionMs: readonly [number, number];
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  /** Reads are answered under a lease, without asking anyone. */
  readonly leaseReads: boolean;
  readonly tickMs: number;
  /** Clocks may run at different rates. */
  readonly skewedClocks: boolean;
  /** Time stands still for groups in which nothing is under way. */
  readonly parking: boolean;
  /** Answers wait for storage threads, and leave when other things have happened. */
  readonly asyncStorage: boolean;
  readonly maxInflightMsgs: number;
  /** 0: no limit. */
  readonly maxInflightBytes: number;
  /** 0: no limit. */
  readonly maxUncommittedBytes: number;
  /** Encoded bytes of entries handed out and not applied. */
  readonly maxApplyingBytes: number;
  readonly links: LinksLens;
  nowMs(): number;
  /** The running replica; null where the node hosts none or is down. */
  replica(node: number, group: number): ReplicaLens | null;
  /** The log of a group on a node's disk, running or not; null where there is none. */
  disk(node: number, group: number): DurableLens | null;
  /** Notes a violation. The first of each property counts; `says` is only called for that one. */
  violated(property: string, code: string, node: number, group: number, says: () => string): void;
}
