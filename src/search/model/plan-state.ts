// How a plan moves on: a step that is over opens the next one. All of it happens inside the move that ended the step, so
// that a plan's bookkeeping costs no state of its own.
import { countBits } from './gate-eval.ts';
import { ACTIVE, DONE, IDLE, OK, PENDING, UNKNOWN, type PlanNode, type PlanTree } from './plan-tree.ts';

/** Moves the plan bytes of a state. `base` is where they start in the record. */
export class PlanState {
  readonly tree: PlanTree;
  readonly base: number;
  /** Outcomes of calls are kept only where somebody looks at them: they would make states differ that behave alike. */
  readonly keepsOutcomes: boolean;
  /** Whether parts that are over are all told alike. */
  readonly #folds: boolean;

  /**
   * Whether it is kept which steps still wait for their entry. Where each may be given up at any time, one that waits can
   * do no more than one that is over; only how it ends may be looked at.
   */
  tracksWaiting = true;
  /** The step that was admitted last, by whom, and where its entry stands. */
  admitted = { leaf: -1, server: -1, position: 0 };
  /** Outcomes of calls that ended in the move under way; whoever drives the moves empties it. */
  readonly recent: { readonly leaf: number; readonly outcome: number }[] = [];

  constructor(tree: PlanTree, base: number, keepsOutcomes: boolean, folds: boolean) {
    this.tree = tree;
    this.base = base;
    this.keepsOutcomes = keepsOutcomes;
    this.#folds = folds && !keepsOutcomes;
  }

  status(s: Uint8Array, node: PlanNode): number {
    return s[this.base + node.at]!;
  }

  /** How a call ended: `OK`, `REFUSED` or `UNKNOWN`; null if it has not, or if nobody was to keep it. */
  outcome(s: Uint8Array, leaf: PlanNode): number | null {
    const status = s[this.base + leaf.at]!;
    if (status > DONE) return status;
    return this.recent.find((ended) => ended.leaf === leaf.id)?.outcome ?? null;
  }

  /** Whether a leaf waits to be begun. */
  isActive(s: Uint8Array, node: PlanNode): boolean {
    return s[this.base + node.at] === ACTIVE;
  }

  /** Opens the whole plan. */
  open(s: Uint8Array): void {
    this.#activate(s, this.tree.nodes[0]!);
  }

