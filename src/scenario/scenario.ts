// A scenario: a cluster, a plan, faults, properties and what is expected of them. It is a value; the simulator and the
// search read it, nothing runs it "by itself".
import type { Duration } from '../gate/atom.ts';
import { closed, formulaOf, open } from '../gate/formula.ts';
import { checkGate } from './build.ts';
import type { Build, Gate } from './build.ts';
import type { Cluster } from './cluster.ts';
import { faultsOf } from './faults.ts';
import type { Faults } from './faults.ts';
import { inputError, placed } from './place.ts';
import { wantStep } from './plan.ts';
import type { Plan } from './plan.ts';
import type { Property } from './properties.ts';
import { firstDuplicate, unknownName } from './suggest.ts';
import type { MakeWatch } from './watch.ts';
import { buildsOf, checkGroupsAsked, checkScenario, gatePointsOf } from './validate.ts';
import { got, wantFields, wantFunction, wantNames, wantWord } from './wants.ts';

export type StrategyName = 'exhaustive' | 'dpor' | 'pct:2' | 'pct:3' | 'pos' | 'swarm';

export interface Bound {
  readonly commits?: number;
  readonly crashes?: number;
  readonly memberChanges?: number;
  readonly depth?: number;
}

export interface Explore {
  readonly bound?: Bound;
  readonly seeds?: readonly [number, number];
  readonly mix?: readonly StrategyName[];
  readonly budget?: Duration;
}

export type Blame =
  | { readonly atom: string; readonly at?: string }
  | { readonly gatePoint: string; readonly build?: string }
  | 'no admission gate';

export interface ExpectedViolation {
  readonly violates: string;
  readonly blames?: Blame | readonly Blame[];
  readonly witness?: { readonly maxEvents: number };
  readonly blast?: { readonly groups?: readonly string[]; readonly replicas?: number };
}

export interface Limits {
  /** Virtual ms after which a run is inconclusive. */
  readonly virtualMs: number;
  readonly events: number;
}

/** Everything about a scenario but its plan. */
export interface ScenarioBase {
  readonly about: string;
  readonly refs?: readonly string[];
  readonly cluster: Cluster;
  readonly faults?: Faults;
  readonly properties: readonly Property[];
  readonly explore?: Explore;
  readonly limits?: Partial<Limits>;
}

export interface ScenarioDefinition extends ScenarioBase {
  readonly plan: Plan;
  readonly expect?: 'holds' | ExpectedViolation;
}

export interface WeakestDefinition<A extends string> extends ScenarioBase {
  readonly plan: (candidate: Gate<A>) => Plan;
  readonly at: string;
  readonly atoms: readonly A[];
  readonly expect?: { readonly equivalentTo: Gate<A> | typeof open | typeof closed } | 'none';
}

/** A checked scenario, defaults filled in. `builds` are all that its plan names, by name. */
export interface Scenario {
  readonly kind: 'scenario';
  readonly name: string;
  readonly about: string;
  readonly refs: readonly string[];
  readonly cluster: Cluster;
  readonly faults: Faults | null;
  readonly properties: readonly Property[];
  readonly explore: Explore;
  readonly limits: Limits;
  readonly plan: Plan;
  readonly builds: readonly Build[];
  readonly expect: 'holds' | ExpectedViolation;
}

/** A question instead of a plan: which gate is the weakest that holds? */
export interface WeakestQuestion {
  readonly kind: 'weakest';
  readonly name: string;
  readonly at: string;
  readonly atoms: readonly string[];
  /** The scenario with one candidate gate in place. */
  with(candidate: Gate<string> | typeof open | typeof closed): Scenario;
  readonly expect: { readonly equivalentTo: Gate<string> | typeof open | typeof closed } | 'none' | null;
}

/** The properties of its own feature a scenario asks for, by name. */
export function ownProperties(s: Pick<Scenario, 'properties' | 'builds'>): [name: string, make: MakeWatch][] {
  return s.properties.flatMap((property): [string, MakeWatch][] => {
    if (property.p !== 'builtin') return [];
    const make = s.builds.map((build) => build.subject.properties[property.name]).find((one) => one !== undefined);
    return make === undefined ? [] : [[property.name, make]];
  });
}

/** Either of what a scenario file may export. */
export type AnyScenario = Scenario | WeakestQuestion;

/** A run that takes longer than this, in virtual time or in events, is inconclusive. */
export const DEFAULT_LIMITS: Limits = { virtualMs: 600_000, events: 5_000_000 };

const BASE = ['about', 'refs', 'cluster', 'faults', 'properties', 'explore', 'limits'];

