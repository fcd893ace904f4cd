// The shortest story of a failing tape. Shrinking leaves few choices, but few choices may still be a long way round; the
// bounded breadth-first search knows the length of the shortest witness. Where the shrunk run is as short, it is proved so;
// where it is not, the witness is made true in the simulator and shrunk in turn, without growing longer again. As the plain
// run and the witness are the same for every seed, a hundred seeds of one bug end as one story.
import type { Scenario } from '../scenario/scenario.ts';
import type { Tape } from '../sim/kernel/choices.ts';
import type { RunResult, Violation } from '../sim/verdict.ts';
import { causeOf } from './cause.ts';
import { confirm } from './confirm.ts';
import { ModelLimit, search, type SearchOptions } from './exhaustive.ts';
import { retrace } from './retrace.ts';
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

/** So few choices are found from the plain run alone: every seed comes to the same. */
const CANONICAL = 1;

/** Shrinks a failing tape, and proves or improves the result; null where the tape breaks nothing. */
export function shortest(scenario: Scenario, tape: Tape, options: ShortestOptions = {}): Shortest | null {
  const shrunk = shrinkTape(scenario, tape, options);
  if (shrunk === null) return null;
  const steps = stepsOf(scenario, shrunk);
  const found = witnessFor(scenario, shrunk.violation.property, options.search ?? {});
  if (typeof found === 'string') return { ...shrunk, steps, witness: null, provedShortest: false, why: found };
  if (shrunk.to <= CANONICAL && steps?.length === found.steps.length) {
    return judged(shrunk, steps, { ...found, confirmed: 'confirmed', tape: shrunk.tape });
  }
  const { stop } = options;
  const witness = confirm(scenario, found, { exact: true, ...(stop === undefined ? {} : { stop }) });
  const improved = shrinkWitness(scenario, witness, options);
  if (
    improved === null ||
    causeOf(scenario, improved.run.trace, improved.violation) !== causeOfResult(scenario, shrunk)
  )
    return judged(shrunk, steps, witness);
  const fewer = stepsOf(scenario, improved);
  if ((fewer?.length ?? Infinity) > (steps?.length ?? Infinity)) return judged(shrunk, steps, witness);
  const runs = shrunk.runs + improved.runs;
  return judged({ ...improved, from: shrunk.from, asked: shrunk.asked, passes: shrunk.passes, runs }, fewer, witness);
}

/** A shrunk run held against the shortest witness. */
function judged(shrunk: ShrinkResult, steps: readonly EssentialStep[] | null, witness: Witness): Shortest {
  const isShortest = steps?.length === witness.steps.length;
  let why: string | null = null;
  if (!isShortest) {
    why =
      witness.tape === null
        ? 'no run of the simulator followed the shortest witness'
        : `the shortest witness has ${witness.steps.length} steps; no run as short was found`;
  } else if (!witness.minimal) why = 'the exhaustive search did not come to its end';
  return { ...shrunk, steps, witness, provedShortest: why === null, why };
}

/** The confirmed witness with as few choices as it can be had for, and no more steps; null if there is none. */
function shrinkWitness(scenario: Scenario, witness: Witness, options: ShortestOptions): ShrinkResult | null {
  if (witness.tape === null) return null;
  let most = Infinity;
  const also = (result: RunResult, violation: Violation): boolean => {
    const length = retrace(scenario, result.trace, violation).steps?.length ?? Infinity;
    // The first run asked about is the witness's own.
    most = Math.min(most, length);
    return length <= most;
  };
  return shrinkTape(scenario, witness.tape, { ...options, property: witness.property, also });
}

function stepsOf(scenario: Scenario, { run, violation }: ShrinkResult): readonly EssentialStep[] | null {
  return retrace(scenario, run.trace, violation).steps;
}

function causeOfResult(scenario: Scenario, { run, violation }: ShrinkResult): string {
  return causeOf(scenario, run.trace, violation);
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
