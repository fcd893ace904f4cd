// One replica as a host drives it: messages and ticks in, a Ready out, advance when its work is done. The core never calls its
// host, so the order of everything is the host's to decide and a run can be repeated. What the host must do for a Ready is
// remembered until advance(), and taking a second one before that is a panic: the first would be acknowledged unseen.
import type { Config } from './config.ts';
import { encodeConfChange } from './conf-change-codec.ts';
import { RaftInvariantError } from './invariant.ts';
import { panic } from './log-port.ts';
import { applyConfChange } from './membership.ts';
import { isLocalMsg, isLocalMsgTarget, isResponseMsg, messageOf, NO_ENTRIES, type Message } from './message.ts';
import type { Progress } from './progress.ts';
import { Raft } from './raft.ts';
import { storageAppend, storageApply, type Ready } from './ready.ts';
import { traceNode } from './state-trace.ts';
import { step, storageAppended, storageApplied, type DropReason } from './step.ts';
import { stepLeaderProposal } from './step-leader.ts';
import { entriesSize } from './storage.ts';
import { tick, ticksUntilWork } from './ticking.ts';
import type { Tracker, TrackerConfig } from './tracker.ts';
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

/** Fate of a proposal. A forwarded one has index 0: only the leader knows where it will stand; of a batch, the last index. */
export type Proposed =
  { readonly ok: true; readonly index: Index; readonly term: Term } | { readonly ok: false; readonly why: DropReason };

/**
 * What became of a message. 'ignored': a local kind came from outside (ErrStepLocalMsg); 'unknownPeer': an answer of a node
 * without progress (ErrStepPeerNotFound); 'dropped': a proposal that was refused (ErrProposalDropped).
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

/** One replica of one group. @throws RaftInvariantError where the reference panics. @source etcd RawNode */
export class RawNode {
  private readonly r: Raft;
  private readonly async: boolean;
  /** What the last accepted Ready said. */
  private lead: RaftId;
  private role: Role;
  private term: Term;
  private vote: RaftId;
  private commit: Index;
  /** What advance() acknowledges, in this order: our own answers, the write, the application. */
  private ownAnswers: readonly Message[] = [];
  private awaitsAppend = false;
  private appendTerm: Term = 0;
  private appendLogTerm: Term = 0;
  private appendIndex: Index = 0;
  private appendSnapshot: Snapshot | null = null;
  private awaitsApply: readonly Entry[] = NO_ENTRIES;

  constructor(config: Config) {
    const r = new Raft(config);
    this.r = r;
    this.async = config.asyncStorageWrites;
    this.lead = r.lead;
    this.role = r.role;
    this.term = r.term;
    this.vote = r.vote;
    this.commit = r.log.committed;
  }

  get id(): RaftId {
    return this.r.id;
  }

  /** Moves the clock by whole ticks. tick(n) ≡ n × tick(1). */
  tick(count: number): void {
    tick(this.r, count);
  }

  /** Ticks (>= 1) until a tick may do more than count; NO_LIMIT when none will. Holds until the next other call. */
  ticksUntilWork(): number {
    return ticksUntilWork(this.r);
  }

  /** Takes a message from a peer, a storage thread, or the host. */
  step(m: Message): StepOutcome {
    if (isLocalMsg(m.type) && !isLocalMsgTarget(m.from)) return 'ignored';
    if (isResponseMsg(m.type) && !isLocalMsgTarget(m.from) && this.r.trk.get(m.from) === null) return 'unknownPeer';
    return step(this.r, m) === null ? 'stepped' : 'dropped';
  }

