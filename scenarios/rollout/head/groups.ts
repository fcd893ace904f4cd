// Several groups on one set of nodes, and a group of which some members are no member of the default group: keys and switches are
// agreed upon in the log of one group, and move every other one beside it.
import {
  cluster,
  compact,
  maybe,
  par,
  restart,
  rolling,
  seq,
  settle,
  start,
  times,
  transferLeadership,
  wait,
  write,
  type Cluster,
  type Plan,
} from '../../../src/index.ts';
import { ALL_FLAGS, stage } from '../../../src/subjects/encryption.ts';
import { ask, bootstrap, raftCutover, rotate, storageCutover } from '../_kit.ts';
import { HEAD, general } from './_kit.ts';

const raft = { snapshots: 'asked', joinersStartFrom: 'firstConfiguration' } as const;
const both = cluster({
  nodes: ['n1', 'n2', 'n3'],
  groups: { g1: { voters: ['n1', 'n2', 'n3'] }, g2: { voters: ['n1', 'n2', 'n3'] } },
  raft,
});
const apart = cluster({
  nodes: ['n1', 'n2', 'n3', 'n4'],
  groups: { g1: { voters: ['n1', 'n2', 'n3'] }, g2: { voters: ['n2', 'n3', 'n4'] } },
  raft,
});
const learning = cluster({
  nodes: ['n1', 'n2', 'n3', 'n4'],
  groups: { g1: { voters: ['n1', 'n2', 'n3'], learners: ['n4'] }, g2: { voters: ['n2', 'n3', 'n4'] } },
  raft,
});

const writes = seq(maybe(write('g1')), write('g2'), write('g2'));
const life = seq(bootstrap, writes, storageCutover, writes, raftCutover, wait('2s'), maybe(rotate()), writes);
const later = (node: string): Plan =>
  seq(
    wait('2s'),
    maybe(compact('g2')),
    par(maybe(transferLeadership('g1')), maybe(transferLeadership('g2'))),
    maybe(restart(node)),
    writes,
    settle(),
  );

const SHAPES: readonly (readonly [name: string, cluster: Cluster])[] = [
  ['on the same nodes', both],
  ['of which one is elsewhere', apart],
  ['with a learner of the default group', learning],
];

/** Commands to either group, before and after the nodes go over. */
const either = (rpc: 'BootstrapEncryption' | 'EnableStorageEnvelope' | 'RotateDEK', args = {}): Plan =>
  par(ask(rpc, args, 'g2'), writes);

export default [
  ...SHAPES.flatMap(([name, shape]) =>
    general({
      name: `two groups ${name}`,
      about: 'The whole rollout, with writes to both groups, changes of leadership and a restart.',
      cluster: shape,
      plan: seq(start(HEAD), writes, life, later(shape === both ? 'n3' : 'n4')),
      explore: { seeds: [1, 16] },
    }),
  ),
  ...general({
    name: 'two groups, the default one idle',
    about: 'Keys and cutover stand in a log that no user writes to; the nodes are restarted in turn.',
    cluster: both,
    plan: seq(
      start(HEAD),
      bootstrap,
      storageCutover,
      write('g2'),
      wait('2s'),
      times([1, 2], rolling(['n1', 'n2', 'n3'], HEAD)),
      write('g2'),
      settle(),
    ),
    explore: { seeds: [1, 10] },
  }),
  ...(['6D', '7c', '6E'] as const).flatMap((release) =>
    general({
      name: `two groups, upgrade from ${release}`,
      about: 'The listeners of the older release each propose into their own group; operators ask either.',
      cluster: both,
      plan: seq(
        start(stage(release, ALL_FLAGS)),
        writes,
        either('BootstrapEncryption'),
        writes,
        maybe(either('EnableStorageEnvelope')),
        maybe(either('RotateDEK', { purpose: 'storage' })),
        wait('2s'),
        rolling(['n1', 'n2', 'n3'], HEAD, { order: 'any' }),
        wait('2s'),
        storageCutover,
        writes,
        settle(),
      ),
      explore: { seeds: [1, 16] },
    }),
  ),
];
