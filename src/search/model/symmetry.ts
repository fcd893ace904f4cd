// Nodes that nothing tells apart. If the plan, the cluster and the properties treat n1, n2 and n3 alike, states that differ
// only in which of them is which are one state. A node named anywhere, by the plan, by a property or by the feature, is told apart.
import { hashWords } from './state-store.ts';
import { LEADER, LOG, type Model } from './model.ts';
import type { LeafAction, PlanNode } from './plan-tree.ts';

/** Brings records of a model into the order of its equal nodes. */
export class Symmetry {
  /** Classes of two or more equal nodes. */
  readonly classes: readonly (readonly number[])[];
  readonly #model: Model;
  /** Leaves of the plan that speak of nodes by what has become of them. */
  readonly #movable: readonly PlanNode[];
  readonly #keys: Int32Array;
  readonly #order: Int32Array;
  readonly #scratch: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #copy: Uint8Array;

  constructor(model: Model, on: boolean) {
    this.#model = model;
    this.classes = on ? equalNodes(model) : [];
    this.#movable = model.plan.tree.leaves.filter(({ action }) =>
      ['rolling', 'call', 'member', 'write'].includes(action!.do),
    );
    this.#keys = new Int32Array(model.nodes.length);
    this.#order = new Int32Array(model.nodes.length);
    this.#scratch = new Uint32Array(64);
    this.#bytes = new Uint8Array(this.#scratch.buffer);
    this.#copy = new Uint8Array(model.stride);
  }

  /** Reorders the record's equal nodes by what is known of each. */
  normalize(s: Uint8Array): void {
    if (this.classes.length === 0) return;
    const order = this.#order;
    const keys = this.#keys;
    let sorted = true;
    for (let n = 0; n < order.length; n++) order[n] = n;
    for (let c = 0; c < this.classes.length; c++) {
      const nodes = this.classes[c]!;
      for (let i = 0; i < nodes.length; i++) {
        const node = nodes[i]!;
        const key = this.#key(s, node);
        keys[node] = key;
        // Insertion: equal keys stay in the order of the nodes.
        let j = i;
        while (j > 0 && keys[order[nodes[j - 1]!]!]! > key) {
          order[nodes[j]!] = order[nodes[j - 1]!]!;
          j--;
        }
        order[nodes[j]!] = node;
        if (j !== i) sorted = false;
      }
    }
    if (!sorted) this.#permute(s);
  }

  /** A hash of all that a state says of one node, without naming any other node. */
  #key(s: Uint8Array, node: number): number {
    const model = this.#model;
    const to = this.#bytes;
    let at = 0;
    for (let i = 0; i < 5; i++) to[at++] = s[model.nodeAt[node]! + i]!;
    const own = model.replicasOf[node]!;
    for (let k = 0; k < own.length; k++) {
      const r = own[k]!;
      const from = model.replicaAt[r]!;
      const { group } = model.replicas[r]!;
      const bytes = LOG + model.groups[group]!.room;
      for (let i = 0; i < bytes; i++) to[at++] = s[from + i]!;
      // The leader's byte names a node in its lower half.
      const leader = s[model.groupAt[group]! + LEADER]!;
      to[at++] = (leader & 127) === node + 1 ? 1 | (leader & 128) : 0;
    }
    for (let k = 0; k < this.#movable.length; k++) {
      const leaf = this.#movable[k]!;
      if (leaf.action!.do === 'rolling') {
        const bit = 1 << node;
        to[at++] = (model.plan.rolled(s, leaf) & bit ? 1 : 0) | (model.plan.back(s, leaf) & bit ? 2 : 0);
      } else if (model.plan.isPending(s, leaf)) to[at++] = model.plan.server(s, leaf) === node ? 1 : 0;
    }
    while ((at & 3) !== 0) to[at++] = 0;
    return hashWords(this.#scratch, 0, at >> 2);
  }

  #permute(s: Uint8Array): void {
    const model = this.#model;
    const from = this.#copy;
    from.set(s);
    const order = this.#order;
    for (let n = 0; n < order.length; n++) {
      const old = order[n]!;
      if (old === n) continue;
      for (let i = 0; i < 5; i++) s[model.nodeAt[n]! + i] = from[model.nodeAt[old]! + i]!;
      const own = model.replicasOf[n]!;
      for (let k = 0; k < own.length; k++) {
        const r = own[k]!;
        const other = model.replicasOf[old]![k]!;
        const bytes = LOG + model.groups[model.replicas[r]!.group]!.room;
        for (let i = 0; i < bytes; i++) s[model.replicaAt[r]! + i] = from[model.replicaAt[other]! + i]!;
      }
    }
    for (let g = 0; g < model.groups.length; g++) {
      const leader = from[model.groupAt[g]! + LEADER]!;
      if (leader !== 0) s[model.groupAt[g]! + LEADER] = (leader & 128) | (order.indexOf((leader & 127) - 1) + 1);
    }
    this.#permutePlan(s, from);
    if (model.cacheAt >= 0) this.#permuteCaches(s, from);
  }

  #permutePlan(s: Uint8Array, from: Uint8Array): void {
    const { plan } = this.#model;
    for (let k = 0; k < this.#movable.length; k++) {
      const leaf = this.#movable[k]!;
      if (leaf.action!.do === 'rolling') {
        plan.setRolled(s, leaf, this.#mask(plan.rolled(from, leaf)));
        plan.setBack(s, leaf, this.#mask(plan.back(from, leaf)));
      } else if (plan.isPending(from, leaf)) {
        s[plan.base + leaf.at + 1] = this.#order.indexOf(plan.server(from, leaf));
      }
    }
  }

  #mask(old: number): number {
    let now = 0;
    for (let n = 0; n < this.#order.length; n++) if ((old & (1 << this.#order[n]!)) !== 0) now |= 1 << n;
    return now;
  }

  #permuteCaches(s: Uint8Array, from: Uint8Array): void {
    const { cacheAt, facts, nodes } = this.#model;
    const n = nodes.length;
    for (let rpc = 0; rpc < facts.rpcs.length; rpc++) {
      const base = cacheAt + rpc * n * n;
      for (let asker = 0; asker < n; asker++) {
        for (let member = 0; member < n; member++) {
          s[base + asker * n + member] = from[base + this.#order[asker]! * n + this.#order[member]!]!;
        }
      }
    }
  }
}

