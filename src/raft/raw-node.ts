// One replica as a host drives it: messages and ticks in, a Ready out, advance when its work is done. The core never
// calls its host, so the order of everything is the host's to decide and a run can be repeated. What the host must do
// for a Ready is remembered until advance(), and taking a second one before that is a panic: the first would be
// acknowledged unseen.
import type { Config } from './config.ts';
import { encodeConfChange } from './conf-change-codec.ts';
import { RaftInvariantError } from './invariant.ts';
import { panic } from './log-port.ts';
import { applyConfChange } from './membership.ts';
import { isLocalMsg, isLocalMsgTarget, isResponseMsg, messageOf, NO_MESSAGES, type Message } from './message.ts';
import type { Progress } from './progress.ts';
import { Raft } from './raft.ts';
import { storageAppend, storageApply, type Ready } from './ready.ts';
import { traceNode } from './state-trace.ts';
import { step, storageAppended, storageApplied, type DropReason } from './step.ts';
import { stepLeaderProposal } from './step-leader.ts';
import { entriesSize } from './storage.ts';
import { tick, ticksUntilWork } from './ticking.ts';
import { progressOf, type Tracker, type TrackerConfig } from './tracker.ts';
import {
  ConfChangeType,
  entry,
  EntryType,
  MessageType,
  NO_DATA,
  NONE,
  Role,
  type AnyConfChange,
  type ConfState,
  type Entry,
  type HardState,
  type Index,
  type RaftId,
  type ReadState,
  type Snapshot,
  type SoftState,
  type Term,
} from './types.ts';

/**
 * Fate of a proposal. A forwarded one has index 0: only the leader knows where it will stand; of a batch, the last
 * index.
 */
export type Proposed =
  { readonly ok: true; readonly index: Index; readonly term: Term } | { readonly ok: false; readonly why: DropReason };

/**
 * What became of a message. 'ignored': a local kind came from outside (ErrStepLocalMsg); 'unknownPeer': an answer of a
 * node without progress (ErrStepPeerNotFound); 'dropped': a proposal that was refused (ErrProposalDropped).
 */
export type StepOutcome = 'stepped' | 'dropped' | 'ignored' | 'unknownPeer';

