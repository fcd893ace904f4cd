// One replica of the benchmark: the core, its storage in memory, and the application on top. What each Ready asks of a host
// happens here, in the order of the description; a replica that stored after it sent would be faster and wrong.
import type { ConfState, Snapshot } from '../../raft/index.ts';
import { COMPACTED, DEFAULT_CONFIG, MemoryStorage, NO_DATA, NO_LIMIT, RawNode } from '../../raft/index.ts';
import { assert } from '../../base/assert.ts';
import { electionDraw, electionState, Mulberry } from './mulberry.ts';
import { Slots } from './slots.ts';
import { COMMON } from './workload.ts';

/** One replica of one group. */
export interface Replica {
  readonly id: number;
  readonly group: number;
  readonly raw: RawNode;
  readonly storage: MemoryStorage;
  /** Whether it led, and its term, as last seen in a Ready. */
  leader: boolean;
  term: number;
  applied: number;
  sinceCompact: number;
  slots: Slots;
}

/** A replica that starts from the snapshot at index 1 with its group's members. @source bench workloads section 2 */
export function startReplica(id: number, group: number, seed: number, confState: ConfState): Replica {
  const storage = new MemoryStorage();
  storage.applySnapshot({ index: 1, term: 1, confState, data: NO_DATA });
  const stream = new Mulberry(electionState(seed, group, id));
  const raw = new RawNode({
    ...DEFAULT_CONFIG,
    id,
    group,
    storage,
    electionTick: COMMON.electionTicks,
    heartbeatTick: COMMON.heartbeatTicks,
    applied: 1,
    maxSizePerMsg: COMMON.maxSizePerMessage,
    maxCommittedSizePerReady: NO_LIMIT,
    maxInflightMsgs: COMMON.maxInflight,
    preVote: true,
    checkQuorum: true,
    random: () => electionDraw(stream),
  });
  return { id, group, raw, storage, leader: false, term: 0, applied: 1, sinceCompact: 0, slots: new Slots() };
}

/** Takes over a snapshot the leader sent. */
export function restore(replica: Replica, snapshot: Snapshot): void {
  const applied = replica.storage.applySnapshot(snapshot);
  assert(applied === 0, 'bench-restore', () => `stale snapshot at ${snapshot.index}`);
  replica.applied = snapshot.index;
  replica.sinceCompact = 0;
  replica.slots = Slots.decode(snapshot.data);
}

/** Makes a snapshot at the applied index and drops the log behind it but for what followers may still ask for. */
export function compact(replica: Replica, confState: ConfState): void {
  replica.sinceCompact = 0;
  const made = replica.storage.createSnapshot(replica.applied, confState, replica.slots.encode());
  assert(typeof made !== 'number', 'bench-snapshot', () => `no snapshot at ${replica.applied}`);
  const compacted = replica.storage.compact(replica.applied - COMMON.compactKeep);
  assert(compacted === 0 || compacted === COMPACTED, 'bench-compact', () => `compaction failed: ${compacted}`);
}
