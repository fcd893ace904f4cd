// A scenario: a cluster, a plan, faults, properties and what is expected of them. It is a value; the simulator and the
// search read it, nothing runs it "by itself".
import type { Duration } from '../gate/atom.ts';
import type { Build, Gate } from './build.ts';
import type { Cluster } from './cluster.ts';
import type { Faults } from './faults.ts';
import type { Plan } from './plan.ts';
import type { Property } from './properties.ts';
import type { closed, open } from '../gate/formula.ts';

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
