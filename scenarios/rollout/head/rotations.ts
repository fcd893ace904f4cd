// Nodes that were told to rotate their keys when they start: all of them or one, started together or in turn, with leaders that
// change and operators who rotate as well.
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
import { ALL_FLAGS, stage } from '../../../src/subjects/encryption.ts';
import { bootstrap, raftCutover, rotate, storageCutover } from '../_kit.ts';
import { HEAD, general } from './_kit.ts';

const nodes = ['n1', 'n2', 'n3'];
const ROTATING = stage('HEAD', { ...ALL_FLAGS, rotateOnStartup: true }, 'HEAD that rotates at its start');

const fleet = (restarted: Plan): Plan =>
  seq(
    start(HEAD),
    bootstrap,
    write('g1'),
    maybe(seq(storageCutover, write('g1'))),
    maybe(seq(raftCutover, wait('3s'))),
    write('g1'),
    restarted,
    par(times([1, 4], write('g1')), maybe(transferLeadership('g1')), maybe(rotate())),
    wait('3s'),
    maybe(transferLeadership('g1')),
    maybe(write('g1')),
    wait('3s'),
    maybe(restart('n2')),
    maybe(restart('n3')),
    write('g1'),
    settle(),
  );
const as = { as: ROTATING };

export default [
  ...general({
    name: 'rotation at the start of each in turn',
    about: 'A rolling restart that brings the flag, and whoever comes to lead rotates.',
    plan: fleet(rolling(nodes, ROTATING, { order: 'any' })),
    explore: { seeds: [1, 20] },
  }),
  ...general({
    name: 'rotation at the start of all',
    about: 'All nodes are started anew with the flag.',
    plan: fleet(par(restart('n1', as), restart('n2', as), restart('n3', as))),
    explore: { seeds: [1, 20] },
  }),
  ...general({
    name: 'rotation at the start of one',
    about: 'One node has the flag.',
    plan: fleet(restart('n1', as)),
    explore: { seeds: [1, 20] },
  }),
];
