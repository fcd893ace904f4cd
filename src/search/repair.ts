// The smallest change of gates that makes everything hold, found by trying and shown by searching again. One change is
// tried before two: a repair that closes more than it must is the next incident.
import { FALSE, type Formula } from '../gate/formula.ts';
import { textOf } from '../gate/text.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { culpritsOf, type Culprit } from './blame.ts';
import { search, type SearchOptions } from './exhaustive.ts';
import { retell } from './retell.ts';
import type { Suspect } from './suspects.ts';
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

/**
 * Repairs of a scenario: single changes, else pairs of them; what shuts a gate for good only where nothing else is proved.
 * What was searched to its end comes first.
 */
export function repairsOf(scenario: Scenario, culprits: readonly Culprit[], options: SearchOptions): Repair[] {
  const main = culprits.filter(({ to, aside }) => to !== null && aside === undefined);
  const isDoor = ({ suspect }: Culprit): boolean => suspect.at === 'connect';
  const shuts = (culprit: Culprit): boolean => culprit.to?.f === 'false' || culprit.beside !== undefined;
  const tried = (some: readonly Culprit[]): Repair[] =>
    some.flatMap((culprit) => verified(scenario, changesOf([culprit]), options));
  const singles = [
    ...tried(main.filter((culprit) => !shuts(culprit) && !isDoor(culprit))),
    ...main.filter(shuts).map(shutFor),
    ...tried(main.filter((culprit) => !shuts(culprit) && isDoor(culprit))),
  ];
  const found = singles.length > 0 ? singles : pairsOf(scenario, main, options);
  const all = found.some((repair) => repair.verified) ? found : [...found, ...neverOf(culprits).map(shutFor)];
  const proved = distinct(all).filter((repair) => repair.verified);
  return [...proved, ...distinct(all).filter((repair) => !repair.verified)].slice(0, MOST_REPAIRS);
}

/** Pairs of changes, of which the second is looked for in what the first leaves. */
function pairsOf(scenario: Scenario, culprits: readonly Culprit[], options: SearchOptions): Repair[] {
  let tries = 0;
  const pairs: Repair[] = [];
  for (const culprit of culprits) {
    const changed = applied(scenario, changesOf([culprit]));
    const searched = search(changed, options);
    const broken = searched.broken[0];
    if (broken === undefined) continue;
    for (const next of culpritsOf(changed, searched, retell(searched, broken.state), options)) {
      if (next.to === null || next.aside === true) continue;
      if (tries++ >= MOST_TRIES || pairs.length >= MOST_REPAIRS) return pairs;
      pairs.push(...verified(scenario, changesOf([culprit, next]), options));
    }
  }
  return pairs;
}

/** Gates that are never to open: those found to do, else the one where no gate would have held. */
function neverOf(culprits: readonly Culprit[]): Culprit[] {
  const aside = culprits.filter((culprit) => culprit.aside === true);
  const none = culprits.filter(({ blame }) => blame === 'no admission gate');
  return aside.length > 0 ? aside : none.map((culprit) => ({ ...culprit, to: FALSE }));
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
    return [...(beside === undefined ? [] : changesAt(beside, beside.to)), ...changesAt(suspect, to)];
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
