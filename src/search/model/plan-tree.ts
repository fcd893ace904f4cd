// A plan laid out for the search: a flat tree whose nodes each own one to five bytes of the state. What a plan may still do
// is then part of the state itself, so that two ways of getting to the same point of a plan are one state.
import type { Build } from '../../scenario/build.ts';
import type { Plan, Target } from '../../scenario/plan.ts';

/** Status byte of a plan node. From `DONE` on it is over; the last three are outcomes of calls, where they are told apart. */
export const IDLE = 0;
export const ACTIVE = 1;
/** A call or membership step whose entry is in a log. */
export const PENDING = 2;
export const DONE = 3;
export const OK = 4;
export const REFUSED = 5;
export const UNKNOWN = 6;

/** What a leaf does, with nodes and builds as numbers. */
export type LeafAction =
  | { readonly do: 'start'; readonly build: number; readonly nodes: readonly number[]; readonly setUp: boolean }
  | { readonly do: 'restart'; readonly node: number; readonly build: number | null }
  | {
      readonly do: 'rolling';
      readonly nodes: readonly number[];
      readonly build: number;
      readonly anyOrder: boolean;
      readonly least: number;
      readonly most: number;
      readonly mayRollBack: number;
    }
  | {
      readonly do: 'call';
      readonly rpc: string;
      readonly group: number;
      /** Null: the leader. */
      readonly node: number | null;
      readonly args: Readonly<Record<string, string>>;
    }
  | { readonly do: 'write'; readonly group: number; readonly kv: Readonly<Record<string, string>> | null }
  | {
      readonly do: 'member';
      readonly change: MemberChange;
      readonly node: number;
      readonly group: number;
      /** One of the changes that replace a node: those count as one, when the old machine is lost. */
      readonly replaces: boolean;
    }
  | { readonly do: 'lose' | 'stop' | 'crash'; readonly node: number }
  | { readonly do: 'fresh'; readonly node: number; readonly build: number | null }
  | { readonly do: 'compact'; readonly group: number }
  /** `to` null: whoever can. */
  | { readonly do: 'transfer'; readonly group: number; readonly to: number | null }
  /** Waiting; and a transfer to whomever, where any election may do the same. */
  | { readonly do: 'settle' };

export type MemberChange = 'addLearner' | 'promote' | 'removeMember';

export interface PlanNode {
  readonly id: number;
  readonly kind: 'seq' | 'par' | 'anyOrder' | 'maybe' | 'times' | 'leaf';
  readonly parent: number;
  readonly children: readonly number[];
  /** Position among its siblings. */
  readonly nth: number;
  /** Where it is written, such as `0.1.2`; `*` for the rounds of a repeated part. Parts of one written step share its path. */
  readonly path: string;
  /** Offset of its status byte from the start of the plan's bytes; further bytes follow. */
  readonly at: number;
  readonly least: number;
  readonly most: number;
  readonly action: LeafAction | null;
  /** The rest of its parent is left out unless this step comes to what it was meant for. */
  readonly needed: boolean;
  /** Whether anything but waiting can come after it, because it is over. */
  matters: boolean;
}

export interface PlanTree {
  readonly nodes: readonly PlanNode[];
  readonly bytes: number;
  /** Leaves in order of writing. */
  readonly leaves: readonly PlanNode[];
}

/** Names to numbers. Groups count from 0, nodes from 0, builds from 0. */
export interface Names {
  readonly nodes: readonly string[];
  readonly groups: readonly {
    readonly name: string;
    readonly voters: readonly string[];
    readonly learners: readonly string[];
  }[];
  readonly builds: readonly Build[];
  /** Whether leaders may change although nobody asked for it. */
  readonly elections: boolean;
  /** Whether the feature's `apply` sees KV writes; one that it does not see decides nothing. */
  readonly seesWrites: boolean;
  /** Entries that are admitted at most. */
  readonly commits: number;
}

/** Lays a plan out. @param folds whether steps that lead nowhere may be told apart from those that matter */
export function layOutPlan(plan: Plan, names: Names, folds: boolean): PlanTree {
  const tree = new TreeBuilder(names, folds);
  tree.add(plan, -1, 0, '0', { head: true });
  const { nodes } = tree;
  for (const node of nodes) node.matters = !folds || leadsOn(nodes, node);
  return { nodes, bytes: tree.bytes, leaves: nodes.filter((node) => node.kind === 'leaf') };
}

