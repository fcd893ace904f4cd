// Who may ask for an entry that every replica has to apply: the gates of the admin surface, as releases had them, and the
// facts they once took for "can apply".
import {
  eventually,
  never,
  par,
  rolling,
  seq,
  settle,
  start,
  swarm,
  times,
  transferLeadership,
  write,
} from '../../src/index.ts';
import { ALL_FLAGS, NO_FLAGS, PATH_ONLY, stage, type State } from '../../src/subjects/encryption.ts';
import { ask, askAt, bootstrap, builtinOf, hazard, noHalt, refused, rotate, served, three, twoGroups } from './_kit.ts';

const bootstrapped = eventually<State>('the cluster gets bootstrapped', (c) => c.commits('bootstrap').length > 0, {
  within: '5s',
  once: 'planDone',
});
const lead = transferLeadership('g1', { to: 'n1' });
const release = stage('6B-2', ALL_FLAGS);

export const groupId = hazard({
  id: 'H-01',
  rule: 'a group id is no node id',
  about: 'Every node reports the id of its group, so a batch made of the reports names one writer three times.',
  plan: (build) => seq(start(build), ask('BootstrapEncryption', { batch: 'reports' }), settle()),
  wrong: stage('5D-r0', PATH_ONLY),
  right: stage('5D-r1', PATH_ONLY),
  violates: builtinOf('node-identity'),
});

export const chicken = hazard({
  id: 'H-02',
  rule: 'capable does not wait for the first key',
  about: 'The gate asks for capable members, and members become capable by the entry behind the gate.',
  plan: (build) => seq(start(build), bootstrap, settle()),
  wrong: stage('HEAD', ALL_FLAGS, {
    name: 'capable once bootstrapped',
    wrong: ['capable-after-bootstrap'],
    gates: { BootstrapEncryption: 'clusterCapable' },
  }),
  right: stage('HEAD', ALL_FLAGS, {
    name: 'capable when configured',
    gates: { BootstrapEncryption: 'clusterCapable' },
  }),
  violates: bootstrapped,
  blames: { atom: 'clusterCapable' },
  seenWhenRight: [served('BootstrapEncryption')],
});

export const mutatorsAlways = hazard({
  id: 'H-03',
  rule: 'no mutator before an applier',
  about: 'Proposer and leader view are wired without condition, and no replica can apply what they propose.',
  plan: (build) => seq(start(build), par(write('g1'), ask('BootstrapEncryption', { batch: 'fresh' })), settle()),
  wrong: stage('5D-r1'),
  right: stage('5D'),
  violates: noHalt,
  blames: { atom: 'applierWired' },
  within: 8,
  seenWhenRight: [refused('BootstrapEncryption')],
});

export const probeFlag = hazard({
  id: 'H-04',
  rule: 'a flag for probing is no leave to propose',
  about: 'The sidecar path is set so that capability can be asked for; it wires the mutators as well.',
  plan: (build) => seq(start(build), ask('RegisterEncryptionWriter'), settle()),
  wrong: stage('5D-r2', PATH_ONLY),
  right: stage('5D', PATH_ONLY),
  violates: noHalt,
  blames: { atom: 'applierWired' },
  within: 8,
  seenWhenRight: [refused('RegisterEncryptionWriter')],
});

export const leaderView = hazard({
  id: 'H-05',
  rule: 'a proposer comes with a leader view',
  about: 'Without a leader view every leader check passes, and followers answer for the cluster.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      askAt('n1', 'ResyncSidecar'),
      askAt('n2', 'ResyncSidecar'),
      askAt('n3', 'ResyncSidecar'),
    ),
  wrong: stage('HEAD', ALL_FLAGS, { name: 'without a leader view', wrong: ['no-leader-view'] }),
  right: stage('HEAD', ALL_FLAGS),
  violates: never<State>('two nodes ship their keys', (c) => {
    return c.calls.filter(({ rpc, outcome }) => rpc === 'ResyncSidecar' && outcome === 'ok').length > 1;
  }),
  seen: [served('ResyncSidecar')],
});

export const twoFlags = hazard({
  id: 'H-12',
  rule: 'the path belongs to the gate too',
  about:
    'Flag and KEK pass the gate; without a path the applier is not configured and the entry halts its own proposer.',
  plan: (build) => seq(start(build), bootstrap, settle()),
  wrong: stage('6B-2-r1', { ...ALL_FLAGS, sidecarPath: null }),
  right: stage('6B-2', { ...ALL_FLAGS, sidecarPath: null }),
  violates: noHalt,
  blames: { atom: 'sidecarPathSet' },
  within: 8,
  seenWhenRight: [refused('BootstrapEncryption')],
});

export const axis = hazard({
  id: 'H-13',
  rule: 'a gate on one node is no gate on the cluster',
  about: 'The leader has all its flags; a peer has none and halts at what the leader may propose.',
  plan: (build) => seq(start(build, ['n1', 'n2']), start(stage('HEAD', NO_FLAGS), ['n3']), bootstrap, settle()),
  wrong: stage('HEAD', ALL_FLAGS),
  right: stage('HEAD', ALL_FLAGS, { name: 'HEAD that asks', gates: { BootstrapEncryption: 'clusterCapable' } }),
  violates: noHalt,
  blames: { atom: 'clusterCapable' },
  within: 10,
  seenWhenRight: [refused('BootstrapEncryption')],
});

