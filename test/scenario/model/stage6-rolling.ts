// A rolling upgrade with one learner under three gates, and the question which gate is the weakest that holds.
import { and } from 'xstate';
import {
  closed,
  cluster,
  leaderOf,
  leadsTo,
  linearizable,
  maybe,
  never,
  par,
  promote,
  rolling,
  scenario,
  seq,
  settle,
  sometimes,
  start,
  swarm,
  transferLeadership,
  type AtomsOf,
  type Gate,
} from '../../../src/index.ts';
import { encryption, type State } from '../../../src/subjects/encryption.ts';

type Fact = AtomsOf<typeof encryption>;
const applies = ['registration', 'bootstrap', 'rotation'] as const;
const keyed = { sidecarPath: 'enc/', kekFile: 'kek.bin', encryptionEnabled: true };

const stage6A = encryption.build('stage6A', {
  applies,
  config: { sidecarPath: 'enc/', kekFile: null, encryptionEnabled: false },
  gates: { wire: closed },
});
const stage6B = (BootstrapEncryption: Gate<Fact>) =>
  encryption.build('stage6B', { applies, config: keyed, gates: { BootstrapEncryption, promote: 'joinerCapable' } });

const nodeLocal = and(['encryptionEnabled', 'kekFileSet', 'sidecarPathSet']); // encryptionMutatorsEnabled()

const upgrade = (mutator: Gate<Fact>, o = { mayRollBack: 0 }) =>
  seq(
    start(stage6A),
    par(
      rolling(['n1', 'n2', 'n3', 'n4'], stage6B(mutator), { order: 'any', stopAfter: [1, 4], ...o }),
      maybe(transferLeadership('g1')),
      encryption.call('BootstrapEncryption', { to: leaderOf('g1') }),
      maybe(promote('n4', { in: ['g1'] })),
    ),
    settle(),
  );

const shared = {
  refs: ['bootjp/elastickv#760', 'bootjp/elastickv#762'],
  cluster: cluster({
    nodes: ['n1', 'n2', 'n3', 'n4'],
    groups: { g1: { voters: ['n1', 'n2', 'n3'], learners: ['n4'] }, g2: { voters: ['n1', 'n2', 'n3'] } },
  }),
  faults: swarm({
    partition: ['isolateOne', 'oneWay'],
    loss: [0, 0.2],
    crash: { max: 1 },
    clockSkew: '250ms',
    healBy: '30s',
  }),
  properties: [
    never<State>('apply-halted', (c) => c.replicas.some((r) => r.halted)),
    leadsTo<State>(
      'an accepted bootstrap reaches every member',
      (c) => c.calls.some((k) => k.rpc === 'BootstrapEncryption' && k.outcome === 'ok'),
      (c) => c.group('g1').replicas.every((r) => r.state.epoch > 0),
      { within: '15s', once: 'healed' },
    ),
    linearizable('client reads and writes', { model: 'kv', partitionBy: 'key' }),
    sometimes<State>(
      'a 6B leader had a 6A learner',
      (c) => c.group('g1').leader?.build === 'stage6B' && c.node('n4').build === 'stage6A',
    ),
    sometimes<State>('bootstrap succeeded', (c) => c.commits('bootstrap').length > 0), // a gate welded shut is no pass
  ],
};

export const local = scenario('encryption/6A-6B/node-local gate', {
  ...shared,
  about: 'The gate reads only the flags of the node that serves the call.',
  plan: upgrade(nodeLocal),
  expect: { violates: 'apply-halted', blames: { atom: 'groupCapable' }, witness: { maxEvents: 6 } },
});

export const fanOut = scenario('encryption/6A-6B/fan-out gate', {
  ...shared,
  about: 'Every member of every group is asked, afresh; promotion is gated too.',
  plan: upgrade(and([nodeLocal, 'clusterCapable'])),
  explore: {
    bound: { commits: 3, crashes: 1, memberChanges: 1 },
    seeds: [1, 10_000],
    mix: ['dpor', 'pct:3', 'pos', 'swarm'],
  },
});

export const rollBack = scenario('encryption/6A-6B/fan-out gate, roll-back allowed', {
  ...shared,
  about: 'A node answers "capable", the entry is proposed but held up, the node goes back to 6A, the entry commits.',
  plan: upgrade(and([nodeLocal, 'clusterCapable']), { mayRollBack: 1 }),
  expect: { violates: 'apply-halted', blames: 'no admission gate', witness: { maxEvents: 9 } },
});

export const weakest = scenario.weakestGate('encryption/6A-6B/weakest admission gate', {
  ...shared,
  about: 'Which gate refuses least and still never halts a replica?',
  at: 'BootstrapEncryption',
  atoms: [
    'encryptionEnabled',
    'kekFileSet',
    'sidecarPathSet',
    'applierWired',
    'votersCapable',
    'groupCapable',
    'clusterCapable',
  ] satisfies Fact[],
  plan: (candidate: Gate<Fact>) => upgrade(candidate),
  explore: { bound: { commits: 3, crashes: 1, memberChanges: 1 } },
  expect: { equivalentTo: 'groupCapable' }, // clusterCapable is safe too, but refuses more than these properties need
});
