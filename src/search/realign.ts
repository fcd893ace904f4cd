// A tape that outlived its simulator. After a change of timeouts or delays the choices on it still mean something, but they
// meet another moment: a pause that parted two steps is a millisecond short, a timer is asked for once more. Such a tape is
// not fixed, and to say so would lose the bug. So runs near the tape are tried, in a fixed order and not many: choices
// without use are given to the next like decision, one kind of disturbance is left out, one choice is set anew or added.
// What was moved is told with the result, since a run that had to be searched for is not the run that was stored.
import type { Scenario } from '../scenario/scenario.ts';
import type { Tape, TapeChoice } from '../sim/kernel/choices.ts';
import { valuesOf } from './shrink/canonical.ts';
import { keyOf, kindOf, nameOf, play, type Played } from './shrink/trial.ts';

/** What a realigned run has to show. */
export interface Wanted {
  readonly property: string | null;
  readonly code: string | null;
}

/** A run near a tape that shows what the tape is for. */
export interface Realigned {
  readonly choices: readonly TapeChoice[];
  readonly run: Played['result'];
  /** What was done to how many choices, in words. */
  readonly how: string;
}

interface Near {
  readonly choices: readonly TapeChoice[];
  readonly how: string;
}

/** Runs that are tried, and events of all of them together, at most. */
const MOST_RUNS = 400;
const MOST_EVENTS = 120_000;
/** Values of one choice that are tried. */
const OUTCOMES = 9;

/** Looks for a run near a tape that breaks the property in the same way; null if there is none. */
export function realign(scenario: Scenario, tape: Tape, wanted: Wanted, stop = (): boolean => false): Realigned | null {
  const first = play(scenario, tape.choices, false);
  const known = new Set([keyOf(tape.choices)]);
  let { events } = first.result;
  for (const { choices, how } of near(tape.choices, first.asked)) {
    if (known.size > MOST_RUNS || events > MOST_EVENTS || stop()) return null;
    const key = keyOf(choices);
    if (known.has(key)) continue;
    known.add(key);
    const { result } = play(scenario, choices, false);
    events += result.events;
    if (!result.violations.some(({ property, code }) => property === wanted.property && code === wanted.code)) continue;
    return { choices, run: play(scenario, choices).result, how };
  }
  return null;
}

/** Tapes near one, the nearest first. @param asked every choice its run was asked for */
function* near(taped: readonly TapeChoice[], asked: readonly TapeChoice[]): Generator<Near> {
  const matched = matchStrays(taped, asked);
  if (matched !== null) yield matched;
  const kinds = taped.map(kindOf).filter((kind, i, all) => all.indexOf(kind) === i);
  const without = kinds.map((kind): Near => {
    const choices = taped.filter((choice) => kindOf(choice) !== kind);
    return { choices, how: `${counted(taped.length - choices.length)} of ${kind} left out` };
  });
  yield* without;
  const plans = taped.filter((choice) => kindOf(choice) === 'plan');
  const calm: Near = { choices: plans, how: `${counted(taped.length - plans.length)} left out` };
  yield calm;
  for (const base of [{ choices: taped, how: '' }, ...(plans.length < taped.length ? [calm] : []), ...without]) {
    yield* setAnew(base);
    yield* withOneMore(base, asked);
  }
}

/** One choice at a time with another outcome, the plan's first. */
function* setAnew({ choices, how }: Near): Generator<Near> {
  for (const kind of ['plan', null]) {
    for (const [i, choice] of choices.entries()) {
      if ((kindOf(choice) === 'plan') !== (kind === 'plan')) continue;
      for (const value of aroundOf(choice))
        yield {
          choices: value === 0 ? choices.toSpliced(i, 1) : choices.with(i, { ...choice, value }),
          how: joined(how, `${counted(1)} set anew: ${value} of ${choice.of} in ${choice.stream}, was ${choice.value}`),
        };
    }
  }
}

/** One choice of the plan more. */
function* withOneMore({ choices, how }: Near, asked: readonly TapeChoice[]): Generator<Near> {
  const names = new Set(choices.map(nameOf));
  for (const choice of asked) {
    if (kindOf(choice) !== 'plan' || names.has(nameOf(choice))) continue;
    for (const value of valuesOf(choice.of, OUTCOMES))
      yield {
        choices: [...choices, { ...choice, value }],
        how: joined(how, `${counted(1)} added: ${value} of ${choice.of} in ${choice.stream}`),
      };
  }
}

/** Gives each choice without use to the next decision of its stream with the same range that has no choice of its own. */
function matchStrays(taped: readonly TapeChoice[], asked: readonly TapeChoice[]): Near | null {
  const order = new Map(asked.map((choice, i) => [nameOf(choice), i]));
  const taken = new Set(taped.map(nameOf));
  let from = 0;
  let moved = 0;
  const choices = taped.flatMap((choice) => {
    const at = order.get(nameOf(choice));
    if (at !== undefined) {
      from = Math.max(from, at);
      return [choice];
    }
    const like = likeOf(choice, asked, taken, from);
    if (like === undefined) return [];
    moved++;
    taken.add(nameOf(like));
    return [{ ...like, value: choice.value }];
  });
  return moved === 0 ? null : { choices, how: `${counted(moved)} matched by stream, decision and range` };
}

/** A free decision like one: another occurrence of the same, else the next one of its stream. */
function likeOf(
  { stream, key, nth, of }: TapeChoice,
  asked: readonly TapeChoice[],
  taken: ReadonlySet<string>,
  from: number,
): TapeChoice | undefined {
  const free = asked.filter((one) => one.stream === stream && one.of === of && !taken.has(nameOf(one)));
  const same = free.filter((one) => one.key === key);
  const nearest = same.toSorted((a, b) => Math.abs(a.nth - nth) - Math.abs(b.nth - nth))[0];
  return nearest ?? free.find((one) => asked.indexOf(one) >= from);
}

/** Other outcomes of a choice, the nearest first, and the plainest. */
function aroundOf({ value, of }: TapeChoice): number[] {
  if (of <= OUTCOMES) {
    const others = Array.from({ length: of }, (_, i) => i).filter((other) => other !== value);
    return others.toSorted((a, b) => Math.abs(a - value) - Math.abs(b - value));
  }
  const near = [value - 1, value + 1, value - 2, value + 2].filter((other) => other > 0 && other < of);
  return [...near, 0, ...valuesOf(of, OUTCOMES)];
}

function counted(n: number): string {
  return `${n} choice${n === 1 ? '' : 's'}`;
}

function joined(first: string, second: string): string {
  return first === '' ? second : `${first}, ${second}`;
}
