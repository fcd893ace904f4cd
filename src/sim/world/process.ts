// One incarnation of one node: a build, its program, and a replica of each group the node hosts. It starts as the real
// process does (guards, replay inside open, guards, listeners) and dies as one (every task with it, every waiter told).
// Because a group that halts while it is opened ends the whole start, a restart after a halt takes the healthy groups of
// the node along: the part of the story that a simulator with one group per process cannot tell.
import type { Halt } from '../../fsm/state-machine.ts';
import { drive, type Task } from '../../base/task.ts';
import { assert } from '../../base/assert.ts';
import type { Message } from '../../raft/index.ts';
import { MessageType, Role } from '../../raft/index.ts';
import type { Build } from '../../scenario/build.ts';
import type { Program, ProposalFailure } from '../../scenario/program.ts';
import type { ProcessEvent } from '../../scenario/watch.ts';
import type { Probe } from '../checkers/probe.ts';
import { confChanged, mayFound } from './conf-changes.ts';
import type { Home } from './home.ts';
import { processPort } from './process-port.ts';
import { openReplica } from './open-replica.ts';
import type { Replica } from './replica.ts';
import { type ReplicaHost } from './replica.ts';
import type { World } from './world.ts';

export type ProcessStatus = 'starting' | 'serving' | 'down';

/** How long a process takes from exec to its first guard, virtual ms. */
const BOOT_MS = 10;

/** One process. Not reused: a restart makes a new one on the same home. */
export class Process implements ReplicaHost {
  readonly world: World;
  readonly home: Home;
  readonly build: Build;
  readonly probe: Probe;
  status: ProcessStatus = 'starting';
  paused = false;
  /** By group number; null where the node hosts none. */
  readonly replicas: (Replica | null)[];
  #program: Program | null = null;
  /** The group that the start is opening: its halt refuses the start; 0 for none. */
  #opening = 0;
  readonly #wakeHandle: Int32Array;
  readonly #wakeAt: Float64Array;
  /** Messages, alarms and timers that came while the process was paused. */
  #backlog: (() => void)[] = [];
  /** Peers' incarnations this process has decided to talk to, or not. */
  readonly #peers = new Map<number, boolean>();
  /** Callers with a call in hand, in the order in which they came. */
  #callers: ((reason: string) => void)[] = [];

  constructor(world: World, home: Home, build: Build) {
    this.world = world;
    this.home = home;
    this.build = build;
    this.probe = world.probe;
    const groups = world.groups.length + 1;
    this.replicas = new Array<Replica | null>(groups).fill(null);
    this.#wakeHandle = new Int32Array(groups).fill(-1);
    this.#wakeAt = new Float64Array(groups).fill(Number.MAX_SAFE_INTEGER);
  }

  get node(): number {
    return this.home.node;
  }

