// Round 2: the mutators are wired where the sidecar path is set. The path says "can answer the capability probe"; it says
// nothing about "can apply". One node with a path, leading, is enough to halt them all.
import {
  leaderOf,
  noFaults,
  scenario,
  seq,
  settle,
  start,
  transferLeadership,
  write,
  type Build,
} from '../../src/index.ts';
import { encryption, NO_FLAGS, PATH_ONLY, stage } from '../../src/subjects/encryption.ts';
import { admitted, answered, bootstrapThenRestart, oneGroup, promises, refused, startEach, storm } from './_shared.ts';

const withPath = stage('cf214fe7', PATH_ONLY, 'round2 with path');
const without = stage('cf214fe7', NO_FLAGS, 'round2 without path');

const shared = { refs: ['bootjp/elastickv#760'], cluster: oneGroup };
const halts = {
  violates: 'no-apply-halt',
  blames: { atom: 'applierWired' },
  witness: { maxEvents: 5 },
  blast: { groups: ['g1'] },
} as const;

export const onAll = scenario('pr760/round2/path on all', {
  ...shared,
  about: 'Operators set the path to watch the probe, then try the command the probe promised.',
  plan: bootstrapThenRestart(start(withPath)),
  faults: storm,
  properties: [...promises, answered, admitted],
  explore: { bound: { commits: 3, crashes: 1 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
  expect: halts,
});

/** n1 leads and is asked; only the builds of the nodes differ. */
const leadingN1 = (builds: Readonly<Record<string, Build>>) =>
  seq(
    startEach(builds),
    transferLeadership('g1', { to: 'n1' }),
    write('g1'),
    encryption.call('BootstrapEncryption', { to: leaderOf('g1'), args: { batch: 'fresh' } }),
    settle(),
  );

export const onLeader = scenario('pr760/round2/path on the leader only', {
  ...shared,
  about: 'One node was prepared first, and it leads.',
  plan: leadingN1({ n1: withPath, n2: without, n3: without }),
  faults: noFaults,
  properties: [...promises, answered, admitted],
  explore: { bound: { commits: 3 }, seeds: [1, 50], mix: ['exhaustive', 'swarm'] },
  expect: halts,
});

export const onFollower = scenario('pr760/round2/path on one follower', {
  ...shared,
  about: 'The prepared node follows: the leader has no mutators, and the follower is not the leader. Luck, not a gate.',
  plan: seq(
    leadingN1({ n1: without, n2: withPath, n3: without }),
    encryption.call('BootstrapEncryption', { to: 'n2', args: { batch: 'fresh' } }),
    settle(),
  ),
  faults: noFaults,
  properties: [...promises, refused],
  explore: { seeds: [1, 50], mix: ['swarm'] },
});

export const onNone = scenario('pr760/round2/path on none', {
  ...shared,
  about: 'Without the path the gate is closed everywhere.',
  plan: bootstrapThenRestart(start(without)),
  faults: storm,
  properties: [...promises, refused],
  explore: { bound: { commits: 3, crashes: 1 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
});
