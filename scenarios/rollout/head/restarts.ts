// A homogeneous cluster, and a restart of one node, of all at once or of each in its turn, at each milestone of the rollout, with
// and without writes in between.
import {
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
  type Plan,
} from '../../../src/index.ts';
import { bootstrap, raftCutover, rotate, served, storageCutover } from '../_kit.ts';
import { HEAD, cutting, general } from './_kit.ts';

const one = seq(restart('n2'), maybe(write('g1')), wait('2s'));
const all = seq(par(restart('n1'), restart('n2'), restart('n3')), maybe(write('g1')), wait('2s'));
const inTurn = seq(times([1, 3], rolling(['n1', 'n2', 'n3'], HEAD, { order: 'any' })), wait('2s'));
const again = (restarted: Plan): Plan => seq(restarted, maybe(write('g1')), restarted, write('g1'), settle());

const milestones: readonly (readonly [name: string, reached: Plan])[] = [
  ['fresh', settle()],
  ['bootstrapped', bootstrap],
  ['storage cutover', seq(bootstrap, storageCutover)],
  ['raft cutover', seq(bootstrap, raftCutover)],
  ['both cutovers', seq(bootstrap, storageCutover, raftCutover)],
  ['rotated', seq(bootstrap, storageCutover, maybe(wait('2s')), rotate(), maybe(wait('2s')))],
  [
    'both rotated',
    seq(bootstrap, storageCutover, raftCutover, wait('3s'), rotate(), rotate('raft'), maybe(wait('3s'))),
  ],
];

export default milestones.flatMap(([name, reached]) =>
  [['one', one] as const, ['all', all] as const, ['each in turn', inTurn] as const].flatMap(([who, restarted]) => [
    ...general({
      name: `restart ${who} when ${name}`,
      about: 'Restarts with unchanged flags, twice, at a milestone of the rollout.',
      plan: seq(start(HEAD), maybe(write('g1')), reached, maybe(write('g1')), again(restarted)),
    }),
  ]),
);
export const cut = general({
  name: 'restart where logs are cut',
  about: 'The whole rollout with replicas that take snapshots when they like, and a restart behind it.',
  cluster: cutting,
  plan: seq(
    start(HEAD),
    bootstrap,
    write('g1'),
    write('g1'),
    storageCutover,
    write('g1'),
    write('g1'),
    write('g1'),
    wait('2s'),
    transferLeadership('g1'),
    again(one),
  ),
  seen: [served('EnableStorageEnvelope')],
});
