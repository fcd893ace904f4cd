// The process in which one mutant is hunted. It is bundled with the mutated core and the scenarios, and told by its
// arguments how long to hunt; what it found is its last line of output. A process of its own, because a broken core may
// loop for ever or fill the memory, and because only a process can say how much CPU time it took.
import { writeSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { InvariantError } from '../base/errors.ts';
import { builtin } from '../scenario/properties.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { hunt, TERMINATION, type HuntResult, type Prey } from '../search/hunt/index.ts';
import { RAFT_INVARIANTS } from '../sim/checkers/index.ts';
import type { RunResult } from '../sim/verdict.ts';
import { processCpuMs } from './cpu.ts';

/** What the child is to do. */
export interface HuntOrder {
  readonly seeds: readonly [number, number];
  /** CPU time, ms. */
  readonly budgetMs: number;
  /** Part of the names of the scenarios to hunt in for the first half of the time; empty for none. */
  readonly near: string;
  /** A property to watch beside every invariant; empty for none. */
  readonly beyond: string;
}

/** What it answers. */
export interface HuntAnswer extends HuntResult {
  readonly cpuMs: number;
}

/** Real time after which a single run counts as one that never ends. A usual one takes a few ms. */
const HANG_MS = 8_000;

const shared = globalThis as { raftgateRun?: () => void };

/** Runs something that may loop for ever. @throws Error with code ERR_SCRIPT_EXECUTION_TIMEOUT if it does */
function bounded<T>(what: () => T): T {
  let result: { readonly value: T } | null = null;
  shared.raftgateRun = () => void (result = { value: what() });
  runInThisContext('raftgateRun()', { timeout: HANG_MS });
  return (result as unknown as { readonly value: T }).value;
}

function guard(scenario: string, seed: number, one: () => RunResult): RunResult | Prey {
  writeSync(1, `@ ${seed} ${scenario}\n`);
  try {
    return bounded(one);
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message?: string };
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      return { property: TERMINATION, code: 'hang', says: 'a run never ends', scenario, seed };
    }
    // The host's own assertions: the core asked for what no host could do.
    if (error instanceof InvariantError) {
      const says = (message ?? '').split('\n')[0]!;
      return { property: 'no-panic', code: 'HostPanic', says, scenario, seed };
    }
    throw error;
  }
}

/** Whether a scenario is about Raft itself: it names every invariant of that layer. */
function watchesEverything({ properties }: Scenario): boolean {
  return RAFT_INVARIANTS.every((name) => properties.some((one) => one.p === 'builtin' && one.name === name));
}

/** Hunts in this process and prints what it found. */
export function huntHere(scenarios: readonly Scenario[]): void {
  const order = JSON.parse(process.argv[2] ?? '') as HuntOrder;
  const startMs = processCpuMs();
  const more = order.beyond === '' ? [] : [builtin(order.beyond)];
  const all = scenarios
    .filter(watchesEverything)
    .map((scenario) => ({ ...scenario, properties: [...scenario.properties, ...more] }));
  const huntUntil = (some: readonly Scenario[], untilMs: number): HuntResult =>
    hunt({ scenarios: some, seeds: order.seeds, isOver: () => processCpuMs() - startMs >= untilMs, guard });
  let result: HuntResult = { runs: 0, caught: null };
  if (order.near !== '')
    result = huntUntil(
      all.filter(({ name }) => name.includes(order.near)),
      order.budgetMs / 2,
    );
  if (result.caught === null) {
    const { runs, caught } = huntUntil(all, order.budgetMs);
    result = { runs: result.runs + runs, caught };
  }
  const answer: HuntAnswer = { ...result, cpuMs: processCpuMs() - startMs };
  writeSync(1, `${JSON.stringify(answer)}\n`);
}