/** The reference's error text of an outcome; null for 'stepped'. */
export function stepError(outcome: StepOutcome): string | null {
  switch (outcome) {
    case 'stepped':
      return null;
    case 'dropped':
      return 'raft proposal dropped';
    case 'ignored':
      return 'raft: cannot step raft local message';
    case 'unknownPeer':
      return 'raft: cannot step as peer not found';
  }
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

const NO_READ_STATES: readonly ReadState[] = [];

/** The acknowledgements of a Ready, in the order in which advance() steps them. */
interface Awaited {
  /** This node's answers to itself: its vote, its own append. */
  readonly own: readonly Message[];
  /** Whether there is a write to acknowledge, at this term, up to this entry, with this snapshot. */
  readonly append: boolean;
  readonly term: Term;
  readonly logTerm: Term;
  readonly index: Index;
  readonly snapshot: Snapshot | null;
  readonly committed: readonly Entry[];
}

/**
 * One replica of one group. It is the Raft state itself with what its host was last told, in one object: a second one
 * would be one more cache line to fetch for each call of each of many replicas. Hosts use the methods of this class;
 * the rest is for checkers.
 * @throws RaftInvariantError where the reference panics
 * @source etcd RawNode
 */
export class RawNode extends Raft {
  private readonly async: boolean;
  /** What the host has to do before advance(); null for nothing that needs an acknowledgement. */
  private awaited: Awaited | null = null;

  constructor(config: Config) {
    super(config);
    this.async = config.asyncStorageWrites;
    this.tell();
  }

  private tell(): void {
    this.toldLead = this.lead;
    this.toldRole = this.role;
    this.toldTerm = this.term;
    this.toldVote = this.vote;
    this.toldCommit = this.log.committed;
  }

  /** Moves the clock by whole ticks. tick(n) ≡ n × tick(1). */
  tick(count: number): void {
    tick(this, count);
  }

  /** Ticks (>= 1) until a tick may do more than count; NO_LIMIT when none will. Holds until the next other call. */
  ticksUntilWork(): number {
    return ticksUntilWork(this);
  }

  /** Takes a message from a peer, a storage thread, or the host. */
  step(m: Message): StepOutcome {
    if (isLocalMsg(m.type) && !isLocalMsgTarget(m.from)) return 'ignored';
    if (isResponseMsg(m.type) && !isLocalMsgTarget(m.from) && progressOf(this.peers, m.from) === null)
      return 'unknownPeer';
    return step(this, m) === null ? 'stepped' : 'dropped';
  }

  /**
   * Reads what step() will read for a message of a peer, and does nothing else. With more replicas than the caches
   * hold, a host that first calls this for a batch of messages and then steps them lets the memory fetch all of it at
   * once instead of in turn.
   * @returns a number without meaning, to be added to something, or the compiler drops the reads
   */
  prefetch(from: RaftId): number {
    const { peers } = this;
    const own = this.log.committed + this.group + this.toldVote;
    if (this.role !== Role.Leader || from < 1 || from > peers.length) return own;
    const pr = peers[from - 1]!;
    return own + pr.match + pr.sentCommit;
  }

  /** Starts an election. */
  campaign(): void {
    step(this, messageOf({ type: MessageType.MsgHup }));
  }

  propose(data: Uint8Array): Proposed {
    return this.proposeEntries([entry(0, 0, EntryType.Normal, data)]);
  }

  /** Proposes several payloads as one message: all of them are taken or none. */
  proposeBatch(data: readonly Uint8Array[]): Proposed {
    return this.proposeEntries(data.map((bytes) => entry(0, 0, EntryType.Normal, bytes)));
  }

  /** A conf change that may not happen now is not an error: an empty entry takes its place. */
  proposeConfChange(change: AnyConfChange): Proposed {
    const type = change.version === 1 ? EntryType.ConfChange : EntryType.ConfChangeV2;
    return this.proposeEntries([entry(0, 0, type, encodeConfChange(change))], NONE);
  }

  private proposeEntries(entries: readonly Entry[], from: RaftId = this.id): Proposed {
    const leading = this.role === Role.Leader;
    const why = leading
      ? stepLeaderProposal(this, entries)
      : step(this, messageOf({ type: MessageType.MsgProp, from, entries }));
    if (why !== null) return { ok: false, why };
    return { ok: true, index: leading ? this.log.lastIndex() : 0, term: this.term };
  }

  /** To be called for each committed conf change entry, in order. */
  applyConfChange(change: AnyConfChange): ConfState {
    return applyConfChange(this, change);
  }

  private softStateChanged(): boolean {
    return this.lead !== this.toldLead || this.role !== this.toldRole;
  }

  private hardStateChanged(): boolean {
    return this.log.committed !== this.toldCommit || this.term !== this.toldTerm || this.vote !== this.toldVote;
  }

  /** Whether ready() has anything to say. */
  hasReady(): boolean {
    return (
      this.msgs !== null ||
      this.msgsAfterAppend !== null ||
      this.softStateChanged() ||
      this.hardStateChanged() ||
      this.log.hasNextUnstableEntries() ||
      this.log.hasNextCommittedEntries(!this.async) ||
      this.log.nextUnstableSnapshot() !== null ||
      this.readStates !== null
    );
  }

  /** Takes what there is to do; the node assumes that it will be done. */
  ready(): Ready {
    const { log } = this;
    const entries = log.nextUnstableEntries();
    const committedEntries = log.nextCommittedEntries(!this.async);
    const snapshot = log.nextUnstableSnapshot();
    const softState = this.softStateChanged() ? { lead: this.lead, role: this.role } : null;
    const hardState = this.hardStateChanged() ? { term: this.term, vote: this.vote, commit: log.committed } : null;
    const mustSync = entries.length > 0 || this.vote !== this.toldVote || this.term !== this.toldTerm;
    const readStates = this.readStates ?? NO_READ_STATES;
    const messages = this.async
      ? this.storageMessages(hardState, entries, snapshot, committedEntries)
      : this.expectAdvance(snapshot, committedEntries);
    this.accept(committedEntries);
    return { softState, hardState, readStates, entries, snapshot, committedEntries, messages, mustSync };
  }

  /** The queued messages, then the work of the storage threads. */
  private storageMessages(
    hardState: HardState | null,
    entries: readonly Entry[],
    snapshot: Snapshot | null,
    committed: readonly Entry[],
  ): readonly Message[] {
    const messages = this.msgs ?? [];
    if (entries.length > 0 || hardState !== null || snapshot !== null || this.msgsAfterAppend !== null) {
      messages.push(storageAppend(this, hardState, entries, snapshot));
    }
    if (committed.length > 0) messages.push(storageApply(this, committed));
    return messages;
  }

  /** The queued messages, then the answers to others; notes what advance() will acknowledge. */
  private expectAdvance(snapshot: Snapshot | null, committed: readonly Entry[]): readonly Message[] {
    if (this.awaited !== null) panic(this.logger, 'two accepted Ready structs without call to Advance');
    const { log, msgs, msgsAfterAppend } = this;
    const pending = log.hasNextOrInProgressUnstableEntries();
    const append = pending || snapshot !== null;
    if (msgsAfterAppend === null && !append && committed.length === 0) return msgs ?? NO_MESSAGES;

    const messages = msgs ?? [];
    const own: Message[] = [];
    if (msgsAfterAppend !== null) for (const m of msgsAfterAppend) (m.to === this.id ? own : messages).push(m);
    const logTerm = pending ? log.lastTerm() : 0;
    const index = pending ? log.lastIndex() : 0;
    if (own.length > 0 || append || committed.length > 0) {
      this.awaited = { own, append, term: this.term, logTerm, index, snapshot, committed };
    }
    return messages;
  }

  private accept(committed: readonly Entry[]): void {
    this.tell();
    this.readStates = null;
    this.msgs = null;
    this.msgsAfterAppend = null;
    this.log.acceptUnstable();
    if (committed.length > 0) {
      this.log.acceptApplying(committed[committed.length - 1]!.index, entriesSize(committed), !this.async);
    }
    if (this.trace !== null) traceNode(this, 'Ready');
  }

  /** Synchronous storage only: everything of the last Ready is persisted, sent and applied. */
  advance(): void {
    if (this.async) panic(this.logger, 'Advance must not be called when using AsyncStorageWrites');
    const done = this.awaited;
    if (done === null) return;
    for (let i = 0; i < done.own.length; i++) step(this, done.own[i]!);
    if (done.append) storageAppended(this, done.term, done.logTerm, done.index, done.snapshot);
    storageApplied(this, done.committed);
    this.awaited = null;
  }

  /** Asks for an index at which a read is linearizable; the answer comes as a ReadState with the same context. */
  readIndex(context: Uint8Array): void {
    const entries = [entry(0, 0, EntryType.Normal, context)];
    step(this, messageOf({ type: MessageType.MsgReadIndex, entries }));
  }

  transferLeader(transferee: RaftId): void {
    step(this, messageOf({ type: MessageType.MsgTransferLeader, from: transferee }));
  }

  /** A follower forgets its leader, and may then vote for another at once. */
  forgetLeader(): void {
    step(this, messageOf({ type: MessageType.MsgForgetLeader }));
  }

  /** The last messages to a peer did not arrive. */
  reportUnreachable(peer: RaftId): void {
    step(this, messageOf({ type: MessageType.MsgUnreachable, from: peer }));
  }

  /** A snapshot for a peer arrived or was lost. */
  reportSnapshot(peer: RaftId, ok: boolean): void {
    step(this, messageOf({ type: MessageType.MsgSnapStatus, from: peer, reject: !ok }));
  }

  /**
   * First start of a group that has no snapshot: the members become the first entries of the log, committed from the
   * start.
   * @throws RaftInvariantError if there are no peers or the storage is not empty
   * @source etcd RawNode.Bootstrap
   */
  bootstrap(peers: readonly Peer[]): void {
    if (peers.length === 0) throw new RaftInvariantError('must provide at least one peer to Bootstrap');
    if (this.log.storage.lastIndex() !== 0) throw new RaftInvariantError("can't bootstrap a nonempty Storage");
    this.toldTerm = 0;
    this.toldVote = NONE;
    this.toldCommit = 0;
    this.becomeFollower(1, NONE);
    const changeOf = ({ id, context }: Peer): AnyConfChange => ({
      version: 1,
      type: ConfChangeType.AddNode,
      nodeId: id,
      context,
    });
    this.log.append(peers.map((peer, i) => entry(1, i + 1, EntryType.ConfChange, encodeConfChange(changeOf(peer)))));
    this.log.committed = peers.length;
    for (const { id } of peers) applyConfChange(this, changeOf({ id, context: NO_DATA }));
  }

  basicStatus(): BasicStatus {
    const { id, term, vote, lead, role, log, leadTransferee } = this;
    const hardState = { term, vote, commit: log.committed };
    return { id, hardState, softState: { lead, role }, applied: log.applied, leadTransferee };
  }

  status(): Status {
    const { trk, role } = this;
    const progress = role === Role.Leader ? trk.progress : [];
    return { ...this.basicStatus(), config: trk.config, progress };
  }

  /** Live view of members and progress; not to be changed. */
  tracker(): Tracker {
    return this.trk;
  }

  /** The whole state, for checkers that recount what the core keeps; not to be changed. */
  raft(): Raft {
    return this;
  }

  /** Overwrites the current randomized election timeout; lost at the next reset. For scripts and tests. */
  setRandomizedElectionTimeout(ticks: number): void {
    this.randomizedElectionTimeout = ticks;
  }

  /** Term of the entry at an index of the whole log (unstable part included); 0 if unknown. */
  termAt(index: Index): Term {
    return this.log.termOrZero(index);
  }

  firstIndex(): Index {
    return this.log.firstIndex();
  }

  lastIndex(): Index {
    return this.log.lastIndex();
  }
}