  #activate(s: Uint8Array, node: PlanNode): void {
    s[this.base + node.at] = ACTIVE;
    const { nodes } = this.tree;
    switch (node.kind) {
      case 'seq':
      case 'maybe': {
        const first = node.children[0];
        if (first === undefined) this.#finish(s, node, DONE);
        else this.#activate(s, nodes[first]!);
        return;
      }
      case 'par':
        for (const child of node.children) this.#activate(s, nodes[child]!);
        if (node.children.length === 0) this.#finish(s, node, DONE);
        return;
      case 'times':
        s[this.base + node.at + 1] = 0;
        if (node.most === 0) this.#finish(s, node, DONE);
        else this.#activate(s, nodes[node.children[0]!]!);
        return;
      case 'anyOrder':
        if (node.children.length === 0) this.#finish(s, node, DONE);
        return;
      case 'leaf':
        if (node.action!.do === 'settle') this.#finish(s, node, DONE);
    }
  }

  /** Begins one part of an `anyOrder`. */
  pick(s: Uint8Array, child: number): void {
    this.#activate(s, this.tree.nodes[child]!);
  }

  /** An optional part, or the rest of a repeated one, is left out: nothing of it may be begun later. */
  skip(s: Uint8Array, node: PlanNode): void {
    for (const child of node.children) this.#reset(s, this.tree.nodes[child]!);
    this.#finish(s, node, DONE);
  }

  /** A step is over. @param outcome a call's; anything else is `DONE` */
  finish(s: Uint8Array, node: PlanNode, outcome: number = DONE): void {
    if (outcome !== DONE) this.recent.push({ leaf: node.id, outcome });
    const kept = this.keepsOutcomes ? outcome : DONE;
    if (node.needed && outcome !== OK) this.#giveUp(s, node, kept);
    else this.#finish(s, node, kept);
  }

  /** A step that the ones after it need came to nothing: they are left out. */
  #giveUp(s: Uint8Array, node: PlanNode, outcome: number): void {
    const { nodes } = this.tree;
    const parent = nodes[node.parent]!;
    s[this.base + node.at] = outcome;
    this.#clearExtra(s, node);
    for (const later of parent.children.slice(node.nth + 1)) this.#reset(s, nodes[later]!);
    this.#finish(s, parent, DONE);
  }

  #finish(s: Uint8Array, node: PlanNode, outcome: number): void {
    s[this.base + node.at] = outcome;
    if (node.action === null) this.#close(s, node);
    else if (node.action.do !== 'rolling') this.#clearExtra(s, node);
    const parent = this.tree.nodes[node.parent];
    if (parent !== undefined) this.#childDone(s, parent, node);
  }

  /** How the parts of something that is over came to their ends tells nothing any more. */
  #close(s: Uint8Array, node: PlanNode): void {
    if (!this.#folds) return;
    const end = this.#endOf(node);
    s.fill(0, this.base + node.at + 1, this.base + end);
    const { nodes } = this.tree;
    for (let id = node.id + 1; id < nodes.length && nodes[id]!.at < end; id++) s[this.base + nodes[id]!.at] = DONE;
  }

  #clearExtra(s: Uint8Array, node: PlanNode): void {
    const kind = node.action!.do;
    if (kind === 'call' || kind === 'member' || kind === 'write') {
      s[this.base + node.at + 1] = 0;
      s[this.base + node.at + 2] = 0;
    }
  }

  #childDone(s: Uint8Array, parent: PlanNode, child: PlanNode): void {
    const { nodes } = this.tree;
    // A part that ends while its parent is being opened must not end the parent twice.
    if (s[this.base + parent.at] !== ACTIVE) return;
    switch (parent.kind) {
      case 'seq': {
        const next = parent.children[child.nth + 1];
        if (next === undefined) this.#finish(s, parent, DONE);
        else this.#activate(s, nodes[next]!);
        return;
      }
      case 'maybe':
        return this.#finish(s, parent, DONE);
      case 'times': {
        const count = s[this.base + parent.at + 1]! + 1;
        s[this.base + parent.at + 1] = count;
        if (count >= parent.most) return this.#finish(s, parent, DONE);
        this.#reset(s, child);
        return this.#activate(s, child);
      }
      default:
        if (parent.children.every((c) => s[this.base + nodes[c]!.at]! >= DONE)) this.#finish(s, parent, DONE);
    }
  }

  #reset(s: Uint8Array, node: PlanNode): void {
    s.fill(0, this.base + node.at, this.base + this.#endOf(node));
  }

  #endOf(node: PlanNode): number {
    const { nodes } = this.tree;
    let last = node;
    while (last.children.length > 0) last = nodes[last.children[last.children.length - 1]!]!;
    return nodes[last.id + 1]?.at ?? this.tree.bytes;
  }

  /** True if nothing of the subtree has been begun. */
  isUntouched(s: Uint8Array, node: PlanNode): boolean {
    const status = s[this.base + node.at]!;
    if (node.action !== null) {
      if (node.action.do === 'settle') return true;
      return status === IDLE || (status === ACTIVE && !(node.action.do === 'rolling' && this.rolled(s, node) !== 0));
    }
    if (node.kind === 'times' && s[this.base + node.at + 1] !== 0) return false;
    return status <= ACTIVE && node.children.every((child) => this.isUntouched(s, this.tree.nodes[child]!));
  }

  /** Whether an optional part, or what is left of a repeated one, may still be left out. */
  maySkip(s: Uint8Array, node: PlanNode): boolean {
    if (!this.isUntouched(s, this.tree.nodes[node.children[0]!]!)) return false;
    return node.kind === 'maybe' || s[this.base + node.at + 1]! >= node.least;
  }

  /** Whether a rolling upgrade may end. */
  hasRolledEnough(s: Uint8Array, node: PlanNode): boolean {
    return node.action?.do === 'rolling' && countBits(this.rolled(s, node)) >= node.action.least;
  }

  /** Nodes a rolling upgrade has done, as a mask. */
  rolled(s: Uint8Array, node: PlanNode): number {
    const at = this.base + node.at;
    return s[at + 1]! | (s[at + 2]! << 8);
  }

  setRolled(s: Uint8Array, node: PlanNode, mask: number): void {
    const at = this.base + node.at;
    s[at + 1] = mask;
    s[at + 2] = mask >> 8;
  }

  /** Nodes a rolling upgrade has taken back, as a mask. */
  back(s: Uint8Array, node: PlanNode): number {
    const at = this.base + node.at;
    return s[at + 3]! | (s[at + 4]! << 8);
  }

  setBack(s: Uint8Array, node: PlanNode, mask: number): void {
    const at = this.base + node.at;
    s[at + 3] = mask;
    s[at + 4] = mask >> 8;
  }

  /** A call or membership step waits for an entry. @param server node, @param index log position from 1 */
  setPending(s: Uint8Array, node: PlanNode, server: number, index: number): void {
    this.admitted = { leaf: node.id, server, position: index };
    if (!this.tracksWaiting && !node.needed) return this.finish(s, node, UNKNOWN);
    const at = this.base + node.at;
    s[at] = PENDING;
    s[at + 1] = server;
    s[at + 2] = index;
  }

  isPending(s: Uint8Array, node: PlanNode): boolean {
    return s[this.base + node.at] === PENDING;
  }

  server(s: Uint8Array, node: PlanNode): number {
    return s[this.base + node.at + 1]!;
  }

  position(s: Uint8Array, node: PlanNode): number {
    return s[this.base + node.at + 2]!;
  }

  /** Ends whatever waits, unless others depend on how it ends. */
  giveUpWaiting(s: Uint8Array): void {
    for (const leaf of this.tree.leaves) if (this.isPending(s, leaf) && !leaf.needed) this.finish(s, leaf, UNKNOWN);
    this.recent.length = 0;
  }

  /** Ends what waited for an entry up to `applied` at a replica. @param member also membership steps */
  settleApplied(s: Uint8Array, group: number, server: number, applied: number): void {
    for (const leaf of this.tree.leaves) {
      if (this.#waitsAt(s, leaf, group, server) && this.position(s, leaf) <= applied) this.finish(s, leaf, OK);
    }
  }

  /** Ends with an unknown outcome what waited for an entry beyond `length` at a replica: it will never be applied there. */
  settleLost(s: Uint8Array, group: number, server: number, length: number, outcome: number): void {
    for (const leaf of this.tree.leaves) {
      if (this.#waitsAt(s, leaf, group, server) && this.position(s, leaf) > length) this.finish(s, leaf, outcome);
    }
  }

  #waitsAt(s: Uint8Array, leaf: PlanNode, group: number, server: number): boolean {
    if (s[this.base + leaf.at] !== PENDING) return false;
    const action = leaf.action!;
    return 'group' in action && action.group === group && this.server(s, leaf) === server;
  }
}
