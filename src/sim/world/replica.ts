// One Raft group on one node: it drives the core's Ready loop, keeps the disk ahead of the wire, and applies committed
// entries one at a time. A halt is a state of the replica, not an exception: the applied index stays below the entry,
// nothing leaves any more, and everyone who waited is told. Were the loop to go on after a halt, or the index to move, the
// simulator would show a cluster that heals where the real one replays the entry for ever.
import type { Halt, StateMachine } from '../../fsm/state-machine.ts';
import { isHalt } from '../../fsm/state-machine.ts';
import {
  decodeConfChange,
  EntryType,
  RawNode,
  Role,
  type AnyConfChange,
  type ConfState,
  type Entry,
  type HardState,
  type Message,
  type Proposed as CoreProposed,
  type Ready,
  type Snapshot,
} from '../../raft/index.ts';
import type { EngineCodec, ProposalFailure, Proposed } from '../../scenario/program.ts';
import type { Task } from '../../base/task.ts';
import type { ReplicaLens } from '../checkers/probe.ts';
import type { LogDisk } from './disk.ts';
import { contextOf, idOf, isAnswer, readName } from './read-context.ts';
import type { ReplicaHost, ReplicaParts } from './replica-parts.ts';
import { StorageThreads, type StorageJob } from './storage-threads.ts';
import { TickClock } from './tick-clock.ts';
import { failed, Waiters, type FailedProposal } from './waiters.ts';

export type { NodeClock, ReplicaHost, ReplicaParts } from './replica-parts.ts';

/** Takes a snapshot without dropping anything of the log. */
const KEEP_ALL = Number.MAX_SAFE_INTEGER;
const NO_CONF: ConfState = { voters: [], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };

/** One incarnation of one replica. */
export class Replica implements ReplicaLens {
  readonly node: number;
  readonly group: number;
  readonly raft: RawNode;
  readonly disk: LogDisk;
  readonly machine: StateMachine;
  /** Why the apply loop stopped; null while it runs. */
  halt: Halt | null = null;
  /** The configuration applied here. */
  conf: ConfState;
  /** Raft id of the leader this replica knows; 0 for none. */
  lead = 0;
  /** Set once the replica left the group or its process: it takes part in nothing any more. */
  closed = false;
  /** The group rests: time stands still for this replica until somebody goes near it. */
  parked = false;
  readonly #host: ReplicaHost;
  readonly #codec: EngineCodec | null;
  readonly #waiters: Waiters;
  readonly #clock: TickClock;
  #role: Role = Role.Follower;
  #term = 0;
  #commit = 0;
  #applied: number;
  /** Entries up to here were applied before the restart. */
  readonly #duplicateUpTo: number;
  /** The storage threads; null if the Ready loop writes and applies itself. */
  readonly #threads: StorageThreads | null;
  /** Entries up to here are covered by a snapshot that was handed out to be written. */
  #coveredUpTo = 0;
  #pumping = false;

  constructor(parts: ReplicaParts, host: ReplicaHost) {
    this.node = parts.node;
    this.group = parts.group;
    this.disk = parts.disk;
    this.machine = parts.machine;
    this.#codec = parts.codec;
    this.#host = host;
    this.#waiters = new Waiters(host, parts.incarnation);
    this.#clock = new TickClock(parts.clock, parts.tickMs);
    this.#threads =
      parts.delays === null
        ? null
        : new StorageThreads(
            host,
            parts.delays,
            (job) => this.#written(job),
            (job) => this.#handedBack(job),
          );
    const { hardState, confState } = parts.disk.storage.initialState();
    this.conf = confState ?? NO_CONF;
    this.#term = hardState.term;
    this.#commit = Math.max(hardState.commit, parts.config.applied);
    this.#duplicateUpTo = parts.machine.durableAppliedIndex();
    this.#applied = Math.max(parts.config.applied, Math.min(this.#duplicateUpTo, this.#commit));
    parts.config.storage.take = () => {
      if (!host.isSnapshotStale(this)) this.compact(KEEP_ALL);
    };
    this.raft = new RawNode(parts.config);
  }

  role(): Role {
    return this.#role;
  }

  term(): number {
    return this.#term;
  }