  /** Starts an election. */
  campaign(): void {
    step(this.r, messageOf({ type: MessageType.MsgHup }));
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

  private proposeEntries(entries: readonly Entry[], from: RaftId = this.r.id): Proposed {
    const r = this.r;
    const leading = r.role === Role.Leader;
    const why = leading
      ? stepLeaderProposal(r, entries)
      : step(r, messageOf({ type: MessageType.MsgProp, from, entries }));
    if (why !== null) return { ok: false, why };
    return { ok: true, index: leading ? r.log.lastIndex() : 0, term: r.term };
  }

  /** To be called for each committed conf change entry, in order. */
  applyConfChange(change: AnyConfChange): ConfState {
    return applyConfChange(this.r, change);
  }

  private softStateChanged(): boolean {
    return this.r.lead !== this.lead || this.r.role !== this.role;
  }

  private hardStateChanged(): boolean {
    const r = this.r;
    return r.log.committed !== this.commit || r.term !== this.term || r.vote !== this.vote;
  }

  /** Whether ready() has anything to say. */
  hasReady(): boolean {
    const r = this.r;
    return (
      r.msgs.length > 0 ||
      r.msgsAfterAppend.length > 0 ||
      this.softStateChanged() ||
      this.hardStateChanged() ||
      r.log.hasNextUnstableEntries() ||
      r.log.hasNextCommittedEntries(!this.async) ||
      r.log.nextUnstableSnapshot() !== null ||
      r.readStates.length > 0
    );
  }

  /** Takes what there is to do; the node assumes that it will be done. */
  ready(): Ready {
    const r = this.r;
    const entries = r.log.nextUnstableEntries();
    const committedEntries = r.log.nextCommittedEntries(!this.async);
    const snapshot = r.log.nextUnstableSnapshot();
    const softState = this.softStateChanged() ? { lead: r.lead, role: r.role } : null;
    const hardState = this.hardStateChanged() ? { term: r.term, vote: r.vote, commit: r.log.committed } : null;
    const mustSync = entries.length > 0 || r.vote !== this.vote || r.term !== this.term;
    const readStates = r.readStates.length > 0 ? r.readStates : NO_READ_STATES;
    const messages = r.msgs;
    if (this.async) {
      if (entries.length > 0 || hardState !== null || snapshot !== null || r.msgsAfterAppend.length > 0) {
        messages.push(storageAppend(r, hardState, entries, snapshot));
      }
      if (committedEntries.length > 0) messages.push(storageApply(r, committedEntries));
    } else {
      this.expectAdvance(messages, snapshot, committedEntries);
    }
    this.lead = r.lead;
    this.role = r.role;
    this.term = r.term;
    this.vote = r.vote;
    this.commit = r.log.committed;
    this.accept(committedEntries);
    return { softState, hardState, readStates, entries, snapshot, committedEntries, messages, mustSync };
  }

  /** Puts answers to others beside the messages and notes what advance() will acknowledge. */
  private expectAdvance(messages: Message[], snapshot: Snapshot | null, committed: readonly Entry[]): void {
    const r = this.r;
    if (this.ownAnswers.length > 0 || this.awaitsAppend || this.awaitsApply.length > 0) {
      panic(r.logger, 'two accepted Ready structs without call to Advance');
    }
    const own: Message[] = [];
    for (const m of r.msgsAfterAppend) (m.to === r.id ? own : messages).push(m);
    this.ownAnswers = own;
    const pending = r.log.hasNextOrInProgressUnstableEntries();
    this.awaitsAppend = pending || snapshot !== null;
    this.appendTerm = r.term;
    this.appendLogTerm = pending ? r.log.lastTerm() : 0;
    this.appendIndex = pending ? r.log.lastIndex() : 0;
    this.appendSnapshot = snapshot;
    this.awaitsApply = committed;
  }

  private accept(committed: readonly Entry[]): void {
    const r = this.r;
    if (r.readStates.length > 0) r.readStates = [];
    r.msgs = [];
    r.msgsAfterAppend = [];
    r.log.acceptUnstable();
    if (committed.length > 0) {
      r.log.acceptApplying(committed[committed.length - 1]!.index, entriesSize(committed), !this.async);
    }
    if (r.trace !== null) traceNode(r, 'Ready');
  }

  /** Synchronous storage only: everything of the last Ready is persisted, sent and applied. */
  advance(): void {
    const r = this.r;
    if (this.async) panic(r.logger, 'Advance must not be called when using AsyncStorageWrites');
    for (const m of this.ownAnswers) step(r, m);
    if (this.awaitsAppend) {
      storageAppended(r, this.appendTerm, this.appendLogTerm, this.appendIndex, this.appendSnapshot);
    }
    storageApplied(r, this.awaitsApply);
    this.ownAnswers = [];
    this.awaitsAppend = false;
    this.appendSnapshot = null;
    this.awaitsApply = NO_ENTRIES;
  }

  /** Asks for an index at which a read is linearizable; the answer comes as a ReadState with the same context. */
  readIndex(context: Uint8Array): void {
    const entries = [entry(0, 0, EntryType.Normal, context)];
    step(this.r, messageOf({ type: MessageType.MsgReadIndex, entries }));
  }

  transferLeader(transferee: RaftId): void {
    step(this.r, messageOf({ type: MessageType.MsgTransferLeader, from: transferee }));
  }

  /** A follower forgets its leader, and may then vote for another at once. */
  forgetLeader(): void {
    step(this.r, messageOf({ type: MessageType.MsgForgetLeader }));
  }

  /** The last messages to a peer did not arrive. */
  reportUnreachable(peer: RaftId): void {
    step(this.r, messageOf({ type: MessageType.MsgUnreachable, from: peer }));
  }

  /** A snapshot for a peer arrived or was lost. */
  reportSnapshot(peer: RaftId, ok: boolean): void {
    step(this.r, messageOf({ type: MessageType.MsgSnapStatus, from: peer, reject: !ok }));
  }

  /**
   * First start of a group that has no snapshot: the members become the first entries of the log, committed from the start.
   * @throws RaftInvariantError if there are no peers or the storage is not empty
   * @source etcd RawNode.Bootstrap
   */
  bootstrap(peers: readonly Peer[]): void {
    const r = this.r;
    if (peers.length === 0) throw new RaftInvariantError('must provide at least one peer to Bootstrap');
    if (r.log.storage.lastIndex() !== 0) throw new RaftInvariantError("can't bootstrap a nonempty Storage");
    this.term = 0;
    this.vote = NONE;
    this.commit = 0;
    r.becomeFollower(1, NONE);
    const changeOf = ({ id, context }: Peer): AnyConfChange => ({
      version: 1,
      type: ConfChangeType.AddNode,
      nodeId: id,
      context,
    });
    r.log.append(peers.map((peer, i) => entry(1, i + 1, EntryType.ConfChange, encodeConfChange(changeOf(peer)))));
    r.log.committed = peers.length;
    for (const { id } of peers) applyConfChange(r, changeOf({ id, context: NO_DATA }));
  }

  basicStatus(): BasicStatus {
    const { id, term, vote, lead, role, log, leadTransferee } = this.r;
    const hardState = { term, vote, commit: log.committed };
    return { id, hardState, softState: { lead, role }, applied: log.applied, leadTransferee };
  }

  status(): Status {
    const { trk, role } = this.r;
    const progress = role === Role.Leader ? trk.progress : [];
    return { ...this.basicStatus(), config: trk.config, progress };
  }

  /** Live view of members and progress; not to be changed. */
  tracker(): Tracker {
    return this.r.trk;
  }

  /** The whole state, for checkers that recount what the core keeps; not to be changed. */
  raft(): Raft {
    return this.r;
  }

  /** Overwrites the current randomized election timeout; lost at the next reset. For scripts and tests. */
  setRandomizedElectionTimeout(ticks: number): void {
    this.r.randomizedElectionTimeout = ticks;
  }

  /** Term of the entry at an index of the whole log (unstable part included); 0 if unknown. */
  termAt(index: Index): Term {
    return this.r.log.termOrZero(index);
  }

  firstIndex(): Index {
    return this.r.log.firstIndex();
  }

  lastIndex(): Index {
    return this.r.log.lastIndex();
  }
}