export const besideOlder = hazard({
  id: 'H-14',
  rule: 'everyone is upgraded before anyone bootstraps',
  about: 'An applier without a KEK stands beside a leader that has one; the run book says to upgrade all first.',
  plan: (build) =>
    build.name === release.name
      ? seq(start(stage('6A', PATH_ONLY)), rolling(['n1', 'n2', 'n3'], build), lead, bootstrap, settle())
      : seq(start(stage('6A', PATH_ONLY)), rolling(['n1', 'n2'], build), lead, bootstrap, settle()),
  wrong: stage('6B-2', ALL_FLAGS, 'bootstrapped too early'),
  right: release,
  violates: noHalt,
  within: 12,
  seeds: [1, 8],
  seenWhenRight: [served('BootstrapEncryption')],
});

export const serverPerGroup = hazard({
  id: 'H-16',
  rule: 'one server for all listeners, on the default group',
  about: 'Each listener proposes into its own group, and the sidecar takes indexes from whichever log came last.',
  cluster: twoGroups,
  plan: (build) =>
    seq(
      start(build),
      ask('BootstrapEncryption', {}, 'g2'),
      write('g2'),
      write('g2'),
      ask('RotateDEK', { purpose: 'storage' }, 'g2'),
      settle(),
    ),
  wrong: stage('6E', ALL_FLAGS),
  right: stage('HEAD', ALL_FLAGS),
  violates: 'sidecar-in-step',
  seen: [served('BootstrapEncryption')],
});

export const zeroId = hazard({
  id: 'H-09',
  rule: 'no writer has the id 0',
  about: 'A row for the sentinel is written; the first real node whose id ends in the same 16 bits halts everyone.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      ask('RegisterEncryptionWriter', { dekId: '1', fullNodeId: '0' }),
      ask('RegisterEncryptionWriter', { dekId: '1', fullNodeId: '65536' }),
      settle(),
    ),
  wrong: stage('6B-2', ALL_FLAGS, { name: '6B-2 that checks no field', wrong: ['unchecked-fields'] }),
  right: release,
  violates: noHalt,
  seenWhenRight: [refused('RegisterEncryptionWriter')],
});

export const collidingBatch = hazard({
  id: 'H-10',
  rule: 'a batch is checked as narrowly as it is applied',
  about: 'Two writers share their low 16 bits: accepted at the boundary, refused by every applier.',
  plan: (build) => seq(start(build), ask('BootstrapEncryption', { writers: '65537:0,131073:0' }), settle()),
  wrong: stage('6B-2', ALL_FLAGS, { name: '6B-2 that checks no field', wrong: ['unchecked-fields'] }),
  right: release,
  violates: noHalt,
  within: 8,
  seenWhenRight: [refused('BootstrapEncryption')],
});

export const sharedPermit = hazard({
  id: 'H-52',
  rule: 'one cutover at a time',
  about: 'Two handlers both see "not yet active"; the second claims a cutover that the first had made.',
  cluster: three,
  plan: (build) =>
    seq(start(build), bootstrap, par(ask('EnableStorageEnvelope'), ask('EnableStorageEnvelope')), rotate(), settle()),
  wrong: stage('HEAD', ALL_FLAGS, { name: 'HEAD without a permit', wrong: ['server-per-call'] }),
  right: stage('HEAD', ALL_FLAGS),
  violates: 'ok-means-applied',
  seeds: [1, 20],
  seen: [served('EnableStorageEnvelope')],
});

/** A bootstrap that the boundary refuses, and that no applier could apply. */
const refusedBody = {
  wrong: stage('6B-2', ALL_FLAGS, { name: '6B-2 that checks no field', wrong: ['unchecked-fields'] }),
  right: release,
} as const;

export const boundedBlob = hazard({
  ...refusedBody,
  id: 'H-11',
  rule: 'a wrapped key has a bounded size',
  about: 'A blob of any size goes into the log, and every replica chokes on it.',
  plan: (build) => seq(start(build), ask('BootstrapEncryption', { blobBytes: '5000' }), settle()),
  violates: noHalt,
  within: 8,
  seenWhenRight: [refused('BootstrapEncryption')],
});

export const twoIds = hazard({
  ...refusedBody,
  id: 'H-26',
  rule: 'the two keys have two ids',
  about: 'One id for both: the second entry takes the place of the first, and the key has the wrong purpose.',
  plan: (build) => seq(start(build), ask('BootstrapEncryption', { storageDekId: '5', raftDekId: '5' }), settle()),
  violates: noHalt,
  within: 8,
  seenWhenRight: [refused('BootstrapEncryption')],
});

export const lostLeadership = hazard({
  id: 'H-08',
  rule: 'who lost its leadership says so',
  about: 'The error of the engine comes out as Unknown, which tells a caller neither where to go nor whether to.',
  plan: (build) =>
    seq(start(build), bootstrap, par(times([4, 8], rotate()), times([3, 6], transferLeadership('g1'))), settle('1s')),
  wrong: stage('HEAD', ALL_FLAGS, { name: 'HEAD that maps no errors', wrong: ['lost-leadership-unmapped'] }),
  right: stage('HEAD', ALL_FLAGS),
  violates: never<State>('a mutator is answered Unknown', (c) => c.calls.some(({ code }) => code === 'Unknown')),
  faults: swarm({ delay: ['1ms', '40ms'], healBy: '5s' }),
  seeds: [1, 20],
  seen: [served('RotateDEK')],
});
