// Leaving out is not enough: what is left of a stormy tape may be five delays that together do what one other choice does
// alone. So the tape is also built up from nothing: no choice, then any single one in the order in which the plain run asks
// for them, then a few of the tape's own with one more. Since it starts from the plain run and not from the tape, tapes of
// one bug end alike wherever one choice is enough.
import type { TapeChoice } from '../../sim/kernel/choices.ts';
import { nameOf, type Trial } from './trial.ts';

/** Of larger ranges only some outcomes are tried. */
const SMALL_RANGE = 16;
/** Choices of the tape that are kept beside the new one, at most. */
const MOST_KEPT = 2;

/** A shorter tape, or one that comes earlier in the fixed order; the same one where there is none. */
export function canonical(kept: readonly TapeChoice[], trial: Trial): readonly TapeChoice[] {
  if (kept.length === 0) return kept;
  const alone = oneMore([], trial, () => true);
  if (alone !== null) return alone;
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
): readonly TapeChoice[] | null {
  const names = new Set(part.map(nameOf));
  for (const choice of trial.play(part).asked) {
    if (!isWanted(choice.stream) || names.has(nameOf(choice))) continue;
    for (const value of valuesOf(choice.of)) {
      if (trial.isOver) return null;
      const tried = [...part, { ...choice, value }];
      if (trial.shows(tried)) return tried;
    }
  }
  return null;
}

/** Outcomes but the plainest, smallest first. */
function valuesOf(of: number): number[] {
  const all = Array.from({ length: Math.min(of, SMALL_RANGE) - 1 }, (_, i) => i + 1);
  for (let value = SMALL_RANGE; value < of - 1; value *= 2) all.push(value);
  if (of > SMALL_RANGE) all.push(of - 1);
  return all;
}

/** Every part of a list with so many members, in its order. */
function* partsOf<T>(list: readonly T[], size: number, from = 0): Generator<T[]> {
  if (size === 0) return yield [];
  for (let i = from; i < list.length; i++) {
    for (const rest of partsOf(list, size - 1, i + 1)) yield [list[i]!, ...rest];
  }
}
