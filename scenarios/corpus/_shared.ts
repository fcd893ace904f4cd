// What the cases of this folder share: three members, a fourth machine that may join, and a healthy data centre's faults.
import { cluster, never, noFaults, type Faults } from '../../src/index.ts';

export const MEMBERS = ['n1', 'n2', 'n3'];

/** n4 is a member of nothing at first. */
export const fourNodes = cluster({ nodes: [...MEMBERS, 'n4'], groups: { g1: { voters: MEMBERS } } });
export const threeNodes = cluster({ nodes: MEMBERS, groups: { g1: { voters: MEMBERS } } });

/** The stories below need no faults: a rule that breaks in fair weather is broken. */
export const fair: Faults = noFaults;

/** The one thing a gating rule is for. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a property of any subject's cluster
export const noHalt = never<any>('apply-halted', (c) => c.replicas.some((r) => r.halted !== null));
