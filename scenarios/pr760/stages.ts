// The stages around the review: a node of stage 3 beside a round that proposes, and stage 6A with mutators wired too soon.
import { builtin, leaderOf, par, scenario, seq, settle, sometimes, start, swarm, write } from '../../src/index.ts';
import { encryption, PATH_ONLY, stage, type State } from '../../src/subjects/encryption.ts';
import { admitted, bootstrapThenRestart, oneGroup, promises, refused, storm } from './_shared.ts';

const flags = { sidecarPath: 'enc/', kekFile: null, encryptionEnabled: false };
const serves = ['GetCapability', 'RegisterWriter', 'BootstrapEncryption', 'RotateDEK'] as const;

export const skips = scenario('pr760/stage 3 skips in silence', {
  about:
    'A node of stage 3 does not know the opcode: it falls back to the legacy decoder, fails and goes on. The others hold the writer; it does not.',
  refs: ['bootjp/elastickv#748', 'bootjp/elastickv#760'],
  cluster: oneGroup,
  plan: seq(
    par(
      start(stage('6B-2', { encryptionEnabled: true, kekFile: 'kek.bin', sidecarPath: 'enc/' }), ['n1', 'n2']),
      start(stage('3'), ['n3']),
    ),
    write('g1'),
    encryption.call('RegisterEncryptionWriter', { to: leaderOf('g1') }),
    settle(),
  ),
  faults: swarm({ delay: ['1ms', '40ms'], healBy: '5s' }),
  properties: [
    builtin('state-machine-safety'),
    builtin('no-apply-halt'),
    sometimes<State>('the registration was committed', (c) => c.commits('registration').length > 0),
  ],
  explore: { seeds: [1, 100], mix: ['swarm'] },
  expect: { violates: 'state-machine-safety' },
});

export const sixAWired = scenario('pr760/stage 6A with mutators wired', {
  about: 'The applier exists, its keys do not: registrations apply, a bootstrap halts every replica.',
  refs: ['bootjp/elastickv#762', 'bootjp/elastickv#765'],
  cluster: oneGroup,
  plan: bootstrapThenRestart(
    start(
      encryption.build('stage6A, mutators wired', {
        applies: ['registration', 'bootstrap', 'rotation'],
        serves,
        config: flags,
        gates: { wire: 'applierWired' },
      }),
    ),
  ),
  faults: storm,
  properties: [...promises, admitted],
  explore: { bound: { commits: 3, crashes: 1 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
  expect: { violates: 'no-apply-halt', blames: { atom: 'kekFileSet' }, witness: { maxEvents: 5 } },
});

export const sixA = scenario('pr760/stage 6A as shipped', {
  about: 'The same stage with its mutators unwired.',
  refs: ['bootjp/elastickv#762', 'bootjp/elastickv#765'],
  cluster: oneGroup,
  plan: bootstrapThenRestart(start(stage('6A', PATH_ONLY))),
  faults: storm,
  properties: [...promises, refused],
  explore: { bound: { commits: 3, crashes: 1 }, seeds: [1, 200], mix: ['exhaustive', 'swarm'] },
});
