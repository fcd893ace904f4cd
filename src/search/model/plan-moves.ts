// What operators do: the next steps of the plan, each past the gate that stands in its way. A step that is refused, or that
// nobody answers, is over as well; where that leads nowhere new it is told but not followed.
import type { ClusterMoves } from './cluster-moves.ts';
import { GATE_CLOSED, type GatePasses } from './gate-passes.ts';
import { countBits } from './gate-eval.ts';
import { ADMITTED, APPLIED, BUILD, CHANGES, LENGTH, PREVIOUS, SNAPSHOT, type Model, writeOf } from './model.ts';
import { Move, type Sink } from './moves.ts';
import type { NodeMoves } from './node-moves.ts';
import { ACTIVE, DONE, REFUSED, UNKNOWN, type LeafAction, type PlanNode } from './plan-tree.ts';
import type { RaftLog } from './raft-log.ts';

type Action<D extends LeafAction['do']> = Extract<LeafAction, { readonly do: D }>;

export class PlanMoves {
  readonly #model: Model;
  readonly #log: RaftLog;
  readonly #nodes: NodeMoves;
  readonly #cluster: ClusterMoves;
  readonly #passes: GatePasses;
  readonly #remembersBuilds: boolean;
  /** Entry that a leaf proposes, by leaf; 0 where it proposes none. */
  readonly #contents: Int32Array;
  /** True once a move was left out because the bound forbids it. */
  metBound = false;

