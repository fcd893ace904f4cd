// Replays of one failing tape with some of its choices changed: does the run still break the same property for the same
// reason? Every pass of the shrinker asks here. Answers are kept, as different passes come to the same tape; runs are
// counted, as they are what shrinking costs.
import type { Scenario } from '../../scenario/scenario.ts';
import type { TapeChoice } from '../../sim/kernel/choices.ts';
import { directedSource } from '../../sim/kernel/override-source.ts';
import { run } from '../../sim/run.ts';
import type { RunResult, Violation } from '../../sim/verdict.ts';
import { causeOf, violationWith } from '../cause.ts';

/** A run of some choices, everything else being plain. */
export interface Played {
  readonly result: RunResult;
  /** Every choice the run was asked for, plain or not, in that order. */
  readonly asked: readonly TapeChoice[];
}

/** Asked of a run that breaks the property for the same reason: is it good enough? */
export type AlsoWanted = (result: RunResult, violation: Violation) => boolean;

/** Tries out parts of a tape. */
export class Trial {
  readonly scenario: Scenario;
  readonly property: string;
  readonly cause: string;
  /** Runs so far. */
  runs = 0;
  readonly #also: AlsoWanted;
  readonly #isOver: (runs: number, events: number) => boolean;
  readonly #code: string;
  #events = 0;
  readonly #known = new Map<string, boolean>();

  /** @param violation of the run to be made short, recorded in `first` */
  constructor(
    scenario: Scenario,
    first: RunResult,
    violation: Violation,
    isOver: (runs: number, events: number) => boolean,
    also: AlsoWanted = () => true,
  ) {
    this.scenario = scenario;
    this.property = violation.property;
    this.cause = causeOf(scenario, first.trace, violation);
    this.#code = violation.code;
    this.#isOver = isOver;
    this.#also = also;
  }

  /** True once no more runs may be spent. */
  get isOver(): boolean {
    return this.#isOver(this.runs, this.#events);
  }

  /** Whether these choices alone show the failure. */
  shows(choices: readonly TapeChoice[]): boolean {
    const key = keyOf(choices);
    let known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, (known = this.#find(choices)));
    return known;
  }

  /** Most runs do not break anything: only of one that does the trace is kept, in a second run. */
  #find(choices: readonly TapeChoice[]): boolean {
    this.runs++;
    const { result } = play(this.scenario, choices, false);
    this.#events += result.events;
    const isLike = result.violations.some(({ property, code }) => property === this.property && code === this.#code);
    return isLike && this.violation(this.play(choices).result) !== null;
  }

  /** The violation looked for; null where the run does not have it, or is not good enough. */
  violation(result: RunResult): Violation | null {
    const violation = this.breaks(result);
    return violation !== null && this.#also(result, violation) ? violation : null;
  }

  /** The violation looked for, in whatever cluster the run took place. */
  breaks(result: RunResult): Violation | null {
    return violationWith(this.scenario, result, this.property, this.cause);
  }

  /** Runs with these choices, recorded. */
  play(choices: readonly TapeChoice[]): Played {
    this.runs++;
    const played = play(this.scenario, choices);
    this.#events += played.result.events;
    return played;
  }
}

/** Runs a scenario with these choices, everything else being plain. */
export function play(scenario: Scenario, choices: readonly TapeChoice[], record = true): Played {
  const values = new Map(choices.map((choice) => [nameOf(choice), choice.value]));
  const asked: TapeChoice[] = [];
  const source = directedSource('shrink', (stream, key, nth, of) => {
    if (of > 1) asked.push({ stream, key, nth, value: 0, of });
    const value = values.get(`${stream} ${key} ${nth}`) ?? 0;
    return value < of ? value : 0;
  });
  return { result: run(scenario, source, { record }), asked };
}

/** What a stream is about: the plan, the network, a replica's timers …. */
export function kindOf({ stream }: TapeChoice): string {
  return stream.split('/')[0]!;
}

/** One text for equal choices in equal order. */
export function keyOf(choices: readonly TapeChoice[]): string {
  return choices.map((choice) => `${nameOf(choice)}=${choice.value}`).join(' ');
}

/** The name of a decision, whatever was decided. */
export function nameOf({ stream, key, nth }: TapeChoice): string {
  return `${stream} ${key} ${nth}`;
}
