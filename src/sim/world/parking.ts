// Parking: a group in which everyone holds the same and nothing is under way is put to rest. Its replicas have no place in
// the timing wheel and send no heartbeats, so that a cluster of many idle groups costs what its busy ones cost. It is the
// host's decision, not the core's: time stands still for the whole group, or for none of it. Whoever goes near a member
// (a message, a proposal, a read, a fault on its node or on any link) wakes the group first. What must not happen is that a
// group sleeps while somebody in it waits for a heartbeat to bring something, so the condition names all that could be.
import { ProgressState } from '../../raft/index.ts';
import { leads } from './process.ts';
import type { Replica } from './replica.ts';
import type { World } from './world.ts';

/** Puts the groups of one world to rest, and wakes them. */
export class Parking {
  readonly #world: World;
  /** By group number: who rests; null while the group is awake. */
  readonly #resting: (readonly Replica[] | null)[];

  constructor(world: World) {
    this.#world = world;
    this.#resting = new Array<readonly Replica[] | null>(world.groups.length + 1).fill(null);
  }

  /** A replica has just done something: if it leads a group that is at rest, the group is parked. */
  consider(leader: Replica): void {
    if (!leads(leader) || leader.parked || !this.#isIdle(leader)) return;
    const members = this.#members(leader);
    if (members === null) return;
    this.#resting[leader.group] = members;
    for (const replica of members) {
      replica.parked = true;
      this.#world.process(replica.node)?.disarm(replica.group);
    }
  }

  /** Somebody goes near a member: for the whole group, time goes on from where it stood still. */
  wake(group: number): void {
    const members = this.#resting[group] ?? null;
    if (members === null) return;
    this.#resting[group] = null;
    for (const replica of members) {
      replica.parked = false;
      replica.skipTime();
    }
    for (const replica of members) this.#world.process(replica.node)?.rearm(replica);
  }

  /** Something happens to links or clocks that any group may feel. */
  wakeAll(): void {
    for (let group = 1; group < this.#resting.length; group++) this.wake(group);
  }

  /** Nothing of the leader's waits: no entry, no read, no transfer, no message on its way. */
  #isIdle({ raft, conf, group }: Replica): boolean {
    const core = raft.raft();
    if (core.leadTransferee !== 0 || conf.votersOutgoing.length > 0) return false;
    if (core.reads !== null && core.reads.heartbeatContext() !== 0) return false;
    return this.#world.wire.network.inFlightOf(group) === 0;
  }

  /** Every member's replica, if each follows this leader over sound links and holds and has applied all it holds. */
  #members(leader: Replica): Replica[] | null {
    const { voters, learners } = leader.conf;
    const members: Replica[] = [];
    for (const node of [...voters, ...learners]) {
      const replica = this.#follower(leader, node);
      if (replica === null) return null;
      members.push(replica);
    }
    return members;
  }

  #follower(leader: Replica, node: number): Replica | null {
    const process = this.#world.process(node);
    const replica = process?.replica(leader.group) ?? null;
    if (process?.status !== 'serving' || process.paused || replica === null) return null;
    if (!replica.isLive() || replica.term() !== leader.term() || replica.lead !== leader.node) return null;
    const last = leader.raft.lastIndex();
    if (replica.raft.lastIndex() !== last || replica.commit() !== last || replica.applied() !== last) return null;
    if (replica === leader) return replica;
    if (!this.#world.wire.network.steady(leader.node, node)) return null;
    const progress = leader.raft.tracker().get(node);
    const isInStep = progress?.state === ProgressState.Replicate && progress.match === last;
    return isInStep && progress.inflightCount() === 0 ? replica : null;
  }
}
