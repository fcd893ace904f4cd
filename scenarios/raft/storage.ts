// Disks and limits: storage threads that lag behind the core, snapshots that arrive late or twice, windows of two
// messages, pages of one entry, and a cap on what may wait to be committed.
import { cluster, exercise, scenario, seq, start, type Exercise, type RaftOptions } from '../../src/index.ts';
import {
  crashes,
  cutOffs,
  explore,
  FIVE,
  invariants,
  limits,
  plainKv,
  splits,
  storm,
  THREE,
  weather,
} from './_shared.ts';

interface Row {
  readonly name: string;
  readonly about: string;
  readonly nodes: readonly string[];
  readonly voters: number;
  readonly mix: Readonly<Partial<Record<Exercise, number>>>;
  readonly raft: RaftOptions;
  readonly faults: typeof storm;
  readonly pause?: '10ms' | '40ms' | '120ms';
}

const load: Row['mix'] = { propose: 12, read: 1, compact: 1, transfer: 1 };
const small: RaftOptions = {
  maxInflight: 3,
  maxMessageBytes: 60,
  maxInflightBytes: 120,
  maxUncommittedBytes: 200,
  maxApplyingBytes: 90,
};

const rows: readonly Row[] = [
  {
    name: 'raft/storage/threads',
    about: 'Writes and applies lag behind, leaders change.',
    nodes: THREE,
    voters: 3,
    mix: load,
    raft: { asyncStorage: true },
    faults: storm,
  },
  {
    name: 'raft/storage/threads-and-crashes',
    about: 'Machines go down between handing a write out and making it.',
    nodes: THREE,
    voters: 3,
    mix: load,
    raft: { asyncStorage: true, preVote: false, checkQuorum: false },
    faults: crashes,
  },
  {
    name: 'raft/storage/threads-and-limits',
    about: 'Lagging writes and applies, a page at a time.',
    nodes: THREE,
    voters: 3,
    mix: load,
    raft: { ...small, asyncStorage: true, preVote: false, checkQuorum: false },
    faults: weather,
    pause: '10ms',
  },
  {
    name: 'raft/storage/slow-threads',
    about: 'Writes take nearly as long as an election.',
    nodes: THREE,
    voters: 3,
    mix: { propose: 5, compact: 2, transfer: 2, read: 3 },
    raft: { asyncStorage: true, storageDelayMs: 300, preVote: false, checkQuorum: false },
    faults: splits,
    pause: '120ms',
  },
  {
    name: 'raft/storage/overtaken-writes',
    about: 'Leaders that were cut off come back with writes on their way to the disk, and are overwritten meanwhile.',
    nodes: THREE,
    voters: 3,
    mix: { propose: 12 },
    raft: { asyncStorage: true, storageDelayMs: 200, preVote: false, checkQuorum: false },
    faults: cutOffs,
    pause: '120ms',
  },
  {
    name: 'raft/storage/slow-snapshots',
    about: 'Snapshots take nearly as long to install as terms last.',
    nodes: FIVE,
    voters: 3,
    mix: { propose: 4, compact: 6, transfer: 3, read: 3 },
    raft: { asyncStorage: true, storageDelayMs: 300, preVote: false, checkQuorum: false, maxInflight: 2 },
    faults: splits,
    pause: '120ms',
  },
  {
    name: 'raft/storage/one-thread',
    about: 'A group of one whose disk lags behind.',
    nodes: THREE.slice(0, 2),
    voters: 1,
    mix: load,
    raft: { asyncStorage: true },
    faults: crashes,
  },
  {
    name: 'raft/storage/limits',
    about: 'Small windows, messages and pages, lost messages.',
    nodes: THREE,
    voters: 3,
    mix: { ...load, unreachable: 1 },
    raft: small,
    faults: weather,
    pause: '10ms',
  },
  {
    name: 'raft/storage/snapshots',
    about: 'Logs are cut all the time, snapshots come late or twice.',
    nodes: FIVE,
    voters: 3,
    mix: { propose: 8, compact: 6, unreachable: 2, transfer: 1 },
    raft: { maxInflight: 2 },
    faults: storm,
  },
  {
    name: 'raft/storage/snapshots-and-threads',
    about: 'Snapshots are installed by a thread that lags behind.',
    nodes: FIVE,
    voters: 4,
    mix: { propose: 8, compact: 6, transfer: 1 },
    raft: { maxInflight: 2, asyncStorage: true, preVote: false },
    faults: storm,
  },
];

export default scenario.each(rows, ({ about, nodes, voters, mix, raft, faults, pause = '40ms' }) => ({
  about,
  cluster: cluster({
    nodes,
    groups: { g1: { voters: nodes.slice(0, voters), learners: nodes.slice(voters) } },
    raft,
  }),
  plan: seq(start(plainKv), exercise('g1', { operations: [20, 80], mix, pause })),
  faults,
  properties: invariants,
  explore,
  limits,
}));
