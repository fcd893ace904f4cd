// One run: a scenario and a source of choices in, a verdict out. It is the only place that knows when a run is over (plan
// done, faults healed, obligations met, or a limit reached) and the only one that catches a bug of ours: everything else
// lets it fly, so that no broken run can pass for a quiet one.
import { InputError, InvariantError } from '../base/errors.ts';
import type { StateTracePort } from '../raft/index.ts';
import { RaftInvariantError } from '../raft/index.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { WatchContext } from '../scenario/watch.ts';
import { openJudge, type Judge } from './checkers/index.ts';
import { FaultInjector } from './faults/injector.ts';
import type { RecordingSource, Tape } from './kernel/choices.ts';
import type { RunResult, Violation } from './verdict.ts';
import { faultWorld } from './world/fault-world.ts';
import { RecordingChecker } from './world/notes.ts';
import { untilServed } from './world/exercise.ts';
import { PlanDriver } from './world/plan-driver.ts';
import { World } from './world/world.ts';

export interface RunOptions {
  /** Keep the trace; it is empty otherwise. The hash is the same. */
  readonly record?: boolean;
  /** Watch every invariant of the Raft layer, not only those the scenario names. */
  readonly allInvariants?: boolean;
  /** End the run with its first violation: what follows one is mostly its echo, and may be endless. */
  readonly untilViolated?: boolean;
  /** Where the core of a group reports its steps; null for nowhere. */
  readonly stateTrace?: (group: string) => StateTracePort | null;
  /** Gives a search or a server a hand on the world before the first event. */
  readonly prepare?: (world: World) => void;
}

/** How often checkers are told that time has passed, virtual ms. */
const TICK_MS = 50;
/** How long the cluster may take to come to rest when everything else is over. */
const REST_MS = 2_000;

/** Runs a scenario. @throws InvariantError where the simulator itself is wrong */
export function run(scenario: Scenario, source: RecordingSource, options: RunOptions = {}): RunResult {
  return new Run(scenario, source, options).toEnd();
}

class Run {
  readonly #scenario: Scenario;
  readonly #source: RecordingSource;
  readonly #world: World;
  readonly #judge: Judge;
  readonly #faults: FaultInjector;
  readonly #untilViolated: boolean;
  #planDone = false;
  #faultsOver = false;
  #healedAtMs = -1;

