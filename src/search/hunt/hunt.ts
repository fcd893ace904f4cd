// The hunt for one bug: seeds in turn over all raft scenarios, every invariant watched, until a property breaks, the seeds
// end or the time is up. It is the same for a core with a planted bug and for the one without, so that what a property
// catches and what it never cries wolf about are measured with one yardstick.
import type { Scenario } from '../../scenario/scenario.ts';
import { seedSource } from '../../sim/kernel/seed-source.ts';
import { run } from '../../sim/run.ts';
import type { RunResult } from '../../sim/verdict.ts';

export interface HuntTask {
  readonly scenarios: readonly Scenario[];
  /** First and last seed, both included. */
  readonly seeds: readonly [number, number];
  /** Asked before each run. */
  readonly isOver: () => boolean;
  /** Runs one run so that it ends even if the core loops; see `Prey`. */
  readonly guard: (scenario: string, seed: number, one: () => RunResult) => RunResult | Prey;
}

/** What a hunt caught, and where to find it again. */
export interface Prey {
  readonly property: string;
  readonly code: string;
  readonly says: string;
  readonly scenario: string;
  readonly seed: number;
}

export interface HuntResult {
  readonly runs: number;
  readonly caught: Prey | null;
}

/** Property of a run that does not come to its end. */
export const TERMINATION = 'termination';

/** Hunts until something is caught or the hunt is over. */
export function hunt({ scenarios, seeds, isOver, guard }: HuntTask): HuntResult {
  let runs = 0;
  for (let seed = seeds[0]; seed <= seeds[1]; seed++) {
    for (const scenario of scenarios) {
      if (isOver()) return { runs, caught: null };
      runs++;
      const result = guard(scenario.name, seed, () =>
        run(scenario, seedSource(String(seed)), { allInvariants: true, untilViolated: true }),
      );
      const caught = 'property' in result ? result : preyOf(result, seed);
      if (caught !== null) return { runs, caught };
    }
  }
  return { runs, caught: null };
}

function preyOf({ scenario, violations, inconclusive }: RunResult, seed: number): Prey | null {
  const [first] = violations;
  if (first !== undefined) {
    const { property, code, says } = first;
    return { property, code, says, scenario, seed };
  }
  return inconclusive === null ? null : { property: TERMINATION, code: 'limit', says: inconclusive, scenario, seed };
}
