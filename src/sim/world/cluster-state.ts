// The cluster as properties see it, and what the plan driver asks about it as a whole. Views are made once per replica and
// read through: they cost nothing while nobody looks. A replica whose process is down shows what it last was, because a
// node that a halt keeps from starting is exactly what a property wants to see.
import type { CallView, ClusterView, GroupView, NodeView, ReplicaView } from '../../gate/atom.ts';
import { wantOpcode } from '../../scenario/self-view.ts';
import { Role, type ConfState } from '../../raft/index.ts';
import { membership } from './process-port.ts';
import type { Process } from './process.ts';
import { leads } from './process.ts';
import type { Replica } from './replica.ts';
import type { World } from './world.ts';

/** One replica over all its incarnations. */
class ReplicaSlot implements ReplicaView {
  readonly node: string;
  readonly group: string;
  readonly #world: World;
  readonly #node: number;
  readonly #group: number;
  /** The newest incarnation; it stays when its process is down. */
  replica: Replica | null = null;
  process: Process | null = null;

  constructor(world: World, node: number, group: number) {
    this.#world = world;
    this.#node = node;
    this.#group = group;
    this.node = world.nodeName(node);
    this.group = world.groupName(group);
  }

  get role(): ReplicaView['role'] {
    const live = this.#world.replica(this.#node, this.#group);
    if (live === null || !live.isLive()) return 'follower';
    if (live.role() === Role.Leader) return 'leader';
    if (live.role() !== Role.Follower) return 'candidate';
    return live.isVoter() ? 'follower' : 'learner';
  }

  get build(): string {
    const build = this.#isAsBefore() ? this.process?.build : this.#world.home(this.#node).build;
    return build?.name ?? '';
  }

  get state(): unknown {
    return this.process === null || this.replica === null
      ? undefined
      : this.process.program.state(this.replica.machine);
  }

  get appliedIndex(): number {
    return this.replica?.applied() ?? 0;
  }

  get commitIndex(): number {
    return this.replica?.commit() ?? 0;
  }

  get halted(): ReplicaView['halted'] {
    const halt = this.replica?.halt ?? null;
    return halt === null ? null : { index: halt.index, reason: halt.detail };
  }

  get restarts(): number {
    const { restarts } = this.#world.home(this.#node);
    return this.#isAsBefore() ? restarts - 1 : restarts;
  }

  /**
   * Whether the node's process is about to open the replica. Until it has, the replica is what it was: state and halt of the
   * old process must not be taken for those of the new one, which may well cure it.
   */
  #isAsBefore(): boolean {
    const process = this.#world.process(this.#node);
    return process !== null && process !== this.process && process.status === 'starting';
  }
}

interface Committed {
  readonly group: string;
  readonly index: number;
}

/** Views of one world. */
export class ClusterState implements ClusterView {
  readonly #world: World;
  /** By `group * stride + node`. */
  readonly #slots: (ReplicaSlot | undefined)[] = [];
  readonly #commits = new Map<string, Committed[]>();
  readonly #seen: number[] = [];
  #replicas: ReplicaSlot[] | null = null;
  /** Counts changes, so that whoever caches something knows when to look again. */
  version = 0;

  constructor(world: World) {
    this.#world = world;
  }

  touched(): void {
    this.version++;
  }

  /** A replica was opened. */
  opened(process: Process, replica: Replica): void {
    const slot = this.#slot(replica.node, replica.group);
    slot.replica = replica;
    slot.process = process;
    this.#replicas = null;
    this.touched();
  }

  /** A replica is gone for good. */
  forget(node: number, group: number): void {
    this.#slots[this.#at(node, group)] = undefined;
    this.#replicas = null;
    this.touched();
  }

