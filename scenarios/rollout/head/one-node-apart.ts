// Two nodes with all their flags and a third with any other set of them, another KEK, or an older binary: what a fleet looks like
// when a change of its configuration missed one machine.
import { maybe, restart, seq, settle, start, transferLeadership, wait, write, type Build } from '../../../src/index.ts';
import { ALL_FLAGS, stage, type StageFlags } from '../../../src/subjects/encryption.ts';
import { bootstrap, raftCutover, rotate, storageCutover } from '../_kit.ts';
import { HEAD, general } from './_kit.ts';

const SETS: readonly (readonly [name: string, flags: StageFlags])[] = [
  ['no flag', {}],
  ['the path alone', { sidecarPath: 'enc/' }],
  ['the KEK alone', { kekFile: 'kek.bin' }],
  ['path and KEK', { sidecarPath: 'enc/', kekFile: 'kek.bin' }],
  ['the switch and KEK', { encryptionEnabled: true, kekFile: 'kek.bin' }],
  ['another KEK', { ...ALL_FLAGS, kek: 'of n3 alone' }],
];
const OTHER_PATH: (typeof SETS)[number] = ['another path', { ...ALL_FLAGS, sidecarPath: 'other/' }];
const OLDER = ['5D', '6A', '6B-2', '6D', '7c', '6E'] as const;

const apart = (name: string, third: Build) =>
  general({
    name: `n3 with ${name}`,
    about:
      'The other two have all flags of the current release; operators take the rollout from its beginning to its end.',
    plan: seq(
      start(HEAD, ['n1', 'n2']),
      start(third, ['n3']),
      write('g1'),
      maybe(transferLeadership('g1')),
      bootstrap,
      write('g1'),
      storageCutover,
      write('g1'),
      raftCutover,
      wait('3s'),
      maybe(transferLeadership('g1')),
      write('g1'),
      maybe(rotate()),
      write('g1'),
      maybe(restart('n3')),
      settle(),
    ),
  });

/** All three have all flags until the third is started again without. */
const changed = (name: string, third: Build) =>
  general({
    name: `n3 is restarted with ${name}`,
    about: 'Behind the cutovers a change of its configuration went wrong; later it is put right.',
    plan: seq(
      start(HEAD),
      bootstrap,
      write('g1'),
      storageCutover,
      write('g1'),
      maybe(seq(raftCutover, wait('3s'))),
      write('g1'),
      restart('n3', { as: third }),
      write('g1'),
      wait('1s'),
      maybe(transferLeadership('g1')),
      write('g1'),
      maybe(rotate()),
      write('g1'),
      wait('2s'),
      restart('n3', { as: HEAD }),
      write('g1'),
      settle(),
    ),
  });

export default [
  ...SETS.flatMap(([name, flags]) => apart(name, stage('HEAD', flags, `HEAD with ${name}`))),
  ...[...SETS, OTHER_PATH].flatMap(([name, flags]) => changed(name, stage('HEAD', flags, `HEAD with ${name}`))),
  ...OLDER.flatMap((release) => apart(`release ${release}`, stage(release, ALL_FLAGS, `older ${release}`))),
];