/** Bytes of a leaf beside its status: masks of a rolling upgrade, server and position of an entry. */
function extraBytes(kind: PlanNode['kind'], action: LeafAction | null): number {
  if (kind === 'times') return 1;
  if (action === null) return 0;
  if (action.do === 'rolling') return 4;
  return action.do === 'call' || action.do === 'member' || action.do === 'write' ? 2 : 0;
}

class TreeBuilder {
  readonly nodes: PlanNode[] = [];
  bytes = 0;
  readonly #names: Names;
  readonly #folds: boolean;

  constructor(names: Names, folds: boolean) {
    this.#names = names;
    this.#folds = folds;
  }

  /** `head` is true as long as nothing but starts came before: those set the cluster up and are no step of a run. */
  add(plan: Plan, parent: number, nth: number, path: string, order: { head: boolean }): number {
    switch (plan.plan) {
      case 'seq':
        return this.#inner('seq', plan.steps, parent, nth, path, order);
      case 'par':
        return this.#inner('par', plan.branches, parent, nth, path, order);
      case 'anyOrder':
        return this.#inner('anyOrder', plan.steps, parent, nth, path, order);
      case 'maybe':
        return this.#inner('maybe', [plan.step], parent, nth, path, order);
      case 'times':
        return this.#inner('times', [plan.step], parent, nth, path, order, ...this.#often(plan));
      case 'addLearner':
      case 'promote':
      case 'removeMember':
        return this.#leaves(
          plan.groups.map((group) => this.#member(plan.plan, this.#node(plan.node), this.#group(group), false)),
          parent,
          nth,
          path,
          order,
        );
      case 'replaceNode':
        order.head = false;
        return this.#replacement(this.#node(plan.node), plan.as, parent, nth, path);
      default: {
        const action = this.#action(plan, order.head);
        if (action.do !== 'start') order.head = false;
        return this.#push('leaf', [], parent, nth, path, 0, 0, action);
      }
    }
  }

  /** A write can come to nothing: more of them than the bound admits are those that do. */
  #often({ step, least, most }: Extract<Plan, { readonly plan: 'times' }>): [least: number, most: number] {
    if (!this.#folds || step.plan !== 'write' || most <= this.#names.commits) return [least, most];
    return [0, this.#names.commits];
  }

  #inner(
    kind: PlanNode['kind'],
    parts: readonly Plan[],
    parent: number,
    nth: number,
    path: string,
    order: { head: boolean },
    least = 0,
    most = 0,
  ): number {
    const children: number[] = [];
    const id = this.#push(kind, children, parent, nth, path, least, most, null);
    for (const [i, part] of parts.entries()) {
      children.push(this.add(part, id, i, `${path}.${kind === 'times' ? '*' : i}`, order));
    }
    return id;
  }

  #leaves(actions: readonly LeafAction[], parent: number, nth: number, path: string, order: { head: boolean }): number {
    order.head = false;
    const only = actions[0];
    if (actions.length === 1 && only !== undefined) return this.#push('leaf', [], parent, nth, path, 0, 0, only);
    const children: number[] = [];
    const id = this.#push('seq', children, parent, nth, path, 0, 0, null);
    for (const [i, action] of actions.entries()) children.push(this.#push('leaf', [], id, i, path, 0, 0, action));
    return id;
  }

