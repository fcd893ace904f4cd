// What a start must refuse: a node that would write in cleartext, reuse its nonces, or serve without the keys its log gave it.
import {
  cluster,
  compact,
  eventually,
  keepFile,
  linearizable,
  restart,
  restoreFile,
  rolling,
  seq,
  settle,
  start,
  stop,
  write,
  type Build,
  type Plan,
} from '../../src/index.ts';
import { ALL_FLAGS, stage, type RowFacts, type State, type Wrong } from '../../src/subjects/encryption.ts';
import { ask, bootstrap, hazard, raft, rotate, served, SIDECAR, storageCutover } from './_kit.ts';

const head = stage('HEAD', ALL_FLAGS);
const ALL_GUARDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
const without = (...guards: number[]): RowFacts => ({ guards: ALL_GUARDS.filter((guard) => !guards.includes(guard)) });
const but = (name: string, row: RowFacts, ...wrong: Wrong[]) => stage('HEAD', ALL_FLAGS, { name, row, wrong });

/** A node is put back to a sidecar of two starts ago. */
const oldSidecar = (build: Build): Plan =>
  seq(
    start(build),
    bootstrap,
    storageCutover,
    settle('3s'),
    keepFile('n3', SIDECAR),
    restart('n3'),
    write('g1'),
    settle('3s'),
    restart('n3'),
    write('g1'),
    settle('3s'),
    stop('n3'),
    restoreFile('n3', SIDECAR),
    restart('n3'),
    write('g1'),
    settle('3s'),
  );

/** A node is put back to a sidecar from before a rotation that its log will not bring again. */
const sidecarBeforeRotation = (build: Build): Plan =>
  seq(
    start(build),
    bootstrap,
    write('g1'),
    settle(),
    keepFile('n3', SIDECAR),
    rotate(),
    write('g1'),
    settle('3s'),
    stop('n3'),
    restoreFile('n3', SIDECAR),
    restart('n3'),
    settle('2s'),
  );

export const flagsStay = hazard({
  id: 'H-15',
  rule: 'guards ship before the cutover',
  about: 'A node is restarted without the flag after the cutover; nothing keeps it from writing in cleartext.',
  plan: (build) =>
    seq(
      start(stage('6D', ALL_FLAGS)),
      bootstrap,
      storageCutover,
      // Without its keys it would halt at the bootstrap, were that still in the log it applies again at its start.
      compact('g1'),
      write('g1'),
      settle(),
      restart('n3', { as: build }),
      write('g1'),
      settle(),
    ),
  wrong: stage('6D', { sidecarPath: ALL_FLAGS.sidecarPath! }, { name: '6D without guards', row: { guards: [12] } }),
  right: stage('6D', { sidecarPath: ALL_FLAGS.sidecarPath! }),
  violates: 'no-cleartext-after-cutover',
  within: 20,
  seen: [served('EnableStorageEnvelope')],
});

export const scannerReadsPayload = hazard({
  id: 'H-36',
  rule: 'the scanner looks behind the proposal header',
  about:
    'The first byte of entry data is the version of the proposal envelope, never an opcode: the guard never fires.',
  plan: sidecarBeforeRotation,
  wrong: but('scanner at data[0]', {}, 'scanner-at-data-0'),
  right: head,
  violates: 'sidecar-in-step',
  seen: [served('RotateDEK')],
});

export const noEngineNoGuard = hazard({
  id: 'H-39',
  rule: 'a guard that cannot look refuses',
  about: 'The engine was not there to be asked, and that was taken for an answer.',
  plan: sidecarBeforeRotation,
  wrong: but('gap guard skipped', without(14)),
  right: head,
  violates: 'sidecar-in-step',
  seen: [served('RotateDEK')],
});

export const registrationsMoveNothing = hazard({
  id: 'H-37',
  rule: 'a registration does not move the sidecar',
  about:
    'Registrations never raise the index of the sidecar; a guard that counts them refuses every restart behind one.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      ask('RegisterEncryptionWriter', { epoch: '7' }),
      write('g1'),
      settle(),
      restart('n2'),
      settle('1s'),
    ),
  wrong: stage('6C-2d', ALL_FLAGS, { name: 'counts registrations', wrong: ['scanner-sees-registrations'] }),
  right: stage('6C-2d', ALL_FLAGS),
  violates: 'restartable',
  seen: [served('RegisterEncryptionWriter')],
});

export const zeroIsUnknown = hazard({
  id: 'H-38',
  rule: 'a sidecar without an index is not judged',
  about: 'Older builds never wrote the index; against any applied index their sidecars look behind.',
  plan: (build) =>
    seq(
      start(stage('6C-2', ALL_FLAGS)),
      bootstrap,
      write('g1'),
      settle(),
      // What is applied again at the start would bring the index.
      compact('g1'),
      restart('n2', { as: build }),
      settle('1s'),
    ),
  wrong: stage('6C-2d', ALL_FLAGS, { name: 'judges index 0', wrong: ['unindexed-is-behind'] }),
  right: stage('6C-2d', ALL_FLAGS),
  violates: eventually<State>('n2 comes up on the newer build', (c) => c.node('n2').up, {
    within: '2s',
    once: 'planDone',
  }),
  seen: [served('BootstrapEncryption')],
});

