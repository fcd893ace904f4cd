// One node is not like the others: its key file is missing, or it belongs to a group whose members are a stage behind.
import {
  cluster,
  leaderOf,
  listener,
  scenario,
  seq,
  settle,
  sometimes,
  start,
  transferLeadership,
} from '../../src/index.ts';
import { encryption, type State } from '../../src/subjects/encryption.ts';
import {
  bootstrapped,
  breeze,
  groupWide,
  nodeLocal,
  noHalt,
  refs,
  stage6A,
  stage6B,
  stage6BWithoutKek,
  withSpare,
} from './_stage6.ts';

const explore = { bound: { commits: 2, crashes: 1 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] } as const;

const refusedOnce = sometimes<State>('the mutator was refused', (c) => c.calls.some((k) => k.outcome === 'refused'));

export const kekMissing = scenario.each(
  [
    { name: 'encryption/one apart/KEK missing on one replica', gate: nodeLocal, holds: false },
    { name: 'encryption/one apart/KEK missing, every member asked', gate: groupWide, holds: true },
  ],
  ({ gate, holds }) => ({
    refs,
    about: 'The leader is configured in full; one follower has no key file.',
    cluster: withSpare,
    plan: seq(
      start(stage6B({ BootstrapEncryption: gate }), ['n1', 'n2']),
      start(stage6BWithoutKek(gate), ['n3']),
      encryption.call('BootstrapEncryption', { to: leaderOf('g1') }),
      settle(),
    ),
    faults: breeze,
    properties: [noHalt, holds ? refusedOnce : bootstrapped],
    explore,
    expect: holds ? 'holds' : { violates: 'apply-halted', blames: { atom: 'groupCapable' }, witness: { maxEvents: 6 } },
  }),
);

const halves = cluster({
  nodes: ['n1', 'n2', 'n3', 'n4', 'n5'],
  groups: { g1: { voters: ['n1', 'n2', 'n3'] }, g2: { voters: ['n1', 'n4', 'n5'] } },
});

export const twoGroups = scenario.each(
  [
    { name: 'encryption/one apart/two groups, one capable', gate: nodeLocal, holds: false },
    { name: 'encryption/one apart/two groups, each asked', gate: groupWide, holds: true },
  ],
  ({ gate, holds }) => ({
    refs,
    about: 'n1 is a member of both groups: its own flags say nothing of the members of g2.',
    cluster: halves,
    plan: seq(
      start(stage6B({ BootstrapEncryption: gate }), ['n1', 'n2', 'n3']),
      start(stage6A, ['n4', 'n5']),
      transferLeadership('g2', { to: 'n1' }),
      encryption.call('BootstrapEncryption', { to: listener('n1', 'g2') }),
      encryption.call('BootstrapEncryption', { to: leaderOf('g1') }),
      settle(),
    ),
    faults: breeze,
    properties: [noHalt, bootstrapped],
    explore,
    expect: holds ? 'holds' : { violates: 'apply-halted', blames: { atom: 'groupCapable' }, blast: { groups: ['g2'] } },
  }),
);
