// The shortest story of a failing tape. Shrinking leaves a short tape, but which one depends on the seed it came from; the
// bounded breadth-first search knows the shortest witness of the same failure. That witness, made true in the simulator and
// shrunk in turn, is the story everybody gets: a hundred seeds of one bug end as one.
import type { Scenario } from '../scenario/scenario.ts';
import type { Tape } from '../sim/kernel/choices.ts';
import { confirm } from './confirm.ts';
import { ModelLimit, search, type SearchOptions } from './exhaustive.ts';
import { sameCause, shrinkTape, type ShrinkOptions, type ShrinkResult } from './shrink.ts';
import { witnessOf, type Witness } from './witness.ts';

export interface ShortestOptions extends ShrinkOptions {
  /** How far the exhaustive search may go. */
  readonly search?: Omit<SearchOptions, 'question' | 'all'>;
}

export interface Shortest extends ShrinkResult {
  /** The essential steps; null where the model cannot hold the scenario, or does not find this failure. */
  readonly witness: Witness | null;
  /** No run within the bound breaks the property in fewer essential steps. */
  readonly provedShortest: boolean;
  /** What stands in the way of a proof; null where there is one. */
  readonly why: string | null;
}

/** Shrinks a failing tape, and proves or improves the result; null where the tape breaks nothing. */
export function shortest(scenario: Scenario, tape: Tape, options: ShortestOptions = {}): Shortest | null {
  const shrunk = shrinkTape(scenario, tape, options);
  if (shrunk === null) return null;
  const unproved = (why: string): Shortest => ({ ...shrunk, witness: null, provedShortest: false, why });
  const found = witnessFor(scenario, shrunk.violation.property, options.search ?? {});
  if (typeof found === 'string') return unproved(found);
  const witness = confirm(scenario, found, options.stop === undefined ? {} : { stop: options.stop });
  if (witness.tape === null) return { ...unproved('no run of the simulator followed the shortest witness'), witness };
  const canonical = shrinkTape(scenario, witness.tape, { ...options, property: witness.property });
  if (canonical === null || !sameCause(canonical.violation, shrunk.violation)) {
    return { ...unproved('the shortest witness breaks the property for another reason'), witness };
  }
  const runs = shrunk.runs + canonical.runs;
  return {
    ...canonical,
    from: shrunk.from,
    passes: shrunk.passes,
    runs,
    witness,
    provedShortest: witness.minimal,
    why: null,
  };
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