/** Classes of nodes that the cluster and the plan treat alike. */
function equalNodes(model: Model): number[][] {
  const named = new Set<number>();
  const roles = model.nodes.map((_, n) =>
    model.groups.map((group) => `${(group.voters >> n) & 1}${(group.learners >> n) & 1}`).join(),
  );
  for (const leaf of model.plan.tree.leaves) {
    for (const [n, role] of roles.entries()) roles[n] = `${role} ${partIn(leaf.action!, n)}`;
    if ('node' in leaf.action! && typeof leaf.action.node === 'number') named.add(leaf.action.node);
  }
  const alike = model.nodes.map((_, n) => n).filter((n) => !named.has(n) && (model.touched.node & (1 << n)) === 0);
  const firsts = alike.filter((n) => alike.find((other) => roles[other] === roles[n]) === n);
  return firsts.map((first) => alike.filter((n) => roles[n] === roles[first])).filter((nodes) => nodes.length > 1);
}

/** What a step of the plan has to do with a node; a step that treats nodes one after the other tells them apart. */
function partIn(action: LeafAction, node: number): string {
  if (action.do === 'start') return action.nodes.includes(node) ? 's' : '-';
  if (action.do === 'rolling') {
    const at = action.nodes.indexOf(node);
    return at < 0 ? '-' : action.anyOrder ? 'r' : `r${at}`;
  }
  return '';
}
