// The simulated world of one run: nodes, groups, network and clock, and who may reach whom. It is assembled once from a
// scenario and a source of choices; nothing in it outlives the run, so two runs in one process cannot meet.
import { assert } from '../../base/assert.ts';
import { drive, type Task } from '../../base/task.ts';
import type { ConfState, StateTracePort } from '../../raft/index.ts';
import type { Build } from '../../scenario/build.ts';
import type { ProgramFactory } from '../../scenario/program.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { genericProgram } from '../../scenario/generic-program.ts';
import type { Probe } from '../checkers/probe.ts';
import type { ChoiceSource, ChoiceStream } from '../kernel/choices.ts';
import { Scheduler } from '../kernel/scheduler.ts';
import { TraceRecorder } from '../kernel/trace-recorder.ts';
import { CallLog } from './calls.ts';
import { ClusterState } from './cluster-state.ts';
import { DiskCrash } from './disk.ts';
import { Draws } from './draws.ts';
import { Home } from './home.ts';
import { Notes } from './notes.ts';
import { Parking } from './parking.ts';
import { leads, Process } from './process.ts';
import type { Replica } from './replica.ts';
import { RpcChannels } from './rpc.ts';
import { Wire } from './wire.ts';
import { Sightings } from './sightings.ts';
import type { WaitHost } from './waiters.ts';
import { Writes } from './writes.ts';

export interface WorldOptions {
  /** Keep the trace for rendering. */
  readonly record: boolean;
  /** Where the core of a group reports its steps; null for nowhere. */
  readonly stateTrace?: (group: string) => StateTracePort | null;
}

/** How many heartbeats fit in the least election timeout. */
const HEARTBEATS_PER_TIMEOUT = 5;
/** One run's world. */
export class World {
  readonly scenario: Scenario;
  readonly scheduler: Scheduler;
  readonly recorder: TraceRecorder;
  readonly wire: Wire;
  readonly note: Notes;
  readonly rpc: RpcChannels;
  readonly calls: CallLog;
  readonly writes: Writes;
  readonly state: ClusterState;
  /** What gates and builds have been. */
  readonly sightings = new Sightings();
  /** Waits of those who stand outside the cluster. */
  readonly outside: WaitHost;
  readonly planDraw: ChoiceStream;
  readonly draws: Draws;
  readonly electionTick: number;
  readonly heartbeatTick: number;
  readonly stateTrace: (group: string) => StateTracePort | null;
  /** Puts idle groups to rest; null where the scenario does not ask for it, or storage threads have a time of their own. */
  readonly parking: Parking | null;
  /** By number, from 1; element 0 is unused. */
  readonly groups: Scenario['cluster']['groups'];
  /** Set right after construction: recording first, then the checkers. */
  probe!: Probe;
  readonly #source: ChoiceSource;
  readonly #homes: (Home | null)[] = [null];
  readonly #processes: (Process | null)[] = [null];
  readonly #nodeNumbers = new Map<string, number>();
  readonly #groupNumbers = new Map<string, number>();
  readonly #founders: ConfState[] = [];
  readonly #wakeKind: number;
  #soon: (() => void)[] = [];
  readonly #factories = new Map<string, ProgramFactory>();
  /** Whose disk is set to crash, and who wants to know. */
  #armed: { readonly node: number; readonly then: () => void } | null = null;

