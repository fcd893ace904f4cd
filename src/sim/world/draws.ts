// What a replica draws from the tape besides the fate of its messages: how long its election timeouts are, and when it
// takes a snapshot. The plainest draws, all zero, still give every node another timeout, or no cluster would elect anyone.
import type { ChoiceSource, ChoiceStream } from '../kernel/choices.ts';
import { hashText } from '../kernel/fingerprint.ts';
import type { Replica } from './replica.ts';
import type { StorageDelays } from './storage-threads.ts';
import type { World } from './world.ts';

/** Chances, of a million, that a replica takes a snapshot after an entry, and keeps 2 or none of the entries before it. */
const COMPACTION = Int32Array.of(30_000, 30_000);
const KEEP_BY_DRAW: readonly number[] = [0, 2, 0];
const TIMEOUT_KEY = hashText('election timeout');
const STALE_KEY = hashText('stale snapshot');
const JOIN_KEY = hashText('starts from');
const APPEND_KEY = hashText('append');
const APPLY_KEY = hashText('apply');
/** How long a job of a storage thread may take, of a thousand parts of the longest. */
const STORAGE_DELAYS: readonly number[] = [...new Array<number>(31).fill(0).map((_, i) => 2 * i), 1_000];

/** The replicas' draws in one world. */
export class Draws {
  readonly #world: World;
  readonly #source: ChoiceSource;
  /** By `group * 64 + node`. */
  readonly #compact: (ChoiceStream | undefined)[] = [];

  constructor(world: World, source: ChoiceSource) {
    this.#world = world;
    this.#source = source;
  }

  /** Extra ticks of each election timeout of a replica. */
  election(node: number, group: number): (electionTick: number) => number {
    const stream = this.#source.stream(`raft/${this.#path(node, group)}`);
    const { electionMs, tickMs } = this.#world.scenario.cluster;
    const spread = Math.max(1, Math.trunc((electionMs[1] - electionMs[0]) / tickMs));
    return (electionTick) => {
      const range = Math.min(electionTick, spread);
      return (stream.choose(TIMEOUT_KEY, range) + 3 * (node - 1)) % range;
    };
  }

  /** The moment behind an applied entry: the replica takes a snapshot, or not. */
  mayCompact(replica: Replica): void {
    if (this.#world.scenario.cluster.raft.snapshots === 'asked') return;
    const { node, group } = replica;
    const at = group * 64 + node;
    const draw = (this.#compact[at] ??= this.#source.stream(`compact/${this.#path(node, group)}`));
    const drawn = draw.weigh(replica.applied(), COMPACTION);
    if (drawn !== 0) replica.compact(KEEP_BY_DRAW[drawn]!);
  }

  /** How long the storage threads of a replica take for their jobs. */
  storage(node: number, group: number): StorageDelays {
    const stream = this.#source.stream(`storage/${this.#path(node, group)}`);
    const { storageDelayMs } = this.#world.scenario.cluster.raft;
    const draw = (key: number): number =>
      Math.trunc((storageDelayMs * STORAGE_DELAYS[stream.choose(key, STORAGE_DELAYS.length)]!) / 1_000);
    return { appendMs: () => draw(APPEND_KEY), applyMs: () => draw(APPLY_KEY) };
  }

  /** Whether a leader that needs a snapshot for a peer is given the newest there is instead of a fresh one. */
  isSnapshotStale({ node, group }: Replica): boolean {
    if (!this.#world.scenario.cluster.raft.staleSnapshots) return false;
    return this.#source.stream(`compact/${this.#path(node, group)}`).choose(STALE_KEY, 2) === 1;
  }

  /** Whether a node that joins a group later is sent its log from the start, as long as there is all of it. */
  startsFromFirst(node: number, group: number): boolean {
    return this.#source.stream(`join/${this.#path(node, group)}`).choose(JOIN_KEY, 2) === 0;
  }

  #path(node: number, group: number): string {
    return `${this.#world.nodeName(node)}/${this.#world.groupName(group)}`;
  }
}
