// 6A to 6B, one node at a time, with a learner, while an operator calls the mutator. Which facts must its gate read?
import {
  leaderOf,
  maybe,
  par,
  rolling,
  scenario,
  seq,
  settle,
  start,
  transferLeadership,
  type Gate,
} from '../../src/index.ts';
import { encryption } from '../../src/subjects/encryption.ts';
import { bootstrapped, breeze, nodeLocal, noHalt, refs, stage6A, stage6B, withLearner, type Fact } from './_stage6.ts';

const ALL = ['n1', 'n2', 'n3', 'n4'];

const upgrade = (mutator: Gate<Fact>, mayRollBack = 0) =>
  seq(
    start(stage6A),
    par(
      rolling(ALL, stage6B({ BootstrapEncryption: mutator }), { order: 'any', stopAfter: [1, 4], mayRollBack }),
      maybe(transferLeadership('g1')),
      encryption.call('BootstrapEncryption', { to: leaderOf('g1') }),
    ),
    encryption.call('BootstrapEncryption', { to: leaderOf('g1') }),
    settle(),
  );

const shared = {
  refs,
  cluster: withLearner,
  faults: breeze,
  properties: [noHalt, bootstrapped],
  explore: { bound: { commits: 3, crashes: 1, memberChanges: 1 }, seeds: [1, 300], mix: ['exhaustive', 'swarm'] },
} as const;

export const gates = scenario.each(
  [
    { name: 'encryption/6A-6B/node-local gate', gate: nodeLocal, blames: 'groupCapable', steps: 6 },
    { name: 'encryption/6A-6B/learner forgotten', gate: 'votersCapable' as const, blames: 'groupCapable', steps: 8 },
    { name: 'encryption/6A-6B/every member is asked', gate: 'groupCapable' as const, blames: null, steps: 0 },
  ],
  ({ gate, blames, steps }) => ({
    ...shared,
    about: 'The gate reads the flags of one node, the answers of the voters, or those of every member.',
    plan: upgrade(gate),
    expect:
      blames === null ? 'holds' : { violates: 'apply-halted', blames: { atom: blames }, witness: { maxEvents: steps } },
  }),
);

export const rollBack = scenario('encryption/6A-6B/roll-back in flight', {
  ...shared,
  about: 'Every member answers "capable", the entry is proposed, a node goes back to 6A, the entry commits.',
  plan: upgrade('groupCapable', 1),
  expect: { violates: 'apply-halted', blames: 'no admission gate', witness: { maxEvents: 9 } },
});

const atoms = ['kekFileSet', 'applierWired', 'votersCapable', 'groupCapable'] as const;

export const weakest = scenario.weakestGate('encryption/6A-6B/weakest admission gate', {
  ...shared,
  about: 'Which gate refuses least and still never halts a replica?',
  at: 'BootstrapEncryption',
  atoms,
  plan: (candidate: Gate<Fact>) => upgrade(candidate),
  expect: { equivalentTo: 'groupCapable' },
});

export const weakestWithRollBack = scenario.weakestGate('encryption/6A-6B/weakest admission gate, roll-back allowed', {
  ...shared,
  about: 'The same question where one node may go back.',
  at: 'BootstrapEncryption',
  atoms,
  plan: (candidate: Gate<Fact>) => upgrade(candidate, 1),
  expect: 'none',
});
