// Disks that are not what they were: a sidecar lost or put back, a whole disk put back, on one node or on all; a KEK file that was
// exchanged.
import {
  keepDisk,
  keepFile,
  loseFile,
  maybe,
  restart,
  restoreDisk,
  restoreFile,
  seq,
  settle,
  start,
  stop,
  transferLeadership,
  wait,
  write,
  type Plan,
} from '../../../src/index.ts';
import { ALL_FLAGS, stage } from '../../../src/subjects/encryption.ts';
import { SIDECAR, bootstrap, raftCutover, rotate, storageCutover } from '../_kit.ts';
import { HEAD, general } from './_kit.ts';

const begin = seq(
  start(HEAD),
  bootstrap,
  write('g1'),
  storageCutover,
  write('g1'),
  maybe(raftCutover),
  wait('3s'),
  write('g1'),
);
const goesOn = seq(
  write('g1'),
  maybe(rotate()),
  maybe(restart('n1')),
  maybe(restart('n3')),
  write('g1'),
  wait('2s'),
  write('g1'),
);
const back = seq(restart('n3'), write('g1'), write('g1'), wait('2s'), maybe(restart('n3')), write('g1'), settle());
/** The others elect anew, so that no leader counts on what the disk held. */
const down = seq(stop('n3'), wait('1s'), transferLeadership('g1'), wait('1s'));

const apart = (name: string, about: string, keep: Plan, change: Plan) =>
  general({ name, about, plan: seq(begin, keep, goesOn, down, change, back), explore: { seeds: [1, 20] } });

export default [
  ...apart(
    'a sidecar is lost',
    'The file of one node is gone when it starts again.',
    settle(),
    loseFile('n3', SIDECAR),
  ),
  ...apart(
    'a sidecar is put back',
    'The file of one node is that of some time ago when it starts again.',
    keepFile('n3', SIDECAR),
    restoreFile('n3', SIDECAR),
  ),
  ...apart(
    'a log is put back and its sidecar is not',
    'The side file is on another volume, and stays as it is.',
    keepDisk('n3'),
    seq(keepFile('n3', SIDECAR), restoreDisk('n3'), restoreFile('n3', SIDECAR)),
  ),
  ...apart(
    'a disk is put back',
    'The whole disk of one node is that of some time ago.',
    keepDisk('n3'),
    restoreDisk('n3'),
  ),
  ...apart(
    'a KEK file is exchanged',
    'The file of one node holds another key when it starts again.',
    settle(),
    seq(
      loseFile('n3', 'kek.bin'),
      restart('n3', { as: stage('HEAD', { ...ALL_FLAGS, kek: 'another' }, 'HEAD with another KEK') }),
    ),
  ),
  ...general({
    name: 'a sidecar is lost while the node runs',
    about: 'The file is removed under a process that serves.',
    plan: seq(
      begin,
      loseFile('n3', SIDECAR),
      write('g1'),
      maybe(rotate()),
      write('g1'),
      wait('1s'),
      maybe(restart('n3')),
      settle(),
    ),
  }),
  ...general({
    name: 'every disk is put back',
    about:
      'The cluster is restored as a whole from a backup and goes on from there: its log is another one from then on.',
    without: ['state-machine-safety', 'ok-means-applied'],
    plan: seq(
      begin,
      keepDisk('n1'),
      keepDisk('n2'),
      keepDisk('n3'),
      maybe(seq(restart('n1'), restart('n2'), restart('n3'))),
      write('g1'),
      write('g1'),
      wait('2s'),
      stop('n1'),
      stop('n2'),
      stop('n3'),
      restoreDisk('n1'),
      restoreDisk('n2'),
      restoreDisk('n3'),
      restart('n1'),
      restart('n2'),
      restart('n3'),
      wait('2s'),
      write('g1'),
      write('g1'),
      settle(),
    ),
    explore: { seeds: [1, 12] },
  }),
];
