// What operators do: the next steps of the plan, each past the gate that stands in its way. A step that is refused, or that
// nobody answers, is over as well; where that leads nowhere new it is told but not followed.
import type { Ahead, Outlook } from './ahead.ts';
import type { ClusterMoves } from './cluster-moves.ts';
import { countBits } from './gate-eval.ts';
import type { LeaderSteps } from './leader-steps.ts';
import { ADMITTED, APPLIED, BUILD, CHANGES, LENGTH, PREVIOUS, SNAPSHOT, type Model } from './model.ts';
import { Move, type Sink } from './moves.ts';
import type { NodeMoves } from './node-moves.ts';
import { ACTIVE, DONE, OK, REFUSED, UNKNOWN, type LeafAction, type PlanNode } from './plan-tree.ts';
import type { RaftLog } from './raft-log.ts';

type Action<D extends LeafAction['do']> = Extract<LeafAction, { readonly do: D }>;

/** Moves of operators that need no leader. */
export class PlanMoves {
  readonly #model: Model;
  readonly #log: RaftLog;
  readonly #nodes: NodeMoves;
  readonly #cluster: ClusterMoves;
  readonly #steps: LeaderSteps;
  readonly #ahead: Ahead | null;
  readonly #later: Uint8Array;
  /** Whether somebody looks at how steps end that come to nothing. */
  tellsEndings = true;
  readonly #remembersBuilds: boolean;
  readonly #gatesConnections: boolean;

