// The benchmark's simulation: groups of replicas on a shared clock, messages on a ring of FIFO buckets, one client per
// group. It has no clock of the host and draws from the seed alone, so that every counter and the checksum can be compared
// with the reference program's: a faster core that did less work would be noticed at once.
import type { ConfState, Entry, Message, Snapshot } from '../../raft/index.ts';
import {
  COMPACTED,
  DEFAULT_CONFIG,
  EMPTY_CONF_STATE,
  MemoryStorage,
  MessageType,
  NO_DATA,
  NO_LIMIT,
  RawNode,
  Role,
} from '../../raft/index.ts';
import { assert } from '../../base/assert.ts';
import { Ring } from './ring.ts';
import { getUint32, putUint32, Slots } from './slots.ts';
import { electionDraw, electionState, Mulberry, networkState } from './mulberry.ts';
import type { Workload } from './workload.ts';
import { COMMON } from './workload.ts';

/** Messages whose recipients are fetched before the first of them is stepped. */
const AHEAD = 32;

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

/** The simulation of one workload. */
export class World {
  readonly workload: Workload;
  /** Host-major: replica `id` of group `g` is at (id - 1) * groups + g. */
  readonly replicas: readonly Replica[];
  /** `raw` of each replica: what every tick visits, without the detour over what it seldom needs. */
  private readonly raws: readonly RawNode[];
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
  /** Sum of what was fetched ahead: kept, or the engine would drop the reads. */
  private fetched = 0;
  private readonly clients: readonly Client[];
  private readonly network: Mulberry;
  private readonly confState: ConfState;
  private readonly ring: Ring;

  /** Sets up all replicas; not part of what is timed. */
  constructor(workload: Workload, seed: number) {
    this.workload = workload;
    this.network = new Mulberry(networkState(seed));
    this.ring = new Ring(workload.delayMax);
    this.confState = { ...EMPTY_CONF_STATE, voters: Array.from({ length: workload.nodes }, (_, i) => i + 1) };
    const replicas: Replica[] = [];
    for (let id = 1; id <= workload.nodes; id++) {
      for (let group = 0; group < workload.groups; group++) replicas.push(this.startReplica(id, group, seed));
    }
    this.replicas = replicas;
    this.raws = replicas.map((replica) => replica.raw);
    this.clients = Array.from({ length: workload.groups }, () => ({
      maxApplied: 0,
      outstanding: 0,
      issued: 0,
      lastProgress: 0,
    }));
  }

  private startReplica(id: number, group: number, seed: number): Replica {
    const storage = new MemoryStorage();
    storage.applySnapshot({ index: 1, term: 1, confState: this.confState, data: NO_DATA });
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

  /** Whether the workload's end is reached; asked after each tick. */
  isOver(): boolean {
    const { ticks, proposals } = this.workload;
    return this.now >= ticks || (proposals > 0 && this.counters.completed >= proposals);
  }

  /** One tick: deliver, move the clocks, let clients propose, handle every Ready. */
  tick(): void {
    this.now++;
    const { raws } = this;
    this.deliverDue();
    for (let i = 0; i < raws.length; i++) raws[i]!.tick(1);
    if (this.workload.window > 0) {
      for (let group = 0; group < this.clients.length; group++) this.runClient(group, this.clients[group]!);
    }
    for (let i = 0; i < raws.length; i++) {
      while (raws[i]!.hasReady()) this.handleReady(raws[i]!, i);
    }
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

  private position(id: number, group: number): number {
    return (id - 1) * this.workload.groups + group;
  }

  private deliver(m: Message): void {
    this.raws[this.position(m.to, m.group)]!.step(m);
    this.counters.delivered++;
    if (m.type === MessageType.MsgSnap) {
      this.counters.snapshots++;
      this.raws[this.position(m.from, m.group)]!.reportSnapshot(m.to, true);
    }
  }

  private send(m: Message): void {
    const { counters, workload, network } = this;
    counters.sent++;
    if (workload.dropPer10k > 0 && network.modulo(10_000) < workload.dropPer10k && m.type !== MessageType.MsgSnap) {
      counters.dropped++;
      return;
    }
    const span = workload.delayMax - workload.delayMin + 1;
    const delay = span > 1 ? workload.delayMin + network.modulo(span) : workload.delayMin;
    this.ring.put(m, delay);
  }

  private runClient(group: number, client: Client): void {
    const { now, counters, workload } = this;
    if (client.outstanding > 0 && now - client.lastProgress >= COMMON.clientTimeoutTicks) {
      counters.lost += client.outstanding;
      client.outstanding = 0;
      client.lastProgress = now;
    }
    const leader = this.leaderOf(group);
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
  private leaderOf(group: number): Replica | null {
    let leader: Replica | null = null;
    for (let id = 1; id <= this.workload.nodes; id++) {
      const replica = this.replicas[this.position(id, group)]!;
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
    if (committedEntries.length > 0 && replica.sinceCompact >= COMMON.compactEvery) this.compact(replica);
  }

  private apply(replica: Replica, entry: Entry): void {
    const { counters } = this;
    replica.applied = entry.index;
    replica.sinceCompact++;
    counters.entriesApplied++;
    const { data } = entry;
    if (data.length > 0) replica.slots.put(getUint32(data, 0));
    const client = this.clients[replica.group]!;
    if (entry.index <= client.maxApplied) return;
    client.maxApplied = entry.index;
    if (data.length === 0) return;
    counters.completed++;
    client.lastProgress = this.now;
    if (client.outstanding > 0) client.outstanding--;
  }

  private compact(replica: Replica): void {
    replica.sinceCompact = 0;
    const made = replica.storage.createSnapshot(replica.applied, this.confState, replica.slots.encode());
    assert(typeof made !== 'number', 'bench-snapshot', () => `no snapshot at ${replica.applied}`);
    const compacted = replica.storage.compact(replica.applied - COMMON.compactKeep);
    assert(compacted === 0 || compacted === COMPACTED, 'bench-compact', () => `compaction failed: ${compacted}`);
  }
}

function restore(replica: Replica, snapshot: Snapshot): void {
  const applied = replica.storage.applySnapshot(snapshot);
  assert(applied === 0, 'bench-restore', () => `stale snapshot at ${snapshot.index}`);
  replica.applied = snapshot.index;
  replica.sinceCompact = 0;
  replica.slots = Slots.decode(snapshot.data);
}
