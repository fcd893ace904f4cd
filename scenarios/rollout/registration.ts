// Writers are known before they write: at a start, while they run, before they join; and a start that rotates is over before
// anybody else may.
import {
  addLearner,
  cluster,
  eventually,
  never,
  par,
  restart,
  seq,
  settle,
  start,
  stop,
  times,
  transferLeadership,
  wait,
  write,
  type Build,
} from '../../src/index.ts';
import { ALL_FLAGS, stage, type State, type Wrong } from '../../src/subjects/encryption.ts';
import { ask, bootstrap, hazard, noHalt, raft, refused, storageCutover } from './_kit.ts';

const but = (name: string, ...wrong: Wrong[]) => stage('HEAD', ALL_FLAGS, { name, wrong });

/** Two of these names narrow to the same 16 bits. */
const colliding = cluster({
  nodes: ['n1', 'n2', 'node-598', 'node-684'],
  groups: { g1: { voters: ['n1', 'n2', 'node-598'] } },
  raft,
});

export const beforeJoining = hazard({
  id: 'H-65',
  rule: 'a member is registered before it joins',
  about: 'The names of two nodes narrow to one registry key. Found after the change, the collision halts everyone.',
  cluster: colliding,
  plan: (build) =>
    seq(
      start(build, ['n1', 'n2', 'node-598']),
      bootstrap,
      storageCutover,
      settle('2s'),
      start(build, ['node-684']),
      addLearner('node-684', { to: ['g1'] }),
      wait('4s'),
    ),
  wrong: stage('7b', ALL_FLAGS),
  right: stage('7c', ALL_FLAGS),
  violates: noHalt,
  seenWhenRight: [refused('addLearner')],
});

/** A start rotates both DEKs, and only behind that is an operator's rotation the third. */
const tooEarly = never<State>('an operator rotates before the start has', (c) => {
  return (
    c.calls.some(({ rpc, outcome }) => rpc === 'RotateDEK' && outcome === 'ok') && c.commits('rotation').length < 3
  );
});

export const rotationFirst = hazard({
  id: 'H-79',
  rule: 'mutators wait for the rotation at start',
  about: 'An operator rotates while the start does: under the key that is to be replaced, and perhaps to the same id.',
  plan: (build) =>
    seq(
      start(stage('HEAD', ALL_FLAGS)),
      bootstrap,
      write('g1'),
      settle('1s'),
      stop('n1'),
      stop('n2'),
      stop('n3'),
      par(
        restart('n1', { as: build }),
        restart('n2', { as: build }),
        restart('n3', { as: build }),
        times([4, 8], ask('RotateDEK')),
      ),
      settle('3s'),
    ),
  wrong: stage(
    'HEAD',
    { ...ALL_FLAGS, rotateOnStartup: true },
    { name: 'serves meanwhile', wrong: ['mutators-while-rotating'] },
  ),
  right: stage('HEAD', { ...ALL_FLAGS, rotateOnStartup: true }),
  violates: tooEarly,
  seeds: [1, 40],
});

/** A node is restarted behind the storage cutover, follows, and registers through the leader. */
const registersAgain = (build: Build) =>
  seq(
    start(build),
    bootstrap,
    storageCutover,
    write('g1'),
    transferLeadership('g1', { to: 'n1' }),
    wait('2s'),
    restart('n3'),
    wait('25s'),
  );

export const boundedForward = hazard({
  id: 'H-59',
  rule: 'an attempt to register ends',
  about: 'It went to where nobody answers. Without a deadline the node waits there, and never writes again.',
  plan: registersAgain,
  wrong: but('waits for ever', 'stale-leader-address', 'endless-forwards'),
  right: but('waits five seconds', 'stale-leader-address'),
  violates: eventually<State>('the restarted node is registered', (c) => c.commits('registration').length > 0, {
    within: '1s',
    once: 'planDone',
  }),
});

export const looksFirst = hazard({
  id: 'H-60',
  rule: 'whoever registers looks first',
  about:
    'The entry was committed and the answer lost, each time; who does not look for it proposes for ever, and never writes.',
  plan: registersAgain,
  wrong: but('proposes blindly', 'unanswered-writers', 'registers-blindly'),
  right: but('looks first', 'unanswered-writers'),
  violates: never<State>('one load is registered over and over', (c) => c.commits('registration').length > 8),
});
