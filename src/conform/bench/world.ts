// The benchmark's simulation: groups of replicas on a shared clock. Where the network draws nothing, groups have nothing in
// common but that clock, and a tick visits them shard by shard: all four passes over some hundred groups while their state is
// in the cache, then the next. Pass by pass over ten thousand groups would fetch every replica from memory four times a
// tick. Where the network does draw, its one stream ties the groups together in the order of sending, and there is one shard.
import { EMPTY_CONF_STATE } from '../../raft/index.ts';
import { Mulberry, networkState } from './mulberry.ts';
import type { Replica } from './replica.ts';
import { Shard, type Common, type Counters } from './shard.ts';
import type { Workload } from './workload.ts';

/** Replicas of a shard: some 900 bytes of each are touched in a tick, and half a MiB stays clear of the second-level cache. */
const SHARD_REPLICAS = 512;

/** The simulation of one workload. */
export class World {
  readonly workload: Workload;
  readonly counters: Counters = {
    sent: 0,
    dropped: 0,
    delivered: 0,
    snapshots: 0,
    completed: 0,
    lost: 0,
    rejected: 0,
    entriesApplied: 0,
  };
  now = 0;
  private readonly shards: readonly Shard[];
  private readonly shardGroups: number;

  /**
   * Sets up all replicas; not part of what is timed.
   * @param shardReplicas replicas of a shard; shards count only where the network draws nothing
   */
  constructor(workload: Workload, seed: number, shardReplicas = SHARD_REPLICAS) {
    this.workload = workload;
    const voters = Array.from({ length: workload.nodes }, (_, i) => i + 1);
    const network = new Mulberry(networkState(seed));
    const confState = { ...EMPTY_CONF_STATE, voters };
    const common: Common = { workload, seed, counters: this.counters, network, confState };
    this.shardGroups = networkDraws(workload)
      ? workload.groups
      : Math.max(1, Math.floor(shardReplicas / workload.nodes));
    const shards: Shard[] = [];
    for (let first = 0; first < workload.groups; first += this.shardGroups) {
      shards.push(new Shard(common, first, Math.min(this.shardGroups, workload.groups - first)));
    }
    this.shards = shards;
  }

  /** Whether the workload's end is reached; asked after each tick. */
  isOver(): boolean {
    const { ticks, proposals } = this.workload;
    return this.now >= ticks || (proposals > 0 && this.counters.completed >= proposals);
  }

  /** One tick of every replica. */
  tick(): void {
    this.now++;
    for (let i = 0; i < this.shards.length; i++) this.shards[i]!.tick();
  }

  /** The replica `id` (1 to nodes) of a group (0 to groups - 1). */
  replica(id: number, group: number): Replica {
    return this.shards[Math.floor(group / this.shardGroups)]!.replica(id, group);
  }
}

/** Whether sending a message takes a number from the network's stream. */
function networkDraws(workload: Workload): boolean {
  return workload.dropPer10k > 0 || workload.delayMax > workload.delayMin;
}
