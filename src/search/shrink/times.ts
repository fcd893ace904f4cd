// Times on a tape. Several small waits may only add up to one moment that matters, and none of them can be left out alone:
// so one time is set anew while the others go. What is left is then made as small as it can be, since a story with a pause
// of 3 ms is easier to believe than one with a pause of 2.417 s.
import type { TapeChoice } from '../../sim/kernel/choices.ts';
import { valuesOf } from './canonical.ts';
import { kindOf, type Trial } from './trial.ts';

/** What is asked of a trial. */
export type Asked = Pick<Trial, 'isOver' | 'shows'>;

/** Ranges from here on are those of times; smaller ones say which, not when. */
const LEAST_RANGE = 8;
/** Outcomes of one time that are tried in place of others. */
const OUTCOMES = 24;
/** Smaller values of a choice that are tried one by one. */
const SMALLER = 16;

/** Fewer choices, one of them at another time; the same ones where that cannot be had. */
export function retimed(kept: readonly TapeChoice[], trial: Asked): readonly TapeChoice[] {
  const times = kept.filter(({ of }) => of >= LEAST_RANGE);
  if (times.length < 2) return kept;
  for (const gone of [...setsOf(times), ...times.map((time) => [time])]) {
    const rest = kept.filter((choice) => !gone.includes(choice));
    for (const [i, choice] of rest.entries()) {
      if (choice.of < LEAST_RANGE) continue;
      for (const value of valuesOf(choice.of, OUTCOMES)) {
        if (trial.isOver) return kept;
        const tried = rest.with(i, { ...choice, value });
        if (trial.shows(tried)) return retimed(tried, trial);
      }
    }
  }
  return kept;
}

/** Makes each value as small as it can be: a shorter delay, an earlier branch. */
export function smaller(whole: readonly TapeChoice[], trial: Asked): readonly TapeChoice[] {
  let kept = whole;
  for (let i = 0; i < kept.length; i++) {
    const choice = kept[i]!;
    for (const value of below(choice.value)) {
      if (trial.isOver) return kept;
      const changed = kept.with(i, { ...choice, value });
      if (!trial.shows(changed)) continue;
      kept = changed;
      break;
    }
  }
  return kept;
}

/** All times of a kind but each one in turn: the pauses of the plan, the timeouts of replicas, whatever else is timed. */
function setsOf(times: readonly TapeChoice[]): TapeChoice[][] {
  const kinds = times.map(kindOf).filter((kind, i, all) => all.indexOf(kind) === i);
  const ofKinds = kinds.map((kind) => times.filter((time) => kindOf(time) === kind));
  return [...ofKinds, ...times.map((kept) => times.filter((time) => time !== kept))].filter(({ length }) => length > 1);
}

/** Smaller values, the smallest first. */
function below(value: number): number[] {
  const few = Array.from({ length: Math.min(value, SMALLER) - 1 }, (_, i) => i + 1);
  const shares = [16, 8, 4, 2].map((part) => Math.trunc(value / part)).filter((share) => share >= SMALLER);
  return [...few, ...shares];
}