  #push(
    kind: PlanNode['kind'],
    children: readonly number[],
    parent: number,
    nth: number,
    path: string,
    least: number,
    most: number,
    action: LeafAction | null,
    needed = false,
  ): number {
    const id = this.nodes.length;
    const at = this.bytes;
    this.nodes.push({ id, kind, parent, children, nth, path, at, least, most, action, needed, matters: true });
    this.bytes += 1 + extraBytes(kind, action);
    return id;
  }

  #action(plan: Plan, head: boolean): LeafAction {
    switch (plan.plan) {
      case 'start': {
        const nodes = (plan.nodes ?? this.#names.nodes).map((node) => this.#node(node));
        return { do: 'start', build: this.#build(plan.build), nodes, setUp: head };
      }
      case 'restart':
        return { do: 'restart', node: this.#node(plan.node), build: plan.as === null ? null : this.#build(plan.as) };
      case 'rolling':
        return {
          do: 'rolling',
          nodes: plan.nodes.map((node) => this.#node(node)),
          build: this.#build(plan.to),
          anyOrder: plan.order === 'any',
          least: plan.stopAfter[0],
          most: Math.min(plan.stopAfter[1], plan.nodes.length),
          mayRollBack: plan.mayRollBack,
        };
      case 'call':
        return { do: 'call', rpc: plan.rpc, args: plan.args, ...this.#target(plan.to) };
      case 'write':
        if (this.#folds && !this.#names.seesWrites) return { do: 'settle' };
        return { do: 'write', group: this.#group(plan.group), kv: plan.kv };
      case 'stop':
      case 'crash':
        return { do: plan.plan, node: this.#node(plan.node) };
      case 'transferLeadership': {
        const to = plan.to === null ? null : this.#node(plan.to);
        const isAnyElection = to === null && this.#names.elections;
        return isAnyElection ? { do: 'settle' } : { do: 'transfer', group: this.#group(plan.group), to };
      }
      case 'compact':
        return { do: 'compact', group: this.#group(plan.group) };
      default:
        return { do: 'settle' };
    }
  }

  /**
   * The old machine goes, an empty one comes, in each group in the same part: not before the old one is out of every group,
   * and as a voter only where it was let in.
   */
  #replacement(node: number, as: Build | null, parent: number, nth: number, path: string): number {
    const name = this.#names.nodes[node]!;
    const parts: number[] = [];
    const id = this.#push('seq', parts, parent, nth, path, 0, 0, null);
    const step = (to: number[], of: number, action: LeafAction, needed: boolean): void => {
      to.push(this.#push('leaf', [], of, to.length, path, 0, 0, action, needed));
    };
    const groups = this.#names.groups.flatMap((group, i) => {
      const voter = group.voters.includes(name);
      return voter || group.learners.includes(name) ? [{ group: i, voter }] : [];
    });
    step(parts, id, { do: 'lose', node }, false);
    for (const { group } of groups) step(parts, id, this.#member('removeMember', node, group, true), true);
    step(parts, id, { do: 'fresh', node, build: as === null ? null : this.#build(as) }, false);
    for (const { group, voter } of groups) {
      const joining: number[] = [];
      const joins = this.#push('seq', joining, id, parts.length, path, 0, 0, null);
      parts.push(joins);
      step(joining, joins, this.#member('addLearner', node, group, true), true);
      if (voter) step(joining, joins, this.#member('promote', node, group, true), false);
    }
    return id;
  }

  #member(change: MemberChange, node: number, group: number, replaces: boolean): LeafAction {
    return { do: 'member', change, node, group, replaces };
  }

  #target(to: Target | null): { readonly group: number; readonly node: number | null } {
    if (to === null) return { group: 0, node: null };
    if (typeof to === 'string') {
      const group = this.#names.groups.findIndex((g) => g.voters.includes(to) || g.learners.includes(to));
      return { group: Math.max(0, group), node: this.#node(to) };
    }
    return { group: this.#group(to.group), node: to.t === 'leader' ? null : this.#node(to.node) };
  }

  #node(name: string): number {
    return this.#names.nodes.indexOf(name);
  }

  #group(name: string): number {
    return this.#names.groups.findIndex((group) => group.name === name);
  }

  #build(build: Build): number {
    return this.#names.builds.findIndex((other) => other.name === build.name);
  }
}

function hasEffect(nodes: readonly PlanNode[], node: PlanNode): boolean {
  if (node.action !== null) return node.action.do !== 'settle';
  return node.children.some((child) => hasEffect(nodes, nodes[child]!));
}

function leadsOn(nodes: readonly PlanNode[], node: PlanNode): boolean {
  const parent = nodes[node.parent];
  if (parent === undefined) return false;
  const others = parent.children.filter((child) => nodes[child]!.nth > node.nth || parent.kind === 'anyOrder');
  if (parent.kind === 'seq' || parent.kind === 'anyOrder') {
    if (others.some((child) => child !== node.id && hasEffect(nodes, nodes[child]!))) return true;
  }
  if (parent.kind === 'times' && parent.most > 1 && hasEffect(nodes, node)) return true;
  return leadsOn(nodes, parent);
}
