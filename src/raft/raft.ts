// The state of one replica and the transitions between its roles. The rules that act on it live beside it, a file per
// role and concern; this class only keeps the fields together, in the order in which a tick and a heartbeat touch them,
// because with tens of thousands of replicas in one process the time goes into fetching that state, not into computing
// with it. A role is left only through `reset`, so that nothing of an old term (votes, timers, windows, reads) leaks
// into a new one.
import { configError, ReadOnlyOption, type Config } from './config.ts';
import { LogLevel, panic, PLAIN_IDS, type LogPort } from './log-port.ts';
import { RaftInvariantError } from './invariant.ts';
import { RaftLog } from './log.ts';
import { restoreConfig } from './membership.ts';
import { message, NO_ENTRIES, NO_MESSAGES, type Message } from './message.ts';
import { messageTypeName } from './names.ts';
import type { Progress } from './progress.ts';
import type { ReadOnly } from './read-only.ts';
import { appendEntry } from './replication.ts';
import { traceInitState, traceNode, traceSend, type StateTracePort } from './state-trace.ts';
import { Tracker, type TrackerConfig } from './tracker.ts';
import {
  EntryType,
  MessageType,
  NO_DATA,
  NO_LIMIT,
  NONE,
  Role,
  entry,
  type Entry,
  type HardState,
  type Index,
  type RaftId,
  type ReadState,
  type Snapshot,
  type Term,
} from './types.ts';

/** A leader's first entry: it has no payload, so it never counts against the uncommitted size. */
const EMPTY_ENTRY: Entry = entry(0, 0, EntryType.Normal, NO_DATA);

/** A list with one more message. Short lists are made to measure: growing one by push() reserves room for seventeen. */
function appended(list: Message[] | null, m: Message): Message[] {
  if (list === null) return [m];
  switch (list.length) {
    case 1:
      return [list[0]!, m];
    case 2:
      return [list[0]!, list[1]!, m];
    case 3:
      return [list[0]!, list[1]!, list[2]!, m];
    default:
      list.push(m);
      return list;
  }
}

/** One replica of one group. @source etcd raft */
export class Raft {
  // What every tick, heartbeat and Ready reads comes first; numbers start as numbers, so that the engine keeps them
  // unboxed.
  role: Role = Role.Follower;
  electionElapsed = 0;
  randomizedElectionTimeout = 0;
  term: Term = 0;
  lead: RaftId = NONE;
  readonly log: RaftLog;
  /** Messages that may leave at once; null for none. */
  protected msgs: Message[] | null = null;
  readonly trace: StateTracePort | null = null;
  vote: RaftId = NONE;
  /** What the host was last told of all this; kept here because each Ready compares them. */
  protected toldLead: RaftId = NONE;
  protected toldRole: Role = Role.Follower;
  protected toldTerm: Term = 0;
  protected toldVote: RaftId = NONE;
  protected toldCommit: Index = 0;
  /** Messages that must wait until what they promise is on disk; null for none. */
  msgsAfterAppend: Message[] | null = null;
  /** Confirmed reads to hand out; null for none. */
  readStates: ReadState[] | null = null;
  readonly id: RaftId = NONE;
  readonly group: number = 0;
  /** Everyone tracked, in ascending id: `trk.progress` within reach. */
  peers: readonly Progress[] = [];
  heartbeatElapsed = 0;
  readonly heartbeatTimeout: number = 0;
  readonly electionTimeout: number = 0;
  readonly trk: Tracker;
  /** Reads waiting for confirmation; null until the first of a term. */
  reads: ReadOnly | null = null;
  readonly logger: LogPort | null = null;
  readonly checkQuorum: boolean = false;
  readonly preVote: boolean = false;
  isLearner = false;
  leadTransferee: RaftId = NONE;
  readonly leaseBased: boolean = false;
  /**
   * Reads that came before the leader committed in its term; they outlive the term, as in the reference. null for none.
   */
  pendingReadIndexMessages: Message[] | null = null;
  /** Index of the last conf change that may be unapplied; another is refused until it is applied. */
  pendingConfIndex: Index = 0;
  /** Payload bytes proposed and not yet applied. */
  uncommittedSize = 0;
  readonly maxMsgSize: number;
  readonly maxUncommittedSize: number;
  readonly disableConfChangeValidation: boolean;
  readonly disableProposalForwarding: boolean;
  readonly stepDownOnRemoval: boolean;
  private readonly random: (electionTick: number) => number;