  get program(): Program {
    assert(this.#program !== null, 'NO_PROGRAM', () => `${this.home.name} has no program yet`);
    return this.#program;
  }

  isUp(): boolean {
    return this.status !== 'down';
  }

  /** Starts; true once the listeners are open, false if the start was refused or the process died before. */
  *start(): Task<boolean> {
    this.#tell('start', '');
    yield* this.sleep(BOOT_MS);
    if (!this.isUp()) return false;
    const program = this.world.factory(this.build).create(processPort(this));
    this.#program = program;
    const refusal = program.beforeOpen();
    if (refusal !== null) return this.#refuse(refusal);
    for (const group of this.home.hosted()) {
      this.#opening = group;
      const halt = this.host(group);
      if (halt !== null)
        return this.#refuse(`failed to start raft group ${this.world.groupName(group)}: ${halt.detail}`);
      if (!this.isUp()) return false;
    }
    this.#opening = 0;
    const late = yield* program.afterReplay();
    if (!this.isUp()) return false;
    if (late !== null) return this.#refuse(late);
    this.status = 'serving';
    this.#tell('serving', '');
    this.world.touched();
    program.opened();
    return true;
  }

  /** Opens the replica of a group from what the disk holds; a halt on the way is returned. */
  host(group: number): Halt | null {
    const { replica, refusal } = openReplica(this, group);
    this.replicas[group] = replica;
    this.world.state.opened(this, replica);
    this.probe.onStart(this.node, group, replica);
    if (refusal === null) replica.pump();
    else replica.refuseSnapshot(replica.disk.snapshot.index, refusal);
    return replica.halt;
  }

  replica(group: number): Replica | null {
    return this.replicas[group] ?? null;
  }

  /** A message came in from a peer. */
  receive(from: number, group: number, m: Message): void {
    if (!this.isUp()) return;
    if (this.paused) {
      // What was sent long ago founds nothing: the sender may have gone on to another configuration since.
      this.#backlog.push(() => void (this.replicas[group] !== null && this.receive(from, group, m)));
      return;
    }
    if (!this.accepts(from) || this.world.process(from)?.accepts(this.node) === false) return;
    const replica = this.replicas[group] ?? this.#joinOnFirstContact(from, group, m);
    if (replica === null || !replica.isLive()) return;
    replica.step(m);
    this.world.parking?.consider(replica);
    if (m.type === MessageType.MsgSnap) this.world.wire.snapshotArrived(from, this.node, group);
  }

  /** The core of a group asked to be woken now. */
  wake(group: number): void {
    this.#wakeHandle[group] = -1;
    this.#wakeAt[group] = Number.MAX_SAFE_INTEGER;
    const replica = this.replicas[group];
    if (!this.isUp() || replica === undefined || replica === null || !replica.isLive()) return;
    if (this.paused) {
      this.#backlog.push(() => this.wake(group));
      return;
    }
    replica.catchUp();
    replica.pump();
    this.world.parking?.consider(replica);
  }

  /** Makes sure that the replica is woken in time; a slot that fires too early re-arms itself. */
  rearm(replica: Replica): void {
    if (!replica.isLive() || !this.isUp() || replica.parked) return;
    const atMs = replica.wakeAtMs();
    const group = replica.group;
    if (atMs >= this.#wakeAt[group]!) return;
    if (this.#wakeHandle[group]! >= 0) this.world.scheduler.cancel(this.#wakeHandle[group]!);
    this.#wakeAt[group] = atMs;
    this.#wakeHandle[group] = this.world.wakeAt(Math.max(atMs, this.nowMs()), this, group);
  }

  /** The replica of a group need not be woken any more. */
  disarm(group: number): void {
    if (this.#wakeHandle[group]! >= 0) this.world.scheduler.cancel(this.#wakeHandle[group]!);
    this.#wakeHandle[group] = -1;
    this.#wakeAt[group] = Number.MAX_SAFE_INTEGER;
  }

  pause(): void {
    if (!this.isUp() || this.paused) return;
    this.world.parking?.wakeAll();
    this.paused = true;
    this.world.note.process('pause', this, '');
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.world.note.process('resume', this, '');
    for (const replica of this.replicas) if (replica !== null) replica.skipTime();
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const late of backlog) if (this.isUp()) late();
    for (const replica of this.replicas) if (replica !== null) this.rearm(replica);
  }

  /** Ends the process. What its disk keeps depends on how. */
  end(how: 'stop' | 'crash' | 'exit' | 'refused', detail: string): void {
    if (!this.isUp()) return;
    this.world.parking?.wakeAll();
    this.status = 'down';
    this.paused = false;
    this.#backlog = [];
    this.#tell(how, detail);
    const why: ProposalFailure = 'closed';
    this.replicas.forEach((replica, group) => {
      if (replica === null) return;
      replica.close(why, detail);
      this.probe.onStop(this.node, group, false);
      this.disarm(group);
    });
    this.home.ended(how === 'crash' ? 'crash' : 'stop');
    const callers = this.#callers;
    this.#callers = [];
    for (const hangUp of callers) hangUp(detail);
    this.world.touched();
  }

  /** Registers what to do for a caller whose connection breaks; returns how to take it back. */
  onBreak(hangUp: (reason: string) => void): () => void {
    this.#callers.push(hangUp);
    return () => {
      this.#callers = this.#callers.filter((other) => other !== hangUp);
    };
  }

  /** Runs a task in this process: it freezes when the process dies. */
  run(task: Task<void>): void {
    drive(task, (outcome) => {
      if ('error' in outcome) throw outcome.error;
    });
  }

  *sleep(ms: number): Task<void> {
    yield (resume) => void this.world.scheduler.after(Math.max(0, ms), () => this.soon(resume));
  }

  // ReplicaHost
  touched(replica: Replica): void {
    this.world.parking?.wake(replica.group);
  }

  nowMs(): number {
    return this.world.scheduler.nowMs;
  }

  soon(resume: () => void): void {
    this.world.soon(() => {
      if (!this.isUp()) return;
      if (this.paused) this.#backlog.push(resume);
      else resume();
    });
  }

  alarm(atMs: number, ring: () => void): () => void {
    return this.world.alarm(atMs, ring);
  }

  send(replica: Replica, m: Message): void {
    this.world.wire.send(this.node, replica.group, m);
  }

  halted(replica: Replica, halt: Halt): void {
    this.world.note.halt(this, replica.group, halt);
    this.world.touched();
    if (this.build.onHalt === 'process' && this.#opening !== replica.group) {
      const reason = `raft group ${this.world.groupName(replica.group)} engine stopped: ${halt.detail}`;
      this.world.soon(() => this.end('exit', reason));
    }
  }

  haltText(halt: Halt): string {
    return this.program.haltText?.(halt) ?? halt.detail;
  }

  confChanged(replica: Replica): void {
    const { group, conf } = replica;
    const before = this.home.conf[group] ?? this.world.founders(group);
    this.home.remember(group, conf);
    confChanged(this.world, this, replica, before);
  }

  isSnapshotStale(replica: Replica): boolean {
    return this.world.draws.isSnapshotStale(replica);
  }

  mayCompact(replica: Replica): void {
    this.world.draws.mayCompact(replica);
  }

  /** The node was removed from a group: its replica is closed. */
  leave(replica: Replica): void {
    replica.close('closed', 'removed from the group');
    // Its log is dropped with it: what it promised is void.
    this.probe.onStop(this.node, replica.group, true);
    this.replicas[replica.group] = null;
  }

  #tell(what: ProcessEvent, detail: string): void {
    this.world.note.process(what, this, detail);
    this.probe.onProcess(this.node, what, this.build, detail);
  }

  #refuse(refusal: string): boolean {
    this.end('refused', refusal);
    return false;
  }

  #joinOnFirstContact(from: number, group: number, m: Message): Replica | null {
    const fromLeader =
      m.type === MessageType.MsgApp || m.type === MessageType.MsgHeartbeat || m.type === MessageType.MsgSnap;
    if (!fromLeader || this.#program === null || !mayFound(this.world, from, this.node, group)) return null;
    this.host(group);
    return this.replicas[group] ?? null;
  }

  /**
   * The connect gate, asked once per incarnation of a peer; what comes before the answer is lost. A connection has two ends,
   * and either may refuse it.
   */
  accepts(from: number): boolean {
    const connect = this.#program?.connect ?? null;
    if (connect === null) return true;
    const key = this.world.incarnation(from) * 64 + from;
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    this.#peers.set(key, false);
    const decide = function* (self: Process): Task<void> {
      const yes = yield* connect(self.world.nodeName(from));
      self.#peers.set(key, yes);
    };
    this.run(decide(this));
    return this.#peers.get(key) === true;
  }
}

/** The replica that leads, if it does. */
export function leads(replica: Replica | null): replica is Replica {
  return replica !== null && replica.isLive() && replica.role() === Role.Leader;
}
