// Answers `gate diff` and `gate mutate`; tasks of a worker. A search of a minute in the main thread would leave an interrupt
// unheard until it ends, so that nothing that searches is done there.
import { formulaOf, type Formula } from '../gate/formula.ts';
import type { Bound, Scenario, WeakestQuestion } from '../scenario/scenario.ts';
import { gateDiff, mutateGates, withGate, type GateDiff, type MutationResult } from '../search/index.ts';
import { stopper, type ScenarioRef } from './task.ts';

/** How far to search. */
interface Limits {
  /** Milliseconds since the epoch; null: no end. */
  readonly stopAtMs: number | null;
  readonly bound: Bound | null;
}

/** Two gates to compare. */
export interface DiffTask extends ScenarioRef, Limits {
  /** Where the gate stands that is compared; null in a question, which says so itself. */
  readonly place: { readonly build: string; readonly at: string } | null;
  readonly before: Formula;
  readonly after: Formula;
}

/** A scenario whose gates are to be changed. */
export interface MutateTask extends ScenarioRef, Limits {
  /** States that each search may have; null: the search's own limit. */
  readonly maxStates: number | null;
}

function optionsOf({ stopAtMs, bound }: Limits) {
  return { stop: stopper(stopAtMs, null), ...(bound === null ? {} : { bound }) };
}

/** The question in which two gates are compared: a weakest-gate question, or a scenario with the gate put in question. */
function comparison(scenario: Scenario | WeakestQuestion, { place }: DiffTask): WeakestQuestion {
  if (scenario.kind === 'weakest') return scenario;
  const { build, at } = place!;
  return {
    kind: 'weakest',
    name: scenario.name,
    at,
    atoms: [],
    with: (candidate) => withGate(scenario, build, at, formulaOf(candidate)),
    expect: null,
  };
}

/** How two gates differ. */
export function answerDiff(scenario: Scenario | WeakestQuestion, task: DiffTask): GateDiff {
  return gateDiff(comparison(scenario, task), task.before, task.after, optionsOf(task));
}

/** What becomes of each mutant of a scenario's gates. */
export function answerMutate(scenario: Scenario, task: MutateTask): MutationResult {
  const { maxStates } = task;
  return mutateGates(scenario, { ...optionsOf(task), ...(maxStates === null ? {} : { maxStates }) });
}
