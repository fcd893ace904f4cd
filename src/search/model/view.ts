// A state as properties see it: the same view the simulator gives. Properties are the user's own functions; what they
// never look at need not be told apart, so the view notes what they do look at.
import type { CallView, ClusterView, GroupView, NodeView, ReplicaView } from '../../gate/atom.ts';
import { wantOpcode } from '../../scenario/self-view.ts';
import type { Touched } from './limit.ts';
import { APPLIED, COMMITTED, COMMITTED_LOG, HALTED, kindOf, LENGTH, LOG, RESTARTS, type Model } from './model.ts';
import { OK, REFUSED } from './plan-tree.ts';

/** A replica; what is looked at is noted where it is looked at. */
class ReplicaSight implements ReplicaView {
  readonly group: string;
  readonly build: string;
  readonly state: unknown;
  readonly appliedIndex: number;
  readonly commitIndex: number;
  readonly halted: null | { readonly index: number; readonly reason: string };
  readonly #views: Views;
  readonly #name: string;
  readonly #role: ReplicaView['role'];
  readonly #restarts: number;

  constructor(views: Views, s: Uint8Array, r: number) {
    const { model } = views;
    const at = model.replicaAt[r]!;
    const { node, group } = model.replicas[r]!;
    const learns = (model.configOf(s, r).voters & (1 << node)) === 0;
    const applied = s[at + APPLIED]!;
    const committed = Math.min(s[at + LENGTH]!, s[model.groupAt[group]! + COMMITTED]!);
    this.group = model.groups[group]!.name;
    this.build = model.builds[model.build(s, node)]?.name ?? '';
    this.state = model.facts.states.value(model.state(s, r));
    this.appliedIndex = applied;
    this.commitIndex = Math.max(applied, committed);
    this.halted = s[at + HALTED] === 0 ? null : { index: applied + 1, reason: haltReason(model, s, r) };
    this.#views = views;
    this.#name = model.nodes[node]!;
    this.#role = model.leader(s, group) === node ? 'leader' : learns ? 'learner' : 'follower';
    this.#restarts = s[model.nodeAt[node]! + RESTARTS]!;
  }

  get node(): string {
    this.#views.watch.node = -1;
    return this.#name;
  }

  get role(): ReplicaView['role'] {
    this.#views.watch.role = true;
    return this.#role;
  }

  get restarts(): number {
    this.#views.watch.restarts = true;
    return this.#restarts;
  }
}

/** A group, made when a property asks for it. */
class GroupSight implements GroupView {
  readonly replicas: readonly ReplicaView[];
  readonly #sight: ClusterSight;
  readonly #group: number;

  constructor(sight: ClusterSight, group: number, replicas: readonly ReplicaView[]) {
    this.#sight = sight;
    this.#group = group;
    this.replicas = replicas;
  }

  get voters(): readonly string[] {
    return this.#names(this.#sight.config(this.#group).voters);
  }

  get learners(): readonly string[] {
    return this.#names(this.#sight.config(this.#group).learners);
  }

  get leader(): ReplicaView {
    const { views, s } = this.#sight;
    views.watch.role = true;
    const leader = views.model.leader(s, this.#group);
    // Absent and undefined are the same to whoever reads it.
    return this.#sight.ofReplica(leader < 0 ? -1 : views.model.groups[this.#group]!.replicaOf[leader]!)!;
  }

  #names(mask: number): string[] {
    const { views } = this.#sight;
    views.watch.node = -1;
    return views.model.nodes.filter((_, n) => (mask & (1 << n)) !== 0);
  }
}

/** One state of the cluster. */
class ClusterSight implements ClusterView<unknown> {
  readonly views: Views;
  readonly s: Uint8Array;
  readonly replicas: readonly ReplicaView[];
  readonly #byReplica: readonly (ReplicaView | null)[];

  constructor(views: Views, s: Uint8Array) {
    this.views = views;
    this.s = s;
    const byReplica: (ReplicaView | null)[] = [];
    const replicas: ReplicaView[] = [];
    for (let r = 0; r < views.model.replicas.length; r++) {
      const view = views.isShown(s, r) ? new ReplicaSight(views, s, r) : null;
      byReplica.push(view);
      if (view !== null) replicas.push(view);
    }
    this.#byReplica = byReplica;
    this.replicas = replicas;
  }

