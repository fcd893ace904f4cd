// A state as properties see it: the same view the simulator gives. Properties are the user's own functions; what they
// never look at need not be told apart, so the view notes what they do look at.
import type { CallView, ClusterView, GroupView, NodeView, ReplicaView } from '../../gate/atom.ts';
import type { Touched } from './limit.ts';
import { APPLIED, COMMITTED, COMMITTED_LOG, HALTED, LENGTH, LOG, RESTARTS, type Model } from './model.ts';
import { DONE, OK, PENDING, REFUSED, UNKNOWN } from './plan-tree.ts';

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
    const byReplica: (ReplicaView | null)[] = [];
    const shown: ReplicaView[] = [];
    for (let r = 0; r < this.model.replicas.length; r++) {
      const view = this.isShown(s, r) ? new ReplicaSight(this, s, r) : null;
      byReplica.push(view);
      if (view !== null) shown.push(view);
    }
    const calls = (): readonly CallView[] => this.#calls(s);
    return {
      replicas: shown,
      group: (id) => this.#group(s, id, byReplica),
      node: (id) => this.#node(s, this.model.nodes.indexOf(id), byReplica),
      get calls() {
        return calls();
      },
      commits: (op) => this.#commits(s, op),
    };
  }

  /** Whether a replica is there to be seen: it was opened at some time. One whose process is down shows what it last was. */
  isShown(s: Uint8Array, r: number): boolean {
    const model = this.model;
    const at = model.replicaAt[r]!;
    const { node, group } = model.replicas[r]!;
    if (model.build(s, node) < 0) return false;
    if (s[at + LENGTH] !== 0 || s[at + APPLIED] !== 0) return true;
    const { voters, learners } =
      model.configs[model.configId(model.groups[group]!.voters, model.groups[group]!.learners)]!;
    return ((voters | learners) & (1 << node)) !== 0;
  }

  #group(s: Uint8Array, id: string, byReplica: readonly (ReplicaView | null)[]): GroupView {
    const model = this.model;
    const g = model.groups.findIndex((group) => group.name === id);
    const spec = model.groups[g];
    if (spec === undefined) return { replicas: [], voters: [], learners: [] };
    const leader = model.leader(s, g);
    const config = this.#newestConfig(s, g);
    const names = (mask: number): string[] => {
      this.watch.node = -1;
      return model.nodes.filter((_, n) => (mask & (1 << n)) !== 0);
    };
    const view = leader < 0 ? null : byReplica[spec.replicaOf[leader]!];
    const group = {
      replicas: spec.replicas.flatMap((r) => byReplica[r] ?? []),
      get voters() {
        return names(config.voters);
      },
      get learners() {
        return names(config.learners);
      },
    };
    if (view === null || view === undefined) return group;
    return Object.defineProperty(group, 'leader', {
      get: () => {
        this.watch.role = true;
        return view;
      },
    });
  }

  /** The configuration of the replica that has applied most. */
  #newestConfig(s: Uint8Array, g: number): { readonly voters: number; readonly learners: number } {
    const model = this.model;
    const spec = model.groups[g]!;
    let best = spec.replicas[0]!;
    for (const r of spec.replicas) {
      if (s[model.replicaAt[r]! + APPLIED]! > s[model.replicaAt[best]! + APPLIED]!) best = r;
    }
    return model.configOf(s, best);
  }

  #node(s: Uint8Array, n: number, byReplica: readonly (ReplicaView | null)[]): NodeView {
    const model = this.model;
    if (n >= 0) this.watch.node |= 1 << n;
    if (n < 0) return { up: false, build: '', replicas: [] };
    return {
      up: model.isUp(s, n),
      build: model.builds[model.build(s, n)]?.name ?? '',
      replicas: model.replicasOf[n]!.flatMap((r) => byReplica[r] ?? []),
    };
  }

  #calls(s: Uint8Array): CallView[] {
    this.watch.calls = true;
    const { plan } = this.model;
    const calls: CallView[] = [];
    for (const leaf of plan.tree.leaves) {
      if (leaf.action?.do !== 'call') continue;
      const status = plan.status(s, leaf);
      const { rpc } = leaf.action;
      if (status === OK) calls.push({ rpc, outcome: 'ok' });
      else if (status === REFUSED) calls.push({ rpc, outcome: 'refused', code: 'FailedPrecondition' });
      else if (status === UNKNOWN || status === PENDING) calls.push({ rpc, outcome: 'unknown' });
      else if (status === DONE)
        calls.push(...plan.recent.filter((r) => r.leaf === leaf.id).map((r) => outcomeOf(rpc, r.outcome)));
    }
    return calls;
  }

  #commits(s: Uint8Array, op: string): { group: string; index: number }[] {
    const model = this.model;
    const commits: { group: string; index: number }[] = [];
    for (const [g, group] of model.groups.entries()) {
      const at = model.groupAt[g]!;
      for (let i = 0; i < s[at + COMMITTED]!; i++) {
        const content = model.content(g, s[at + COMMITTED_LOG + i]!);
        if (content.kind === 'op' && content.op === op) commits.push({ group: group.name, index: i + 1 });
      }
    }
    return commits;
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
  const after = model.facts.apply(state, content.op, content.args, entry >> 4, node, build, durable, applied + 1);
  return after.halt ?? '';
}

function outcomeOf(rpc: string, outcome: number): CallView {
  if (outcome === OK) return { rpc, outcome: 'ok' };
  return outcome === REFUSED ? { rpc, outcome: 'refused', code: 'FailedPrecondition' } : { rpc, outcome: 'unknown' };
}