  constructor(scenario: Scenario, source: RecordingSource, options: RunOptions) {
    this.#scenario = scenario;
    this.#source = source;
    this.#untilViolated = options.untilViolated ?? false;
    this.#world = new World(scenario, source, {
      record: options.record ?? false,
      stateTrace: options.stateTrace ?? (() => null),
    });
    this.#judge = openJudgeFor(this.#world, options.allInvariants ?? false);
    this.#world.probe = this.#judge.probe;
    this.#faults = new FaultInjector(
      scenario.faults,
      faultWorld(this.#world, () => {
        this.#faultsOver = true;
        this.#mayBeHealed();
      }),
      source,
    );
    options.prepare?.(this.#world);
  }

  toEnd(): RunResult {
    let inconclusive: string | null = null;
    try {
      inconclusive = this.#go();
    } catch (error) {
      // The core's panics are findings where a mutant or a lost disk causes them; a scenario decides by its expectation.
      if (error instanceof RaftInvariantError) this.#panicked(error);
      else throw error instanceof InvariantError || error instanceof InputError ? error : wrapped(error);
    }
    this.#judge.probe.onEnd(this.#world.nowMs(), inconclusive === null);
    return this.#result(inconclusive);
  }

  /** Null, or why the run was cut short. */
  #go(): string | null {
    const world = this.#world;
    const { limits } = this.#scenario;
    this.#faults.start();
    const driver = new PlanDriver(world, this.#scenario.plan, world.planDraw);
    const plan = driver.run();
    const runPlan = function* (self: Run): Generator<(resume: () => void) => void, void, void> {
      yield* plan;
      self.#endPlan();
    };
    world.run(runPlan(this));
    if (this.#judge.wantsKvClients) world.writes.startClients();
    this.#tick();
    world.settleSoon();
    while (!this.#isOver()) {
      if (world.scheduler.events >= limits.events) return `the limit of ${limits.events} events is reached`;
      if (!world.step(limits.virtualMs)) return `the limit of ${limits.virtualMs} ms is reached`;
    }
    return null;
  }

  #endPlan(): void {
    this.#planDone = true;
    this.#world.writes.stopClients();
    this.#judge.probe.onPlanDone(this.#world.nowMs());
    this.#faults.planDone();
    if (this.#scenario.faults === null) this.#faultsOver = true;
    this.#mayBeHealed();
  }

  /** The cluster counts as healed when neither faults nor operators disturb it any more. */
  #mayBeHealed(): void {
    if (!this.#planDone || !this.#faultsOver || this.#healedAtMs >= 0) return;
    this.#healedAtMs = this.#world.nowMs();
    this.#judge.probe.onHealed(this.#healedAtMs);
    if (!this.#judge.wantsService) return;
    for (const { id } of this.#world.groups) this.#world.run(untilServed(this.#world, id));
  }

  #isOver(): boolean {
    if (this.#untilViolated && this.#judge.violations.length > 0) return true;
    if (this.#healedAtMs < 0) return false;
    const nowMs = this.#world.nowMs();
    if (this.#judge.unmetUntilMs(nowMs) > nowMs) return false;
    return this.#world.isQuiet() || nowMs >= this.#healedAtMs + REST_MS;
  }

  #tick(): void {
    this.#judge.probe.onTick(this.#world.nowMs());
    this.#world.scheduler.after(TICK_MS, () => this.#tick());
  }

  #panicked(error: RaftInvariantError): void {
    const { recorder } = this.#world;
    const violation: Violation = {
      property: 'no-panic',
      says: `the Raft core panicked: ${error.message}`,
      seq: recorder.seq,
      atMs: this.#world.nowMs(),
      code: 'RaftPanic',
      node: '',
      group: '',
    };
    this.#judge.violations.push(violation);
  }

  #result(inconclusive: string | null): RunResult {
    const { recorder, scheduler } = this.#world;
    const { violations } = this.#judge;
    const source = this.#source;
    let tape: Tape | null = null;
    return {
      scenario: this.#scenario.name,
      verdict: violations.length > 0 ? 'violated' : inconclusive === null ? 'holds' : 'inconclusive',
      violations,
      met: this.#judge.met(),
      seen: this.#world.sightings.seen(),
      inconclusive: violations.length > 0 ? null : inconclusive,
      // A storm has thousands of choices, and most tapes are never looked at.
      get tape() {
        return (tape ??= source.tape(this.scenario));
      },
      hash: recorder.hash(),
      events: recorder.seq,
      virtualMs: scheduler.nowMs,
      taken: this.#faults.taken,
      trace: recorder.events(),
    };
  }
}

/** The judge of a world: the recorder first, then the checkers its scenario asks for. */
export function openJudgeFor(world: World, allInvariants: boolean): Judge {
  const { scenario } = world;
  const nodes = ['', ...scenario.cluster.nodes];
  const groups = ['', ...scenario.cluster.groups.map((group) => group.name)];
  const { raft, tickMs } = scenario.cluster;
  const build = scenario.builds[0];
  const recording = build === undefined ? null : new RecordingChecker(world, build);
  return openJudge({
    scenario,
    allInvariants,
    view: world.state,
    viewVersion: () => world.state.version,
    seq: () => world.recorder.seq,
    first: recording,
    feature: watchContext(world, nodes, groups),
    context: {
      nodes,
      groups,
      electionMs: scenario.cluster.electionMs,
      preVote: raft.preVote === true,
      checkQuorum: raft.checkQuorum,
      leaseReads: raft.reads === 'lease',
      tickMs,
      skewedClocks: (scenario.faults?.clockSkewMs ?? 0) > 0,
      parking: scenario.cluster.parking,
      asyncStorage: raft.asyncStorage,
      maxInflightMsgs: raft.maxInflight,
      maxInflightBytes: raft.maxInflightBytes,
      maxUncommittedBytes: raft.maxUncommittedBytes,
      maxApplyingBytes: raft.maxApplyingBytes === 0 ? raft.maxMessageBytes : raft.maxApplyingBytes,
      links: world.wire.network,
      nowMs: () => world.nowMs(),
      replica: (node, group) => world.replica(node, group),
      disk: (node, group) => world.home(node).log(group),
    },
  });
}

/** What a feature's own properties see of a world. */
function watchContext(
  world: World,
  nodes: readonly string[],
  groups: readonly string[],
): Omit<WatchContext, 'violated'> {
  return {
    nodes,
    groups,
    nowMs: () => world.nowMs(),
    program: (node) => {
      const process = world.process(node);
      return process !== null && process.status === 'serving' ? process.program : null;
    },
    files: (node) => world.home(node).disk.files,
    applied: (node, group) => world.replica(node, group)?.applied() ?? 0,
    lastIndex: (node, group) => world.home(node).log(group).lastIndex(),
  };
}

function wrapped(error: unknown): InvariantError {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new InvariantError('UNEXPECTED', detail);
}