  /** @throws RaftInvariantError on a bad configuration or a storage that contradicts itself */
  constructor(c: Config) {
    const wrong = configError(c);
    if (wrong !== null) throw new RaftInvariantError(wrong);
    const maxApplying = c.maxCommittedSizePerReady === 0 ? c.maxSizePerMsg : c.maxCommittedSizePerReady;
    this.electionTimeout = c.electionTick;
    this.heartbeatTimeout = c.heartbeatTick;
    this.id = c.id;
    this.log = new RaftLog(c.storage, c.logger, maxApplying);
    this.trk = new Tracker(c.maxInflightMsgs, c.maxInflightBytes);
    this.group = c.group;
    this.checkQuorum = c.checkQuorum;
    this.preVote = c.preVote;
    this.logger = c.logger;
    this.trace = c.trace;
    this.leaseBased = c.readOnlyOption === ReadOnlyOption.LeaseBased;
    this.maxMsgSize = c.maxSizePerMsg;
    this.maxUncommittedSize = c.maxUncommittedEntriesSize === 0 ? NO_LIMIT : c.maxUncommittedEntriesSize;
    this.disableConfChangeValidation = c.disableConfChangeValidation;
    this.disableProposalForwarding = c.disableProposalForwarding;
    this.stepDownOnRemoval = c.stepDownOnRemoval;
    this.random = c.random;
    this.start(c);
  }

  private start(c: Config): void {
    const { hardState, confState } = c.storage.initialState();
    traceInitState(this);
    const lastIndex = this.log.lastIndex();
    const lastTerm = this.log.lastTerm();
    restoreConfig(this, confState);
    if (hardState.term !== 0 || hardState.vote !== NONE || hardState.commit !== 0) this.loadState(hardState);
    if (c.applied > 0) this.log.appliedTo(c.applied, 0);
    this.becomeFollower(this.term, NONE);
    if (this.logger === null) return;
    const peers = this.trk.voterIds().map((id) => this.hex(id));
    const log = `commit: ${this.log.committed}, applied: ${this.log.applied}`;
    const last = `lastindex: ${lastIndex}, lastterm: ${lastTerm}`;
    this.info(`newRaft ${this.hex(this.id)} [peers: [${peers.join(',')}], term: ${this.term}, ${log}, ${last}]`);
  }

  private loadState(state: HardState): void {
    const { committed } = this.log;
    const last = this.log.lastIndex();
    if (state.commit < committed || state.commit > last) {
      panic(this.logger, `${this.hex(this.id)} state.commit ${state.commit} is out of range [${committed}, ${last}]`);
    }
    this.log.committed = state.commit;
    this.term = state.term;
    this.vote = state.vote;
  }

  /** An id as log lines spell it; the plain form when nobody listens. */
  hex(id: RaftId): string {
    return (this.logger === null ? PLAIN_IDS : this.logger.ids).hex(id);
  }

  /** A line of level INFO; callers test `logger` first, so that no text is built for nobody. */
  info(text: string): void {
    this.logger?.log(LogLevel.Info, text);
  }

  /** Queues a message: answers that promise durability wait for the disk, all others leave with the next Ready. */
  send(m: Message): void {
    const type = m.type;
    if (type === MessageType.MsgAppResp || type === MessageType.MsgVoteResp || type === MessageType.MsgPreVoteResp) {
      // A vote or an acknowledgement that left before its write would be forgotten by a crash.
      this.msgsAfterAppend = appended(this.msgsAfterAppend, m);
    } else {
      if (m.to === this.id) this.selfAddressed(m);
      this.msgs = appended(this.msgs, m);
    }
    if (this.trace !== null) traceSend(this, m);
  }

  private selfAddressed(m: Message): never {
    return panic(this.logger, `message should not be self-addressed when sending ${messageTypeName(m.type)}`);
  }

  /** Queues a message of the current term that carries no entries. */
  sendPlain(
    type: MessageType,
    to: RaftId,
    logTerm: Term,
    index: Index,
    commit: Index,
    reject: boolean,
    rejectHint: Index,
    context: number,
  ): void {
    const { id, group, term } = this;
    this.send(
      message(
        type,
        id,
        to,
        group,
        term,
        logTerm,
        index,
        commit,
        NONE,
        reject,
        rejectHint,
        context,
        NO_ENTRIES,
        null,
        NO_MESSAGES,
      ),
    );
  }

