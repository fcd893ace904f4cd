// A violation explained as a reviewer wants it: what happened in a few steps, which gate let it through, from when on it
// could not be stopped, what stops with it, and the smallest change that prevents it. Everything said was searched for.
import { TRUE } from '../gate/formula.ts';
import type { Build } from '../scenario/build.ts';
import type { Blame, Scenario } from '../scenario/scenario.ts';
import { culpritsOf, type Culprit } from './blame.ts';
import { search, type Broken, type Searched, type SearchOptions } from './exhaustive.ts';
import { blastOf, pointOfNoReturn } from './inevitable.ts';
import { Move } from './model/moves.ts';
import { repairsOf, type Repair } from './repair.ts';
import { endOf, retell, type Told } from './retell.ts';
import { rpcOf, witnessOf, type EssentialStep, type Witness } from './witness.ts';

export interface Explanation {
  readonly scenario: string;
  readonly witness: Witness;
  /** Alternatives: each by itself would have prevented it; a list inside is needed as a whole. */
  readonly blame: readonly (Blame | readonly Blame[])[];
  readonly culprits: readonly Culprit[];
  /** Numbers of the steps that the violation rests on. */
  readonly cone: readonly number[];
  /** From this step on no schedule avoids it; null where that cannot be told. */
  readonly pointOfNoReturn: number | null;
  readonly blast: { readonly groups: readonly string[]; readonly replicas: readonly string[] };
  readonly repairs: readonly Repair[];
  /** Atoms that held when the entry was admitted, and so would not have helped. */
  readonly notIt: readonly string[];
  readonly asExpected: boolean;
}

export interface ExplainOptions extends Omit<SearchOptions, 'question' | 'all'> {
  /** The property whose violation is explained; default: the one found first. */
  readonly property?: string;
  /** Leave repairs out: they take most of the time. */
  readonly withoutRepairs?: boolean;
}

/** Explains the shortest violation of a scenario; null where the search finds none. */
export function explain(scenario: Scenario, options: ExplainOptions = {}): Explanation | null {
  const { property, withoutRepairs, ...limits } = options;
  const searched = search(scenario, property === undefined ? limits : { ...limits, property });
  const broken = searched.broken.find(
    (b) => property === undefined || searched.checks.safety[b.property]!.name === property,
  );
  return broken === undefined ? null : explainBroken(scenario, searched, broken, limits, withoutRepairs ?? false);
}

/** Explains one violation of a finished search. */
export function explainBroken(
  scenario: Scenario,
  searched: Searched,
  broken: Broken,
  options: SearchOptions,
  withoutRepairs: boolean,
): Explanation {
  const told = retell(searched, broken.state);
  const witness = witnessOf(searched, broken);
  const culprits = culpritsOf(scenario, searched, told, options);
  const blame = distinct(culprits.map((culprit) => culprit.blame));
  return {
    scenario: scenario.name,
    witness,
    blame,
    culprits,
    cone: coneOf(witness.steps),
    pointOfNoReturn: pointOfNoReturn(searched, told),
    blast: blastOf(searched, endOf(searched, told)),
    repairs: withoutRepairs ? [] : repairsOf(scenario, culprits, options),
    notIt: notIt(searched, told),
    asExpected: isAsExpected(scenario, witness, blame),
  };
}

function distinct<T>(values: readonly T[]): T[] {
  const texts = values.map((value) => JSON.stringify(value));
  return values.filter((_, i) => texts.indexOf(texts[i]!) === i);
}

/** Steps that the last one rests on: of the same node, or of the same entry, or of the same membership. */
function coneOf(steps: readonly EssentialStep[]): number[] {
  const last = steps[steps.length - 1];
  if (last === undefined) return [];
  const cone = [last];
  for (let i = steps.length - 2; i >= 0; i--) {
    const step = steps[i]!;
    if (cone.some((later) => restsOn(later, step))) cone.unshift(step);
  }
  return cone.map((step) => step.n);
}

/** Whether a later step could not have been as it was without an earlier one. */
function restsOn(later: EssentialStep, earlier: EssentialStep): boolean {
  if (later.node === earlier.node) return true;
  if (later.group !== '' && later.group === earlier.group && (earlier.kind === 'elect' || earlier.kind === 'member'))
    return true;
  if (later.group !== '' && later.group === earlier.group && later.index > 0 && earlier.index <= later.index)
    return true;
  // A gate that asked others rests on what they were when they were asked.
  return later.kind === 'admit' && later.why !== '' && earlier.group === '';
}

/** Atoms of the gate that were true where and when the last entry was admitted. */
function notIt(searched: Searched, told: readonly Told[]): string[] {
  const { model, gates } = searched.system;
  const admitted = told.findLast((t) => t.move === Move.Admit);
  if (admitted === undefined) return [];
  const rpc = rpcOf(model, admitted);
  const gate = rpc === undefined ? null : gates.gateOf(model.build(admitted.after, admitted.node), rpc);
  if (gate === null || gate.formula === null) return [];
  const bits = gates.situations(admitted.before, gate, admitted.node, admitted.group, -1)[0] ?? 0;
  return gate.atoms.filter((_, i) => (bits & (1 << i)) !== 0).map((atom) => atom.name);
}

/** Whether the scenario expects this property to break, for this reason, in so few steps. */
function isAsExpected(scenario: Scenario, witness: Witness, blame: Explanation['blame']): boolean {
  const { expect } = scenario;
  if (expect === 'holds' || expect.violates !== witness.property) return false;
  if (expect.witness !== undefined && witness.steps.length > expect.witness.maxEvents) return false;
  if (expect.blames === undefined) return true;
  const wanted = [expect.blames].flat() as Blame[];
  const { builds } = scenario;
  return wanted.every((one) =>
    blame.some((found) => ([found].flat() as Blame[]).some((each) => meets(each, one, builds))),
  );
}

/**
 * Whether a finding says at least what is expected of it. Where a build has no gate at a point, that it lacks a gate there and
 * that it lacks an atom there are one and the same.
 * @param builds of the scenario
 */
export function meets(found: Blame, wanted: Blame, builds: readonly Build[]): boolean {
  if (typeof found === 'string' || typeof wanted === 'string') return found === wanted;
  if ('atom' in wanted) {
    if ('gatePoint' in found) return wanted.at === found.gatePoint && isUngated(found, builds);
    return found.atom === wanted.atom && (wanted.at ?? found.at) === found.at;
  }
  if ('atom' in found) return found.at === wanted.gatePoint && isUngated(wanted, builds);
  return found.gatePoint === wanted.gatePoint && (wanted.build ?? found.build) === found.build;
}

/** Whether nothing can refuse at that point of a build; of any, where none is named. */
function isUngated(
  { gatePoint, build }: { readonly gatePoint: string; readonly build?: string },
  builds: readonly Build[],
): boolean {
  const named = builds.filter(({ name }) => build === undefined || name === build);
  return named.some(({ gates }) => (gates[gatePoint] ?? TRUE).f === 'true');
}
