// The exhaustive part of a search, brought into the form that is reported: how far it went, and the shortest story of
// each property it breaks. A scenario the model cannot hold is said to be one; it is never passed over.
import { boundText } from '../report/verdict-table.ts';
import type { StepRow } from '../report/steps-table.ts';
import type { Bound, Scenario } from '../scenario/scenario.ts';
import { ModelLimit, search, type Searched } from '../search/exhaustive.ts';
import { witnessOf, type EssentialStep } from '../search/witness.ts';
import { threadCpuMs } from './cpu.ts';

/** The shortest story of one property. */
export interface ModelWitness {
  readonly property: string;
  readonly code: string;
  readonly says: string;
  readonly rows: readonly StepRow[];
  readonly minimal: boolean;
  readonly fingerprint: string;
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
  readonly cpuMs: number;
}

/** A bound with nothing in it but numbers. */
export function plainBound(bound: Readonly<Record<string, number | null | undefined>>): Bound {
  const entries = Object.entries(bound).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return Object.fromEntries(entries);
}

function rowOf({ node, text, why }: EssentialStep): StepRow {
  return { atMs: null, node, from: null, text, note: why };
}

/** The first, and so shortest, witness of each property. */
function witnesses(searched: Searched): ModelWitness[] {
  const firsts = searched.broken.filter(
    (one, i, all) => all.findIndex((other) => other.property === one.property) === i,
  );
  return firsts.map((broken) => {
    const { property, code, says, steps, minimal, fingerprint } = witnessOf(searched, broken);
    return { property, code, says, rows: steps.map(rowOf), minimal, fingerprint };
  });
}

/** Searches a scenario exhaustively within a bound. */
export function explore(scenario: Scenario, bound: Bound | null, stop: () => boolean): Explored {
  const before = threadCpuMs();
  const asked = { ...scenario.explore.bound, ...bound };
  try {
    const searched = search(scenario, { bound: asked, stop, all: true });
    const resolved = plainBound({ ...searched.bound });
    return {
      complete: searched.complete,
      why: searched.why,
      states: searched.store.size,
      bound: resolved,
      within: boundText(resolved),
      witnesses: witnesses(searched),
      cpuMs: threadCpuMs() - before,
    };
  } catch (error) {
    if (!(error instanceof ModelLimit)) throw error;
    const none = { complete: false, states: 0, bound: asked, within: boundText(asked), witnesses: [] };
    return { ...none, why: error.message, cpuMs: threadCpuMs() - before };
  }
}