export const strictlyAhead = hazard({
  id: 'H-42 H-56',
  rule: 'an epoch has to be ahead of the last one seen',
  about: 'A restored sidecar has the node draw the nonces of an earlier start again; the registry would know.',
  plan: oldSidecar,
  wrong: but('any epoch will do', without(10, 13, 17)),
  right: head,
  violates: 'nonce-uniqueness',
  seeds: [1, 6],
  seen: [served('EnableStorageEnvelope')],
});

export const rowProves = hazard({
  id: 'H-40 H-41',
  rule: 'without a row of its own a node cannot prove its past',
  about: 'The node was never registered, so nothing in the registry says that its sidecar is an old one.',
  plan: (build) =>
    seq(
      start(build),
      ask('BootstrapEncryption', { writers: '626980046172116160:0,626983344707000793:0' }),
      ...restOf(build),
    ),
  wrong: but('a missing row is fine', { ...without(10, 13, 17), registers: [] }),
  right: but('a missing row refuses', { registers: [] }),
  violates: 'nonce-uniqueness',
  seeds: [1, 6],
  seen: [served('EnableStorageEnvelope')],
});

function restOf(build: Build): Plan[] {
  const whole = oldSidecar(build);
  return whole.plan === 'seq' ? whole.steps.slice(2) : [];
}

export const bumpFirst = hazard({
  id: 'H-45',
  rule: 'the epoch is bumped before anything is written',
  about: 'What is written before the bump is sealed under the epoch of the load before, from count 1 on.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      storageCutover,
      write('g1'),
      settle(),
      restart('n2'),
      write('g1'),
      settle(),
      restart('n2'),
      write('g1'),
      settle(),
    ),
  wrong: but('bumps too late', {}, 'bump-after-start'),
  right: head,
  violates: 'nonce-uniqueness',
  seeds: [1, 6],
  seen: [served('EnableStorageEnvelope')],
});

export const counterLatches = hazard({
  id: 'H-46',
  rule: 'a nonce counter that is used up stays so',
  about: 'The writer refuses once and then goes on at 1: every nonce of this load comes again.',
  plan: (build) =>
    seq(start(build), bootstrap, storageCutover, write('g1'), write('g1'), write('g1'), write('g1'), settle()),
  wrong: but('counter wraps', {}, 'counter-near-end', 'counter-wraps'),
  right: but('counter latches', {}, 'counter-near-end'),
  violates: 'nonce-uniqueness',
  seen: [served('EnableStorageEnvelope')],
});

/** Two of these names narrow to the same 16 bits. */
const alike = cluster({
  nodes: ['n1', 'n2', 'node-598', 'node-684'],
  groups: { g1: { voters: ['n1', 'n2', 'node-598', 'node-684'] } },
  raft,
});

export const oneNarrowing = hazard({
  id: 'H-43',
  rule: 'ids are narrowed by one rule',
  about: 'The guard narrows them another way than the nonces do, and does not see that two nodes have one prefix.',
  cluster: alike,
  plan: (build) =>
    seq(
      start(build),
      ask('BootstrapEncryption', { writers: '626980046172116160:0,626983344707000793:0,3213229080662662734:0' }),
      write('g1'),
      settle(),
      restart('node-684'),
      restart('node-598'),
      storageCutover,
      write('g1'),
      write('g1'),
      settle(),
    ),
  wrong: but('narrows in two ways', { ...without(10, 13, 17), registers: [] }, 'other-narrowing'),
  right: but('narrows in one way', { ...without(10, 13, 17), registers: [] }),
  violates: 'nonce-uniqueness',
});

export const markedCleartext = hazard({
  id: 'H-80',
  rule: 'a state bit is not believed',
  about: 'Somebody with access to the disk marks sealed values as cleartext, and they are served as they lie there.',
  plan: (build) =>
    seq(
      start(head),
      bootstrap,
      storageCutover,
      write('g1'),
      settle('1s'),
      rolling(['n1', 'n2', 'n3'], build),
      write('g1', { other: 'value' }),
      settle('1s'),
    ),
  wrong: but('believes the bit', {}, 'tampered-values', 'trusts-state-bits'),
  right: but('tries to open it', {}, 'tampered-values'),
  violates: linearizable('what is read was written', { model: 'kv' }),
  seen: [served('EnableStorageEnvelope')],
});

export const heldAlready = hazard({
  id: 'H-77',
  rule: 'what a store holds already is not applied again',
  about: 'At a cold start the whole log is applied again, and the bootstrap in it takes back the epoch of the start.',
  plan: (build) => seq(start(build), bootstrap, write('g1'), settle('1s'), restart('n2'), settle('1s')),
  wrong: but('applies its log again', { coldStart: 'replays' }),
  right: head,
  violates: 'restartable',
  within: 20,
  seen: [served('BootstrapEncryption')],
});
