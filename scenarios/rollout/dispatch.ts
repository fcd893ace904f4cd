// What a replica makes of an entry: which first bytes belong to the closed band, which entries are unwrapped, and what is done
// with one that cannot be. A replica that skips what another applies has parted from it, and nobody is told.
import {
  addLearner,
  compact,
  linearizable,
  restart,
  rolling,
  seq,
  settle,
  start,
  wait,
  write,
} from '../../src/index.ts';
import { ALL_FLAGS, stage } from '../../src/subjects/encryption.ts';
import { bootstrap, hazard, noHalt, noSplit, raftCutover, rotate, served, spare, storageCutover } from './_kit.ts';

const head = stage('HEAD', ALL_FLAGS);

export const closedBand = hazard({
  id: 'H-18',
  rule: 'what a stale follower does not know halts it',
  about: 'A follower from before the closed band takes an encryption entry for damaged data and goes on without it.',
  plan: (build) => seq(start(stage('6B-2', ALL_FLAGS), ['n1', 'n2']), start(build, ['n3']), bootstrap, settle()),
  wrong: stage('3'),
  right: stage('4'),
  violates: 'ok-means-applied',
  seeds: [1, 8],
  seen: [served('BootstrapEncryption')],
});

export const narrowBand = hazard({
  id: 'H-19',
  rule: 'the closed band ends at 0x07',
  about:
    'Entries from before there were tags begin with the key of field 1; a band that reaches it halts on every one.',
  plan: (build) =>
    seq(
      start(stage('3', {}, { name: 'before tags', wrong: ['legacy-framing'] })),
      write('g1'),
      write('g1'),
      rolling(['n1', 'n2', 'n3'], build),
      write('g1'),
      settle(),
    ),
  wrong: stage('4', {}, { name: 'band to 0x0f', row: { dispatch: { closedBand: [0x03, 0x0f], subTags: [] } } }),
  right: stage('4'),
  violates: noHalt,
  seeds: [1, 8],
});

export const positionDecides = hazard({
  id: 'H-24',
  rule: 'the place in the log says what is wrapped',
  about: 'The version byte of an envelope is the tag of a batch: whoever goes by it takes old batches for envelopes.',
  plan: (build) => seq(start(build), bootstrap, write('g1'), settle()),
  wrong: stage('HEAD', ALL_FLAGS, { name: 'goes by the tag', wrong: ['tag-decides', 'batched-writes'] }),
  right: stage('HEAD', ALL_FLAGS, { name: 'goes by the index', wrong: ['batched-writes'] }),
  violates: noHalt,
  within: 10,
});

export const unreadableStops = hazard({
  id: 'H-22',
  rule: 'an entry that cannot be unwrapped stops the replica',
  about:
    'Entries in cleartext stand behind the cutover. To pass over them is to answer OK for writes that are nowhere.',
  plan: (build) => seq(start(build), bootstrap, raftCutover, wait('1s')),
  wrong: stage('HEAD', ALL_FLAGS, { name: 'passes over', wrong: ['raw-writes', 'skips-unreadable'] }),
  right: stage('HEAD', ALL_FLAGS, { name: 'stops', wrong: ['raw-writes'] }),
  violates: linearizable('writes that were answered OK are there', { model: 'kv' }),
  seen: [served('EnableRaftEnvelope')],
});

export const newerSubTag = hazard({
  id: 'H-31',
  rule: 'an older binary does not rewrite a newer sidecar',
  about:
    'A node goes back to a release that knows nothing of the storage cutover, takes part in a rotation, and returns.',
  plan: (build) =>
    seq(
      start(head),
      bootstrap,
      storageCutover,
      settle('200ms'),
      // The older release would halt at the cutover's entry, which it applies again at its start, were it still there.
      compact('g1'),
      write('g1'),
      settle('3s'),
      restart('n3', { as: build }),
      rotate(),
      wait('3s'),
      write('g1'),
      settle(),
      restart('n3', { as: head }),
      settle(),
      write('g1'),
    ),
  wrong: stage('6C-2d', ALL_FLAGS, { name: '6C-2d that reads any sidecar', wrong: ['reads-any-sidecar'] }),
  right: stage('6C-2d', ALL_FLAGS),
  violates: 'sidecar-in-step',
  seen: [served('EnableStorageEnvelope')],
});

export const unreadableHeader = hazard({
  id: 'H-76',
  rule: 'a header that cannot be read is no old header',
  about: 'The first bytes of a snapshot cannot be read; taken for one without a header, it leaves an empty store.',
  cluster: spare,
  plan: (build) =>
    seq(
      start(head, ['n1', 'n2', 'n3']),
      write('g1'),
      write('g1'),
      settle('1s'),
      compact('g1'),
      start(build, ['n4']),
      addLearner('n4', { to: ['g1'] }),
      settle('1s'),
      write('g1'),
      settle('1s'),
    ),
  wrong: stage('HEAD', ALL_FLAGS, { name: 'goes on without', wrong: ['unreadable-header', 'unreadable-is-legacy'] }),
  right: stage('HEAD', ALL_FLAGS, { name: 'refuses it', wrong: ['unreadable-header'] }),
  violates: noSplit,
});
