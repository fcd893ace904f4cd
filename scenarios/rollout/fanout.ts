// The capability question before a cutover: whom it asks, whom it believes, and what it does about a member it cannot reach.
import {
  addLearner,
  compact,
  eventually,
  par,
  seq,
  settle,
  start,
  swarm,
  times,
  transferLeadership,
  wait,
  write,
} from '../../src/index.ts';
import { ALL_FLAGS, NO_FLAGS, stage, type State, type Wrong } from '../../src/subjects/encryption.ts';
import { ask, askAt, bootstrap, hazard, noHalt, refused, served, spare, storageCutover } from './_kit.ts';

const head = stage('HEAD', ALL_FLAGS);
const but = (name: string, ...wrong: Wrong[]) => stage('HEAD', ALL_FLAGS, { name, wrong });

/** A learner without a flag joins by snapshot, so that the bootstrap passes it by; then the cutover is asked for. */
const flaglessLearner = (build: typeof head) =>
  seq(
    start(build, ['n1', 'n2', 'n3']),
    start(stage('HEAD', NO_FLAGS), ['n4']),
    bootstrap,
    write('g1'),
    settle('2s'),
    compact('g1'),
    addLearner('n4', { to: ['g1'] }),
    settle('2s'),
    storageCutover,
    settle('2s'),
  );

const shared = {
  cluster: spare,
  plan: flaglessLearner,
  right: head,
  violates: noHalt,
  blames: { gatePoint: 'join' },
  seenWhenRight: [refused('EnableStorageEnvelope')],
} as const;

export const unknownAddress = hazard({
  ...shared,
  id: 'H-47',
  rule: 'a member that cannot be reached is a refusal',
  about: 'The address of a member is not known yet; left out of the question, it goes unverified.',
  wrong: but('drops unknown addresses', 'learner-without-address', 'drops-unknown-addresses'),
  right: but('refuses unknown addresses', 'learner-without-address'),
});

export const wrongResponder = hazard({
  ...shared,
  id: 'H-48',
  rule: 'a member answers for itself',
  about: 'Another node answers at the address of a member, and the member is credited with it.',
  wrong: but('believes anyone', 'stale-address', 'believes-any-responder'),
  right: but('compares ids', 'stale-address'),
});

export const learnersToo = hazard({
  ...shared,
  id: 'H-50',
  rule: 'learners are asked too',
  about: 'A learner applies every entry a voter applies, and was not asked.',
  wrong: but('asks voters', 'asks-voters-only'),
});

export const wired = hazard({
  id: 'H-51',
  rule: 'a cutover that asks needs somebody to ask',
  about: 'The handler shipped before the fan-out it calls: every cutover is refused.',
  plan: (build) => seq(start(build), bootstrap, storageCutover, settle('1s')),
  wrong: stage('6D-6b', ALL_FLAGS),
  right: stage('6D-6c-3', ALL_FLAGS),
  violates: eventually<State>(
    'the cutover is served',
    (c) => c.calls.some((call) => call.rpc === 'EnableStorageEnvelope' && call.outcome === 'ok'),
    { within: '2s', once: 'planDone' },
  ),
});

const stormy = swarm({ partition: ['isolateOne'], healBy: '8s' });
const askAll = (rpc: 'ResyncSidecar') => seq(askAt('n1', rpc), askAt('n2', rpc), askAt('n3', rpc));

export const stillLeader = hazard({
  id: 'H-06 H-17',
  rule: 'a leader makes sure before it ships keys',
  about: 'A leader that is cut off says that it leads, and ships the keys and rows of before.',
  plan: (build) =>
    seq(
      start(build),
      bootstrap,
      times([6, 12], seq(ask('RotateDEK', { purpose: 'storage' }), askAll('ResyncSidecar'))),
      settle('1s'),
    ),
  wrong: but('takes its own word', 'no-verify'),
  right: head,
  violates: 'fresh-answers',
  faults: stormy,
  seeds: [1, 80],
  seen: [served('ResyncSidecar')],
});

export const boundedProbe = hazard({
  id: 'H-49',
  rule: 'a member that does not answer is a refusal in time',
  about: 'One member never answers; the cutover waits for it and keeps every other mutator waiting.',
  plan: (build) =>
    seq(
      start(build, ['n1', 'n2']),
      start(stage('HEAD', ALL_FLAGS, { name: 'mute', wrong: ['unanswered-probes'] }), ['n3']),
      ask('BootstrapEncryption', { batch: 'fresh' }),
      write('g1'),
      transferLeadership('g1', { to: 'n1' }),
      par(
        ask('EnableStorageEnvelope', { withinMs: '60000' }),
        seq(wait('1s'), ask('RotateDEK', { purpose: 'storage' })),
      ),
    ),
  wrong: but('waits for ever', 'endless-probes'),
  right: head,
  violates: eventually<State>(
    'a rotation is served',
    (c) => c.calls.some(({ rpc, outcome }) => rpc === 'RotateDEK' && outcome === 'ok'),
    { within: '2s', once: 'planDone' },
  ),
});
