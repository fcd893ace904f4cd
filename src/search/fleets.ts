// Which builds nodes may run beside each other under a plan: every mixed fleet that some order of its steps leads through.
// A search that never met one of them has not tried the plan it was given, and only a count of what is possible can say so.
import type { Plan } from '../scenario/plan.ts';

/** More fleets than these are not counted: a list of that length tells nobody anything. */
const MOST = 4_096;
/** Of steps in any order, at most so many are tried in all orders; beyond that only as they stand. */
const MOST_ORDERED = 5;

/** What a part of a plan does to nodes: by node the build it leaves there; empty where it touches none. */
type Change = readonly string[];

/** Where a part of a plan may lead: midway, its two ends included, and when it is over. */
interface Ways {
  readonly during: Changes;
  readonly after: Changes;
}

/** Changes, each once, in the order in which they were found. */
class Changes {
  readonly all: Change[] = [];
  readonly #known = new Set<string>();

  constructor(...changes: readonly Change[]) {
    for (const change of changes) this.add(change);
  }

  add(change: Change): void {
    const key = change.join('\n');
    if (this.#known.has(key)) return;
    if (this.all.length === MOST) throw new TooMany();
    this.#known.add(key);
    this.all.push(change);
  }
}

class TooMany extends Error {}

/**
 * The fleets that a plan allows: by node, in the order of `nodes`, the name of the build it ran last, empty if it never ran.
 * Null where there are more than can be counted.
 */
export function fleetsOf(plan: Plan, nodes: readonly string[]): readonly (readonly string[])[] | null {
  try {
    return waysOf(plan, nodes).during.all.filter((fleet) => fleet.some((build) => build !== ''));
  } catch (error) {
    if (error instanceof TooMany) return null;
    throw error;
  }
}

function waysOf(plan: Plan, nodes: readonly string[]): Ways {
  const nothing = nodes.map(() => '');
  const idle = new Changes(nothing);
  const leaf = (names: readonly string[], build: string): Ways => {
    const change = nodes.map((name) => (names.includes(name) ? build : ''));
    return { during: new Changes(nothing, change), after: new Changes(change) };
  };
  switch (plan.plan) {
    case 'seq':
      return inTurn(
        plan.steps.map((step) => waysOf(step, nodes)),
        idle,
      );
    case 'par':
      return plan.branches.map((branch) => waysOf(branch, nodes)).reduce(beside, { during: idle, after: idle });
    case 'anyOrder': {
      const steps = plan.steps.map((step) => waysOf(step, nodes));
      return either(ordersOf(steps).map((order) => inTurn(order, idle)));
    }
    case 'maybe':
      return either([{ during: idle, after: idle }, waysOf(plan.step, nodes)]);
    case 'times': {
      const step = waysOf(plan.step, nodes);
      // A build that is there is there: what comes after the second time is what came before.
      const counts = [plan.least, plan.most].map((count) => Math.min(2, count));
      return either(counts.map((count) => inTurn(new Array<Ways>(count).fill(step), idle)));
    }
    case 'start':
      return leaf(plan.nodes ?? nodes, plan.build.name);
    case 'restart':
    case 'replaceNode':
      return leaf([plan.node], plan.as?.name ?? '');
    case 'rolling':
      return rollingWays(plan, nodes);
    default:
      return { during: idle, after: idle };
  }
}

/** One change after another: the later one counts. */
function composed(before: Change, then: Change): Change {
  return before.map((build, i) => then[i] || build);
}

function product(before: Changes, then: Changes): Changes {
  const all = new Changes();
  for (const one of before.all) for (const other of then.all) all.add(composed(one, other));
  return all;
}

function union(...sets: readonly Changes[]): Changes {
  const all = new Changes();
  for (const set of sets) for (const change of set.all) all.add(change);
  return all;
}

function inTurn(steps: readonly Ways[], idle: Changes): Ways {
  let after = idle;
  let during = idle;
  for (const step of steps) {
    during = union(during, product(after, step.during));
    after = product(after, step.after);
  }
  return { during, after };
}

/** Side by side: each may be anywhere while the other is anywhere. */
function beside(one: Ways, other: Ways): Ways {
  return {
    during: union(product(one.during, other.during), product(other.during, one.during)),
    after: union(product(one.after, other.after), product(other.after, one.after)),
  };
}

function either(ways: readonly Ways[]): Ways {
  return { during: union(...ways.map((one) => one.during)), after: union(...ways.map((one) => one.after)) };
}

function ordersOf<T>(items: readonly T[]): (readonly T[])[] {
  if (items.length > MOST_ORDERED) return [items];
  if (items.length < 2) return [items];
  return items.flatMap((first, i) =>
    ordersOf(items.filter((_, j) => j !== i)).map((rest): readonly T[] => [first, ...rest]),
  );
}

/** Upgraded are the first so many of an order; of them, some have gone back to what they ran before. */
function rollingWays(plan: Plan & { plan: 'rolling' }, nodes: readonly string[]): Ways {
  const during = new Changes();
  const after = new Changes();
  const [least, most] = plan.stopAfter;
  const end = Math.min(most, plan.nodes.length);
  for (let bits = 0; bits < 1 << plan.nodes.length; bits++) {
    const onNew = plan.nodes.filter((_, i) => (bits & (1 << i)) !== 0);
    const isPrefixWith = (count: number): boolean =>
      plan.order === 'any' || onNew.every((name) => plan.nodes.indexOf(name) < count);
    const change = nodes.map((name) => (onNew.includes(name) ? plan.to.name : ''));
    for (let count = onNew.length; count <= Math.min(end, onNew.length + plan.mayRollBack); count++) {
      if (!isPrefixWith(count)) continue;
      during.add(change);
      if (count >= Math.min(least, end)) after.add(change);
    }
  }
  return { during, after };
}
