// One Raft group on one node: it drives the core's Ready loop, keeps the disk ahead of the wire, and applies committed
// entries one at a time. A halt is a state of the replica, not an exception: the applied index stays below the entry,
// nothing leaves any more, and everyone who waited is told. Were the loop to go on after a halt, or the index to move, the
// simulator would show a cluster that heals where the real one replays the entry for ever.
import type { Halt, StateMachine } from '../../fsm/state-machine.ts';
import { isHalt } from '../../fsm/state-machine.ts';
import {
  decodeConfChange,
  EntryType,
  MessageType,
  RawNode,
  Role,
  type AnyConfChange,
  type Config,
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
import type { Probe, ReplicaLens } from '../checkers/probe.ts';
import type { LogDisk } from './disk.ts';
import { LiveStorage } from './live-storage.ts';
import { failed, Waiters, type WaitHost } from './waiters.ts';

/** A node's own clock: it may run fast or slow. */
export interface NodeClock {
  /** Local ms now; never falls. */
  localMs(): number;
  /** True virtual ms at which the local clock will read at least that. */
  trueMsAt(localMs: number): number;
}

/** What a replica needs of the process it runs in. */
export interface ReplicaHost extends WaitHost {
  readonly probe: Probe;
  /** Puts a message on the wire. */
  send(replica: Replica, m: Message): void;
  /** The apply loop of the replica has stopped. */
  halted(replica: Replica, halt: Halt): void;
  /** What proposers are told from then on. */
  haltText(halt: Halt): string;
  /** A configuration took effect at the replica. */
  confChanged(replica: Replica): void;
  /** Told after each applied entry: the moment to take a snapshot, if any. */
  mayCompact(replica: Replica): void;
  /** The core's next deadline may have moved. */
  rearm(replica: Replica): void;
}

/** What a replica is opened with. */
export interface ReplicaParts {
  readonly node: number;
  readonly group: number;
  readonly config: Config;
  readonly disk: LogDisk;
  readonly machine: StateMachine;
  readonly codec: EngineCodec | null;
  readonly clock: NodeClock;
  /** Local ms per tick. */
  readonly tickMs: number;
}

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
  readonly #host: ReplicaHost;
  readonly #codec: EngineCodec | null;
  readonly #waiters: Waiters;
  readonly #clock: NodeClock;
  readonly #tickMs: number;
  #role: Role = Role.Follower;
  #term = 0;
  #commit = 0;
  #applied: number;
  /** Entries up to here were applied before the restart. */
  readonly #duplicateUpTo: number;
  #pumping = false;
  /** Local time up to which the core's clock was moved. */
  #clockMs: number;

  constructor(parts: ReplicaParts, host: ReplicaHost) {
    this.node = parts.node;
    this.group = parts.group;
    this.disk = parts.disk;
    this.machine = parts.machine;
    this.#codec = parts.codec;
    this.#host = host;
    this.#waiters = new Waiters(host);
    this.#clock = parts.clock;
    this.#tickMs = parts.tickMs;
    this.#clockMs = parts.clock.localMs();
    const { hardState, confState } = parts.disk.storage.initialState();
    this.conf = confState ?? NO_CONF;
    this.#term = hardState.term;
    this.#commit = Math.max(hardState.commit, parts.config.applied);
    this.#duplicateUpTo = parts.machine.durableAppliedIndex();
    this.#applied = Math.max(parts.config.applied, Math.min(this.#duplicateUpTo, this.#commit));
    this.raft = new RawNode({
      ...parts.config,
      storage: new LiveStorage(parts.disk.storage, () => this.compact(KEEP_ALL)),
    });
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
    const ticks = this.raft.ticksUntilWork();
    return ticks > 1_000_000 ? Number.MAX_SAFE_INTEGER : this.#clock.trueMsAt(this.#clockMs + ticks * this.#tickMs);
  }

  /** Lets the time that has passed be seen by the core. */
  catchUp(): void {
    const ticks = Math.trunc((this.#clock.localMs() - this.#clockMs) / this.#tickMs);
    if (ticks <= 0) return;
    this.#clockMs += ticks * this.#tickMs;
    this.raft.tick(ticks);
  }

  /** Time stood still for this replica: its process was paused. */
  skipTime(): void {
    this.#clockMs = this.#clock.localMs();
  }

  step(m: Message): void {
    this.catchUp();
    this.raft.step(m);
    this.pump();
    // Behind the Ready loop, so that a term the answer ended is known to be over.
    if (this.#role === Role.Leader && isAnswer(m.type)) this.#host.probe.onProgress(this.node, this.group, m.from);
  }

  /** Proposes a payload; see GroupPort.propose. */
  *propose(payload: Uint8Array, deadlineMs: number | undefined): Task<Proposed> {
    const stopped = this.#stopped();
    if (stopped !== null) return stopped;
    this.catchUp();
    if (this.#role !== Role.Leader) return failed('not-leader', 'raft engine: not leader');
    const data = this.#codec === null ? payload : this.#codec.wrap(payload);
    return yield* this.#await(this.raft.propose(data), data.length, deadlineMs);
  }

  /** Proposes a membership change and waits until it is applied here. */
  *proposeConfChange(change: AnyConfChange, deadlineMs: number | undefined): Task<Proposed> {
    const stopped = this.#stopped();
    if (stopped !== null) return stopped;
    this.catchUp();
    if (this.#role !== Role.Leader) return failed('not-leader', 'raft engine: not leader');
    return yield* this.#await(this.raft.proposeConfChange(change), 0, deadlineMs);
  }

  /** A ReadIndex round trip; waits for the index to be applied if asked to. */
  *readIndex(untilApplied: boolean, deadlineMs: number | undefined): Task<number | ProposalFailure> {
    const stopped = this.#stopped();
    if (stopped !== null && !stopped.ok) return stopped.why;
    this.catchUp();
    if (this.#role !== Role.Leader) return 'not-leader';
    const { id, pending } = this.#waiters.read(untilApplied, deadlineMs);
    this.#host.probe.onReadAsked(this.node, this.group, this.#readName(id));
    this.raft.readIndex(contextOf(id));
    this.pump();
    return yield* pending.wait();
  }

  transferTo(node: number): void {
    this.catchUp();
    this.#host.probe.onTransfer(this.node, this.group, node);
    this.raft.transferLeader(node);
    this.pump();
  }

  /** Takes a snapshot at the applied index and drops the log up to `keep` entries before it. */
  compact(keep: number): void {
    const index = this.#applied;
    const made = this.disk.compact(index, this.conf, () => this.machine.snapshot(index), keep);
    if (made !== null) this.#host.probe.onSnapshot(this.node, this.group, 'take', made);
  }

  /** The replica takes part in nothing any more; whoever waited is told. */
  close(why: ProposalFailure, detail: string): void {
    this.closed = true;
    this.#waiters.failAll(why, detail);
  }

  /** Handles Readies until there are none: persist, send, apply, advance. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.isLive() && this.raft.hasReady()) {
      this.#handle(this.raft.ready());
      if (this.isLive()) this.raft.advance();
    }
    this.#pumping = false;
    this.#host.rearm(this);
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

  #stopped(): Proposed | null {
    if (this.halt !== null) return failed('halted', this.#host.haltText(this.halt));
    return this.closed ? failed('closed', 'raft engine: closed') : null;
  }

  #handle(rd: Ready): void {
    const { softState, hardState, entries, snapshot, messages, committedEntries, readStates, mustSync } = rd;
    if (softState !== null || hardState !== null) this.#noteState(rd);
    for (let i = 0; i < entries.length; i++) {
      this.#host.probe.onAppend(this.node, this.group, entries[i]!, this.#role === Role.Leader);
    }
    if (hardState !== null || entries.length > 0 || snapshot !== null) {
      this.disk.save(hardState, entries, snapshot, mustSync);
      this.#host.probe.onPersist(this.node, this.group);
    }
    if (snapshot !== null) this.#install(snapshot);
    for (let i = 0; i < messages.length; i++) this.#host.send(this, messages[i]!);
    for (let i = 0; i < committedEntries.length && this.isLive(); i++) this.#apply(committedEntries[i]!);
    for (let i = 0; i < readStates.length; i++) {
      const read = readStates[i]!;
      const id = idOf(read.requestCtx);
      this.#host.probe.onReadIndex(this.node, this.group, this.#readName(id), read.index);
      this.#waiters.confirmed(id, read.index, this.#applied);
    }
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
    if (rd.hardState !== null) this.#noteCommit(rd.hardState);
  }

  #noteCommit(state: HardState): void {
    if (state.commit <= this.#commit) return;
    this.#commit = state.commit;
    this.#host.probe.onCommit(this.node, this.group, state.commit);
  }

  #install(snapshot: Snapshot): void {
    const refusal = this.machine.restore(snapshot.data, snapshot.index);
    if (refusal !== null) {
      this.#stop({ kind: 'halt', index: snapshot.index, opcode: -1, code: 'ErrSubject', detail: refusal });
      return;
    }
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
    this.#host.probe.onApply(this.node, this.group, entry, opcode, this.machine, error);
    this.#waiters.applied(entry.index, entry.term, response, error);
    this.#host.mayCompact(this);
  }

  #stop(halt: Halt): void {
    this.halt = halt;
    this.#host.probe.onHalt(this.node, this.group, halt);
    this.#waiters.failAll('halted', this.#host.haltText(halt));
    this.#host.halted(this, halt);
  }

  /** A number for a read that no other read of the run has. */
  #readName(id: number): number {
    return (id * 64 + this.group) * 64 + this.node;
  }
}

function isAnswer(type: Message['type']): boolean {
  return type === MessageType.MsgAppResp || type === MessageType.MsgHeartbeatResp;
}

function contextOf(id: number): Uint8Array {
  return Uint8Array.of(id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255);
}

function idOf(context: Uint8Array): number {
  return ((context[0]! << 24) | (context[1]! << 16) | (context[2]! << 8) | context[3]!) >>> 0;
}
