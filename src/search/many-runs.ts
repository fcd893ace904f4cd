// A handful of runs with the strategies in turn, and what of note happened in how many of them. Where no search can prove
// anything, this is what there is: the same seeds with a change and without it.
import type { Scenario } from '../scenario/scenario.ts';
import { run } from '../sim/run.ts';
import { sourceOf } from './strategies/sources.ts';

/** Something that happened, and in how many runs. */
export interface Happened {
  readonly name: string;
  readonly runs: number;
}

export interface ManyRuns {
  readonly made: number;
  /** Properties violated, in the order of the first run. */
  readonly violated: readonly Happened[];
  /** `sometimes` properties met. */
  readonly met: readonly Happened[];
}

const STRATEGIES = ['swarm', 'pos', 'pct:3'] as const;

/** Makes runs with the seeds from 1. @param stop asked before each */
export function manyRuns(scenario: Scenario, count: number, stop: () => boolean = () => false): ManyRuns {
  const violated: Happened[] = [];
  const met: Happened[] = [];
  let made = 0;
  while (made < count && !stop()) {
    const result = run(scenario, sourceOf(STRATEGIES[made % STRATEGIES.length]!, String(++made)));
    for (const { property } of result.violations) add(violated, property);
    for (const name of result.met) add(met, name);
  }
  return { made, violated, met };
}

function add(all: Happened[], name: string): void {
  const i = all.findIndex((one) => one.name === name);
  if (i < 0) all.push({ name, runs: 1 });
  else all[i] = { name, runs: all[i]!.runs + 1 };
}