  commit(): number {
    return this.#commit;
  }

  applied(): number {
    return this.#applied;
  }

  isLive(): boolean {
    return this.halt === null && !this.closed;
  }

  isVoter(): boolean {
    return this.conf.voters.includes(this.node) || this.conf.votersOutgoing.includes(this.node);
  }

  /** Virtual time at which the core wants its clock moved next. */
  wakeAtMs(): number {
    return this.#clock.atMs(this.raft.ticksUntilWork());
  }

  /** Lets the time that has passed be seen by the core. */
  catchUp(): void {
    if (this.parked) this.#host.touched(this);
    const ticks = this.#clock.take();
    if (ticks > 0) this.raft.tick(ticks);
  }

  /** Time stood still for this replica: its process was paused, or its group rested. */
  skipTime(): void {
    this.#clock.skip();
  }

  step(m: Message): void {
    this.catchUp();
    this.#host.probe.onReceive(this.node, this.group, m);
    this.raft.step(m);
    this.pump();
    // Behind the Ready loop, so that a term the answer ended is known to be over.
    if (this.#role === Role.Leader && isAnswer(m.type)) this.#host.probe.onProgress(this.node, this.group, m.from);
  }

  /** Proposes a payload; see GroupPort.propose. */
  *propose(payload: Uint8Array, deadlineMs: number | undefined): Task<Proposed> {
    const refused = this.#refusal();
    if (refused !== null) return refused;
    const data = this.#codec === null ? payload : this.#codec.wrap(payload);
    return yield* this.#await(this.raft.propose(data), data.length, deadlineMs);
  }

  /** Proposes a membership change and waits until it is applied here. */
  *proposeConfChange(change: AnyConfChange, deadlineMs: number | undefined): Task<Proposed> {
    const refused = this.#refusal();
    if (refused !== null) return refused;
    return yield* this.#await(this.raft.proposeConfChange(change), 0, deadlineMs);
  }

  /** A ReadIndex round trip; waits for the index to be applied if asked to. A follower may ask its leader. */
  *readIndex(
    untilApplied: boolean,
    deadlineMs: number | undefined,
    ask: 'leader' | 'anyone' = 'leader',
  ): Task<number | ProposalFailure> {
    const refused = this.#refusal();
    if (refused !== null && (refused.why !== 'not-leader' || ask === 'leader')) return refused.why;
    const { id, pending } = this.#waiters.read(untilApplied, deadlineMs);
    this.#host.probe.onReadAsked(this.node, this.group, readName(this.node, this.group, id));
    this.raft.readIndex(contextOf(id));
    this.pump();
    return yield* pending.wait();
  }

  transferTo(node: number): void {
    this.#host.probe.onTransfer(this.node, this.group, node);
    this.#tell(() => this.raft.transferLeader(node));
  }

  /** The node stops believing in the leader it knows. */
  forgetLeader(): void {
    this.catchUp();
    const { lead } = this.raft;
    this.raft.forgetLeader();
    this.#host.probe.onForget(this.node, this.group, lead);
    this.pump();
  }

  /** The transport gave up on a peer. */
  reportUnreachable(peer: number): void {
    this.#tell(() => this.raft.reportUnreachable(peer));
  }

  /** A snapshot for a peer arrived or was lost. */
  reportSnapshot(peer: number, ok: boolean): void {
    this.#tell(() => {
      const waited = this.raft.tracker().get(peer)?.pendingSnapshot ?? 0;
      this.raft.reportSnapshot(peer, ok);
      this.#host.probe.onSnapshotReport(this.node, this.group, peer, ok, waited);
    });
  }

  /** Takes a snapshot at the applied index and drops the log up to `keep` entries before it. */
  compact(keep: number): void {
    if (this.#applied < this.#duplicateUpTo) return;
    const index = this.#applied;
    const made = this.disk.compact(index, this.conf, () => this.machine.snapshot(index), keep);
    if (made !== null) this.#host.probe.onSnapshot(this.node, this.group, 'take', made);
  }

  /** The state machine cannot take over a snapshot: the replica stops before it. */
  refuseSnapshot(index: number, detail: string): void {
    this.#stop({ kind: 'halt', index, opcode: -1, code: 'ErrSubject', detail });
  }

  /** It takes part in nothing any more; whoever waited is told. */
  close(why: ProposalFailure, detail: string): void {
    this.closed = true;
    this.#threads?.stop();
    this.#waiters.failAll(why, detail);
  }

  /** Handles Readies until there are none: persist, send, apply, advance. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.isLive() && this.raft.hasReady()) {
      this.#handle(this.raft.ready());
      if (this.#threads === null && this.isLive()) this.raft.advance();
    }
    this.#pumping = false;
    this.#host.rearm(this);
  }

  /** Tells the core something, at the time that it is. */
  #tell(what: () => void): void {
    this.catchUp();
    what();
    this.pump();
  }

  *#await(proposed: CoreProposed, sizeBytes: number, deadlineMs: number | undefined): Task<Proposed> {
    if (!proposed.ok) {
      this.#host.probe.onDropped(this.node, this.group, proposed.why, sizeBytes);
      const transferring = proposed.why === 'transferring';
      return failed(transferring ? 'transfer-in-progress' : 'not-leader', 'raft proposal dropped');
    }
    const pending = this.#waiters.proposal(proposed.index, proposed.term, deadlineMs);
    this.pump();
    return yield* pending.wait();
  }

  /** Why a leader's work is refused here and now; null if it is not. */
  #refusal(): FailedProposal | null {
    if (this.halt !== null) return failed('halted', this.#host.haltText(this.halt));
    if (this.closed) return failed('closed', 'raft engine: closed');
    this.catchUp();
    return this.#role === Role.Leader ? null : failed('not-leader', 'raft engine: not leader');
  }

  #handle(rd: Ready): void {
    const { entries, committedEntries, readStates } = rd;
    if (rd.softState !== null || rd.hardState !== null) this.#noteState(rd);
    for (let i = 0; i < entries.length; i++) {
      this.#host.probe.onAppend(this.node, this.group, entries[i]!, this.#role === Role.Leader);
    }
    if (committedEntries.length > 0) this.#host.probe.onHandOut(this.node, this.group, committedEntries);
    if (this.#threads === null) this.#doNow(rd);
    else this.#handOut(rd, this.#threads);
    for (const { requestCtx, index } of readStates) {
      const id = idOf(requestCtx);
      this.#host.probe.onReadIndex(this.node, this.group, readName(this.node, this.group, id), index);
      this.#waiters.confirmed(id, index, this.#applied);
    }
  }

  /** Synchronous storage: persist, send, apply. */
  #doNow({ hardState, entries, snapshot, messages, committedEntries, mustSync }: Ready): void {
    if (hardState !== null || entries.length > 0 || snapshot !== null)
      this.#save(hardState, entries, snapshot, mustSync);
    for (let i = 0; i < messages.length; i++) this.#host.send(this, messages[i]!);
    for (let i = 0; i < committedEntries.length && this.isLive(); i++) this.#apply(committedEntries[i]!);
  }

  /** Asynchronous storage: what is for the threads goes to them, the rest leaves at once. */
  #handOut({ snapshot, messages, mustSync }: Ready, threads: StorageThreads): void {
    if (snapshot !== null) this.#coveredUpTo = snapshot.index;
    for (const m of messages) if (!threads.take(m, mustSync)) this.#host.send(this, m);
  }

  /** The append thread gets to a write: it makes it, and lets go the answers that waited for it. */
  #written({ message: m, mustSync }: StorageJob): void {
    if (!this.isLive()) return;
    const { probe } = this.#host;
    const { term, vote, commit, entries, snapshot, responses } = m;
    const hard = term === 0 && vote === 0 && commit === 0 ? null : { term, vote, commit };
    this.#save(hard, entries, snapshot, mustSync || responses.length > 0);
    this.#tell(() => {
      for (const response of responses) {
        const before = this.raft.log.offset;
        if (response.to !== this.node) this.#host.send(this, response);
        else if (this.raft.step(response) === 'stepped') probe.onStorageAck(this.node, this.group, response, before);
      }
    });
    if (this.#threads?.hasWritten() === true) probe.onStorageIdle(this.node, this.group);
  }

  /** The apply thread gets to a page; what a snapshot has overtaken is skipped. */
  #handedBack({ message: { entries, responses } }: StorageJob): void {
    // Ticks first: until the core hears of the page, an election would look for entries that it cuts off behind itself.
    this.catchUp();
    this.pump();
    for (const entry of entries) if (this.isLive() && entry.index > this.#coveredUpTo) this.#apply(entry);
    if (this.isLive()) this.#tell(() => responses.forEach((response) => this.raft.step(response)));
  }

  #save(hard: HardState | null, entries: readonly Entry[], snapshot: Snapshot | null, mustSync: boolean): void {
    this.disk.save(hard, entries, snapshot, mustSync);
    this.#host.probe.onPersist(this.node, this.group);
    // A snapshot that another one has overtaken on its way to the disk is not worth restoring.
    if (snapshot !== null && snapshot.index >= this.#coveredUpTo) this.#install(snapshot);
  }

  #noteState(rd: Ready): void {
    const wasLeader = this.#role === Role.Leader;
    const before = this.#term;
    if (rd.hardState !== null) this.#term = rd.hardState.term;
    if (rd.softState !== null) {
      this.#role = rd.softState.role;
      this.lead = rd.softState.lead;
    }
    if (rd.softState !== null || this.#term !== before) {
      this.#host.probe.onRole(this.node, this.group, this.#role, this.#term);
    }
    if (wasLeader && (this.#role !== Role.Leader || this.#term !== before)) this.#waiters.leadershipLost();
    if (rd.hardState === null || rd.hardState.commit === this.#commit) return;
    this.#commit = rd.hardState.commit;
    this.#host.probe.onCommit(this.node, this.group, this.#commit);
  }

  #install(snapshot: Snapshot): void {
    const refusal = this.machine.restore(snapshot.data, snapshot.index);
    if (refusal !== null) return this.refuseSnapshot(snapshot.index, refusal);
    this.#applied = snapshot.index;
    this.conf = snapshot.confState;
    this.#host.probe.onSnapshot(this.node, this.group, 'install', snapshot);
    this.#host.probe.onConf(this.node, this.group, snapshot.index, snapshot.confState);
    this.#host.confChanged(this);
  }

  #apply(entry: Entry): void {
    if (entry.type !== EntryType.Normal) {
      this.conf = this.raft.applyConfChange(decodeConfChange(entry));
      this.#applied = Math.max(this.#applied, entry.index);
      this.#host.probe.onConf(this.node, this.group, entry.index, this.conf);
      this.#finish(entry, -1, null, null);
      this.#host.confChanged(this);
      return;
    }
    const payload = this.#payload(entry);
    if (payload !== null && 'kind' in payload) return this.#stop(payload);
    const duplicate = entry.index <= this.#duplicateUpTo;
    if (payload === null || (duplicate && !this.machine.isVolatileOnly(payload))) {
      if (entry.index > this.#applied) this.#applied = entry.index;
      return this.#finish(entry, -1, null, null);
    }
    if (!duplicate) this.machine.setApplyIndex(entry.index);
    const result = this.machine.apply(entry, payload);
    if (!this.isLive()) return;
    if (isHalt(result)) return this.#stop(result);
    if (entry.index > this.#applied) this.#applied = entry.index;
    this.#finish(entry, payload.length > 0 ? payload[0]! : -1, result.response, result.error);
  }

  #payload(entry: Entry): Uint8Array | Halt | null {
    if (entry.data.length === 0) return null;
    return this.#codec === null ? entry.data : this.#codec.unwrap(entry.index, entry.data);
  }

  #finish(entry: Entry, opcode: number, response: Uint8Array | null, error: string | null): void {
    // While a replay catches up with the store, the state belongs to a later index than the entry's.
    const machine = entry.index < this.#duplicateUpTo ? null : this.machine;
    this.#host.probe.onApply(this.node, this.group, entry, opcode, machine, error);
    this.#waiters.applied(entry.index, entry.term, response, error);
    this.#host.mayCompact(this);
  }

  #stop(halt: Halt): void {
    this.halt = halt;
    this.#host.probe.onHalt(this.node, this.group, halt);
    this.#waiters.failAll('halted', this.#host.haltText(halt));
    this.#host.halted(this, halt);
  }
}
