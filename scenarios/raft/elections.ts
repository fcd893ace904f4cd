// Elections and replication under every fault there is: with and without pre-vote and check-quorum, in odd and even
// groups, and in a group of one, where whatever is answered before it is written is lost at once.
import {
  anyOrder,
  cluster,
  crash,
  exercise,
  par,
  restart,
  scenario,
  seq,
  start,
  stop,
  times,
  type Plan,
  type RaftOptions,
} from '../../src/index.ts';
import {
  crashes,
  cutOffs,
  explore,
  FIVE,
  FOUR,
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
  readonly voters?: number;
  readonly raft?: RaftOptions;
  readonly faults: typeof storm;
  readonly pause?: '30ms' | '120ms';
  /** Power fails at one node after the other, again and again, for as long as others are cut off. */
  readonly powerCuts?: boolean;
  /** Restarts everyone, and stops one for good. */
  readonly upgrade?: boolean;
}

const bare: RaftOptions = { preVote: false, checkQuorum: false };

/** A node goes down, and comes back a little later. */
const powerCut = (node: string): Plan => seq(crash(node), restart(node));

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
    name: 'raft/elections/old-leaders',
    about: 'Leaders that were cut off come back with long logs that nobody else has, and are sent one entry at a time.',
    nodes: THREE,
    raft: { ...bare, maxMessageBytes: 0, maxApplyingBytes: 1 << 20 },
    faults: cutOffs,
    powerCuts: true,
  },
  {
    name: 'raft/elections/old-leaders-of-five',
    about: 'The same among five, where three can agree without either of two.',
    nodes: FIVE,
    raft: bare,
    faults: cutOffs,
    powerCuts: true,
  },
  {
    name: 'raft/elections/taking-up-pre-vote',
    about: 'Nodes take up pre-vote as they restart, and one is lost on the way.',
    nodes: THREE,
    raft: { preVote: 'after a restart', checkQuorum: false },
    faults: splits,
    pause: '30ms',
    upgrade: true,
  },
  {
    name: 'raft/elections/one',
    about: 'A group of one and its learner: nothing may be answered before it is on disk.',
    nodes: THREE.slice(0, 2),
    voters: 1,
    faults: crashes,
  },
];

export default scenario.each(
  rows,
  ({ about, nodes, voters = nodes.length, raft = {}, faults, pause = '120ms', powerCuts, upgrade }) => ({
    about,
    cluster: cluster({
      nodes,
      groups: { g1: { voters: nodes.slice(0, voters), learners: nodes.slice(voters) } },
      raft,
    }),
    plan: seq(
      start(plainKv),
      par(
        exercise('g1', {
          operations: powerCuts === true ? [40, 90] : [15, 60],
          mix: { propose: 12, read: 3, compact: 1, unreachable: 1 },
          pause,
        }),
        ...(powerCuts === true ? [times([1, 3], anyOrder(...nodes.map(powerCut)))] : []),
        ...(upgrade === true ? [seq(anyOrder(...nodes.map((node) => restart(node))), stop(nodes[2]!))] : []),
      ),
    ),
    faults,
    properties: invariants,
    explore,
    limits,
  }),
);
