// Who leads, and for how long: transfers to anybody who is asked, learners and the dead included; nodes that are cut off
// and come back; leaders that are cut off and do not know; reads that must not be answered by them.
import {
  cluster,
  exercise,
  par,
  scenario,
  seq,
  settle,
  start,
  stop,
  type Exercise,
  type RaftOptions,
} from '../../src/index.ts';
import { explore, FIVE, invariants, lateness, limits, partitions, plainKv, THREE, weather } from './_shared.ts';

interface Row {
  readonly name: string;
  readonly about: string;
  readonly nodes: readonly string[];
  readonly voters: number;
  readonly mix: Readonly<Partial<Record<Exercise, number>>>;
  readonly pause: '30ms' | '120ms' | '400ms';
  readonly raft?: RaftOptions;
  readonly faults?: typeof weather;
  readonly lost?: string;
}

const rows: readonly Row[] = [
  {
    name: 'raft/leadership/transfers',
    about: 'Leadership is handed around among voters and learners, one of them dead.',
    nodes: FIVE,
    voters: 4,
    mix: { propose: 5, transfer: 3, read: 1 },
    pause: '400ms',
    lost: 'n4',
  },
  {
    name: 'raft/leadership/transfers-in-bad-weather',
    about: 'Leadership is handed around while messages are late and lost.',
    nodes: FIVE,
    voters: 4,
    mix: { propose: 8, transfer: 3, compact: 1, forgetLeader: 1 },
    pause: '120ms',
    faults: weather,
  },
  {
    name: 'raft/leadership/cut-off',
    about: 'A node is cut off for a while and comes back; the leader it finds has to stay.',
    nodes: THREE,
    voters: 3,
    mix: { propose: 2, read: 2, unreachable: 1 },
    pause: '400ms',
    faults: partitions,
  },
  {
    name: 'raft/leadership/reads',
    about: 'Reads at everybody who may believe to lead, in bad weather.',
    nodes: THREE,
    voters: 3,
    mix: { propose: 4, read: 12, transfer: 1 },
    pause: '30ms',
    raft: { preVote: false, checkQuorum: false },
    faults: weather,
  },
  {
    name: 'raft/leadership/reads-of-five',
    about: 'Reads at deposed leaders that do not know it yet, with answers from when they were not.',
    nodes: FIVE,
    voters: 5,
    mix: { propose: 4, read: 10, transfer: 1 },
    pause: '30ms',
    raft: { preVote: false, checkQuorum: false },
    faults: lateness,
  },
  {
    name: 'raft/leadership/lease-reads',
    about: 'Reads under a lease, by followers that are told to forget their leader.',
    nodes: THREE,
    voters: 3,
    mix: { propose: 3, read: 5, forgetLeader: 2 },
    pause: '120ms',
    raft: { reads: 'lease' },
    faults: partitions,
  },
  {
    name: 'raft/leadership/lease-reads-and-transfers',
    about: 'Leaders hand over, are cut off before they hear of their successor, and are asked to read meanwhile.',
    nodes: THREE,
    voters: 3,
    mix: { propose: 4, read: 10, transfer: 4 },
    pause: '30ms',
    raft: { reads: 'lease' },
    faults: lateness,
  },
];

export default scenario.each(rows, ({ about, nodes, voters, mix, pause, raft = {}, faults, lost }) => ({
  about,
  cluster: cluster({
    nodes,
    groups: { g1: { voters: nodes.slice(0, voters), learners: nodes.slice(voters) } },
    raft,
  }),
  plan: seq(
    start(plainKv),
    settle('1s'),
    par(
      exercise('g1', { operations: [15, 50], mix, pause }),
      ...(lost === undefined ? [] : [seq(settle('1s'), stop(lost))]),
    ),
  ),
  ...(faults === undefined ? {} : { faults }),
  properties: invariants,
  explore,
  limits,
}));
