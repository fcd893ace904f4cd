// Partial-order reduction of the plan. A step that comes to nothing (refused, given up, left out) moves the plan on and
// touches nothing else: it commutes with all that happens meanwhile, and costs nothing. So it is taken only together with
// the next step that cannot begin without it; states in which somebody gave up and nothing came of it are never made. Every
// run can be put into that order, with the same steps, so no length changes.
// @source Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, on independent transitions
import type { PlanState } from './plan-state.ts';
import { ACTIVE, DONE, OK, REFUSED, UNKNOWN, type LeafAction, type PlanNode } from './plan-tree.ts';

/** A step that ended without effect: the plan after it, and what it was. */
export interface Ending {
  readonly plan: Uint8Array;
  readonly leaf: PlanNode;
  readonly outcome: number;
}

/** A later point of the plan, and the steps that can begin there and not before. */
export interface Prospect {
  readonly plan: Uint8Array;
  readonly leaves: readonly PlanNode[];
}

/** What a point of the plan leads to without any effect on the cluster. */
export interface Outlook {
  /** The point this is about. */
  readonly plan: Uint8Array;
  readonly endings: readonly Ending[];
  readonly prospects: readonly Prospect[];
}

/** Whether a step can end without effect whenever it waits, as far as the plan is concerned. */
function mayComeToNothing(action: LeafAction, needed: boolean): boolean {
  return !needed && (action.do === 'call' || action.do === 'write' || action.do === 'member');
}

/** Looks ahead in a plan in which every call, write and membership step may come to nothing. */
export class Ahead {
  readonly #plan: PlanState;
  /** Whether a call changes nothing in the log, so that an answer is no more than its end. */
  readonly #isAnswered: (leaf: PlanNode) => boolean;
  readonly #known = new Map<number, Outlook[]>();
  readonly #bytes: number;

  constructor(plan: PlanState, isAnswered: (leaf: PlanNode) => boolean) {
    this.#plan = plan;
    this.#isAnswered = isAnswered;
    this.#bytes = plan.tree.bytes;
  }

  /** Whether this step's ends are found here, and are no moves of their own. */
  covers({ kind, action, needed }: PlanNode): boolean {
    if (kind !== 'leaf') return true;
    return action!.do === 'rolling' || mayComeToNothing(action!, needed);
  }

