// Two groups on each node. A halt stays in its group while the process lives: its listeners answer and the other group
// serves. A restart opens both, fails on the halted one, and takes the healthy one along.
import {
  always,
  leaderOf,
  never,
  noFaults,
  restart,
  scenario,
  seq,
  settle,
  sometimes,
  start,
  write,
} from '../../src/index.ts';
import { encryption, PATH_ONLY, stage, type State } from '../../src/subjects/encryption.ts';
import { admitted, promises, twoGroups } from './_shared.ts';

const round2 = stage('cf214fe7', PATH_ONLY);
const shared = { refs: ['bootjp/elastickv#760'], cluster: twoGroups, faults: noFaults };
const bootstrapG1 = encryption.call('BootstrapEncryption', { to: leaderOf('g1'), args: { batch: 'fresh' } });

export const beforeRestart = scenario('pr760/two groups/a halt stays in its group', {
  ...shared,
  about: 'g1 is gone; does g2 notice?',
  plan: seq(start(round2), write('g2'), bootstrapG1, settle(), write('g2'), settle()),
  properties: [
    ...promises,
    always<State>('g2 runs on', (c) => c.group('g2').replicas.every((r) => r.halted === null)),
    sometimes<State>(
      'g2 committed after the halt',
      (c) => c.group('g1').replicas.some((r) => r.halted !== null) && (c.group('g2').leader?.appliedIndex ?? 0) >= 4,
    ),
    admitted,
  ],
  explore: { seeds: [1, 50], mix: ['swarm'] },
  expect: { violates: 'no-apply-halt', blames: { atom: 'applierWired' }, blast: { groups: ['g1'], replicas: 3 } },
});

export const afterRestart = scenario('pr760/two groups/a restart takes the healthy group along', {
  ...shared,
  about: 'A restart fails while it opens g1, so the process, and its replica of g2, stay down.',
  plan: seq(start(round2), write('g2'), bootstrapG1, settle(), restart('n1'), restart('n2'), restart('n3'), settle()),
  properties: [
    never<State>(
      'g2 has no leader after the restarts',
      (c) =>
        c.replicas.some((r) => r.halted !== null && r.restarts > 0) &&
        c.group('g2').leader === undefined &&
        ['n1', 'n2'].every((n) => !c.node(n).up),
    ),
    admitted,
  ],
  explore: { seeds: [1, 50], mix: ['swarm'] },
  expect: { violates: 'g2 has no leader after the restarts' },
});

export const everyListener = scenario('pr760/two groups/reports of every listener, not deduplicated', {
  ...shared,
  about: 'Each node answers once per listener; a batch of all answers names every writer twice.',
  plan: seq(
    start(round2),
    encryption.call('BootstrapEncryption', { to: leaderOf('g1'), args: { batch: 'listeners' } }),
    settle(),
  ),
  properties: [
    never<State>('a batch from the reports is refused as a duplicate', (c) =>
      c.calls.some((k) => k.rpc === 'BootstrapEncryption' && k.code === 'InvalidArgument'),
    ),
    sometimes<State>('the batch was judged', (c) => c.calls.some((k) => k.outcome !== 'unknown')),
  ],
  explore: { seeds: [1, 50], mix: ['swarm'] },
  expect: { violates: 'a batch from the reports is refused as a duplicate' },
});

export const oneListener = scenario('pr760/two groups/one report per node', {
  ...shared,
  about: 'Deduplicated by node the batch is good. (Round 2 then halts on it, as everywhere: not this rule.)',
  plan: seq(
    start(stage('6B-2', { encryptionEnabled: true, kekFile: 'kek.bin', sidecarPath: 'enc/' })),
    bootstrapG1,
    settle(),
  ),
  properties: [
    ...promises,
    never<State>('a batch from the reports is refused as a duplicate', (c) =>
      c.calls.some((k) => k.rpc === 'BootstrapEncryption' && k.code === 'InvalidArgument'),
    ),
    admitted,
  ],
  explore: { seeds: [1, 50], mix: ['swarm'] },
});
