// The four rounds of one review, each as one row: which wiring lets an operator reach a mutator that nobody can apply.
import { and } from 'xstate';
import {
  always,
  closed,
  cluster,
  eventually,
  leaderOf,
  never,
  open,
  par,
  restart,
  scenario,
  seq,
  settle,
  sometimes,
  start,
  swarm,
  write,
} from '../../../src/index.ts';
import { encryption, type State } from '../../../src/subjects/encryption.ts';

// In every round the FSM comes from NewKvFSMWithHLC: nothing can apply 0x03, 0x04 or 0x05.
const flags = { sidecarPath: 'enc/', kekFile: null, encryptionEnabled: false };
const serves = ['GetCapability', 'RegisterWriter', 'BootstrapEncryption', 'RotateDEK'] as const; // it answers what it cannot apply
const rounds = {
  round1: encryption.build('pr760@round1', { applies: [], serves, config: flags, gates: { wire: open } }),
  round2: encryption.build('pr760@round2', { applies: [], serves, config: flags, gates: { wire: 'sidecarPathSet' } }),
  merged: encryption.build('pr760@merged', { applies: [], serves, config: flags, gates: { wire: closed } }),
  later: encryption.build('pr760@later', {
    applies: [],
    serves,
    config: flags,
    gates: { wire: and(['applierWired', 'kekFileSet']) },
  }),
};

export default scenario.each(
  [
    { name: 'encryption/pr760/round1', build: rounds.round1, halts: true },
    { name: 'encryption/pr760/round2', build: rounds.round2, halts: true },
    { name: 'encryption/pr760/merged', build: rounds.merged, halts: false },
    { name: 'encryption/pr760/later', build: rounds.later, halts: false },
  ],
  ({ build, halts }) => ({
    about: 'May an operator reach a mutator before any replica can apply what it proposes?',
    refs: ['bootjp/elastickv#760'],

    cluster: cluster({
      nodes: ['n1', 'n2', 'n3'],
      groups: { g1: { voters: ['n1', 'n2', 'n3'] }, g2: { voters: ['n1', 'n2', 'n3'] } },
      tick: '10ms',
      electionTimeout: ['150ms', '300ms'],
    }),

    plan: seq(
      start(build),
      par(write('g1'), write('g2'), encryption.call('BootstrapEncryption', { to: leaderOf('g1') })),
      settle(),
      restart('n2'), // does a restart cure it, or replay it?
      settle(),
    ),

    faults: swarm({ partition: ['isolateOne'], delay: ['1ms', '80ms'], crash: { max: 1 }, healBy: '20s' }),

    properties: [
      never<State>('apply-halted', (c) => c.replicas.some((r) => r.halted)),
      never<State>('bricked', (c) => c.replicas.some((r) => r.halted && r.restarts > 0)),
      always<State>('a halt stays in its group', (c) => c.group('g2').replicas.every((r) => !r.halted)),
      eventually<State>('everyone catches up', (c) => c.replicas.every((r) => r.appliedIndex === r.commitIndex), {
        within: '10s',
        once: 'healed',
      }),
      sometimes<State>('the operator got an answer', (c) => c.calls.some((k) => k.rpc === 'BootstrapEncryption')),
    ],

    explore: { bound: { commits: 3, crashes: 1 }, seeds: [1, 2_000], mix: ['exhaustive', 'pct:3', 'swarm'] },

    expect: halts
      ? {
          violates: 'apply-halted',
          blames: { atom: 'applierWired' },
          witness: { maxEvents: 5 },
          blast: { groups: ['g1'], replicas: 3 },
        }
      : 'holds',
  }),
);
