// The raft cutover: from one index on every entry is wrapped, on every replica, through every way in. One entry in cleartext
// above it, and whoever can unwrap halts.
import {
  eventually,
  keepFile,
  par,
  restart,
  restoreFile,
  rolling,
  seq,
  settle,
  start,
  stop,
  swarm,
  times,
  transferLeadership,
  wait,
  write,
} from '../../src/index.ts';
import { ALL_FLAGS, stage, type State, type Wrong } from '../../src/subjects/encryption.ts';
import { SIDECAR, bootstrap, hazard, noHalt, noSplit, raftCutover, refused, rotate, served } from './_kit.ts';

const head = stage('HEAD', ALL_FLAGS);
const but = (name: string, ...wrong: Wrong[]) => stage('HEAD', ALL_FLAGS, { name, wrong });

export const cutoverFirst = hazard({
  id: 'H-67',
  rule: 'no cutover before there is wrapping',
  about: 'The cutover is recorded by a build that does not wrap; the build that does reads the entries in between.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      raftCutover,
      write('g1'),
      settle(),
      rolling(['n1', 'n2', 'n3'], head),
      write('g1'),
      settle(),
    ),
  wrong: but('records and does not wrap', 'no-wrap'),
  right: stage('6E-2d', ALL_FLAGS),
  violates: noHalt,
  seenWhenRight: [refused('EnableRaftEnvelope')],
});

export const adminEntries = hazard({
  id: 'H-68',
  rule: "the service's own entries are wrapped too",
  about: 'Proposals of the service pass the barrier; they must not pass the wrapping.',
  plan: (build) => seq(start(build), bootstrap, raftCutover, settle('3s'), write('g1'), rotate(), settle()),
  wrong: but('raw service entries', 'raw-admin'),
  right: head,
  violates: 'no-cleartext-after-cutover',
  within: 16,
  seen: [served('EnableRaftEnvelope')],
});

export const everyWayIn = hazard({
  id: 'H-69',
  rule: 'one proposer for every way in',
  about: 'Some writes still go straight to the engine, as lease renewals and forwarded writes once did.',
  plan: (build) => seq(start(build), bootstrap, raftCutover, settle('3s'), write('g1'), settle()),
  wrong: but('raw writes', 'raw-writes'),
  right: head,
  violates: 'no-cleartext-after-cutover',
  within: 16,
  seen: [served('EnableRaftEnvelope')],
});

export const noWrapNoStart = hazard({
  id: 'H-70',
  rule: 'no start on a recorded cutover without wrapping',
  about: 'A node goes back to a build that does not wrap, leads, and writes in cleartext above the cutover.',
  plan: (build) =>
    seq(
      start(head),
      bootstrap,
      raftCutover,
      settle('3s'),
      write('g1'),
      restart('n1', { as: build }),
      times([1, 4], seq(transferLeadership('g1'), write('g1'))),
      settle(),
    ),
  wrong: stage('6E-1a', ALL_FLAGS),
  right: stage('6E-2d', ALL_FLAGS),
  violates: 'no-cleartext-after-cutover',
  seeds: [1, 30],
  seen: [served('EnableRaftEnvelope')],
});

export const markerPasses = hazard({
  id: 'H-71',
  rule: 'the marker passes its own barrier',
  about: 'The barrier that keeps user proposals out keeps the cutover out as well, and nothing opens it again.',
  plan: (build) => seq(start(build), bootstrap, raftCutover, settle(), write('g1')),
  wrong: but('stops its marker', 'barrier-stops-marker'),
  right: head,
  violates: 'barrier-released',
  seenWhenRight: [served('EnableRaftEnvelope')],
});

export const barrier = hazard({
  id: 'H-72 H-74',
  rule: 'nothing is let through while the marker is on its way',
  about: 'A write that is admitted between marker and effect stands in cleartext above the cutover.',
  plan: (build) => seq(start(build), bootstrap, par(raftCutover, times([3, 6], write('g1'))), settle('3s')),
  wrong: but('no barrier', 'no-barrier'),
  right: head,
  violates: 'no-cleartext-after-cutover',
  faults: swarm({ delay: ['1ms', '40ms'], healBy: '5s' }),
  seeds: [1, 60],
  seen: [served('EnableRaftEnvelope')],
});