  constructor(
    model: Model,
    log: RaftLog,
    nodes: NodeMoves,
    cluster: ClusterMoves,
    steps: LeaderSteps,
    ahead: Ahead | null,
  ) {
    this.#model = model;
    this.#ahead = ahead;
    this.#later = new Uint8Array(model.stride);
    this.#log = log;
    this.#nodes = nodes;
    this.#cluster = cluster;
    this.#steps = steps;
    this.#gatesConnections = model.gates.some((gate) => gate.at === 'connect');
    this.#remembersBuilds = model.plan.tree.leaves.some(
      ({ action }) => action?.do === 'rolling' && action.mayRollBack > 0,
    );
  }

  /** Every move of the operators from `s`, each left in `next` and told to the sink. */
  from(s: Uint8Array, next: Uint8Array, outlook: Outlook | null, sink: Sink): void {
    const { plan } = this.#model;
    for (const node of plan.tree.nodes) {
      const status = plan.status(s, node);
      if (node.kind === 'leaf') {
        if (status === ACTIVE) this.#leaf(s, next, node, sink);
        else if (plan.isPending(s, node) && this.#mayTimeOut(s, node)) this.#over(s, next, node, UNKNOWN, sink);
      } else if (status === ACTIVE && !this.#isAhead(node)) this.#inner(s, next, node, sink);
    }
    if (outlook !== null) this.#further(s, next, outlook, sink);
  }

  /** Steps that come to nothing, of which only the outcome is news, and steps that can begin because others did. */
  #further(s: Uint8Array, next: Uint8Array, { endings, prospects }: Outlook, sink: Sink): void {
    const { plan } = this.#model;
    for (const { plan: after, leaf, outcome } of this.tellsEndings ? endings : []) {
      next.set(s);
      next.set(after, plan.base);
      plan.recent.push({ leaf: leaf.id, outcome });
      sink(0, outcome === REFUSED ? Move.Refuse : Move.Plan, -1, -1, leaf.id, true);
    }
    for (const { plan: after, leaves } of prospects) {
      this.#later.set(s);
      this.#later.set(after, plan.base);
      for (const leaf of leaves) this.#leaf(this.#later, next, leaf, sink);
    }
  }

  /** Whether the ends of a step without effect are found by looking ahead. */
  #isAhead(node: PlanNode): boolean {
    return this.#ahead?.covers(node) ?? false;
  }

  /**
   * Whether an operator may give up waiting for an entry. Where nothing disturbs the cluster it is applied long before that,
   * unless too few voters are left to commit it.
   */
  #mayTimeOut(s: Uint8Array, { action }: PlanNode): boolean {
    const model = this.#model;
    if (model.elections || this.#gatesConnections || action === null || !('group' in action)) return true;
    const { replicas, replicaOf } = model.groups[action.group]!;
    const leader = model.leader(s, action.group);
    if (leader < 0) return true;
    const { voters } = model.configOf(s, replicaOf[leader]!);
    let live = 0;
    for (const r of replicas) {
      const { node } = model.replicas[r]!;
      if ((voters & (1 << node)) !== 0 && this.#log.isLive(s, r)) live++;
    }
    return 2 * live <= countBits(voters);
  }

  #inner(s: Uint8Array, next: Uint8Array, node: PlanNode, sink: Sink): void {
    const { plan } = this.#model;
    if (node.kind === 'anyOrder') {
      if (node.children.some((child) => plan.status(s, plan.tree.nodes[child]!) === ACTIVE)) return;
      for (const child of node.children) {
        if (plan.status(s, plan.tree.nodes[child]!) !== 0) continue;
        next.set(s);
        plan.pick(next, child);
        sink(0, Move.Plan, -1, -1, child, false);
      }
      return;
    }
    if (node.kind !== 'maybe' && node.kind !== 'times') return;
    if (!node.matters || !plan.maySkip(s, node)) return;
    next.set(s);
    plan.skip(next, node);
    sink(0, Move.Plan, -1, -1, node.id, false);
  }

  /** Ends a step without effect. */
  #over(s: Uint8Array, next: Uint8Array, node: PlanNode, outcome: number, sink: Sink): void {
    if (this.#isAhead(node)) return;
    next.set(s);
    this.#model.plan.finish(next, node, outcome);
    const move = outcome === REFUSED ? Move.Refuse : Move.Plan;
    sink(0, move, -1, -1, node.id, !node.matters && !this.#model.plan.keepsOutcomes);
  }

  #leaf(s: Uint8Array, next: Uint8Array, node: PlanNode, sink: Sink): void {
    const action = node.action!;
    switch (action.do) {
      case 'start':
        return this.#start(s, next, node, action, sink);
      case 'restart':
        return this.#restart(s, next, node, action.node, action.build ?? this.#model.build(s, action.node), sink);
      case 'rolling':
        return this.#rolling(s, next, node, action, sink);
      case 'call':
        return this.#call(s, next, node, action, sink);
      case 'write':
        return this.#over(s, next, node, UNKNOWN, sink);
      case 'member':
        return this.#over(s, next, node, REFUSED, sink);
      case 'stop':
      case 'crash':
      case 'lose':
        return this.#stop(s, next, node, action, sink);
      case 'fresh':
        return this.#fresh(s, next, node, action, sink);
      case 'transfer':
        return this.#transfer(s, next, node, action, sink);
      case 'compact':
        return this.#compact(s, next, node, action.group, sink);
      case 'settle':
    }
  }

  #start(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'start'>, sink: Sink): void {
    next.set(s);
    this.#model.plan.finish(next, leaf);
    const cost = action.setUp ? 0 : 1;
    const startFrom = (i: number): void => {
      const node = action.nodes[i];
      if (node === undefined) return sink(cost, Move.Start, action.nodes[0] ?? -1, -1, leaf.id, false);
      if (this.#model.isUp(next, node)) return startFrom(i + 1);
      this.#nodes.start(next, node, action.build, action.setUp, () => {
        const started = next.slice();
        startFrom(i + 1);
        next.set(started);
      });
    };
    startFrom(0);
  }

  #restart(s: Uint8Array, next: Uint8Array, leaf: PlanNode, node: number, build: number, sink: Sink): void {
    if (build < 0) return this.#over(s, next, leaf, DONE, sink);
    next.set(s);
    this.#model.plan.finish(next, leaf);
    const move = build === this.#model.build(s, node) ? Move.Restart : Move.Upgrade;
    this.#cluster.restart(next, node, build, () => sink(1, move, node, -1, leaf.id, false));
  }

  #rolling(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'rolling'>, sink: Sink): void {
    const { plan } = this.#model;
    const rolled = plan.rolled(s, leaf);
    const back = plan.back(s, leaf);
    const count = countBits(rolled);
    if (count < action.most) {
      for (const node of action.nodes) {
        if ((rolled & (1 << node)) !== 0) continue;
        this.#upgrade(s, next, leaf, node, action.build, rolled | (1 << node), sink);
        if (!action.anyOrder) break;
      }
    }
    const backs = action.mayRollBack - countBits(back);
    if (backs > 0) {
      for (const node of action.nodes) {
        if ((rolled & ~back & (1 << node)) !== 0) this.#rollBack(s, next, leaf, node, back | (1 << node), sink);
      }
    }
    if (plan.hasRolledEnough(s, leaf) && leaf.matters) this.#over(s, next, leaf, DONE, sink);
  }

  #upgrade(
    s: Uint8Array,
    next: Uint8Array,
    leaf: PlanNode,
    node: number,
    to: number,
    rolled: number,
    sink: Sink,
  ): void {
    next.set(s);
    this.#model.plan.setRolled(next, leaf, rolled);
    if (this.#remembersBuilds) next[this.#model.nodeAt[node]! + PREVIOUS] = s[this.#model.nodeAt[node]! + BUILD]!;
    this.#cluster.restart(next, node, to, () => sink(1, Move.Upgrade, node, -1, leaf.id, false));
  }

  #rollBack(s: Uint8Array, next: Uint8Array, leaf: PlanNode, node: number, back: number, sink: Sink): void {
    const previous = s[this.#model.nodeAt[node]! + PREVIOUS]! - 1;
    if (previous < 0) return;
    next.set(s);
    this.#model.plan.setBack(next, leaf, back);
    next[this.#model.nodeAt[node]! + PREVIOUS] = 0;
    this.#cluster.restart(next, node, previous, () => sink(1, Move.RollBack, node, -1, leaf.id, false));
  }

  /** A call ends without effect: refused, or nobody answered. Its admission is the leader's affair. */
  #call(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'call'>, sink: Sink): void {
    const { plan, facts } = this.#model;
    if (facts.subject.rpcs[action.rpc]?.proposes === undefined) {
      if (!this.#model.gates.some((gate) => gate.at === action.rpc)) return this.#over(s, next, leaf, OK, sink);
      // Past a gate a leader answers among its other steps.
      if (action.node !== null) this.#steps.answer(s, next, leaf, action, action.node, 0, sink);
    }
    if (!this.#isSureToPass(s, action)) this.#over(s, next, leaf, REFUSED, sink);
    if (plan.keepsOutcomes) this.#over(s, next, leaf, UNKNOWN, sink);
  }

  /** Whether nothing can become of a call but that the leader admits it: nothing disturbs, and no gate can be found closed. */
  #isSureToPass(s: Uint8Array, { rpc, group, node }: Action<'call'>): boolean {
    const { bound, elections, nodes } = this.#model;
    if (elections || s[ADMITTED]! >= bound.commits) return false;
    const leader = this.#model.leader(s, group);
    const able = nodes.flatMap((_, n) => (n === leader || (leader < 0 && this.#log.canLead(s, group, n)) ? [n] : []));
    const isSure = (n: number): boolean => (node === null || node === n) && this.#steps.isSureToAdmit(s, rpc, n, group);
    return able.length > 0 && able.every(isSure);
  }

  #stop(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'stop' | 'crash' | 'lose'>, sink: Sink): void {
    const { bound, plan } = this.#model;
    if (action.do === 'lose' && s[CHANGES]! >= bound.memberChanges) {
      next.set(s);
      plan.skip(next, plan.tree.nodes[leaf.parent]!);
      return sink(0, Move.Plan, -1, -1, leaf.id, false);
    }
    next.set(s);
    this.#nodes.takeDown(next, action.node);
    if (action.do === 'lose') {
      next[CHANGES] = s[CHANGES]! + 1;
      this.#nodes.wipe(next, action.node);
    }
    plan.finish(next, leaf);
    sink(1, action.do === 'lose' ? Move.Lose : Move.Stop, action.node, -1, leaf.id, false);
  }

  #fresh(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'fresh'>, sink: Sink): void {
    next.set(s);
    this.#model.plan.finish(next, leaf);
    const build = action.build ?? this.#model.build(s, action.node);
    if (build < 0) return sink(0, Move.Plan, -1, -1, leaf.id, false);
    this.#nodes.start(next, action.node, build, false, () => sink(0, Move.Start, action.node, -1, leaf.id, false));
  }

  /** The leader hands over to a voter that has caught up with it; or the transfer comes to nothing. */
  #transfer(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'transfer'>, sink: Sink): void {
    const { group, to } = action;
    const { replicaOf } = this.#model.groups[group]!;
    const leader = this.#model.leader(s, group);
    for (let n = 0; n < this.#model.nodes.length; n++) {
      if (n === leader || (to !== null && n !== to) || !this.#log.canLead(s, group, n)) continue;
      if (leader >= 0) {
        const length = s[this.#model.replicaAt[replicaOf[leader]!]! + LENGTH]!;
        if (this.#log.matchLength(s, replicaOf[leader]!, replicaOf[n]!) < length) continue;
      }
      next.set(s);
      this.#log.elect(next, group, n);
      this.#model.plan.finish(next, leaf);
      sink(leader >= 0 || n === this.#model.lastDown(s, group) ? 1 : 0, Move.Elect, n, group, leaf.id, false);
    }
    // Where nothing disturbs the cluster a transfer that is possible comes about.
    if (leader === to || this.#model.elections || to === null) this.#over(s, next, leaf, DONE, sink);
  }

  #compact(s: Uint8Array, next: Uint8Array, leaf: PlanNode, group: number, sink: Sink): void {
    next.set(s);
    for (const r of this.#model.groups[group]!.replicas) {
      const at = this.#model.replicaAt[r]!;
      if (this.#log.isLive(s, r) && s[at + APPLIED]! > s[at + SNAPSHOT]!) this.#cluster.snapshot(next, r);
    }
    this.#model.plan.finish(next, leaf);
    sink(0, Move.Plan, -1, group, leaf.id, false);
  }
}
