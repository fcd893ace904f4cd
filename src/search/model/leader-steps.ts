// Steps of the plan that go to a leader: calls, writes, membership changes. Each is admitted past the gate of the build
// that leads, in every way the gate can be found open, and becomes an entry at the end of the leader's log.
import { GATE_CLOSED, type GatePasses } from './gate-passes.ts';
import { writeOf } from './group-spec.ts';
import { ADMITTED, CHANGES, type Model } from './model.ts';
import { Move, type Sink } from './moves.ts';
import { ACTIVE, OK, REFUSED, type LeafAction, type MemberChange, type PlanNode } from './plan-tree.ts';
import type { RaftLog } from './raft-log.ts';

type Action<D extends LeafAction['do']> = Extract<LeafAction, { readonly do: D }>;

/** Steps of the plan that a leader admits. */
export class LeaderSteps {
  readonly #model: Model;
  readonly #log: RaftLog;
  readonly #passes: GatePasses;
  /** By group: calls, writes and membership steps. */
  readonly #leaves: readonly (readonly PlanNode[])[];
  /** Entry that a leaf proposes, by leaf; 0 where it proposes none. */
  readonly #contents: Int32Array;
  /** True once a step was left out because the bound forbids it. */
  metBound = false;

  constructor(model: Model, log: RaftLog, passes: GatePasses) {
    this.#model = model;
    this.#log = log;
    this.#passes = passes;
    this.#contents = Int32Array.from(model.plan.tree.nodes, (node) => contentOf(model, node.action));
    this.#leaves = model.groups.map((_, g) =>
      model.plan.tree.leaves.filter(
        ({ id, action }) =>
          action !== null &&
          'group' in action &&
          action.group === g &&
          (this.#contents[id] !== 0 || this.#isGatedAnswer(action)),
      ),
    );
  }

