// What a run reports: the counters both programs must agree on, and the checksum over the final state of every replica.
// Field names are the reference program's, so that the two reports can be compared field by field.
import { Role } from '../../raft/index.ts';
import type { Replica } from './replica.ts';
import type { World } from './world.ts';

/** The counters of a run. @source bench workloads section 7 */
export interface BenchCounters {
  readonly ticks: number;
  readonly messages_sent: number;
  readonly messages_dropped: number;
  readonly messages_delivered: number;
  readonly snapshots_delivered: number;
  readonly entries_committed: number;
  readonly entries_applied: number;
  readonly proposals_completed: number;
  readonly proposals_lost: number;
  readonly proposals_rejected: number;
  readonly groups_with_leader: number;
  readonly max_term: number;
  readonly checksum: string;
}

/** The names of the counters, in the order of the description. */
export const COUNTER_NAMES = [
  'ticks',
  'messages_sent',
  'messages_dropped',
  'messages_delivered',
  'snapshots_delivered',
  'entries_committed',
  'entries_applied',
  'proposals_completed',
  'proposals_lost',
  'proposals_rejected',
  'groups_with_leader',
  'max_term',
  'checksum',
] as const satisfies readonly (keyof BenchCounters)[];

/** Reads the counters off a world that has stopped. */
export function countersOf(world: World): BenchCounters {
  const { counters, workload } = world;
  let committed = 0;
  let leaders = 0;
  let maxTerm = 0;
  let hash = FNV_OFFSET;
  for (let group = 0; group < workload.groups; group++) {
    let commit = 0;
    let led = false;
    for (let id = 1; id <= workload.nodes; id++) {
      const replica = world.replica(id, group);
      const { hardState, softState } = replica.raw.basicStatus();
      commit = Math.max(commit, hardState.commit);
      maxTerm = Math.max(maxTerm, hardState.term);
      led ||= softState.role === Role.Leader;
      hash = hashReplica(hash, replica);
    }
    // The bootstrap snapshot stands at index 1.
    committed += commit - 1;
    if (led) leaders++;
  }
  return {
    ticks: world.now,
    messages_sent: counters.sent,
    messages_dropped: counters.dropped,
    messages_delivered: counters.delivered,
    snapshots_delivered: counters.snapshots,
    entries_committed: committed,
    entries_applied: counters.entriesApplied,
    proposals_completed: counters.completed,
    proposals_lost: counters.lost,
    proposals_rejected: counters.rejected,
    groups_with_leader: leaders,
    max_term: maxTerm,
    checksum: (hash >>> 0).toString(16).padStart(8, '0'),
  };
}

const FNV_OFFSET = 2166136261;
const FNV_PRIME = 16777619;

function hashReplica(start: number, replica: Replica): number {
  const { hardState, softState } = replica.raw.basicStatus();
  let hash = start;
  const words = [hardState.term, hardState.vote, hardState.commit, replica.applied, softState.lead, softState.role];
  for (const word of words) hash = fnv64(hash, word % 2 ** 32, Math.floor(word / 2 ** 32));
  replica.slots.forEach((key, value) => {
    hash = fnv64(hash, value, key);
  });
  return hash;
}

/** FNV-1a over the eight little-endian bytes of a uint64 given as two words. */
function fnv64(start: number, low: number, high: number): number {
  let hash = start;
  for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((low >>> shift) & 255), FNV_PRIME);
  for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((high >>> shift) & 255), FNV_PRIME);
  return hash;
}
