// Whether a shrunk tape has the fewest choices with which the failure can be had at all. Every smaller set of choices is tried,
// as far as a limit of runs allows: a tape of two choices is held against every single one, a tape of three against every pair.
// A cut of 88 % that leaves two of seventeen choices is then known to be all there is to cut.
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { ShrinkResult } from '../../src/search/index.ts';
import { valuesOf } from '../../src/search/shrink/canonical.ts';
import { nameOf, Trial } from '../../src/search/shrink/trial.ts';
import type { TapeChoice } from '../../src/sim/kernel/choices.ts';

/** What is known: the fewest, or not, or the limit came first. */
export type Fewest = 'yes' | 'no' | 'unknown';

/** Runs that may be spent on one tape, and events of all of them together. */
const MOST_RUNS = 25_000;
const MOST_EVENTS = 300_000;
/** Outcomes of one choice: all of nearly every range, the larger ones at even distances. */
const OUTCOMES = 40;

/** Tries every smaller set of choices. */
export function isFewest(scenario: Scenario, { tape, run, violation }: ShrinkResult): Fewest {
  const left = tape.choices.length;
  const trial = new Trial(scenario, run, violation, (runs, events) => runs >= MOST_RUNS || events >= MOST_EVENTS);
  if (left === 0) return 'yes';
  if (trial.shows([])) return 'no';
  for (let size = 1; size < left; size++) {
    const found = isThereOne([], size, trial);
    if (found) return 'no';
    if (trial.isOver) return 'unknown';
  }
  return 'yes';
}

/** Whether some set of so many choices more shows the failure; each set is tried in the order in which its run asks. */
function isThereOne(part: readonly TapeChoice[], more: number, trial: Trial): boolean {
  const { asked } = trial.play(part);
  const last = part.at(-1);
  const from = last === undefined ? 0 : 1 + asked.findIndex((choice) => nameOf(choice) === nameOf(last));
  for (const choice of asked.slice(from)) {
    for (const value of valuesOf(choice.of, OUTCOMES)) {
      if (trial.isOver) return false;
      const next = [...part, { ...choice, value }];
      if (more === 1 ? trial.shows(next) : isThereOne(next, more - 1, trial)) return true;
    }
  }
  return false;
}