  /** The steps that wait for this leader. @param led what it took to have it lead; @param only of these steps; all if absent */
  from(
    s: Uint8Array,
    next: Uint8Array,
    group: number,
    leader: number,
    led: 0 | 1,
    sink: Sink,
    only?: readonly PlanNode[],
  ): void {
    const leaves = this.#leaves[group]!;
    for (let i = 0; i < leaves.length; i++) {
      const leaf = leaves[i]!;
      if (this.#model.plan.status(s, leaf) !== ACTIVE || (only !== undefined && !only.includes(leaf))) continue;
      const action = leaf.action!;
      if (action.do === 'call') this.#call(s, next, leaf, action, leader, led, sink);
      else if (action.do === 'write') this.#admit(s, next, leaf, group, leader, '', -1, led, sink);
      else if (action.do === 'member') this.#member(s, next, leaf, action, leader, led, sink);
    }
  }

  #call(
    s: Uint8Array,
    next: Uint8Array,
    leaf: PlanNode,
    action: Action<'call'>,
    leader: number,
    led: 0 | 1,
    sink: Sink,
  ): void {
    const { rpc, group } = action;
    if (action.node !== null && action.node !== leader) return;
    if (this.#contents[leaf.id] === 0) return this.answer(s, next, leaf, action, leader, led, sink);
    const { serves } = this.#model.builds[this.#model.build(s, leader)]!;
    if (!serves.includes(rpc) || !this.#passes.isWired(s, leader, group)) return;
    for (const way of this.#passes.waysOnce(s, rpc, leader, group, -1)) {
      if (way !== GATE_CLOSED) this.#admit(s, next, leaf, group, leader, rpc, way, led, sink);
    }
    // A refusal by the gate leaves answers behind; any other is the operator's side of the story alone.
    if (!this.#passes.keepsAnswers(s, rpc, leader)) return;
    next.set(s);
    this.#model.plan.finish(next, leaf, REFUSED);
    this.#passes.keepAnswers(next, rpc, leader, group, -1);
    sink(led, Move.Refuse, leader, group, leaf.id, !leaf.matters && !this.#model.plan.keepsOutcomes);
  }

  /** Whether a leader can do nothing but admit a call. */
  isSureToAdmit(s: Uint8Array, rpc: string, leader: number, group: number): boolean {
    const { serves } = this.#model.builds[this.#model.build(s, leader)]!;
    return (
      serves.includes(rpc) && this.#passes.isWired(s, leader, group) && this.#passes.isOpenFor(s, rpc, leader, group)
    );
  }

  /** Whether a call is answered by whoever serves it: it proposes nothing, and no gate is before it. */
  isJustAnswered({ id, action }: PlanNode): boolean {
    return action?.do === 'call' && this.#contents[id] === 0 && !this.#isGatedAnswer(action);
  }

  /** Whether a call only asks, and some build may refuse to answer. */
  #isGatedAnswer(action: LeafAction): boolean {
    return action.do === 'call' && this.#model.gates.some((gate) => gate.at === action.rpc);
  }

  /** A node answers a call that proposes nothing, or its gate refuses; either way it may keep what it was told. */
  answer(
    s: Uint8Array,
    next: Uint8Array,
    leaf: PlanNode,
    action: Action<'call'>,
    node: number,
    led: 0 | 1,
    sink: Sink,
  ): void {
    const { rpc, group } = action;
    const serves = this.#model.isOpen(s, node) && this.#model.builds[this.#model.build(s, node)]!.serves.includes(rpc);
    if (!serves || !this.#isGatedAnswer(action)) return;
    const tell = (way: number, outcome: number): void => {
      next.set(s);
      this.#passes.mark(next, way);
      this.#model.plan.finish(next, leaf, outcome);
      this.#passes.keepAnswers(next, rpc, node, group, -1);
      sink(led, outcome === OK ? Move.Plan : Move.Refuse, node, group, leaf.id, false);
    };
    for (const way of this.#passes.waysOnce(s, rpc, node, group, -1)) tell(way, way === GATE_CLOSED ? REFUSED : OK);
    if (this.#passes.keepsAnswers(s, rpc, node)) tell(GATE_CLOSED, REFUSED);
  }

  #admit(
    s: Uint8Array,
    next: Uint8Array,
    leaf: PlanNode,
    group: number,
    leader: number,
    rpc: string,
    way: number,
    led: 0 | 1,
    sink: Sink,
  ): void {
    if (s[ADMITTED]! >= this.#model.bound.commits) {
      this.metBound = true;
      return;
    }
    next.set(s);
    const index = this.#log.propose(next, group, leader, this.#contents[leaf.id]!);
    if (index === 0) {
      this.metBound = true;
      return;
    }
    next[ADMITTED] = s[ADMITTED]! + 1;
    this.#passes.mark(next, way);
    this.#model.plan.setPending(next, leaf, leader, index);
    if (rpc !== '') this.#passes.keepAnswers(next, rpc, leader, group, -1);
    sink(led === 1 ? 2 : 1, Move.Admit, leader, group, index, false);
  }

  #member(
    s: Uint8Array,
    next: Uint8Array,
    leaf: PlanNode,
    action: Action<'member'>,
    leader: number,
    led: 0 | 1,
    sink: Sink,
  ): void {
    const { change, node, group, replaces } = action;
    if (!replaces && s[CHANGES]! >= this.#model.bound.memberChanges) {
      this.metBound = true;
      return;
    }
    if (this.#log.hasPendingChange(s, group, leader) || !this.#canBe(s, change, node, group, leader)) return;
    const point = change === 'addLearner' ? 'join' : change;
    for (const way of this.#passes.waysOnce(s, point, leader, group, node)) {
      if (way === GATE_CLOSED) continue;
      next.set(s);
      const index = this.#log.propose(next, group, leader, this.#contents[leaf.id]!);
      if (index === 0) {
        this.metBound = true;
        return;
      }
      if (!replaces) next[CHANGES] = s[CHANGES]! + 1;
      this.#passes.mark(next, way);
      this.#model.plan.setPending(next, leaf, leader, index);
      this.#passes.keepAnswers(next, point, leader, group, node);
      sink(led === 1 ? 2 : 1, Move.Member, node, group, leaf.id, false);
    }
  }

  /** Whether a change makes sense to the leader: no member joins again, no voter is promoted, and the last one stays. */
  #canBe(s: Uint8Array, change: MemberChange, node: number, group: number, leader: number): boolean {
    const { voters, learners } = this.#model.configOf(s, this.#model.groups[group]!.replicaOf[leader]!);
    if (change === 'addLearner') return ((voters | learners) & (1 << node)) === 0;
    if (change === 'removeMember') return voters !== 1 << node;
    return (learners & (1 << node)) !== 0;
  }
}

function contentOf(model: Model, action: LeafAction | null): number {
  switch (action?.do) {
    case 'write':
      return model.contentId(action.group, writeOf(model.facts.subject, action.kv));
    case 'member':
      return model.contentId(action.group, { kind: 'member', change: action.change, node: action.node });
    case 'call': {
      const op = model.facts.subject.rpcs[action.rpc]?.proposes;
      return op === undefined ? 0 : model.contentId(action.group, { kind: 'op', op, args: action.args });
    }
    default:
      return 0;
  }
}
