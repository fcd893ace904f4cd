// What happens in the cluster by itself: entries reach one more replica, become committed, are applied; leaders change;
// nodes crash; snapshots are taken and installed. These are the moves no operator decides.
import { Move, type Sink } from './moves.ts';
import {
  APPLIED,
  BUILD,
  COMMITTED,
  CONFIG,
  CRASHES,
  HALTED,
  LAST_TERM,
  LENGTH,
  LOG,
  PENDING,
  REPLAY,
  SNAPSHOT,
  SNAPSHOTS,
  SNAPSHOT_STATE,
  STATE,
  type Model,
} from './model.ts';
import { GATE_CLOSED, type GatePasses } from './gate-passes.ts';
import type { NodeMoves } from './node-moves.ts';
import { UNKNOWN } from './plan-tree.ts';
import type { RaftLog } from './raft-log.ts';

/** Moves of the cluster. */
export class ClusterMoves {
  readonly #model: Model;
  readonly #log: RaftLog;
  readonly #nodes: NodeMoves;
  readonly #passes: GatePasses;
  readonly #gatesConnections: boolean;
  /** A bit for each node that may come to replay its log otherwise than it applied it. */
  readonly #replaysOtherwise: number;

  constructor(model: Model, log: RaftLog, nodes: NodeMoves, passes: GatePasses) {
    this.#model = model;
    this.#log = log;
    this.#nodes = nodes;
    this.#passes = passes;
    this.#gatesConnections = model.gates.some((gate) => gate.at === 'connect');
    this.#replaysOtherwise = replaysOtherwise(model);
  }

