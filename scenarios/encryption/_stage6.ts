// Stages 6A and 6B as a designer sketches them: 6A applies registrations and halts on keys, 6B has the keys and a gate.
import { and } from 'xstate';
import { closed, cluster, never, sometimes, swarm, type AtomsOf, type Gate } from '../../src/index.ts';
import { encryption, type State } from '../../src/subjects/encryption.ts';

export type Fact = AtomsOf<typeof encryption>;

const applies = ['registration', 'bootstrap', 'rotation'] as const;
const keyed = { sidecarPath: 'enc/', kekFile: 'kek.bin', encryptionEnabled: true };
const unkeyed = { sidecarPath: 'enc/', kekFile: null, encryptionEnabled: false };

/** The applier is there, its keys are not, and no mutator is wired. */
export const stage6A = encryption.build('stage6A', { applies, config: unkeyed, gates: { wire: closed } });

/** Keys and mutators; the gates are what is studied. */
export const stage6B = (gates: Partial<Record<'BootstrapEncryption' | 'RotateDEK' | 'join' | 'promote', Gate<Fact>>>) =>
  encryption.build('stage6B', { applies, config: keyed, gates });

/** 6B on a node whose operator forgot the key file. */
export const stage6BWithoutKek = (BootstrapEncryption: Gate<Fact>) =>
  encryption.build('stage6B without KEK', {
    applies,
    config: { ...keyed, kekFile: null },
    gates: { wire: 'kekFileSet', BootstrapEncryption },
  });

/** What the real code checked: this node's own flags. */
export const nodeLocal = and(['encryptionEnabled', 'kekFileSet', 'sidecarPathSet']) as Gate<Fact>;
/** Every voter and learner answers "capable", and this node is configured. */
export const groupWide = and(['encryptionEnabled', 'kekFileSet', 'sidecarPathSet', 'groupCapable']) as Gate<Fact>;

export const VOTERS = ['n1', 'n2', 'n3'];
/** Three voters and a learner. */
export const withLearner = cluster({ nodes: [...VOTERS, 'n4'], groups: { g1: { voters: VOTERS, learners: ['n4'] } } });
/** Three voters; n4 is a machine that may join. */
export const withSpare = cluster({ nodes: [...VOTERS, 'n4'], groups: { g1: { voters: VOTERS } } });

export const breeze = swarm({ partition: ['isolateOne', 'oneWay'], loss: [0, 0.1], crash: { max: 1 }, healBy: '8s' });
export const noHalt = never<State>('apply-halted', (c) => c.replicas.some((r) => r.halted !== null));
export const bootstrapped = sometimes<State>('bootstrap succeeded', (c) => c.commits('bootstrap').length > 0);
export const refs = ['bootjp/elastickv#760', 'bootjp/elastickv#762', 'bootjp/elastickv#776'];