  constructor(model: Model, log: RaftLog, nodes: NodeMoves, cluster: ClusterMoves, passes: GatePasses) {
    this.#model = model;
    this.#log = log;
    this.#nodes = nodes;
    this.#cluster = cluster;
    this.#passes = passes;
    this.#contents = Int32Array.from(model.plan.tree.nodes, (node) => contentOf(model, node.action));
    this.#remembersBuilds = model.plan.tree.leaves.some(
      ({ action }) => action?.do === 'rolling' && action.mayRollBack > 0,
    );
  }

  /** Every move of the operators from `s`, each left in `next` and told to the sink. */
  from(s: Uint8Array, next: Uint8Array, sink: Sink): void {
    const { plan } = this.#model;
    for (const node of plan.tree.nodes) {
      const status = plan.status(s, node);
      if (node.kind === 'leaf') {
        if (status === ACTIVE) this.#leaf(s, next, node, sink);
        else if (plan.isPending(s, node)) this.#over(s, next, node, UNKNOWN, sink);
      } else if (status === ACTIVE) this.#inner(s, next, node, sink);
    }
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
    if (!node.matters || !plan.isUntouched(s, plan.tree.nodes[node.children[0]!]!)) return;
    if (node.kind === 'times' && s[plan.base + node.at + 1]! < node.least) return;
    next.set(s);
    plan.finish(next, node);
    sink(0, Move.Plan, -1, -1, node.id, false);
  }

  /** Ends a step without effect. */
  #over(s: Uint8Array, next: Uint8Array, node: PlanNode, outcome: number, sink: Sink): void {
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
        return this.#write(s, next, node, action.group, sink);
      case 'member':
        return this.#member(s, next, node, action, sink);
      case 'stop':
      case 'crash':
      case 'lose':
        return this.#stop(s, next, node, action, sink);
      case 'fresh':
        return this.#fresh(s, next, node, action, sink);
      case 'transfer':
        return this.#transfer(s, next, node, action.group, sink);
      case 'compact':
        return this.#compact(s, next, node, action.group, sink);
      case 'settle':
    }
  }

  #start(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'start'>, sink: Sink): void {
    next.set(s);
    this.#model.plan.finish(next, leaf);
    const startFrom = (i: number): void => {
      const node = action.nodes[i];
      if (node === undefined) return this.#firstLeaders(s, next, leaf, action, sink);
      if (this.#model.isUp(next, node)) return startFrom(i + 1);
      this.#nodes.start(next, node, action.build, action.setUp, () => {
        const started = next.slice();
        startFrom(i + 1);
        next.set(started);
      });
    };
    startFrom(0);
  }

  /** Setting a cluster up includes the first election of each group; which node wins is open. */
  #firstLeaders(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'start'>, sink: Sink): void {
    const cost = action.setUp ? 0 : 1;
    let leaderless = 0;
    for (let g = 0; g < this.#model.groups.length; g++) if (this.#model.leader(s, g) < 0) leaderless |= 1 << g;
    if (!action.setUp) return sink(cost, Move.Start, action.nodes[0] ?? -1, -1, leaf.id, false);
    this.#nodes.elections(
      next,
      leaderless,
      true,
      () => sink(cost, Move.Start, action.nodes[0] ?? -1, -1, leaf.id, false),
      8,
    );
  }

  #restart(s: Uint8Array, next: Uint8Array, leaf: PlanNode, node: number, build: number, sink: Sink): void {
    if (build < 0) return this.#over(s, next, leaf, DONE, sink);
    next.set(s);
    this.#model.plan.finish(next, leaf);
    const move = build === this.#model.build(s, node) ? Move.Restart : Move.Upgrade;
    this.#cluster.restart(s, next, node, build, () => sink(1, move, node, -1, leaf.id, false));
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
    const over = count >= action.least && leaf.matters;
    if (over) this.#over(s, next, leaf, DONE, sink);
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
    this.#cluster.restart(s, next, node, to, () => sink(1, Move.Upgrade, node, -1, leaf.id, false));
  }

  #rollBack(s: Uint8Array, next: Uint8Array, leaf: PlanNode, node: number, back: number, sink: Sink): void {
    const previous = s[this.#model.nodeAt[node]! + PREVIOUS]! - 1;
    if (previous < 0) return;
    next.set(s);
    this.#model.plan.setBack(next, leaf, back);
    next[this.#model.nodeAt[node]! + PREVIOUS] = 0;
    this.#cluster.restart(s, next, node, previous, () => sink(1, Move.RollBack, node, -1, leaf.id, false));
  }

  #call(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'call'>, sink: Sink): void {
    const op = this.#model.facts.subject.rpcs[action.rpc]?.proposes;
    if (op === undefined) return this.#over(s, next, leaf, DONE, sink);
    const leader = this.#model.leader(s, action.group);
    const server = action.node ?? leader;
    const reachable =
      server >= 0 && server === leader && this.#log.isLive(s, this.#model.groups[action.group]!.replicaOf[server]!);
    if (!reachable || !this.#serves(s, server, action.group, action.rpc))
      return this.#over(s, next, leaf, REFUSED, sink);
    let refusable = this.#passes.mayFallSilent(s, action.rpc, server);
    const ways = this.#passes.waysOnce(s, action.rpc, server, action.group, -1);
    for (const way of ways) {
      if (way === GATE_CLOSED) refusable = true;
      else this.#admit(s, next, leaf, action.group, server, action.rpc, way, sink);
    }
    next.set(s);
    this.#model.plan.finish(next, leaf, refusable ? REFUSED : UNKNOWN);
    this.#passes.keepAnswers(next, action.rpc, server, action.group, -1);
    sink(0, Move.Refuse, server, action.group, leaf.id, !leaf.matters && !this.#model.plan.keepsOutcomes);
  }

  #serves(s: Uint8Array, node: number, group: number, rpc: string): boolean {
    return this.#model.builds[this.#model.build(s, node)]!.serves.includes(rpc) && this.#passes.isWired(s, node, group);
  }

  #admit(
    s: Uint8Array,
    next: Uint8Array,
    leaf: PlanNode,
    group: number,
    server: number,
    rpc: string,
    way: number,
    sink: Sink,
  ): void {
    if (s[ADMITTED]! >= this.#model.bound.commits) {
      this.metBound = true;
      return;
    }
    next.set(s);
    const index = this.#log.propose(next, group, server, this.#contents[leaf.id]!);
    if (index === 0) {
      this.metBound = true;
      return;
    }
    next[ADMITTED] = s[ADMITTED]! + 1;
    this.#passes.mark(next, way);
    this.#model.plan.setPending(next, leaf, server, index);
    if (rpc !== '') this.#passes.keepAnswers(next, rpc, server, group, -1);
    sink(1, Move.Admit, server, group, index, false);
  }

  #write(s: Uint8Array, next: Uint8Array, leaf: PlanNode, group: number, sink: Sink): void {
    const leader = this.#model.leader(s, group);
    if (leader >= 0 && this.#log.isLive(s, this.#model.groups[group]!.replicaOf[leader]!)) {
      this.#admit(s, next, leaf, group, leader, '', -1, sink);
    }
    this.#over(s, next, leaf, UNKNOWN, sink);
  }

  #member(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'member'>, sink: Sink): void {
    const { change, node, group } = action;
    const leader = this.#model.leader(s, group);
    if (leader >= 0 && this.#log.isLive(s, this.#model.groups[group]!.replicaOf[leader]!)) {
      if (s[CHANGES]! >= this.#model.bound.memberChanges) this.metBound = true;
      else if (!this.#log.hasPendingChange(s, group, leader)) this.#change(s, next, leaf, action, leader, sink);
    }
    this.#over(s, next, leaf, change === 'removeMember' || node < 0 ? UNKNOWN : REFUSED, sink);
  }

  #change(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'member'>, leader: number, sink: Sink): void {
    const { change, node, group } = action;
    const point = change === 'addLearner' ? 'join' : change;
    for (const way of this.#passes.waysOnce(s, point, leader, group, node)) {
      if (way === GATE_CLOSED) continue;
      next.set(s);
      const index = this.#log.propose(next, group, leader, this.#contents[leaf.id]!);
      if (index === 0) {
        this.metBound = true;
        return;
      }
      next[CHANGES] = s[CHANGES]! + 1;
      this.#passes.mark(next, way);
      this.#model.plan.setPending(next, leaf, leader, index);
      this.#passes.keepAnswers(next, point, leader, group, node);
      sink(1, Move.Member, node, group, leaf.id, false);
    }
  }

  #stop(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'stop' | 'crash' | 'lose'>, sink: Sink): void {
    next.set(s);
    this.#nodes.takeDown(next, action.node);
    if (action.do === 'lose') this.#nodes.wipe(next, action.node);
    this.#model.plan.finish(next, leaf);
    this.#nodes.elections(next, this.#nodes.orphaned(s, next), false, () => {
      sink(1, action.do === 'lose' ? Move.Lose : Move.Stop, action.node, -1, leaf.id, false);
    });
  }

  #fresh(s: Uint8Array, next: Uint8Array, leaf: PlanNode, action: Action<'fresh'>, sink: Sink): void {
    next.set(s);
    this.#model.plan.finish(next, leaf);
    const build = action.build ?? this.#model.build(s, action.node);
    if (build < 0) return sink(0, Move.Plan, -1, -1, leaf.id, false);
    this.#nodes.start(next, action.node, build, false, () => sink(0, Move.Start, action.node, -1, leaf.id, false));
  }

  #transfer(s: Uint8Array, next: Uint8Array, leaf: PlanNode, group: number, sink: Sink): void {
    const leader = this.#model.leader(s, group);
    for (let n = 0; n < this.#model.nodes.length; n++) {
      if (leader < 0 || n === leader || !this.#log.canLead(s, group, n, 0)) continue;
      const spec = this.#model.groups[group]!;
      const [from, to] = [spec.replicaOf[leader]!, spec.replicaOf[n]!];
      // A leader hands over only to a replica that has caught up with it.
      if (this.#log.matchLength(s, from, to) < s[this.#model.replicaAt[from]! + LENGTH]!) continue;
      next.set(s);
      this.#log.elect(next, group, n);
      this.#model.plan.finish(next, leaf);
      sink(1, Move.Transfer, n, group, leaf.id, false);
    }
    this.#over(s, next, leaf, DONE, sink);
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
