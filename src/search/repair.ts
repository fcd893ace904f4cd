// The smallest change of gates that makes everything hold, found by trying and shown by searching again. One change is
// tried before two: a repair that closes more than it must is the next incident.
import { FALSE, type Formula } from '../gate/formula.ts';
import { textOf } from '../gate/text.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { culpritsOf, type Culprit, type Suspect } from './blame.ts';
import { search, type SearchOptions } from './exhaustive.ts';
import { retell } from './retell.ts';
import { withGate } from './variants.ts';

/** One gate to be changed. */
export interface GateChange {
  readonly build: string;
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly formula: Formula;
}

export interface Repair {
  readonly changes: readonly GateChange[];
  /** The changed scenario was searched to the end of the bound and holds. */
  readonly verified: boolean;
  readonly states: number;
  /** Steps of the shortest violation without one conjunct; null where it holds without it. */
  readonly without: readonly { readonly part: string; readonly steps: number | null }[];
}

/** Most repairs that are given, and most searches spent on pairs of changes. */
const MOST_REPAIRS = 3;
const MOST_TRIES = 12;

/** Repairs of a scenario: single changes, else pairs of them. */
export function repairsOf(scenario: Scenario, culprits: readonly Culprit[], options: SearchOptions): Repair[] {
  const helpful = culprits.filter(({ to }) => to !== null);
  const shuts = ({ to, beside }: Culprit): boolean => to?.f === 'false' || beside !== undefined;
  const open = helpful.filter((culprit) => !shuts(culprit));
  const shut = helpful.filter(shuts);
  const singles = [
    ...open.flatMap((culprit) => verified(scenario, changesOf([culprit]), options)),
    ...shut.map(shutFor),
  ];
  if (singles.length > 0) return distinct(singles).slice(0, MOST_REPAIRS);
  let tries = 0;
  const pairs: Repair[] = [];
  for (const culprit of culprits) {
    const changes = changesOf([culprit]);
    if (changes.length === 0) continue;
    const changed = applied(scenario, changes);
    const searched = search(changed, options);
    const broken = searched.broken[0];
    if (broken === undefined) continue;
    for (const next of culpritsOf(changed, searched, retell(searched, broken.state), options)) {
      if (tries++ >= MOST_TRIES || pairs.length >= MOST_REPAIRS) return pairs;
      pairs.push(...verified(scenario, changesOf([culprit, next]), options));
    }
  }
  return pairs;
}

/** A gate that lets nothing pass once the cluster is set up; the search that found the culprit has tried it. */
function shutFor(culprit: Culprit): Repair {
  const changes = changesOf([culprit]);
  return { changes, verified: culprit.proved, states: culprit.states, without: [] };
}

function distinct(repairs: readonly Repair[]): Repair[] {
  const texts = repairs.map(({ changes }) => JSON.stringify(changes));
  return repairs.filter((_, i) => texts.indexOf(texts[i]!) === i);
}

function changesOf(culprits: readonly Culprit[]): GateChange[] {
  return culprits.flatMap(({ suspect, beside, to }) => {
    if (to === null) return [];
    return [...(beside === undefined ? [] : changesAt(beside, FALSE)), ...changesAt(suspect, to)];
  });
}

function changesAt({ builds, at }: Suspect, formula: Formula): GateChange[] {
  return builds.map((build) => {
    const from = build.gates[at];
    return { build: build.name, at, from: from === undefined ? 'open' : textOf(from), to: textOf(formula), formula };
  });
}

function applied(scenario: Scenario, changes: readonly GateChange[]): Scenario {
  return changes.reduce((changed, { build, at, formula }) => withGate(changed, build, at, formula), scenario);
}

function verified(scenario: Scenario, changes: readonly GateChange[], options: SearchOptions): Repair[] {
  if (changes.length === 0) return [];
  const searched = search(applied(scenario, changes), options);
  if (searched.broken.length > 0) return [];
  return [
    {
      changes,
      verified: searched.complete,
      states: searched.store.size,
      without: changes.flatMap((change) => withoutParts(scenario, changes, change, options)),
    },
  ];
}

/** What each conjunct of a changed gate is good for. */
function withoutParts(
  scenario: Scenario,
  changes: readonly GateChange[],
  change: GateChange,
  options: SearchOptions,
): { part: string; steps: number | null }[] {
  const { formula } = change;
  if (formula.f !== 'and') return [];
  return formula.of.map((part) => {
    const rest: Formula = { f: 'and', of: formula.of.filter((other) => other !== part) };
    const weaker = changes.map((c) => (c === change ? { ...c, formula: rest } : c));
    return { part: textOf(part), steps: search(applied(scenario, weaker), options).broken[0]?.depth ?? null };
  });
}