  /** Every move of the cluster that needs no leader, each left in `next` and told to the sink. */
  from(s: Uint8Array, next: Uint8Array, sink: Sink): void {
    for (let r = 0; r < this.#model.replicas.length; r++) this.#apply(s, next, r, sink);
    if (s[SNAPSHOTS]! < this.#model.bound.snapshots) this.#compactions(s, next, sink);
    if (s[CRASHES]! < this.#model.bound.crashes) this.#crashes(s, next, sink);
  }

  /** What a leader does by itself. @param cost of having it lead */
  led(s: Uint8Array, next: Uint8Array, g: number, leader: number, cost: 0 | 1, sink: Sink): void {
    this.#appends(s, next, g, leader, cost, sink);
    this.#commit(s, next, g, leader, cost, sink);
    if (s[SNAPSHOTS]! < this.#model.bound.snapshots) this.#snapshot(s, next, g, leader, cost, sink);
    if (!this.#model.folds) this.#greetings(s, next, g, leader, cost, sink);
    // Where somebody looks at who leads, the election itself is an event.
    if (this.#model.touched.role || !this.#model.folds) {
      next.set(s);
      sink(cost, Move.Elect, leader, g, 0, false);
    }
  }

  #appends(s: Uint8Array, next: Uint8Array, g: number, leader: number, led: 0 | 1, sink: Sink): void {
    const spec = this.#model.groups[g]!;
    const own = spec.replicaOf[leader]!;
    const from = this.#model.replicaAt[own]!;
    const receivers = this.#log.receivers(s, g, leader);
    for (const r of spec.replicas) {
      const { node } = this.#model.replicas[r]!;
      if ((receivers & (1 << node)) === 0 || !this.#log.isLive(s, r)) continue;
      const match = this.#log.matchLength(s, own, r);
      if (match < s[from + SNAPSHOT]!) {
        this.#install(s, next, g, own, r, led, sink);
        continue;
      }
      if (match >= s[from + LENGTH]!) continue;
      const cost = this.#costOf(g, s[from + LOG + match]!);
      for (const ways of this.#connections(s, node, g, leader)) {
        next.set(s);
        this.#log.append(next, g, leader, r, match);
        for (const way of ways) this.#passes.mark(next, way);
        sink(plus(led, cost), Move.Append, node, g, match + 1, false);
      }
    }
  }

  /** Where nothing is folded, the leader's first entry is under way by itself. */
  #greetings(s: Uint8Array, next: Uint8Array, g: number, leader: number, led: 0 | 1, sink: Sink): void {
    const receivers = this.#log.receivers(s, g, leader);
    for (const r of this.#model.groups[g]!.replicas) {
      if ((receivers & (1 << this.#model.replicas[r]!.node)) === 0 || !this.#log.isLive(s, r)) continue;
      next.set(s);
      if (this.#log.greet(next, g, leader, r)) sink(led, Move.Elect, leader, g, 0, false);
    }
  }

  /** Whether, and in which situations, two nodes are connected: either end may refuse. */
  #connections(s: Uint8Array, node: number, group: number, peer: number): readonly (readonly number[])[] {
    if (!this.#gatesConnections) return ALWAYS;
    const taken = this.#passes.ways(s, 'connect', node, group, peer).filter((way) => way !== GATE_CLOSED);
    const made = this.#passes.ways(s, 'connect', peer, group, node).filter((way) => way !== GATE_CLOSED);
    return taken.flatMap((one) => made.map((other) => [one, other]));
  }

  #install(s: Uint8Array, next: Uint8Array, g: number, own: number, r: number, led: 0 | 1, sink: Sink): void {
    const from = this.#model.replicaAt[own]!;
    const to = this.#model.replicaAt[r]!;
    const { node } = this.#model.replicas[r]!;
    const snapshot = s[from + SNAPSHOT]!;
    // A replica that has applied as much keeps its log; the leader's next append finds the agreement.
    if (s[to + APPLIED]! >= snapshot) return;
    for (const ways of this.#connections(s, node, g, this.#model.replicas[own]!.node)) {
      next.set(s);
      const before = s[to + LENGTH]!;
      for (let i = 0; i < snapshot; i++) next[to + LOG + i] = s[from + LOG + i]!;
      for (let i = snapshot; i < before; i++) next[to + LOG + i] = 0;
      next[to + LENGTH] = snapshot;
      next[to + LAST_TERM] = s[from + LOG + snapshot - 1]! & 15;
      for (const field of [APPLIED, REPLAY, SNAPSHOT]) next[to + field] = snapshot;
      for (const i of [0, 1]) {
        next[to + SNAPSHOT_STATE + i] = s[from + SNAPSHOT_STATE + i]!;
        next[to + STATE + i] = s[from + SNAPSHOT_STATE + i]!;
      }
      next[to + PENDING] = 0;
      next[to + CONFIG] = this.#log.configAfter(next, r, snapshot);
      this.#model.plan.settleLost(next, g, node, snapshot, UNKNOWN);
      for (const way of ways) this.#passes.mark(next, way);
      this.#log.tidyTerms(next, g);
      sink(plus(led, 1), Move.Install, node, g, snapshot, false);
    }
  }

  #commit(s: Uint8Array, next: Uint8Array, g: number, leader: number, led: 0 | 1, sink: Sink): void {
    const before = s[this.#model.groupAt[g]! + COMMITTED]!;
    const to = this.#log.committable(s, g, leader);
    if (to <= before) return;
    next.set(s);
    this.#log.commit(next, g, leader, to);
    const from = this.#model.replicaAt[this.#model.groups[g]!.replicaOf[leader]!]! + LOG;
    let cost: 0 | 1 = 0;
    for (let i = before; i < to; i++) if (this.#costOf(g, s[from + i]!) === 1) cost = 1;
    sink(plus(led, cost), Move.Commit, leader, g, to, false);
  }

  /** Membership entries travel for nothing: the change itself is the step. */
  #costOf(group: number, entry: number): 0 | 1 {
    return this.#model.content(group, entry).kind === 'member' ? 0 : 1;
  }

  #apply(s: Uint8Array, next: Uint8Array, r: number, sink: Sink): void {
    const at = this.#model.replicaAt[r]!;
    const { node, group } = this.#model.replicas[r]!;
    if (s[at + HALTED] !== 0 || !this.#model.isUp(s, node)) return;
    const applied = s[at + APPLIED]!;
    const replaying = applied < s[at + REPLAY]!;
    if (!replaying) {
      if (applied >= s[this.#model.groupAt[group]! + COMMITTED]! || !this.#model.isOpen(s, node)) return;
      if (!this.#log.holdsCommitted(s, r, group, applied + 1)) return;
    }
    const cost = this.#costOf(group, s[at + LOG + applied]!);
    next.set(s);
    if (this.#nodes.applyNext(next, r) !== null) {
      this.#nodes.halt(next, r);
      // A process that cannot open one of its groups does not come up.
      if (replaying) this.#nodes.takeDown(next, node);
      sink(1, Move.Halt, node, group, applied + 1, false);
      return;
    }
    this.#model.plan.settleApplied(next, group, node, applied + 1);
    if (this.#model.leader(next, group) === node && this.#leftItsGroup(next, r)) this.#model.setDown(next, group, node);
    sink(cost, Move.Apply, node, group, applied + 1, false);
  }

  /** A leader that has applied its own removal steps down. */
  #leftItsGroup(t: Uint8Array, r: number): boolean {
    return (this.#model.configOf(t, r).voters & (1 << this.#model.replicas[r]!.node)) === 0;
  }

  #crashes(s: Uint8Array, next: Uint8Array, sink: Sink): void {
    for (let n = 0; n < this.#model.nodes.length; n++) {
      if (!this.#model.isUp(s, n)) continue;
      next.set(s);
      next[CRASHES] = s[CRASHES]! + 1;
      this.restart(next, n, s[this.#model.nodeAt[n]! + BUILD]! - 1, () => {
        // A crash that changes nothing is a crash the run can do without.
        if (!this.#model.folds || differsBesides(s, next, CRASHES)) sink(1, Move.Crash, n, -1, 0, false);
      });
    }
  }

  /** Down and up again, on a build. */
  restart(next: Uint8Array, node: number, build: number, then: () => void): void {
    this.#nodes.takeDown(next, node);
    this.#nodes.start(next, node, build, false, then);
  }

  #snapshot(s: Uint8Array, next: Uint8Array, g: number, leader: number, led: 0 | 1, sink: Sink): void {
    const own = this.#model.groups[g]!.replicaOf[leader]!;
    const applied = s[this.#model.replicaAt[own]! + APPLIED]!;
    if (applied <= s[this.#model.replicaAt[own]! + SNAPSHOT]! || !this.#somebodyLags(s, g, own, applied)) return;
    this.#takeSnapshot(s, next, own, plus(led, 1), sink);
  }

  /** Replicas compact their logs for nobody else: what a node has a snapshot of it does not replay. */
  #compactions(s: Uint8Array, next: Uint8Array, sink: Sink): void {
    for (let r = 0; r < this.#model.replicas.length; r++) {
      const at = this.#model.replicaAt[r]!;
      if (s[at + APPLIED]! <= s[at + SNAPSHOT]! || !this.#log.isLive(s, r)) continue;
      if (this.#model.folds && (this.#replaysOtherwise & (1 << this.#model.replicas[r]!.node)) === 0) continue;
      this.#takeSnapshot(s, next, r, 1, sink);
    }
  }

  #takeSnapshot(s: Uint8Array, next: Uint8Array, r: number, cost: 0 | 1 | 2, sink: Sink): void {
    const { node, group } = this.#model.replicas[r]!;
    next.set(s);
    next[SNAPSHOTS] = s[SNAPSHOTS]! + 1;
    this.snapshot(next, r);
    sink(cost, Move.Snapshot, node, group, s[this.#model.replicaAt[r]! + APPLIED]!, false);
  }

  /** Whether a member would need the snapshot, were it taken now. */
  #somebodyLags(s: Uint8Array, group: number, own: number, applied: number): boolean {
    const receivers = this.#log.receivers(s, group, this.#model.replicas[own]!.node);
    for (const r of this.#model.groups[group]!.replicas) {
      if ((receivers & (1 << this.#model.replicas[r]!.node)) === 0) continue;
      if (this.#log.matchLength(s, own, r) < applied) return true;
    }
    return false;
  }

  /** A replica takes a snapshot of what it has applied and drops that part of its log. */
  snapshot(t: Uint8Array, r: number): void {
    const at = this.#model.replicaAt[r]!;
    t[at + SNAPSHOT] = t[at + APPLIED]!;
    t[at + SNAPSHOT_STATE] = t[at + STATE]!;
    t[at + SNAPSHOT_STATE + 1] = t[at + STATE + 1]!;
  }
}

/** Nodes that run more than one build in this plan; all of them where files that stay behind say how to apply. */
function replaysOtherwise(model: Model): number {
  if (model.facts.subject.durable.length > 0) return ~0;
  const builds = model.nodes.map(() => 0);
  const runs = (nodes: readonly number[], build: number | null): void => {
    if (build !== null) for (const node of nodes) builds[node]! |= 1 << build;
  };
  for (const { action } of model.plan.tree.leaves) {
    if (action?.do === 'start' || action?.do === 'rolling') runs(action.nodes, action.build);
    else if (action?.do === 'restart') runs([action.node], action.build);
  }
  return builds.reduce((bits, ran, node) => ((ran & (ran - 1)) === 0 ? bits : bits | (1 << node)), 0);
}

function plus(led: 0 | 1, cost: 0 | 1): 0 | 1 | 2 {
  return (led + cost) as 0 | 1 | 2;
}

function differsBesides(s: Uint8Array, t: Uint8Array, except: number): boolean {
  for (let i = 0; i < s.length; i++) if (i !== except && s[i] !== t[i]) return true;
  return false;
}

const ALWAYS: readonly (readonly number[])[] = [[]];