function define(name: string, d: ScenarioDefinition): Scenario {
  wantParts(d);
  const checked: Scenario = {
    kind: 'scenario',
    name,
    about: d.about,
    refs: [...(d.refs ?? [])],
    cluster: d.cluster,
    faults: d.faults === undefined ? null : faultsOf(d.faults, d.cluster.electionMs[0]),
    properties: [...d.properties],
    explore: d.explore ?? {},
    limits: { ...DEFAULT_LIMITS, ...d.limits },
    plan: d.plan,
    builds: buildsOf(d.plan),
    expect: d.expect ?? 'holds',
  };
  checkScenario(checked);
  return placed(checked);
}

/** Whether a scenario is made of what this language returns. @throws InputError SCN009 */
function wantParts(d: ScenarioDefinition): void {
  wantFields('scenario', d, [...BASE, 'plan', 'expect']);
  wantMade('cluster', d.cluster, 'tickMs', 'cluster(…)');
  if (d.faults !== undefined) wantMade('faults', d.faults, 'healByMs', 'swarm(…) or noFaults');
  wantStep('plan', d.plan);
  if (!Array.isArray(d.properties)) {
    throw inputError(
      'SCN009',
      `properties: wants a list of never(…), always(…) and the like, got ${got(d.properties)}`,
    );
  }
}

function wantMade(path: string, value: unknown, mark: string, by: string): void {
  if (typeof value === 'object' && value !== null && mark in value) return;
  throw inputError('SCN009', `${path}: wants what ${by} returns, got ${got(value)}`);
}

function each<R extends { readonly name: string }>(
  rows: readonly R[],
  definition: (row: R) => ScenarioDefinition,
): Scenario[] {
  const twice = firstDuplicate(rows.map((row) => row.name));
  if (twice !== null) {
    throw inputError('SCN002', `rows[${twice.at}].name: "${twice.name}" is already row ${twice.before}`);
  }
  return rows.map((row) => define(row.name, definition(row)));
}

function weakestGate<A extends string>(name: string, d: WeakestDefinition<A>): WeakestQuestion {
  wantFields('weakestGate', d, [...BASE, 'plan', 'at', 'atoms', 'expect']);
  wantFunction('weakestGate.plan', d.plan);
  wantNames('weakestGate.atoms', d.atoms);
  const { plan, at, atoms, expect, ...base } = d;
  if (typeof expect === 'string') wantWord('expect', 'expectation', expect, ['none']);
  const withGate = (candidate: Gate<string> | typeof open | typeof closed): Scenario =>
    define(name, { ...base, plan: plan(candidate as Gate<A>) });
  // Both extremes are built at once, so that a question that cannot be asked fails where it is written.
  const shut = withGate(closed);
  const asked = shut.builds.filter((build) => gateAt(build, at) !== gateAt(find(withGate(open).builds, build), at));
  checkQuestion(shut.builds, asked, at, atoms, expect ?? null);
  for (const build of asked) checkGroupsAsked(build.subject, atoms, d.cluster);
  return placed({
    kind: 'weakest',
    name,
    at,
    atoms: [...atoms],
    with: withGate,
    expect: (expect ?? null) as WeakestQuestion['expect'],
  });
}

function find(builds: readonly Build[], like: Build): Build {
  return builds.find((build) => build.name === like.name) ?? like;
}

function gateAt(build: Build, at: string): string {
  return JSON.stringify(build.gates[at] ?? null);
}

function checkQuestion(
  builds: readonly Build[],
  asked: readonly Build[],
  at: string,
  atoms: readonly string[],
  expect: { readonly equivalentTo: unknown } | 'none' | null,
): void {
  const points = gatePointsOf(builds);
  if (!points.includes(at)) throw inputError('SCN006', `at: ${unknownName('gate point or RPC', at, points)}`);
  if (asked.length === 0) {
    throw inputError('SCN009', `plan: no build puts the candidate at "${at}", so nothing would be asked`);
  }
  const twice = firstDuplicate(atoms);
  if (twice !== null) throw inputError('SCN002', `atoms[${twice.at}]: "${twice.name}" is listed twice`);
  if (atoms.length === 0) throw inputError('SCN009', 'atoms: a gate is looked for over at least one atom');
  for (const build of asked) {
    for (const [i, atom] of atoms.entries()) checkGate(build.subject, { f: 'atom', name: atom }, `atoms[${i}]`);
    if (expect !== null && expect !== 'none') {
      checkGate(build.subject, formulaOf(expect.equivalentTo), 'expect.equivalentTo');
    }
  }
}

/** Makes scenarios: one, one a row, or a question about a gate. */
export const scenario: {
  (name: string, definition: ScenarioDefinition): Scenario;
  /** One scenario for each row of a table. */
  each<R extends { readonly name: string }>(rows: readonly R[], definition: (row: R) => ScenarioDefinition): Scenario[];
  /** Which gate over the atoms refuses least at that point and still holds? */
  weakestGate<A extends string>(name: string, definition: WeakestDefinition<A>): WeakestQuestion;
} = Object.assign((name: string, definition: ScenarioDefinition) => define(name, definition), { each, weakestGate });
