// A cluster made by hand for checkers: replicas whose fields a test sets, and a context that collects verdicts. It believes
// whatever it is told, so that a test can show a checker what a broken core would do.
import type { ExecutionContext } from 'ava';
import {
  EMPTY_HARD_STATE,
  EMPTY_SNAPSHOT,
  entry,
  EntryType,
  NO_DATA,
  Role,
  type ConfState,
  type Entry,
  type HardState,
  type Snapshot,
} from '../../src/raft/index.ts';
import { ProbeBoard } from '../../src/sim/checkers/board.ts';
import { builtinCheckers } from '../../src/sim/checkers/catalogue.ts';
import type {
  CheckContext,
  DurableLens,
  MembersLens,
  PeerLens,
  RaftLens,
  ReplicaLens,
} from '../../src/sim/checkers/probe.ts';

export const conf = (voters: number[], votersOutgoing: number[] = [], learners: number[] = []): ConfState => ({
  voters,
  votersOutgoing,
  learners,
  learnersNext: [],
  autoLeave: false,
});

/** An entry whose payload is a text; '' for a leader's empty one. */
export function say(index: number, term: number, text = `${term}.${index}`): Entry {
  const data = text === '' ? NO_DATA : new TextEncoder().encode(text);
  return entry(term, index, EntryType.Normal, data);
}

/** A membership change as an entry. */
export function change(index: number, term: number): Entry {
  return entry(term, index, EntryType.ConfChangeV2, Uint8Array.of(index));
}

/** A log by the terms of its entries, from index 1. */
class FakeLog {
  terms: number[] = [];

  termAt(index: number): number {
    return this.terms[index - 1] ?? 0;
  }

  firstIndex(): number {
    return 1;
  }

  lastIndex(): number {
    return this.terms.length;
  }
}

class FakeDisk extends FakeLog implements DurableLens {
  hardState: HardState = EMPTY_HARD_STATE;
  snapshot: Snapshot = EMPTY_SNAPSHOT;
}

class FakeRaft extends FakeLog implements RaftLens {
  first = 1;
  isLearner = false;
  lead = 0;
  leadTransferee = 0;
  vote = 0;
  electionElapsed = 0;
  uncommittedSize = 0;
  log = {
    committed: 0,
    applied: 0,
    offset: 1,
    hasNextOrInProgressUnstableEntries: () => false,
    hasNextOrInProgressSnapshot: () => false,
  };
  members: MembersLens['config'] & {
    incoming: number[];
    outgoing: number[];
    learners: number[];
    learnersNext: number[];
  } = {
    incoming: [1, 2, 3],
    outgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
  };
  peers: PeerLens[] = [];

  override firstIndex(): number {
    return this.first;
  }

  tracker(): MembersLens {
    return { config: this.members, progress: this.peers };
  }
}

/** How a leader sees a peer, all in order unless said otherwise. */
export function peer(
  id: number,
  match: number,
  more: Partial<PeerLens> & { count?: number; bytes?: number } = {},
): PeerLens {
  const { count = 0, bytes = 0, ...fields } = more;
  return {
    id,
    match,
    next: match + 1,
    state: 1,
    isLearner: false,
    recentActive: true,
    inflightCount: () => count,
    inflightBytes: () => bytes,
    ...fields,
  };
}

export class FakeReplica implements ReplicaLens {
  raft = new FakeRaft();
  disk = new FakeDisk();
  roleNow: Role = Role.Follower;
  termNow = 0;
  commitNow = 0;
  appliedNow = 0;

  role(): Role {
    return this.roleNow;
  }
  term(): number {
    return this.termNow;
  }
  commit(): number {
    return this.commitNow;
  }
  applied(): number {
    return this.appliedNow;
  }

  /** The log in memory and on disk, by the terms of its entries. */
  log(...terms: number[]): this {
    this.raft.terms = terms;
    this.disk.terms = [...terms];
    return this;
  }

  leads(term: number): this {
    this.roleNow = Role.Leader;
    this.termNow = term;
    return this;
  }
}

/** Three nodes, two groups, and what checkers found about them. */
export class FakeCluster {
  readonly found: string[] = [];
  nowMs = 0;
  readonly replicas: (FakeReplica | null)[][] = [];
  readonly cut = new Set<string>();
  readonly context: CheckContext;

  constructor(options: Partial<CheckContext> = {}) {
    for (let node = 0; node < 4; node++) this.replicas.push([null, new FakeReplica(), new FakeReplica()]);
    const disks = this.replicas.map((row) => row.map((replica) => replica?.disk ?? null));
    this.context = {
      nodes: ['', 'n1', 'n2', 'n3'],
      groups: ['', 'g1', 'g2'],
      electionMs: [150, 300],
      preVote: true,
      checkQuorum: true,
      maxInflightMsgs: 4,
      maxInflightBytes: 0,
      maxUncommittedBytes: 100,
      maxApplyingBytes: 1_000,
      leaseReads: false,
      asyncStorage: false,
      skewedClocks: false,
      parking: false,
      tickMs: 10,
      links: {
        reaches: (a, b) => !this.cut.has(`${a}>${b}`),
        steady: (a, b) => !this.cut.has(`${a}>${b}`) && !this.cut.has(`${b}>${a}`),
      },
      nowMs: () => this.nowMs,
      replica: (node, group) => this.replicas[node]?.[group] ?? null,
      disk: (node, group) => disks[node]?.[group] ?? null,
      violated: (property, code, _node, _group, says) => this.found.push(`${property}/${code}: ${says()}`),
      ...options,
    };
  }

  /** The replica of a node in g1. */
  at(node: number): FakeReplica {
    return this.replicas[node]![1]!;
  }
}

/** The cluster with one property watched (and what it needs). */
export function watch(property: string, cluster = new FakeCluster()): { probe: ProbeBoard; cluster: FakeCluster } {
  return { probe: new ProbeBoard(builtinCheckers([property], cluster.context)), cluster };
}

/** Exactly these violations were found, in this order. */
export function finds(t: ExecutionContext, cluster: FakeCluster, ...what: RegExp[]): void {
  t.is(cluster.found.length, what.length, cluster.found.join('\n'));
  what.forEach((expected, i) => t.regex(cluster.found[i]!, expected));
}