  /** What lies ahead of a state's plan. */
  of(s: Uint8Array): Outlook {
    const { base } = this.#plan;
    let hash = 0;
    for (let i = base; i < base + this.#bytes; i++) hash = Math.imul(hash ^ s[i]!, 0x9e3779b1) ^ (hash >>> 13);
    const bucket = this.#known.get(hash);
    const known = bucket?.find(({ plan }) => this.#isAt(s, plan));
    if (known !== undefined) return known;
    const outlook = this.#look(s.slice(base, base + this.#bytes));
    if (bucket === undefined) this.#known.set(hash, [outlook]);
    else bucket.push(outlook);
    return outlook;
  }

  #isAt(s: Uint8Array, plan: Uint8Array): boolean {
    for (let i = 0; i < plan.length; i++) if (s[this.#plan.base + i] !== plan[i]) return false;
    return true;
  }

  #look(plan: Uint8Array): Outlook {
    const endings: Ending[] = [];
    const prospects: Prospect[] = [];
    const first = this.#activeIn(this.#stateOf(plan));
    const seen = [plan];
    const ways: { readonly plan: Uint8Array; readonly ended: readonly PlanNode[] }[] = [{ plan, ended: [] }];
    for (const way of ways) {
      const s = this.#stateOf(way.plan);
      for (const { node, outcome } of this.#ends(s)) {
        const t = s.slice();
        this.#plan.recent.length = 0;
        this.#end(t, node, outcome);
        this.#plan.recent.length = 0;
        const after = t.slice(this.#plan.base);
        if (outcome !== DONE) endings.push({ plan: after, leaf: node, outcome });
        if (seen.some((other) => other.every((byte, i) => byte === after[i]))) continue;
        seen.push(after);
        const ended = [...way.ended, node];
        const leaves = this.#activeIn(t).filter(
          (leaf) => !first.includes(leaf) && ended.every((k) => this.#precedes(k, leaf)),
        );
        if (leaves.length > 0) prospects.push({ plan: after, leaves });
        ways.push({ plan: after, ended });
      }
    }
    return { plan, endings, prospects };
  }

  /** A record that holds nothing but a plan. */
  #stateOf(plan: Uint8Array): Uint8Array {
    const s = new Uint8Array(this.#plan.base + this.#bytes);
    s.set(plan, this.#plan.base);
    return s;
  }

  #activeIn(s: Uint8Array): PlanNode[] {
    return this.#plan.tree.leaves.filter((leaf) => this.#plan.isActive(s, leaf));
  }

  /** All that can end, or be left out, or be picked, without effect. */
  #ends(s: Uint8Array): { readonly node: PlanNode; readonly outcome: number }[] {
    const ends: { node: PlanNode; outcome: number }[] = [];
    for (const node of this.#plan.tree.nodes) {
      const active = this.#plan.status(s, node) === ACTIVE;
      if (node.kind === 'leaf') {
        for (const outcome of this.#outcomes(s, node, active)) ends.push({ node, outcome });
      } else if (active && this.#mayBeLeftOut(s, node)) ends.push({ node, outcome: DONE });
      else if (active && node.kind === 'anyOrder') {
        for (const child of this.#pickable(s, node)) ends.push({ node: child, outcome: DONE });
      }
    }
    return ends;
  }

  #outcomes(s: Uint8Array, node: PlanNode, active: boolean): readonly number[] {
    const action = node.action!;
    if (action.do === 'rolling') return active && node.matters && this.#plan.hasRolledEnough(s, node) ? [DONE] : [];
    if (!mayComeToNothing(action, node.needed)) return [];
    if (!active) return this.#plan.isPending(s, node) ? [UNKNOWN] : [];
    if (action.do === 'write') return [UNKNOWN];
    return action.do === 'call' && this.#isAnswered(node) ? [OK] : [REFUSED];
  }

  #mayBeLeftOut(s: Uint8Array, node: PlanNode): boolean {
    if ((node.kind !== 'maybe' && node.kind !== 'times') || !node.matters) return false;
    return this.#plan.maySkip(s, node);
  }

  #pickable(s: Uint8Array, node: PlanNode): PlanNode[] {
    const children = node.children.map((child) => this.#plan.tree.nodes[child]!);
    if (children.some((child) => this.#plan.status(s, child) === ACTIVE)) return [];
    return children.filter((child) => this.#plan.status(s, child) === 0);
  }

  #end(t: Uint8Array, node: PlanNode, outcome: number): void {
    const parent = this.#plan.tree.nodes[node.parent];
    if (parent?.kind === 'anyOrder' && this.#plan.status(t, node) === 0) this.#plan.pick(t, node.id);
    else if (node.kind === 'leaf') this.#plan.finish(t, node, outcome);
    else this.#plan.skip(t, node);
  }

  /** Whether the end of a step can be what another one waits for; not if they stand side by side. */
  #precedes(one: PlanNode, other: PlanNode): boolean {
    const { nodes } = this.#plan.tree;
    const above: PlanNode[] = [];
    for (let node: PlanNode | undefined = one; node !== undefined; node = nodes[node.parent]) above.push(node);
    let parent = nodes[other.parent];
    while (parent !== undefined && !above.includes(parent)) parent = nodes[parent.parent];
    if (parent === undefined || parent === one || parent.kind !== 'par') return true;
    for (let node: PlanNode | undefined = parent; node !== undefined; node = nodes[node.parent])
      if (node.kind === 'times') return true;
    return false;
  }
}
