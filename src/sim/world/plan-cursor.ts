// A plan while it runs: which of its leaves may be started next. Branches that stand side by side offer their next leaves
// together, and the driver picks: that pick is where most races between an operator and a rollout are decided.
import type { Build } from '../../scenario/build.ts';
import type { Plan } from '../../scenario/plan.ts';
import { hashText } from '../kernel/fingerprint.ts';
import type { ChoiceStream } from '../kernel/choices.ts';

/** What one leaf asks for: a step of the plan, or one node of a rolling upgrade. */
export type Step =
  | Exclude<Plan, { plan: 'seq' | 'par' | 'anyOrder' | 'maybe' | 'times' | 'rolling' }>
  | { readonly plan: 'upgrade'; readonly node: string; readonly to: Build }
  | { readonly plan: 'rollBack'; readonly node: string };

/** One leaf on offer; the driver starts it once and tells when it is over. */
export interface Leaf {
  /** Where it stands in the plan, such as `1.0.2`. */
  readonly path: string;
  readonly step: Step;
  state: 'ready' | 'running' | 'done';
}

/** A place in a running plan. */
export interface Cursor {
  /** Adds the leaves that may be started now. */
  ready(into: Leaf[]): void;
  isDone(): boolean;
}

/** What may be started now, in the plan's order but for roll-backs: whoever rolls a node back does so late. */
export function onOffer(root: Cursor): Leaf[] {
  const ready: Leaf[] = [];
  root.ready(ready);
  const isBack = ({ step }: Leaf): boolean => step.plan === 'rollBack';
  return ready.some(isBack) ? [...ready.filter((leaf) => !isBack(leaf)), ...ready.filter(isBack)] : ready;
}

/** Opens a plan; the shape of what is optional is drawn here, before anything of it runs. */
export function openPlan(plan: Plan, path: string, draw: ChoiceStream): Cursor {
  switch (plan.plan) {
    case 'seq':
      return new Sequence(plan.steps, (i) => `${path}.${i}`, draw);
    case 'par':
      return new Parallel(plan.branches.map((branch, i) => openPlan(branch, `${path}.${i}`, draw)));
    case 'anyOrder': {
      const order = permutation(plan.steps.length, path, draw);
      return new Sequence(
        order.map((i) => plan.steps[i]!),
        (i) => `${path}.${order[i]!}`,
        draw,
      );
    }
    case 'maybe':
      return draw.choose(hashText(`${path} maybe`), 2) === 0 ? NOTHING : openPlan(plan.step, `${path}.0`, draw);
    case 'times': {
      const count = plan.least + draw.choose(hashText(`${path} times`), plan.most - plan.least + 1);
      return new Sequence(new Array<Plan>(count).fill(plan.step), (i) => `${path}.${i}`, draw);
    }
    case 'rolling':
      return openRolling(plan, path, draw);
    default:
      return new Single({ path, step: plan, state: 'ready' });
  }
}

const NOTHING: Cursor = { ready: () => {}, isDone: () => true };

class Single implements Cursor {
  readonly #leaf: Leaf;

  constructor(leaf: Leaf) {
    this.#leaf = leaf;
  }

  ready(into: Leaf[]): void {
    if (this.#leaf.state === 'ready') into.push(this.#leaf);
  }

  isDone(): boolean {
    return this.#leaf.state === 'done';
  }
}

class Parallel implements Cursor {
  readonly #branches: readonly Cursor[];

  constructor(branches: readonly Cursor[]) {
    this.#branches = branches;
  }

  ready(into: Leaf[]): void {
    for (const branch of this.#branches) branch.ready(into);
  }

  isDone(): boolean {
    return this.#branches.every((branch) => branch.isDone());
  }
}

/** One after the other; each is opened when its turn comes. */
class Sequence implements Cursor {
  readonly #steps: readonly Plan[];
  readonly #pathOf: (i: number) => string;
  readonly #draw: ChoiceStream;
  #at = -1;
  #current: Cursor = NOTHING;

  constructor(steps: readonly Plan[], pathOf: (i: number) => string, draw: ChoiceStream) {
    this.#steps = steps;
    this.#pathOf = pathOf;
    this.#draw = draw;
  }

  ready(into: Leaf[]): void {
    this.#advance();
    this.#current.ready(into);
  }

  isDone(): boolean {
    this.#advance();
    return this.#at >= this.#steps.length;
  }

  #advance(): void {
    while (this.#at < this.#steps.length && this.#current.isDone()) {
      const step = this.#steps[++this.#at];
      this.#current = step === undefined ? NOTHING : openPlan(step, this.#pathOf(this.#at), this.#draw);
    }
  }
}

/** A leaf that waits for others. */
class After implements Cursor {
  readonly #before: readonly Leaf[];
  readonly #leaf: Leaf;

  constructor(before: readonly Leaf[], leaf: Leaf) {
    this.#before = before;
    this.#leaf = leaf;
  }

  ready(into: Leaf[]): void {
    if (this.#leaf.state === 'ready' && this.#before.every((leaf) => leaf.state === 'done')) into.push(this.#leaf);
  }

  isDone(): boolean {
    return this.#leaf.state === 'done';
  }
}

/** Upgrades one at a time in the drawn order; a drawn number of upgraded nodes goes back at any later moment. */
function openRolling(plan: Plan & { plan: 'rolling' }, path: string, draw: ChoiceStream): Cursor {
  const order = plan.order === 'any' ? permutation(plan.nodes.length, path, draw) : plan.nodes.map((_, i) => i);
  const [least, most] = plan.stopAfter;
  const count = Math.min(most, plan.nodes.length) - draw.choose(hashText(`${path} stopAfter`), most - least + 1);
  const upgrades = order.slice(0, count).map((i): Leaf => {
    return { path: `${path}.${i}`, step: { plan: 'upgrade', node: plan.nodes[i]!, to: plan.to }, state: 'ready' };
  });
  const cursors: Cursor[] = upgrades.map((leaf, i) => new After(upgrades.slice(i > 0 ? i - 1 : 0, i), leaf));
  const backs = Math.min(upgrades.length, draw.choose(hashText(`${path} rollBacks`), plan.mayRollBack + 1));
  // Whoever went back stays there; whoever came last goes back first.
  const left = [...upgrades].reverse();
  let before: Leaf[] = [];
  for (let k = 0; k < backs; k++) {
    const [upgraded] = left.splice(draw.choose(hashText(`${path} rollBack ${k}`), left.length), 1) as [Leaf];
    const node = (upgraded.step as Step & { plan: 'upgrade' }).node;
    const leaf: Leaf = { path: `${path}.back${k}`, step: { plan: 'rollBack', node }, state: 'ready' };
    cursors.push(new After([upgraded, ...before], leaf));
    before = [leaf];
  }
  return new Parallel(cursors);
}

/** A permutation of 0 … n-1; all zero draws give the identity. */
function permutation(n: number, path: string, draw: ChoiceStream): number[] {
  const left = Array.from({ length: n }, (_, i) => i);
  const order: number[] = [];
  for (let i = 0; i < n; i++) {
    const [taken] = left.splice(draw.choose(hashText(`${path} order ${i}`), left.length), 1);
    order.push(taken!);
  }
  return order;
}
