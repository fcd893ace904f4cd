// Members that come after the gate was asked. A joiner is sent the state of the others, which carries it past the entry it
// could not have applied, up to the next one. And a learner that has halted must not be made a voter.
import {
  addLearner,
  compact,
  leaderOf,
  never,
  noFaults,
  promote,
  scenario,
  seq,
  settle,
  start,
} from '../../src/index.ts';
import { encryption, type State } from '../../src/subjects/encryption.ts';
import { bootstrapped, groupWide, noHalt, refs, stage6A, stage6B, VOTERS, withLearner, withSpare } from './_stage6.ts';

const bootstrap = encryption.call('BootstrapEncryption', { to: leaderOf('g1') });
const rotate = encryption.call('RotateDEK', { to: leaderOf('g1') });
const explore = { bound: { commits: 3, memberChanges: 1 }, seeds: [1, 100], mix: ['exhaustive', 'swarm'] } as const;

const everyoneAsked = { BootstrapEncryption: groupWide, RotateDEK: 'bootstrapped' } as const;

export const snapshot = scenario.each(
  [
    { name: 'encryption/membership/a snapshot hides the bootstrap', build: stage6B(everyoneAsked), holds: false },
    {
      name: 'encryption/membership/joiners are asked',
      build: stage6B({ ...everyoneAsked, join: 'joinerCapable' }),
      holds: true,
    },
  ],
  ({ build, holds }) => ({
    refs,
    about: 'The log is compacted, a 6A learner is sent the state of 6B nodes, and the next rotation reaches it.',
    cluster: withSpare,
    plan: seq(
      start(build, VOTERS),
      start(stage6A, ['n4']),
      bootstrap,
      compact('g1'),
      addLearner('n4', { to: ['g1'] }),
      rotate,
      settle(),
    ),
    faults: noFaults,
    properties: [noHalt, bootstrapped],
    explore,
    expect: holds ? 'holds' : { violates: 'apply-halted', blames: { gatePoint: 'join', build: 'stage6B' } },
  }),
);

const votersAsked = { BootstrapEncryption: 'votersCapable' } as const;

export const promotion = scenario.each(
  [
    { name: 'encryption/membership/promotion without a second look', build: stage6B(votersAsked), holds: false },
    {
      name: 'encryption/membership/promotion asks again',
      build: stage6B({ ...votersAsked, promote: 'joinerCapable' }),
      holds: true,
    },
  ],
  ({ build, holds }) => ({
    refs,
    about: 'Only voters were asked, since learners do not count. Then the learner, which has halted, is made a voter.',
    cluster: withLearner,
    plan: seq(start(build, VOTERS), start(stage6A, ['n4']), bootstrap, promote('n4', { in: ['g1'] }), settle()),
    faults: noFaults,
    properties: [
      never<State>('a voter has halted', (c) => {
        const { replicas, voters } = c.group('g1');
        return replicas.some((r) => r.halted !== null && voters.includes(r.node));
      }),
      bootstrapped,
    ],
    explore,
    expect: holds ? 'holds' : { violates: 'a voter has halted', blames: { gatePoint: 'promote', build: 'stage6B' } },
  }),
);
