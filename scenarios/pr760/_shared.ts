// What the scenarios of this folder have in common: three nodes, the operator's plan and what is asked of it. Only the
// builds differ from round to round, as they did in the review.
import {
  builtin,
  cluster,
  eventually,
  leaderOf,
  linearizable,
  par,
  restart,
  seq,
  settle,
  sometimes,
  start,
  swarm,
  write,
  type Build,
  type Plan,
} from '../../src/index.ts';
import { encryption, type State } from '../../src/subjects/encryption.ts';

export const NODES = ['n1', 'n2', 'n3'];

/** One group on three nodes. */
export const oneGroup = cluster({ nodes: NODES, groups: { g1: { voters: NODES } } });

/** Two groups on the same three nodes: what halts one may take the other along. */
export const twoGroups = cluster({ nodes: NODES, groups: { g1: { voters: NODES }, g2: { voters: NODES } } });

/** Everything that may go wrong in a healthy data centre, one subset a run. */
export const storm = swarm({
  partition: ['isolateOne', 'halves', 'oneWay'],
  loss: [0, 0.2],
  duplicate: [0, 0.1],
  delay: ['1ms', '80ms'],
  crash: { max: 1, tornWrites: true },
  pause: { max: 1 },
  clockSkew: '30ms',
  healBy: '8s',
});

/** Starts one build per node, all at once. */
export function startEach(builds: Readonly<Record<string, Build>>): Plan {
  return par(...NODES.map((node) => start(builds[node]!, [node])));
}

/** An operator bootstraps encryption while clients write; then one node restarts: does that cure it, or replay it? */
export function bootstrapThenRestart(starts: Plan): Plan {
  return seq(
    starts,
    par(write('g1'), encryption.call('BootstrapEncryption', { to: leaderOf('g1'), args: { batch: 'fresh' } })),
    settle(),
    restart('n2'),
    settle(),
  );
}

/** What every round is held to. */
export const promises = [
  builtin('no-apply-halt'),
  builtin('node-identity'),
  builtin('election-safety'),
  builtin('log-matching'),
  builtin('leader-completeness'),
  builtin('state-machine-safety'),
];

/** What a cluster that did not halt owes its clients. */
export const service = [
  linearizable('client reads and writes', { model: 'kv', partitionBy: 'key' }),
  eventually<State>('everyone catches up', (c) => c.replicas.every((r) => r.appliedIndex === r.commitIndex), {
    within: '10s',
  }),
];

/** The operator was answered at all. */
export const answered = sometimes<State>('the operator got an answer', (c) =>
  c.calls.some((k) => k.rpc === 'BootstrapEncryption' && k.outcome !== 'unknown'),
);

/** The mutator was refused without reaching the log. */
export const refused = sometimes<State>('the mutator was refused', (c) =>
  c.calls.some((k) => k.rpc === 'BootstrapEncryption' && k.outcome === 'refused'),
);

/** The mutator reached the log: a gate welded shut would be no proof of anything. */
export const admitted = sometimes<State>('the mutator reached the log', (c) => c.commits('bootstrap').length > 0);