  ofReplica(r: number): ReplicaView | undefined {
    return this.#byReplica[r] ?? undefined;
  }

  group(id: string): GroupView {
    const { model } = this.views;
    const g = model.groups.findIndex((group) => group.name === id);
    if (g < 0) return { replicas: [], voters: [], learners: [] };
    return new GroupSight(this, g, this.#shown(model.groups[g]!.replicas));
  }

  node(id: string): NodeView {
    const { model, watch } = this.views;
    const n = model.nodes.indexOf(id);
    if (n < 0) return { up: false, build: '', replicas: [] };
    watch.node |= 1 << n;
    const build = model.builds[model.build(this.s, n)]?.name ?? '';
    return { up: model.isOpen(this.s, n), build, replicas: this.#shown(model.replicasOf[n]!) };
  }

  get calls(): readonly CallView[] {
    const { model, watch } = this.views;
    watch.calls = true;
    const calls: CallView[] = [];
    for (const leaf of model.plan.tree.leaves) {
      const action = leaf.action!;
      if (action.do !== 'call' && action.do !== 'member') continue;
      const outcome = model.plan.outcome(this.s, leaf);
      if (outcome !== null) calls.push(callView(action.do === 'call' ? action.rpc : action.change, outcome));
    }
    return calls;
  }

  commits(op: string): readonly { readonly group: string; readonly index: number }[] {
    const { model } = this.views;
    wantOpcode(op, model.builds);
    const commits: { group: string; index: number }[] = [];
    for (const [g, group] of model.groups.entries()) {
      const at = model.groupAt[g]!;
      for (let i = 0; i < this.s[at + COMMITTED]!; i++) {
        const content = model.content(g, this.s[at + COMMITTED_LOG + i]!);
        if (content.kind === 'op' && content.op === op) commits.push({ group: group.name, index: i + 1 });
      }
    }
    return commits;
  }

  /** The configuration of the replica that has applied most. */
  config(g: number): { readonly voters: number; readonly learners: number } {
    const { model } = this.views;
    const { replicas } = model.groups[g]!;
    let best = replicas[0]!;
    for (const r of replicas) {
      if (this.s[model.replicaAt[r]! + APPLIED]! > this.s[model.replicaAt[best]! + APPLIED]!) best = r;
    }
    return model.configOf(this.s, best);
  }

  #shown(replicas: readonly number[]): ReplicaView[] {
    return replicas.map((r) => this.#byReplica[r]).filter((view) => view !== null && view !== undefined);
  }
}

/** Makes views of states. */
export class Views {
  readonly model: Model;
  /** Is told what is looked at. */
  watch: Touched;

  constructor(model: Model, watch: Touched) {
    this.model = model;
    this.watch = watch;
  }

  /** The cluster in state `s`; good until `s` changes. */
  of(s: Uint8Array): ClusterView<unknown> {
    return new ClusterSight(this, s);
  }

  /** Whether a replica is there to be seen: it was opened at some time. One whose process is down shows what it last was. */
  isShown(s: Uint8Array, r: number): boolean {
    const { model } = this;
    const at = model.replicaAt[r]!;
    const { node, group } = model.replicas[r]!;
    if (model.build(s, node) < 0) return false;
    const { voters, learners } = model.groups[group]!;
    return s[at + LENGTH] !== 0 || s[at + APPLIED] !== 0 || ((voters | learners) & (1 << node)) !== 0;
  }
}

/** Why a halted replica cannot apply its next entry. */
export function haltReason(model: Model, s: Uint8Array, r: number): string {
  const at = model.replicaAt[r]!;
  const { node, group } = model.replicas[r]!;
  const applied = s[at + APPLIED]!;
  const entry = s[at + LOG + applied]!;
  const content = model.content(group, entry);
  if (content.kind !== 'op') return '';
  const [state, build, durable] = [model.state(s, r), model.build(s, node), model.durable(s, node)];
  const kind = kindOf(group, entry);
  const after = model.facts.apply(state, content.op, content.args, kind, node, build, durable, applied + 1);
  return after.halt ?? '';
}

function callView(rpc: string, outcome: number): CallView {
  if (outcome === OK) return { rpc, outcome: 'ok' };
  return outcome === REFUSED ? { rpc, outcome: 'refused', code: 'FailedPrecondition' } : { rpc, outcome: 'unknown' };
}
