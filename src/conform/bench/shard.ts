// Some groups of the benchmark and all their replicas: messages on a ring of FIFO buckets, one client per group, and the four
// passes of a tick. Groups are strangers to each other, so a world may hold them in one shard or in many; within a shard the
// order is the description's to the letter, and nothing is drawn but from the seed, so that every counter and the checksum
// can be compared with the reference program's.
import type { ConfState, Entry, Message } from '../../raft/index.ts';
import type { RawNode } from '../../raft/index.ts';
import { MessageType, Role } from '../../raft/index.ts';
import type { Mulberry } from './mulberry.ts';
import { compact, restore, startReplica, type Replica } from './replica.ts';
import { Ring } from './ring.ts';
import { getUint32, putUint32 } from './slots.ts';
import { COMMON, type Workload } from './workload.ts';

/** Messages whose recipients are fetched before the first of them is stepped. */
const AHEAD = 32;

/** The client's side of one group. */
interface Client {
  maxApplied: number;
  outstanding: number;
  issued: number;
  lastProgress: number;
}

/** What a run counts. */
export interface Counters {
  sent: number;
  dropped: number;
  delivered: number;
  snapshots: number;
  completed: number;
  lost: number;
  rejected: number;
  entriesApplied: number;
}

/** What all shards of a world share. */
export interface Common {
  readonly workload: Workload;
  readonly seed: number;
  readonly counters: Counters;
  readonly network: Mulberry;
  readonly confState: ConfState;
}

/** The groups `first` to `first + count - 1` of a world. */
export class Shard {
  readonly first: number;
  readonly count: number;
  /** Host-major: replica `id` of group `g` is at (id - 1) * count + g - first. */
  readonly replicas: readonly Replica[];
  /** `raw` of each replica: what every tick visits, without the detour over what it seldom needs. */
  private readonly raws: readonly RawNode[];
  private readonly clients: readonly Client[];
  private readonly common: Common;
  private readonly ring: Ring;
  private now = 0;
  /** Sum of what was fetched ahead: kept, or the engine would drop the reads. */
  private fetched = 0;

  /** Sets up all replicas; not part of what is timed. */
  constructor(common: Common, first: number, count: number) {
    const { workload, seed, confState } = common;
    this.common = common;
    this.first = first;
    this.count = count;
    this.ring = new Ring(workload.delayMax);
    const replicas: Replica[] = [];
    for (let id = 1; id <= workload.nodes; id++) {
      for (let group = first; group < first + count; group++) replicas.push(startReplica(id, group, seed, confState));
    }
    this.replicas = replicas;
    this.raws = replicas.map((replica) => replica.raw);
    this.clients = Array.from({ length: count }, () => ({
      maxApplied: 0,
      outstanding: 0,
      issued: 0,
      lastProgress: 0,
    }));
  }

  /** One tick: deliver, move the clocks, let clients propose, handle every Ready. @source bench workloads section 4 */
  tick(): void {
    this.now++;
    const { raws } = this;
    this.deliverDue();
    for (let i = 0; i < raws.length; i++) raws[i]!.tick(1);
    if (this.common.workload.window > 0) {
      for (let i = 0; i < this.clients.length; i++) this.runClient(i, this.clients[i]!);
    }
    for (let i = 0; i < raws.length; i++) {
      while (raws[i]!.hasReady()) this.handleReady(raws[i]!, i);
    }
  }

  /** The replica `id` of a group of this shard. */
  replica(id: number, group: number): Replica {
    return this.replicas[this.position(id, group)]!;
  }

  private position(id: number, group: number): number {
    return (id - 1) * this.count + group - this.first;
  }

  /**
   * Delivers what is due. With tens of thousands of replicas each recipient is a miss of the cache; fetching a block of them
   * first lets the misses overlap.
   */
  private deliverDue(): void {
    const { ring, raws } = this;
    ring.advance();
    const due = ring.dueCount();
    for (let from = 0; from < due; from += AHEAD) {
      const to = Math.min(due, from + AHEAD);
      for (let i = from; i < to; i++) {
        const m = ring.due(i);
        this.fetched = (this.fetched + raws[this.position(m.to, m.group)]!.prefetch(m.from)) | 0;
      }
      for (let i = from; i < to; i++) this.deliver(ring.take(i));
    }
    ring.clearDue();
  }

  private deliver(m: Message): void {
    const { counters } = this.common;
    this.raws[this.position(m.to, m.group)]!.step(m);
    counters.delivered++;
    if (m.type === MessageType.MsgSnap) {
      counters.snapshots++;
      this.raws[this.position(m.from, m.group)]!.reportSnapshot(m.to, true);
    }
  }

  private send(m: Message): void {
    const { counters, workload, network } = this.common;
    counters.sent++;
    if (workload.dropPer10k > 0 && network.modulo(10_000) < workload.dropPer10k && m.type !== MessageType.MsgSnap) {
      counters.dropped++;
      return;
    }
    const span = workload.delayMax - workload.delayMin + 1;
    const delay = span > 1 ? workload.delayMin + network.modulo(span) : workload.delayMin;
    this.ring.put(m, delay);
  }

  private runClient(at: number, client: Client): void {
    const { now } = this;
    const { counters, workload } = this.common;
    if (client.outstanding > 0 && now - client.lastProgress >= COMMON.clientTimeoutTicks) {
      counters.lost += client.outstanding;
      client.outstanding = 0;
      client.lastProgress = now;
    }
    const leader = this.leaderOf(at);
    if (leader === null) return;
    while (client.outstanding < workload.window) {
      const data = new Uint8Array(workload.payloadBytes);
      putUint32(data, 0, client.issued);
      if (!leader.raw.propose(data).ok) {
        counters.rejected++;
        return;
      }
      client.issued++;
      if (client.outstanding === 0) client.lastProgress = now;
      client.outstanding++;
    }
  }

  /** The replica that led when last seen, of the highest term; the lowest id wins a tie. */
  private leaderOf(at: number): Replica | null {
    let leader: Replica | null = null;
    for (let i = at; i < this.replicas.length; i += this.count) {
      const replica = this.replicas[i]!;
      if (replica.leader && (leader === null || replica.term > leader.term)) leader = replica;
    }
    return leader;
  }

  private handleReady(raw: RawNode, position: number): void {
    const ready = raw.ready();
    const { softState, hardState, snapshot, entries, messages, committedEntries } = ready;
    const replica = this.replicas[position]!;
    if (softState !== null) replica.leader = softState.role === Role.Leader;
    if (hardState !== null) {
      replica.term = hardState.term;
      replica.storage.setHardState(hardState);
    }
    if (snapshot !== null) restore(replica, snapshot);
    if (entries.length > 0) replica.storage.append(entries);
    for (let i = 0; i < messages.length; i++) this.send(messages[i]!);
    for (let i = 0; i < committedEntries.length; i++) this.apply(replica, committedEntries[i]!);
    raw.advance();
    if (committedEntries.length > 0 && replica.sinceCompact >= COMMON.compactEvery) {
      compact(replica, this.common.confState);
    }
  }

  private apply(replica: Replica, entry: Entry): void {
    const { counters } = this.common;
    replica.applied = entry.index;
    replica.sinceCompact++;
    counters.entriesApplied++;
    const { data } = entry;
    if (data.length > 0) replica.slots.put(getUint32(data, 0));
    const client = this.clients[replica.group - this.first]!;
    if (entry.index <= client.maxApplied) return;
    client.maxApplied = entry.index;
    if (data.length === 0) return;
    counters.completed++;
    client.lastProgress = this.now;
    if (client.outstanding > 0) client.outstanding--;
  }
}