  constructor(scenario: Scenario, source: ChoiceSource, options: WorldOptions) {
    const { nodes, groups, tickMs, electionMs, parking, raft } = scenario.cluster;
    this.scenario = scenario;
    this.groups = groups;
    this.#source = source;
    this.stateTrace = options.stateTrace ?? (() => null);
    this.parking = parking && !raft.asyncStorage ? new Parking(this) : null;
    this.electionTick = Math.max(2, Math.round(electionMs[0] / tickMs));
    this.heartbeatTick = Math.max(1, Math.trunc(this.electionTick / HEARTBEATS_PER_TIMEOUT));
    this.scheduler = new Scheduler(scenario.limits.events);
    const nodeNames = ['', ...nodes];
    const groupNames = ['', ...groups.map((group) => group.name)];
    this.recorder = new TraceRecorder({ nodes: nodeNames, groups: groupNames }, this.scheduler, options.record);
    this.wire = new Wire(this, nodeNames, source);
    this.#wakeKind = this.scheduler.kind((node, group) => this.#processes[node]?.wake(group));
    this.planDraw = source.stream('plan');
    this.draws = new Draws(this, source);
    nodes.forEach((name, i) => {
      this.#nodeNumbers.set(name, i + 1);
      this.#homes.push(new Home(i + 1, name, groups.length, () => this.scheduler.nowMs, source.stream(`disk/${name}`)));
      this.#processes.push(null);
    });
    groups.forEach((group) => this.#found(group));
    this.outside = {
      nowMs: () => this.scheduler.nowMs,
      soon: (resume) => this.soon(resume),
      alarm: (atMs, ring) => this.alarm(atMs, ring),
    };
    this.note = new Notes(this.recorder);
    this.rpc = new RpcChannels(this);
    this.calls = new CallLog(this);
    this.writes = new Writes(this);
    this.state = new ClusterState(this);
  }

  // Names and numbers
  nodeNumber(name: string): number {
    const node = this.#nodeNumbers.get(name);
    assert(node !== undefined, 'NO_NODE', () => `no node ${name}`);
    return node;
  }

  nodeName(node: number): string {
    return this.home(node).name;
  }

  groupNumber(name: string): number {
    const group = this.#groupNumbers.get(name);
    assert(group !== undefined, 'NO_GROUP', () => `no group ${name}`);
    return group;
  }

  groupName(group: number): string {
    return this.groups[group - 1]!.name;
  }

  /** Where a node's listener of a group stands, as the service prints it. */
  address(node: number, group: number): string {
    return `${this.nodeName(node)}:${50_050 + group}`;
  }

  home(node: number): Home {
    return this.#homes[node]!;
  }

  process(node: number): Process | null {
    const process = this.#processes[node] ?? null;
    return process !== null && process.isUp() ? process : null;
  }

  incarnation(node: number): number {
    return this.home(node).incarnation;
  }

  /** What a build's feature is made of in this world. */
  factory(build: Build): ProgramFactory {
    const { subject } = build;
    if (subject.program !== null) return subject.program;
    const known = this.#factories.get(subject.name);
    if (known !== undefined) return known;
    const factory = genericProgram(subject);
    this.#factories.set(subject.name, factory);
    return factory;
  }

  // Time
  nowMs(): number {
    return this.scheduler.nowMs;
  }

  *sleep(ms: number): Task<void> {
    yield (resume) => void this.scheduler.after(Math.max(0, ms), () => this.soon(resume));
  }

  /** Runs when the event in progress is over. */
  soon(run: () => void): void {
    this.#soon.push(run);
  }

  alarm(atMs: number, ring: () => void): () => void {
    let rung = false;
    const handle = this.scheduler.after(Math.max(0, atMs - this.nowMs()), () => {
      rung = true;
      ring();
    });
    return () => {
      if (!rung) this.scheduler.cancel(handle);
      rung = true;
    };
  }

  wakeAt(atMs: number, process: Process, group: number): number {
    return this.scheduler.at(atMs, this.#wakeKind, process.node, group);
  }

  /** Runs a task of the outside. */
  run(task: Task<void>): void {
    drive(task, (outcome) => {
      if ('error' in outcome) throw outcome.error;
    });
  }

  /** Runs the next event due by `untilMs` and all that follows from it at once. False if there is none. */
  step(untilMs: number): boolean {
    try {
      if (!this.scheduler.next(untilMs)) return false;
    } catch (error) {
      this.survive(error);
    }
    this.settleSoon();
    return true;
  }

  /** Runs what was put off until the event in progress is over. */
  settleSoon(): void {
    while (this.#soon.length > 0) {
      const due = this.#soon;
      this.#soon = [];
      for (const run of due) {
        try {
          run();
        } catch (error) {
          this.survive(error);
        }
      }
    }
  }

  choose(stream: string, key: number, n: number): number {
    return this.#source.stream(stream).choose(key, n);
  }

  // Processes
  start(node: number, build: Build): void {
    const home = this.home(node);
    if (this.process(node) !== null) return;
    if (home.incarnation > 0) home.restarts++;
    home.incarnation++;
    home.held = false;
    home.runs(build);
    this.sightings.fleet(this.scenario.cluster.nodes.map((_, i) => this.home(i + 1).build?.name ?? ''));
    const process = new Process(this, home, build);
    this.#processes[node] = process;
    const begin = function* (): Task<void> {
      yield* process.start();
    };
    this.run(begin());
    this.touched();
  }

  /** An orderly stop: what was written is durable. */
  stop(node: number): void {
    this.process(node)?.end('stop', '');
  }

  crash(node: number, detail: string): void {
    this.process(node)?.end('crash', detail);
  }

  /** An operator takes a node down, and it stays down until an operator starts it. */
  hold(node: number, how: 'stop' | 'crash', detail: string): void {
    this.process(node)?.end(how, detail);
    this.home(node).held = true;
  }

  /** The machine of a node that is down is gone for good; an empty one takes its name. */
  replace(node: number): void {
    assert(this.process(node) === null, 'NOT_DOWN', () => `${this.nodeName(node)} still runs`);
    this.home(node).replace();
    this.probe.onDisk(node, 'replaced', '');
    for (let group = 1; group <= this.groups.length; group++) {
      this.probe.onStop(node, group, true);
      this.state.forget(node, group);
    }
  }

  /** The n-th change of a side file from now brings the node's machine down; 0 takes that back. */
  armDiskCrash(node: number, n: number, then: () => void): void {
    this.home(node).disk.files.armCrash(n);
    if (n > 0) this.#armed = { node, then };
    else if (this.#armed?.node === node) this.#armed = null;
  }

  /** A node's clock runs at another rate from now on. */
  skew(node: number, ticks: number, per: number): void {
    const process = this.process(node);
    const replicas = process === null ? [] : process.replicas.filter((replica) => replica !== null && replica.isLive());
    for (const replica of replicas) replica?.catchUp();
    this.home(node).clock.skew(ticks, per);
    for (const replica of replicas) replica?.pump();
  }

  // Groups
  founders(group: number): ConfState {
    return this.#founders[group]!;
  }

  firstGroupOf(node: number): number {
    return this.home(node).hosted()[0] ?? 1;
  }

  /** The serving node that leads a group in the highest term; 0 if none does. */
  leaderOf(group: number): number {
    let best = 0;
    let bestTerm = -1;
    for (let node = 1; node < this.#processes.length; node++) {
      const process = this.process(node);
      if (process === null || process.status !== 'serving' || process.paused) continue;
      const replica = process.replica(group);
      if (leads(replica) && replica.term() > bestTerm) {
        best = node;
        bestTerm = replica.term();
      }
    }
    return best;
  }

  /** The replica of a running process. */
  replica(node: number, group: number): Replica | null {
    return this.process(node)?.replica(group) ?? null;
  }

  /** Whether so many voters of a group have halted that it can never commit again without them. */
  isHopeless(group: number): boolean {
    return this.state.isHopeless(group);
  }

  isQuiet(): boolean {
    return this.state.isQuiet();
  }

  /** Which groups a node is a member of, and as what, by the newest configuration known. */
  partsOf(node: number): { group: number; voter: boolean }[] {
    return this.state.partsOf(node);
  }

  compactAll(group: number): void {
    for (let node = 1; node < this.#processes.length; node++) {
      const process = this.process(node);
      const replica = process === null || process.paused ? null : process.replica(group);
      if (replica !== null && replica.isLive()) replica.compact(0);
    }
  }

  /** Something a property may look at has changed. */
  touched(): void {
    this.state.touched();
  }

  #found(group: Scenario['cluster']['groups'][number]): void {
    this.#groupNumbers.set(group.name, group.id);
    const ids = (names: readonly string[]): number[] => names.map((n) => this.nodeNumber(n)).sort((a, b) => a - b);
    const voters = ids(group.voters);
    const learners = ids(group.learners);
    this.#founders[group.id] = { voters, learners, votersOutgoing: [], learnersNext: [], autoLeave: false };
    for (const node of [...voters, ...learners]) this.home(node).assign(group.id);
  }

  /** A machine that goes down in the middle of a file operation takes its process along, and nothing else. Rethrows the rest. */
  survive(error: unknown): void {
    if (!(error instanceof DiskCrash)) throw error;
    const armed = this.#armed;
    assert(armed !== null, 'DISK_CRASH', () => `a disk crashed that nobody armed: ${error.after}`);
    this.#armed = null;
    this.crash(armed.node, `power cut after ${error.after}`);
    armed.then();
  }
}