  /** An entry is known to be committed: somebody applied it, or halted on it. */
  committed(group: number, index: number, op: string): void {
    if (index <= (this.#seen[group] ?? 0)) return;
    this.#seen[group] = index;
    const list = this.#commits.get(op) ?? [];
    list.push({ group: this.#world.groupName(group), index });
    this.#commits.set(op, list);
  }

  get replicas(): readonly ReplicaView<never>[] {
    if (this.#replicas === null) {
      this.#replicas = this.#slots.filter((slot) => slot !== undefined && slot.replica !== null) as ReplicaSlot[];
    }
    return this.#replicas as readonly ReplicaView[] as readonly ReplicaView<never>[];
  }

  get calls(): readonly CallView[] {
    return this.#world.calls.ended;
  }

  group(id: string): GroupView<never> {
    const group = this.#world.groupNumber(id);
    const replicas = this.replicas.filter((replica) => replica.group === id);
    const { voters, learners } = this.#members(group);
    const leader = replicas.find((replica) => replica.node === this.#leaderName(group));
    return leader === undefined ? { replicas, voters, learners } : { replicas, voters, learners, leader };
  }

  node(id: string): NodeView<never> {
    const node = this.#world.nodeNumber(id);
    return {
      up: this.#world.process(node)?.status === 'serving',
      build: this.#world.home(node).build?.name ?? '',
      replicas: this.replicas.filter((replica) => replica.node === id),
    };
  }

  commits(op: string): readonly Committed[] {
    const known = this.#commits.get(op);
    if (known === undefined) wantOpcode(op, this.#world.scenario.builds);
    return known ?? [];
  }

  /** Whether so many voters have halted that the group can never commit again without them. */
  isHopeless(group: number): boolean {
    const { voters } = this.#conf(group);
    const halted = voters.filter((node) => this.#slots[this.#at(node, group)]?.halted !== null);
    const known = halted.filter((node) => this.#slots[this.#at(node, group)] !== undefined);
    return 2 * (voters.length - known.length) <= voters.length;
  }

  /** Nothing is outstanding: no call under way, and every live member of every group has applied what its leader committed. */
  isQuiet(): boolean {
    if (this.#world.calls.underWay > 0) return false;
    return this.#world.groups.every(({ id }) => this.isHopeless(id) || this.#isCaughtUp(id));
  }

  /** Which groups a node is a member of by the newest configuration known. */
  partsOf(node: number): { group: number; voter: boolean }[] {
    const parts: { group: number; voter: boolean }[] = [];
    for (const { id } of this.#world.groups) {
      const conf = this.#conf(id);
      if (conf.voters.includes(node)) parts.push({ group: id, voter: true });
      else if (conf.learners.includes(node)) parts.push({ group: id, voter: false });
    }
    return parts;
  }

  #isCaughtUp(group: number): boolean {
    const leader = this.#world.replica(this.#world.leaderOf(group), group);
    if (!leads(leader)) return false;
    const { voters, learners } = leader.conf;
    return [...voters, ...learners].every((node) => {
      const process = this.#world.process(node);
      if (process === null) return true;
      const replica = process.replica(group);
      if (replica !== null && replica.halt !== null) return true;
      return replica !== null && replica.applied() === leader.commit() && leader.applied() === leader.commit();
    });
  }

  /** The configuration applied by the leader, else the one known at the highest applied index. */
  #conf(group: number): ConfState {
    const leader = this.#world.replica(this.#world.leaderOf(group), group);
    if (leader !== null) return leader.conf;
    let best: ConfState = this.#world.founders(group);
    let at = -1;
    for (let node = 1; node <= this.#world.scenario.cluster.nodes.length; node++) {
      const replica = this.#slots[this.#at(node, group)]?.replica ?? null;
      if (replica === null || replica.applied() <= at || replica.conf.voters.length === 0) continue;
      at = replica.applied();
      best = replica.conf;
    }
    return best;
  }

  #members(group: number): { voters: readonly string[]; learners: readonly string[] } {
    const leader = this.#world.leaderOf(group);
    const process = this.#world.process(leader);
    const replica = process?.replica(group) ?? null;
    if (process !== null && replica !== null) return membership(process, replica.conf);
    const { voters, learners } = this.#conf(group);
    return {
      voters: voters.map((node) => this.#world.nodeName(node)),
      learners: learners.map((node) => this.#world.nodeName(node)),
    };
  }

  #leaderName(group: number): string | null {
    const leader = this.#world.leaderOf(group);
    return leader === 0 ? null : this.#world.nodeName(leader);
  }

  #slot(node: number, group: number): ReplicaSlot {
    return (this.#slots[this.#at(node, group)] ??= new ReplicaSlot(this.#world, node, group));
  }

  #at(node: number, group: number): number {
    return group * 64 + node;
  }
}
