// Leaving out is not enough: what is left of a stormy tape may be five delays that together do what one other choice does
// alone. So the tape is also built up from nothing: any single choice in the order in which the plain run asks for them,
// then any two of the plan's, then a few of the tape's own with one more. Since this starts from the plain run and not from
// the tape, tapes of one bug end alike wherever so few choices are enough.
import type { TapeChoice } from '../../sim/kernel/choices.ts';
import { nameOf, type Trial } from './trial.ts';

/** Of larger ranges only so many outcomes are tried, evenly spread. */
const SMALL_RANGE = 16;
/** Of the second of two choices only so many outcomes of a range are tried. */
const FEW = 4;
/** Choices of the tape that are kept beside the new one, at most. */
const MOST_KEPT = 2;
/** Single choices of the plan of which all pairs are tried, at most. */
const MOST_PAIRED = 60;

/** The first single choice that shows the failure alone; null if there is none. */
export function single(trial: Trial): readonly TapeChoice[] | null {
  return oneMore([], trial, () => true);
}

/** Events that all single choices would take together, if each run took as many as the plain one. */
export function costOfSingle(trial: Trial): number {
  const { asked, result } = trial.play([]);
  return asked.reduce((sum, { of }) => sum + Math.min(of - 1, SMALL_RANGE), 0) * result.events;
}

/** The first two choices of the plan that show the failure together; null if there are none, or too many to try. */
export function pair(trial: Trial): readonly TapeChoice[] | null {
  const isPlans = (stream: string): boolean => stream === 'plan';
  const singles = trial
    .play([])
    .asked.flatMap((choice) =>
      isPlans(choice.stream) ? valuesOf(choice.of, SMALL_RANGE).map((value) => ({ ...choice, value })) : [],
    );
  if (singles.length > MOST_PAIRED) return null;
  for (const first of singles) {
    const found = oneMore([first], trial, isPlans, FEW);
    if (found !== null || trial.isOver) return found;
  }
  return null;
}

/** A shorter tape made of a few choices of this one and another; the same one where there is none. */
export function withOneMore(kept: readonly TapeChoice[], trial: Trial): readonly TapeChoice[] {
  const streams = new Set(['plan', ...kept.map(({ stream }) => stream)]);
  for (let size = 1; size <= MOST_KEPT && size + 1 < kept.length; size++) {
    for (const part of partsOf(kept, size)) {
      const found = oneMore(part, trial, (stream) => streams.has(stream));
      if (found !== null) return found;
      if (trial.isOver) return kept;
    }
  }
  return kept;
}

/** The first choice that shows the failure together with those given; null if there is none. */
function oneMore(
  part: readonly TapeChoice[],
  trial: Trial,
  isWanted: (stream: string) => boolean,
  most = SMALL_RANGE,
): readonly TapeChoice[] | null {
  const names = new Set(part.map(nameOf));
  for (const choice of trial.play(part).asked) {
    if (!isWanted(choice.stream) || names.has(nameOf(choice))) continue;
    for (const value of valuesOf(choice.of, most)) {
      if (trial.isOver) return null;
      const tried = [...part, { ...choice, value }];
      if (trial.shows(tried)) return tried;
    }
  }
  return null;
}

/** Outcomes but the plainest, smallest first, at most so many: the first, the last, and some evenly spread between them. */
export function valuesOf(of: number, most: number): number[] {
  if (of <= most) return Array.from({ length: of - 1 }, (_, i) => i + 1);
  return Array.from({ length: most }, (_, i) => 1 + Math.trunc(((of - 2) * i) / (most - 1)));
}

/** Every part of a list with so many members, in its order. */
function* partsOf<T>(list: readonly T[], size: number, from = 0): Generator<T[]> {
  if (size === 0) return yield [];
  for (let i = from; i < list.length; i++) {
    for (const rest of partsOf(list, size - 1, i + 1)) yield [list[i]!, ...rest];
  }
}
