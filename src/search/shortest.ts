// The shortest story of a failing tape. Shrinking leaves few choices, but few choices may still be a long way round; the
// bounded breadth-first search knows the shortest witness of the same failure. That witness is made true in the simulator
// and shrunk, without growing longer again; only where that cannot be had is the tape's own run shrunk instead. As plain
// run and witness are the same for every seed, a hundred seeds of one bug end as one story.
import type { Scenario } from '../scenario/scenario.ts';
import type { Tape } from '../sim/kernel/choices.ts';
import type { RunResult, Violation } from '../sim/verdict.ts';
import { causeOf } from './cause.ts';
import { confirm } from './confirm.ts';
import { ModelLimit, search, type SearchOptions } from './exhaustive.ts';
import { retrace } from './retrace.ts';
import { play } from './shrink/trial.ts';
import { shrinkTape, type ShrinkOptions, type ShrinkResult } from './shrink.ts';
import { witnessOf, type EssentialStep, type Witness } from './witness.ts';

export interface ShortestOptions extends ShrinkOptions {
  /** How far the exhaustive search may go. */
  readonly search?: Omit<SearchOptions, 'question' | 'all'>;
}

export interface Shortest extends ShrinkResult {
  /** The shortest witness; null where the model cannot hold the scenario, or does not find this failure. */
  readonly witness: Witness | null;
  /** Essential steps of the shrunk run; null where it cannot be followed in the model. */
  readonly steps: readonly EssentialStep[] | null;
  /** No run within the bound breaks the property in fewer essential steps. */
  readonly provedShortest: boolean;
  /** What stands in the way of a proof; null where there is one. */
  readonly why: string | null;
}

/** Runs in which the shortest witness has to come true. */
const TRIES = 120;

/** Shrinks a failing tape, and proves or improves the result; null where the tape breaks nothing. */
export function shortest(scenario: Scenario, tape: Tape, options: ShortestOptions = {}): Shortest | null {
  const first = play(scenario, tape.choices);
  const { property, stop } = options;
  const violation = first.result.violations.find((v) => property === undefined || v.property === property);
  if (violation === undefined) return null;
  const found = witnessFor(scenario, violation.property, options.search ?? {});
  const witness =
    typeof found === 'string'
      ? null
      : confirm(scenario, found, { exact: true, tries: TRIES, ...(stop === undefined ? {} : { stop }) });
  const cause = causeOf(scenario, first.result.trace, violation);
  const canonical = witness === null ? null : shrinkWitness(scenario, witness, cause, options);
  const from = tape.choices.length;
  const improved =
    canonical === null
      ? null
      : {
          ...canonical,
          from,
          asked: first.asked.length,
          passes: [{ name: 'shortest witness', from, to: canonical.from }, ...canonical.passes],
        };
  const fewer = improved === null ? null : stepsOf(scenario, improved);
  if (improved !== null && fewer?.length === witness?.steps.length) return judged(improved, fewer, witness, '');
  // The witness is not to be had in the simulator, or is that of another bug: the tape itself is made short.
  const shrunk = shrinkTape(scenario, tape, { ...options, property: violation.property });
  if (shrunk === null) return null;
  const steps = stepsOf(scenario, shrunk);
  const why = typeof found === 'string' ? found : 'the shortest witness breaks the property for another reason';
  if (improved === null || (fewer?.length ?? Infinity) > (steps?.length ?? Infinity))
    return judged(shrunk, steps, witness, why);
  return judged({ ...improved, runs: improved.runs + shrunk.runs }, fewer, witness, why);
}

/** A shrunk run held against the shortest witness. @param otherwise why there is no proof where no witness speaks of it */
function judged(
  shrunk: ShrinkResult,
  steps: readonly EssentialStep[] | null,
  witness: Witness | null,
  otherwise: string,
): Shortest {
  const told = { ...shrunk, steps, witness, provedShortest: false };
  if (witness === null) return { ...told, why: otherwise };
  if (steps?.length === witness.steps.length) {
    if (witness.minimal) return { ...told, provedShortest: true, why: null };
    return { ...told, why: 'the exhaustive search did not come to its end' };
  }
  if (witness.tape === null) return { ...told, why: 'no run of the simulator followed the shortest witness' };
  if (otherwise === '' || steps !== null)
    return { ...told, why: `the shortest witness has ${witness.steps.length} steps; no run as short was found` };
  return { ...told, why: otherwise };
}

/** The confirmed witness with as few choices as it can be had for, and no more steps; null if it is that of another bug. */
function shrinkWitness(
  scenario: Scenario,
  witness: Witness,
  cause: string,
  options: ShortestOptions,
): ShrinkResult | null {
  if (witness.tape === null) return null;
  let most: number | null = null;
  const also = (result: RunResult, violation: Violation): boolean => {
    if (causeOf(scenario, result.trace, violation) !== cause) return false;
    const length = retrace(scenario, result.trace, violation).steps?.length ?? Infinity;
    // The first run asked about is the witness's own.
    most ??= length;
    return length <= most;
  };
  return shrinkTape(scenario, witness.tape, { ...options, property: witness.property, also });
}

function stepsOf(scenario: Scenario, { run, violation }: ShrinkResult): readonly EssentialStep[] | null {
  return retrace(scenario, run.trace, violation).steps;
}

/** The shortest witness of a property; a text: why there is none. */
function witnessFor(
  scenario: Scenario,
  property: string,
  options: Omit<SearchOptions, 'question' | 'all'>,
): Witness | string {
  try {
    const searched = search(scenario, { maxStates: 400_000, ...options, property });
    const broken = searched.broken.find((b) => searched.checks.safety[b.property]!.name === property);
    if (broken !== undefined) return witnessOf(searched, broken);
    return searched.why ?? 'the exhaustive search does not find this failure within its bound';
  } catch (error) {
    if (error instanceof ModelLimit) return error.message;
    throw error;
  }
}
