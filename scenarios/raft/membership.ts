// Membership changes of every kind, one and several voters at a time, with and without joint configurations, entered and
// left by hand or by themselves, while leaders change and machines go down. Whoever is removed is not told: it keeps its
// disk and goes on as it thinks it should, and may be added again.
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
import { crashes, explore, FIVE, invariants, limits, partitions, plainKv, storm, weather } from './_shared.ts';

type Mix = Readonly<Partial<Record<Exercise, number>>>;

interface Row {
  readonly name: string;
  readonly about: string;
  readonly voters: number;
  readonly mix: Mix;
  readonly raft?: RaftOptions;
  readonly faults?: typeof storm;
  /** Stays down from the end of the exercise on. */
  readonly lost?: string;
}

const churn: Mix = { propose: 6, reconfigure: 6, transfer: 2, compact: 1, read: 1 };

const rows: readonly Row[] = [
  { name: 'raft/membership/storm', about: 'Changes of members in a storm.', voters: 3, mix: churn, faults: storm },
  {
    name: 'raft/membership/bare',
    about: 'Changes of members without pre-vote and check-quorum.',
    voters: 3,
    mix: churn,
    raft: { preVote: false, checkQuorum: false },
    faults: weather,
  },
  {
    name: 'raft/membership/slow-disks',
    about: 'Changes are applied long after they are committed.',
    voters: 3,
    mix: churn,
    raft: { asyncStorage: true, preVote: false, checkQuorum: false },
    faults: crashes,
  },
  {
    name: 'raft/membership/calm',
    about: 'Changes of members and leaders with nothing else going on.',
    voters: 3,
    mix: { propose: 4, reconfigure: 6, transfer: 4, read: 2, unreachable: 1 },
  },
  {
    name: 'raft/membership/two',
    about: 'Small groups, in which one member more or less decides.',
    voters: 2,
    mix: { propose: 4, reconfigure: 6, transfer: 2, read: 4 },
    faults: partitions,
  },
  {
    name: 'raft/membership/removed-leaders',
    about: 'Leaders that are removed go on until their host stops them.',
    voters: 3,
    mix: { propose: 12, reconfigure: 6, transfer: 1 },
    raft: { stepDownOnRemoval: false },
    faults: partitions,
  },
  {
    name: 'raft/membership/stale-snapshots',
    about: 'New members are sent snapshots that were taken before anybody knew of them.',
    voters: 3,
    mix: { propose: 8, reconfigure: 4, compact: 4, transfer: 1 },
    raft: { staleSnapshots: true },
    faults: crashes,
  },
  {
    name: 'raft/membership/lost',
    about: 'One machine never comes back: its group goes on with those that are left.',
    voters: 3,
    mix: churn,
    faults: partitions,
    lost: 'n1',
  },
];

export default scenario.each(rows, ({ about, voters, mix, raft = {}, faults, lost }) => ({
  about,
  cluster: cluster({
    nodes: FIVE,
    groups: { g1: { voters: FIVE.slice(0, voters) } },
    raft: { ...raft, keepRemoved: true },
  }),
  plan: seq(
    start(plainKv),
    settle('500ms'),
    par(
      exercise('g1', { operations: [15, 50], mix, pause: '60ms' }),
      ...(lost === undefined ? [] : [seq(settle('1s'), stop(lost))]),
    ),
  ),
  ...(faults === undefined ? {} : { faults }),
  properties: invariants,
  explore,
  limits,
}));