  /** Queues a message of the current term with entries or a snapshot. */
  sendLoaded(
    type: MessageType,
    to: RaftId,
    logTerm: Term,
    index: Index,
    commit: Index,
    entries: readonly Entry[],
    snapshot: Snapshot | null,
  ): void {
    const { id, group, term } = this;
    this.send(
      message(type, id, to, group, term, logTerm, index, commit, NONE, false, 0, 0, entries, snapshot, NO_MESSAGES),
    );
  }

  private reset(term: Term): void {
    if (this.term !== term) {
      this.term = term;
      this.vote = NONE;
    }
    this.lead = NONE;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.resetRandomizedElectionTimeout();
    this.abortLeaderTransfer();
    this.trk.resetVotes();
    const last = this.log.lastIndex();
    for (const pr of this.peers) pr.restart(pr.id === this.id ? last : 0, last + 1);
    this.pendingConfIndex = 0;
    this.uncommittedSize = 0;
    this.reads = null;
  }

  private resetRandomizedElectionTimeout(): void {
    this.randomizedElectionTimeout = this.electionTimeout + this.random(this.electionTimeout);
  }

  becomeFollower(term: Term, lead: RaftId): void {
    this.reset(term);
    this.lead = lead;
    this.role = Role.Follower;
    if (this.logger !== null) this.info(`${this.hex(this.id)} became follower at term ${this.term}`);
    if (this.trace !== null) traceNode(this, 'BecomeFollower');
  }

  becomeCandidate(): void {
    if (this.role === Role.Leader) throw new RaftInvariantError('invalid transition [leader -> candidate]');
    this.reset(this.term + 1);
    this.vote = this.id;
    this.role = Role.Candidate;
    if (this.logger !== null) this.info(`${this.hex(this.id)} became candidate at term ${this.term}`);
    if (this.trace !== null) traceNode(this, 'BecomeCandidate');
  }

  /** Changes neither term nor vote nor timers: a pre-candidate only asks. */
  becomePreCandidate(): void {
    if (this.role === Role.Leader) throw new RaftInvariantError('invalid transition [leader -> pre-candidate]');
    this.trk.resetVotes();
    this.lead = NONE;
    this.role = Role.PreCandidate;
    if (this.logger !== null) this.info(`${this.hex(this.id)} became pre-candidate at term ${this.term}`);
  }

  becomeLeader(): void {
    if (this.role === Role.Follower) throw new RaftInvariantError('invalid transition [follower -> leader]');
    this.reset(this.term);
    this.lead = this.id;
    this.role = Role.Leader;
    const self = this.trk.get(this.id)!;
    self.becomeReplicate();
    self.recentActive = true;
    // An entry of an earlier term in the log may be a conf change: none may be proposed before all of them are applied.
    this.pendingConfIndex = this.log.lastIndex();
    if (this.trace !== null) traceNode(this, 'BecomeLeader');
    if (!appendEntry(this, [EMPTY_ENTRY])) panic(this.logger, 'empty entry was dropped');
    if (this.logger !== null) this.info(`${this.hex(this.id)} became leader at term ${this.term}`);
  }

  /** Acts under a configuration from now on. */
  adopt(config: TrackerConfig, progress: readonly Progress[]): void {
    this.trk.switchTo(config, progress);
    this.peers = progress;
  }

  abortLeaderTransfer(): void {
    this.leadTransferee = NONE;
  }

  /** Whether this node may become leader: a voter with no snapshot on its way to the disk. */
  promotable(): boolean {
    const pr = this.trk.get(this.id);
    return pr !== null && !pr.isLearner && !this.log.hasNextOrInProgressSnapshot();
  }

  /** Moves the commit index to what a quorum holds; false if it does not move. */
  maybeCommit(): boolean {
    const moved = this.log.maybeCommit(this.term, this.trk.committed());
    if (this.trace !== null) traceNode(this, 'Commit');
    return moved;
  }

  /** A read was confirmed for this node's own host. */
  addReadState(state: ReadState): void {
    if (this.readStates === null) this.readStates = [state];
    else this.readStates.push(state);
  }

  committedEntryInCurrentTerm(): boolean {
    return this.log.termOrZero(this.log.committed) === this.term;
  }
}
