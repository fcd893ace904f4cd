// How far a search goes. "Safe" means nothing without its bound, so every number is settled before the search starts and
// is part of every answer; what the scenario leaves open is filled in from what its plan can do at most.
import type { Plan } from '../../scenario/plan.ts';
import type { Bound, Scenario } from '../../scenario/scenario.ts';

/** A bound as it can be asked for. */
export interface AskedBound extends Bound {
  readonly snapshots?: number;
}

/** A bound with nothing left open. */
export interface ResolvedBound {
  /** Entries admitted in all, KV writes included. */
  readonly commits: number;
  /** Crashes with restart, at any moment, beyond those of the plan. */
  readonly crashes: number;
  /** Membership changes that operators begin; the replacement of a node is one. */
  readonly memberChanges: number;
  /** Snapshots taken by replicas on their own account, beyond those of `compact`. */
  readonly snapshots: number;
  /** Essential steps; null: no limit. */
  readonly depth: number | null;
}

/** How often the plan can propose an entry and a membership change, at most. */
export interface PlanCounts {
  readonly entries: number;
  readonly memberChanges: number;
}

/** Counts what a plan can do at most. */
export function countPlan(plan: Plan): PlanCounts {
  const sum = (parts: readonly Plan[]): PlanCounts =>
    parts
      .map(countPlan)
      .reduce(
        (a, b) => ({ entries: a.entries + b.entries, memberChanges: a.memberChanges + b.memberChanges }),
        NOTHING,
      );
  switch (plan.plan) {
    case 'seq':
    case 'anyOrder':
      return sum(plan.steps);
    case 'par':
      return sum(plan.branches);
    case 'maybe':
      return countPlan(plan.step);
    case 'times':
      return sum(new Array<Plan>(plan.most).fill(plan.step));
    case 'call':
    case 'write':
      return { entries: 1, memberChanges: 0 };
    case 'addLearner':
    case 'promote':
    case 'removeMember':
      return { entries: 0, memberChanges: plan.groups.length };
    case 'replaceNode':
      return { entries: 0, memberChanges: 1 };
    default:
      return NOTHING;
  }
}

const NOTHING: PlanCounts = { entries: 0, memberChanges: 0 };

/**
 * The bound of a search: what was asked for, else what the scenario says, else all that its plan can do, one crash where
 * crashes are on the menu, and one snapshot: any replica may fall behind a log that was compacted.
 */
export function resolveBound(scenario: Scenario, asked: AskedBound = {}): ResolvedBound {
  const stated = { ...scenario.explore.bound, ...asked };
  const counts = countPlan(scenario.plan);
  const crashMax = scenario.faults?.crashMax ?? 0;
  return {
    commits: Math.min(stated.commits ?? counts.entries, counts.entries),
    crashes: Math.min(stated.crashes ?? 1, crashMax),
    memberChanges: Math.min(stated.memberChanges ?? counts.memberChanges, counts.memberChanges),
    snapshots: asked.snapshots ?? 1,
    depth: stated.depth ?? null,
  };
}
