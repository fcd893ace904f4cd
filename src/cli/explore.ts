// The exhaustive part of a search, brought into the form that is reported: how far it went, and for each property it
// breaks the shortest story and who is to blame. A scenario the model cannot hold is said to be one; it is never passed
// over.
import { blameSentences, noReturnSentences, notItSentences, repairSentences } from '../report/blame.ts';
import { boundText } from '../report/verdict-table.ts';
import type { StepRow } from '../report/steps-table.ts';
import type { Blame, Bound, Scenario } from '../scenario/scenario.ts';
import {
  explainBroken,
  ModelLimit,
  search,
  type Broken,
  type EssentialStep,
  type Explanation,
  type Searched,
  type SearchOptions,
  type Witness,
} from '../search/index.ts';
import { NOTHING_SEEN, seenInSearch } from '../search/vacuity.ts';
import type { Seen } from '../sim/verdict.ts';
import { threadCpuMs } from './cpu.ts';

/** The shortest story of one property, explained. */
export interface ModelWitness {
  readonly property: string;
  readonly code: string;
  readonly says: string;
  readonly rows: readonly StepRow[];
  readonly minimal: boolean;
  readonly fingerprint: string;
  /** As the search has it: what a run has to show to confirm it. */
  readonly witness: Witness;
  /** Alternatives; a list inside is needed as a whole. */
  readonly blame: readonly (Blame | readonly Blame[])[];
  readonly blameTold: readonly string[];
  readonly notIt: readonly string[];
  readonly noReturn: readonly string[];
  readonly repair: readonly string[];
}

/** What the exhaustive search came to. */
export interface Explored {
  /** Whether everything within the bound was looked at. */
  readonly complete: boolean;
  /** Why not; null if it is. */
  readonly why: string | null;
  readonly states: number;
  readonly bound: Bound;
  /** The bound in words. */
  readonly within: string;
  readonly witnesses: readonly ModelWitness[];
  /** `sometimes` properties that some state met. */
  readonly met: readonly string[];
  /** What atoms and builds have been in it. */
  readonly seen: Seen;
  readonly cpuMs: number;
}

/** Whether the model runs the very functions that the simulator runs. */
export function isGivenByApply({ builds }: Scenario): boolean {
  return builds.every((build) => build.subject.program === null);
}

/** How far to go. */
export interface ExploreOptions {
  readonly bound: Bound | null;
  readonly stop: () => boolean;
  /** States after which the search gives up; the search's own limit if null. */
  readonly maxStates: number | null;
  /** Look for repairs as well; they take most of the time. */
  readonly repairs: boolean;
}

/** A bound with nothing in it but numbers. */
export function plainBound(bound: Readonly<Record<string, number | null | undefined>>): Bound {
  const entries = Object.entries(bound).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return Object.fromEntries(entries);
}

/** A step of the search as a row of a story. */
export function rowOf({ node, text, why }: EssentialStep): StepRow {
  return { atMs: null, node, from: null, text, note: why };
}

/** An explanation as plain data. */
function modelWitness(explanation: Explanation): ModelWitness {
  const { property, code, says, steps, minimal, fingerprint } = explanation.witness;
  return {
    property,
    code,
    says,
    rows: steps.map(rowOf),
    minimal,
    fingerprint,
    witness: explanation.witness,
    blame: explanation.blame,
    blameTold: blameSentences(explanation.culprits),
    notIt: notItSentences(explanation),
    noReturn: noReturnSentences(explanation),
    repair: explanation.repairs.flatMap(repairSentences),
  };
}

/** Of a scenario that breaks so many states are looked at, unless it took more: the time is needed to tell who is to blame. */
const STATES_FURTHER = 200_000;

/** The first, and so shortest, violation of each property. */
function firsts({ broken }: Searched): Broken[] {
  return broken.filter((one, i) => broken.findIndex((other) => other.property === one.property) === i);
}

/** Searches a scenario exhaustively within a bound. */
export function explore(scenario: Scenario, { bound, stop, maxStates, repairs }: ExploreOptions): Explored {
  const before = threadCpuMs();
  const asked = { ...scenario.explore.bound, ...bound };
  const options: SearchOptions = { bound: asked, stop, ...(maxStates === null ? {} : { maxStates }) };
  try {
    const searched = search(scenario, { ...options, all: true, further: STATES_FURTHER });
    const explained = firsts(searched).map((broken) => explainBroken(scenario, searched, broken, options, !repairs));
    const resolved = plainBound({ ...searched.bound });
    return {
      complete: searched.complete,
      why: searched.why,
      states: searched.store.size,
      bound: resolved,
      within: boundText(resolved),
      witnesses: explained.map(modelWitness),
      met: searched.checks.coverage.met,
      seen: seenInSearch(searched),
      cpuMs: threadCpuMs() - before,
    };
  } catch (error) {
    if (!(error instanceof ModelLimit)) throw error;
    const none = {
      complete: false,
      states: 0,
      bound: asked,
      within: boundText(asked),
      witnesses: [],
      met: [],
      seen: NOTHING_SEEN,
    };
    return { ...none, why: error.message, cpuMs: threadCpuMs() - before };
  }
}
