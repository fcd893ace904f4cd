// The simulator's own yardstick: three nodes that host three groups each, clients that read and write all of them while
// operators do their rounds, and every fault of the menu. `run` prints how many simulated seconds a CPU second yields;
// a change that costs the hot path its speed is seen here first.
import {
  cluster,
  eventually,
  linearizable,
  par,
  restart,
  scenario,
  seq,
  settle,
  sometimes,
  start,
  swarm,
  times,
  transferLeadership,
  wait,
  write,
} from '../../src/index.ts';
import { plainKv, THREE } from './_shared.ts';

const GROUPS = ['g1', 'g2', 'g3'] as const;
const everywhere = { voters: THREE };

/** An operator's round, twice a second or so: a write to each group, and one leadership moved. */
const round = seq(par(...GROUPS.map((group) => write(group))), transferLeadership('g1'), wait('400ms'));
const rounds = times([4, 6], round);

export default scenario('raft/speed/three groups under load', {
  about: 'Three groups on three nodes stay linearizable and recover from everything, and are simulated fast.',
  cluster: cluster({ nodes: THREE, groups: { g1: everywhere, g2: everywhere, g3: everywhere } }),
  plan: seq(start(plainKv), rounds, restart('n2'), rounds, restart('n3'), rounds, settle()),
  faults: swarm({
    partition: ['isolateOne', 'halves', 'oneWay'],
    loss: [0, 0.2],
    duplicate: [0, 0.1],
    delay: ['1ms', '80ms'],
    crash: { max: 3, tornWrites: true },
    pause: { max: 2 },
    clockSkew: '30ms',
    healBy: '10s',
  }),
  properties: [
    linearizable('client reads and writes', { model: 'kv' }),
    eventually('everyone catches up', (c) => c.replicas.every((r) => r.appliedIndex === r.commitIndex), {
      within: '10s',
      once: 'healed',
    }),
    sometimes('a node came back', (c) => c.replicas.some((r) => r.restarts > 0)),
  ],
  explore: { seeds: [1, 1_000], mix: ['swarm'] },
});
