// Many runs of one scenario, folded into what has to be kept of them. A sweep is plain data, so that it can be made in a
// worker thread, and two sweeps over neighbouring seeds merge into the one that a single thread would have made: what
// is reported cannot depend on how the work was shared out.
import type { Tape } from '../sim/kernel/choices.ts';
import { run } from '../sim/run.ts';
import type { RunResult, Seen, Violation } from '../sim/verdict.ts';
import type { RunRecord } from '../report/records.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { isSeen, mergeSeen, NOTHING_SEEN } from '../search/vacuity.ts';
import { sourceOf, type DrawingStrategy } from '../search/strategies/sources.ts';
import { threadCpuMs } from './cpu.ts';
import { runFailure } from './run-failure.ts';

/** The first run, in order of seeds, that violated a property with a code. */
export interface Found {
  readonly property: string;
  readonly code: string;
  readonly says: string;
  readonly seed: string;
  readonly strategy: string;
  readonly tape: Tape;
  readonly hash: string;
  /** Position of the run among those of the scenario, from 1. */
  readonly atRun: number;
  /** How many runs show it. */
  readonly count: number;
  /** Properties violated before this one in the same run: it may be their consequence. */
  readonly after: readonly string[];
}

/** One run to make. */
export interface Draw {
  readonly strategy: DrawingStrategy;
  readonly seed: string;
}

/** What has to be kept of many runs. */
export interface Sweep {
  readonly runs: number;
  /** `sometimes` properties that some run met. */
  readonly met: readonly string[];
  /** What atoms and builds have been. */
  readonly seen: Seen;
  readonly found: readonly Found[];
  readonly inconclusive: number;
  /** Why the first inconclusive run was; null if none was. */
  readonly inconclusiveWhy: string | null;
  /** Whether time ran out before the last seed. */
  readonly cutShort: boolean;
  readonly virtualMs: number;
  readonly cpuMs: number;
  /** Records of the runs, where they are wanted. */
  readonly records: readonly RunRecord[];
}

/** No runs. */
export const NO_SWEEP: Sweep = {
  runs: 0,
  met: [],
  seen: NOTHING_SEEN,
  found: [],
  inconclusive: 0,
  inconclusiveWhy: null,
  cutShort: false,
  virtualMs: 0,
  cpuMs: 0,
  records: [],
};

/** Whether a run is what its scenario expects of runs: it holds, or violates what should be violated. */
function isExpectedRun(scenario: Scenario, result: RunResult): boolean {
  if (result.verdict !== 'violated') return true;
  const { expect } = scenario;
  return expect !== 'holds' && result.violations.some((violation) => violation.property === expect.violates);
}

/** The violation a run is filed under: the expected one if it is there, else the first. */
export function mainViolation(scenario: Scenario, result: RunResult): Violation | null {
  const { expect } = scenario;
  const wanted = expect === 'holds' ? undefined : result.violations.find((v) => v.property === expect.violates);
  return wanted ?? result.violations[0] ?? null;
}

/** A run as a record. */
export function runRecord(scenario: Scenario, result: RunResult, cpuMs: number, tape: string | null): RunRecord {
  const main = mainViolation(scenario, result);
  return {
    kind: 'run',
    scenario: scenario.name,
    tape,
    seed: result.tape.seed,
    strategy: result.tape.strategy,
    verdict: result.verdict,
    expected: isExpectedRun(scenario, result),
    property: main?.property ?? null,
    code: main?.code ?? null,
    blame: null,
    hash: result.hash,
    events: result.events,
    virtualMs: result.virtualMs,
    cpuMs: Math.round(cpuMs * 1000) / 1000,
  };
}

function foundIn(result: RunResult, { strategy, seed }: Draw): Found[] {
  return result.violations.map(({ property, code, says }, i) => ({
    property,
    code,
    says,
    seed,
    strategy,
    tape: result.tape,
    hash: result.hash,
    atRun: 1,
    count: 1,
    after: result.violations.slice(0, i).map((violation) => violation.property),
  }));
}

/** @throws InvariantError with the run's last events if the simulator itself is wrong */
function runDraw(scenario: Scenario, { strategy, seed }: Draw): RunResult {
  try {
    return run(scenario, sourceOf(strategy, seed));
  } catch (error) {
    const again = `raftgate run "${scenario.name}" --seed ${seed} --strategy ${strategy}`;
    throw runFailure(error, scenario, sourceOf(strategy, seed), again);
  }
}

/** One more run of a sweep. */
function sweepOne(scenario: Scenario, draw: Draw, wantsRecord: boolean): Sweep {
  const before = threadCpuMs();
  const result = runDraw(scenario, draw);
  const cpuMs = threadCpuMs() - before;
  return {
    runs: 1,
    met: result.met,
    seen: result.seen,
    found: foundIn(result, draw),
    inconclusive: result.verdict === 'inconclusive' ? 1 : 0,
    inconclusiveWhy: result.inconclusive,
    cutShort: false,
    virtualMs: result.virtualMs,
    cpuMs,
    records: wantsRecord ? [{ ...runRecord(scenario, result, cpuMs, null), strategy: draw.strategy }] : [],
  };
}

function mergeFound(a: Sweep, b: Sweep): Found[] {
  const merged = [...a.found];
  for (const found of b.found) {
    const i = merged.findIndex((one) => one.property === found.property && one.code === found.code);
    const known = merged[i];
    if (known === undefined) merged.push({ ...found, atRun: a.runs + found.atRun });
    else merged[i] = { ...known, count: known.count + found.count };
  }
  return merged;
}

/** The sweep over the seeds of `a` and then those of `b`. */
export function mergeSweeps(a: Sweep, b: Sweep): Sweep {
  return {
    runs: a.runs + b.runs,
    met: [...a.met, ...b.met.filter((name) => !a.met.includes(name))],
    // Most runs show what others have shown.
    seen: isSeen(a.seen, b.seen) ? a.seen : mergeSeen(a.seen, b.seen),
    found: mergeFound(a, b),
    inconclusive: a.inconclusive + b.inconclusive,
    inconclusiveWhy: a.inconclusiveWhy ?? b.inconclusiveWhy,
    cutShort: a.cutShort || b.cutShort,
    virtualMs: a.virtualMs + b.virtualMs,
    cpuMs: a.cpuMs + b.cpuMs,
    records: b.records.length === 0 ? a.records : [...a.records, ...b.records],
  };
}

/**
 * Makes runs of a scenario, one after the other.
 * @param stop asked before each run; true ends the sweep early
 */
export function sweep(scenario: Scenario, draws: readonly Draw[], wantsRecords: boolean, stop: () => boolean): Sweep {
  let total = NO_SWEEP;
  const records: RunRecord[] = [];
  for (const draw of draws) {
    if (stop()) return { ...total, cutShort: true, records };
    const one = sweepOne(scenario, draw, wantsRecords);
    records.push(...one.records);
    total = mergeSweeps(total, { ...one, records: [] });
  }
  return { ...total, records };
}