export const everyReplica = hazard({
  id: 'H-75',
  rule: 'every replica starts to wrap when it applies the cutover',
  about: 'Only the leader of the cutover wraps; the next leader writes in cleartext above it.',
  plan: (build) =>
    seq(start(build), bootstrap, raftCutover, settle('3s'), transferLeadership('g1'), write('g1'), settle()),
  wrong: but('leader wraps alone', 'leader-installs-alone'),
  right: head,
  violates: 'no-cleartext-after-cutover',
  seeds: [1, 8],
  seen: [served('EnableRaftEnvelope')],
});

export const activeBeforeStale = hazard({
  id: 'H-33',
  rule: 'active is tested before stale',
  about: 'A raft rotation has replaced the DEK the marker names; its replay must still make the node wrap.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      write('g1'),
      raftCutover,
      wait('3s'),
      rotate('raft'),
      wait('3s'),
      par(restart('n1'), restart('n2'), restart('n3')),
      wait('3s'),
      write('g1'),
      settle(),
    ),
  wrong: but('stale first', 'silent-start', 'rotation-installs-nothing', 'stale-first'),
  right: but('active first', 'silent-start', 'rotation-installs-nothing'),
  violates: 'no-cleartext-after-cutover',
  seeds: [1, 12],
  seen: [served('EnableRaftEnvelope')],
});

export const staleInstalls = hazard({
  id: 'H-73',
  rule: 'a cutover that came too late installs nothing',
  about: 'A rotation overtakes the marker; who wraps all the same writes what nobody unwraps.',
  plan: (build) =>
    seq(start(build), bootstrap, par(raftCutover, rotate('raft')), settle('3s'), write('g1'), rotate(), settle()),
  wrong: but('installs when stale', 'server-per-call', 'installs-on-stale'),
  right: but('installs when fresh', 'server-per-call'),
  violates: noSplit,
  faults: swarm({ delay: ['1ms', '40ms'], healBy: '5s' }),
  seeds: [1, 80],
});

export const cutoverHasIndex = hazard({
  id: 'H-32',
  rule: 'a raft cutover has an index',
  about:
    'An applier that is told no index records 0, which means that there was no cutover; whoever asks again asks for ever.',
  plan: (build) => seq(start(build), bootstrap, raftCutover, settle('1s'), raftCutover, settle('1s')),
  wrong: stage('HEAD', ALL_FLAGS, {
    name: 'is told no index',
    row: { sidecarIndex: false },
    wrong: ['cutover-at-zero'],
  }),
  right: head,
  violates: eventually<State>(
    'the cutover is served',
    (c) => c.calls.some(({ rpc, outcome }) => rpc === 'EnableRaftEnvelope' && outcome === 'ok'),
    { within: '2s', once: 'planDone' },
  ),
});

const trusting = { guards: [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15] };

export const exactRow = hazard({
  id: 'H-62',
  rule: 'a row of another load is no proof',
  about: 'A restored sidecar has the node wrap under the epoch of an earlier start; its row speaks of a later one.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      write('g1'),
      raftCutover,
      wait('3s'),
      restart('n3'),
      wait('3s'),
      keepFile('n3', SIDECAR),
      restart('n3'),
      wait('3s'),
      transferLeadership('g1', { to: 'n3' }),
      write('g1'),
      restart('n3'),
      wait('3s'),
      stop('n3'),
      restoreFile('n3', SIDECAR),
      restart('n3'),
      wait('3s'),
      transferLeadership('g1', { to: 'n3' }),
      write('g1'),
      write('g1'),
      settle(),
    ),
  wrong: stage('HEAD', ALL_FLAGS, { name: 'a later row will do', row: trusting, wrong: ['seen-is-proof'] }),
  right: stage('HEAD', ALL_FLAGS, { name: 'its own row has to be there', row: trusting }),
  violates: 'nonce-uniqueness',
  seen: [served('EnableRaftEnvelope')],
});
