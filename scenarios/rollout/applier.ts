// The rules of the applier: what a replay, a race or a second try must find, and who else has to see it.
import { compact, crashWriting, par, restart, seq, settle, start, swarm, write } from '../../src/index.ts';
import { ALL_FLAGS, stage, type Wrong } from '../../src/subjects/encryption.ts';
import { ask, bootstrap, hazard, noHalt, noSplit, rotate, served, storageCutover, twoGroups } from './_kit.ts';

const head = stage('HEAD', ALL_FLAGS);
const but = (name: string, ...wrong: Wrong[]) => stage('HEAD', ALL_FLAGS, { name, wrong });

export const equalIsReplay = hazard({
  id: 'H-25',
  rule: 'an epoch seen before is a replay',
  about: 'A registration is replayed at a start; taken for a rollback, it halts the node for ever.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      write('g1'),
      settle(),
      ask('RegisterEncryptionWriter', { writer: 'n9', dekId: '1' }),
      settle(),
      restart('n2'),
      settle('1s'),
    ),
  wrong: but('equal is rollback', 'equal-is-rollback'),
  right: head,
  violates: 'restartable',
  seen: [served('RegisterEncryptionWriter')],
});

export const secondBootstrap = hazard({
  id: 'H-29',
  rule: 'a second bootstrap does not replace the first',
  about: 'Other keys under other ids: what was sealed before cannot be opened after the next start.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      storageCutover,
      write('g1'),
      ask('BootstrapEncryption', { storageDekId: '11', raftDekId: '12', material: 'second' }),
      write('g1', { other: 'value' }),
      settle(),
      restart('n2'),
      settle('1s'),
    ),
  wrong: but('overwrites', 'bootstrap-overwrites'),
  right: head,
  violates: 'readable',
  seen: [served('EnableStorageEnvelope')],
});

export const oneCache = hazard({
  id: 'H-34',
  rule: 'one cache for all groups of a process',
  about:
    'The cutover applies in one group; the appliers of the others have caches of their own and write on in cleartext.',
  cluster: twoGroups,
  plan: (build) => seq(start(build), bootstrap, storageCutover, settle('2s'), write('g2'), settle('1s')),
  wrong: stage('HEAD', ALL_FLAGS, { name: 'a cache per applier', row: { stateCache: 'perApplier' } }),
  right: head,
  violates: 'no-cleartext-after-cutover',
  within: 20,
  seen: [served('EnableStorageEnvelope')],
});

export const pinnedEpoch = hazard({
  id: 'H-35',
  rule: "a rotation records each node's own epoch",
  about: 'Every node notes epoch 0 for the new key; the next starts walk through epochs that were used already.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      storageCutover,
      settle('2s'),
      restart('n2'),
      settle('2s'),
      rotate(),
      settle('200ms'),
      // Releases of that time apply their whole log again at a start: what stands before the rotation has to be gone.
      compact('g1'),
      write('g1'),
      write('g1'),
      settle('2s'),
      restart('n2'),
      write('g1'),
      settle('2s'),
    ),
  wrong: stage('7a', ALL_FLAGS),
  right: stage('7b', ALL_FLAGS),
  violates: 'nonce-uniqueness',
  seeds: [1, 6],
  seen: [served('RotateDEK')],
});

export const staleIsBenign = hazard({
  id: 'H-55',
  rule: 'a cutover that lost a race is no error',
  about: 'A rotation moves the active key between the check and the entry; an error here halts the whole cluster.',
  plan: (build) => seq(start(build), bootstrap, par(storageCutover, rotate()), settle()),
  wrong: but('stale is an error', 'server-per-call', 'stale-is-error'),
  right: but('stale is a no-op', 'server-per-call'),
  violates: noHalt,
  faults: swarm({ delay: ['1ms', '40ms'], healBy: '5s' }),
  seeds: [1, 80],
  seen: [served('RotateDEK')],
});

export const rowFirst = hazard({
  id: 'H-30',
  rule: 'the row is written before the cutover it belongs to',
  about: 'A crash between the two: the replay finds the cutover active, and the row is missing on that node for ever.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      settle('1s'),
      write('g1'),
      settle('1s'),
      // Create, write, sync, rename, sync of the directory: the cutover is recorded, and nothing else is done.
      crashWriting('n3', { after: 5 }),
      ask('EnableStorageEnvelope', { epoch: '5' }),
      settle('1s'),
      restart('n3'),
      write('g1'),
      settle(),
    ),
  wrong: but('records first', 'record-before-row'),
  right: head,
  violates: noSplit,
  seeds: [1, 8],
  seen: [served('EnableStorageEnvelope')],
});

export const lengthNotAbsence = hazard({
  id: 'H-54',
  rule: 'a cutover carries an empty key, not none',
  about: 'The decoder yields an empty field where the applier looks for an absent one: every cutover halts.',
  plan: (build) => seq(start(build), bootstrap, storageCutover, settle()),
  wrong: but('looks for an absent key', 'cutover-by-nil'),
  right: head,
  violates: noHalt,
  within: 16,
  seenWhenRight: [served('EnableStorageEnvelope')],
});
