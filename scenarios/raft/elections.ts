// Elections and replication under every fault there is: with and without pre-vote and check-quorum, in odd and even
// groups, and in a group of one, where whatever is answered before it is written is lost at once.
import { cluster, exercise, scenario, seq, start, type RaftOptions } from '../../src/index.ts';
import { crashes, explore, FIVE, FOUR, invariants, limits, plainKv, storm, THREE, weather } from './_shared.ts';

interface Row {
  readonly name: string;
  readonly about: string;
  readonly nodes: readonly string[];
  readonly voters?: number;
  readonly raft?: RaftOptions;
  readonly faults: typeof storm;
}

const bare: RaftOptions = { preVote: false, checkQuorum: false };

const rows: readonly Row[] = [
  { name: 'raft/elections/three', about: 'Three voters in a storm.', nodes: THREE, faults: storm },
  { name: 'raft/elections/five', about: 'Five voters in a storm.', nodes: FIVE, faults: storm },
  {
    name: 'raft/elections/bare-three',
    about: 'Three voters as in the paper: no pre-vote, no check-quorum.',
    nodes: THREE,
    raft: bare,
    faults: storm,
  },
  {
    name: 'raft/elections/bare-four',
    about: 'Half of four is no quorum.',
    nodes: FOUR,
    raft: bare,
    faults: weather,
  },
  {
    name: 'raft/elections/bare-five',
    about: 'Five voters as in the paper, so that three leaders in a row can miss each other.',
    nodes: FIVE,
    raft: bare,
    faults: storm,
  },
  {
    name: 'raft/elections/quorum-only',
    about: 'Check-quorum without pre-vote: leases, and nodes that come back with a higher term.',
    nodes: THREE,
    raft: { preVote: false },
    faults: weather,
  },
  {
    name: 'raft/elections/one',
    about: 'A group of one and its learner: nothing may be answered before it is on disk.',
    nodes: THREE.slice(0, 2),
    voters: 1,
    faults: crashes,
  },
];

export default scenario.each(rows, ({ about, nodes, voters = nodes.length, raft = {}, faults }) => ({
  about,
  cluster: cluster({
    nodes,
    groups: { g1: { voters: nodes.slice(0, voters), learners: nodes.slice(voters) } },
    raft,
  }),
  plan: seq(
    start(plainKv),
    exercise('g1', { operations: [15, 60], mix: { propose: 12, read: 4, compact: 2, unreachable: 1 }, pause: '120ms' }),
  ),
  faults,
  properties: invariants,
  explore,
  limits,
}));
