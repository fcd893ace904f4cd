// Scenarios the search is held to: the smallest rollout of the encryption feature, and the range-tombstone example of the
// model page with each of its gates replaceable. Step counts of these are known from an independent brute force.
import { and, not } from 'xstate';
import {
  addLearner,
  always,
  closed,
  cluster,
  defineSubject,
  every,
  leaderOf,
  log,
  maybe,
  never,
  open,
  par,
  rolling,
  scenario,
  self,
  seq,
  settle,
  sometimes,
  start,
  swarm,
} from '../../src/index.ts';
import type { Build, Gate, Halt, Plan } from '../../src/index.ts';
import type { Formula } from '../../src/gate/formula.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { encryption } from '../../src/subjects/encryption.ts';
import type { State as EncryptionState } from '../../src/subjects/encryption.ts';

const applies = ['registration', 'bootstrap', 'rotation'] as const;
const stage6A = encryption.build('stage6A', {
  applies,
  config: { sidecarPath: 'enc/', kekFile: null, encryptionEnabled: false },
  gates: { wire: closed },
});

/** A gate as a test writes it. */
export type AnyGate = 'open' | 'closed' | Formula | string | Gate<string>;

function stage6B(gate: AnyGate): Build {
  return encryption.build('stage6B', {
    applies,
    config: { sidecarPath: 'enc/', kekFile: 'kek.bin', encryptionEnabled: true },
    gates: { BootstrapEncryption: gate as 'open' },
  });
}

export const oneGroup = cluster({
  nodes: ['n1', 'n2', 'n3', 'n4'],
  groups: { g1: { voters: ['n1', 'n2', 'n3'], learners: ['n4'] } },
});

const halting = [
  never<EncryptionState>('apply-halted', (c) => c.replicas.some((r) => r.halted)),
  sometimes<EncryptionState>('bootstrap succeeded', (c) => c.commits('bootstrap').length > 0),
];

/** Every replica runs a build that can apply nothing; the mutator is open. */
export function nobodyApplies(): Scenario {
  const build = encryption.build('none', { applies: [], serves: ['BootstrapEncryption'], gates: {} });
  return scenario('open gate', {
    about: 'A mutator that anybody may call.',
    cluster: oneGroup,
    properties: halting,
    plan: seq(start(build), encryption.call('BootstrapEncryption', { to: leaderOf('g1') })),
  });
}

/** The plan of a rolling upgrade from 6A to 6B with one call of the mutator. */
export function upgradePlan(gate: AnyGate, mayRollBack = 0): Plan {
  return seq(
    start(stage6A),
    par(
      rolling(['n1', 'n2', 'n3', 'n4'], stage6B(gate), { order: 'any', stopAfter: [1, 4], mayRollBack }),
      encryption.call('BootstrapEncryption', { to: leaderOf('g1') }),
    ),
    settle(),
  );
}

export function upgrade(gate: AnyGate, mayRollBack = 0): Scenario {
  return scenario('upgrade', {
    about: 'A rolling upgrade with one learner.',
    cluster: oneGroup,
    properties: halting,
    plan: upgradePlan(gate, mayRollBack),
  });
}

export const nodeLocal = and(['encryptionEnabled', 'kekFileSet', 'sidecarPathSet']);

/** Which gate is the weakest that holds in that upgrade? */
export function weakestInUpgrade(mayRollBack: number) {
  return scenario.weakestGate('weakest admission gate', {
    about: 'Which gate refuses least and still never halts a replica?',
    cluster: oneGroup,
    properties: halting,
    at: 'BootstrapEncryption',
    atoms: ['encryptionEnabled', 'kekFileSet', 'applierWired', 'votersCapable', 'groupCapable'] as const,
    plan: (candidate) => upgradePlan(candidate as AnyGate, mayRollBack),
    expect: mayRollBack === 0 ? { equivalentTo: 'groupCapable' } : 'none',
  });
}

export type RangeState = {
  fenced: boolean;
  version: 1 | 2;
  rows: Record<string, string>;
  cuts: [from: string, to: string][];
};

const store = defineSubject({
  name: 'range-tombstone',
  opcodes: { put: 0x01, fence: 0x20, setVersion: 0x21, deleteRange: 0x22 },
  initial: (): RangeState => ({ fenced: false, version: 1, rows: {}, cuts: [] }),
  durable: ['fenced'],
  apply(s, e, me): RangeState | Halt {
    if (!me.applies(e.op)) return { halt: `unknown opcode ${e.op}` };
    switch (e.op) {
      case 'put':
        return { ...s, rows: { ...s.rows, [e.args['key'] ?? '']: e.args['value'] ?? '' } };
      case 'fence':
        return { ...s, fenced: true };
      case 'setVersion':
        return { ...s, version: 2 };
      case 'deleteRange':
        return { ...s, cuts: [...s.cuts, [e.args['from'] ?? '', e.args['to'] ?? '']] };
    }
  },
  rpcs: {
    Status: { answers: (me) => ({ readsV2: me.maxVersion >= 2, fenced: me.durable['fenced'] }) },
    Fence: { proposes: 'fence' },
    Finalize: { proposes: 'setVersion' },
    DeleteRange: { proposes: 'deleteRange' },
  },
  atoms: {
    everyoneReadsV2: every('votersAndLearners', 'Status', (a) => a.readsV2, { fresh: '1s', onSilence: 'refuse' }),
    everyoneIsFenced: every('votersAndLearners', 'Status', (a) => a.fenced, { fresh: '1s', onSilence: 'refuse' }),
    joinerReadsV2: every('joiner', 'Status', (a) => a.readsV2),
    diskIsFenced: self((me) => me.durable['fenced'] === true),
    finalized: log((s: RangeState) => s.version === 2),
  },
});

export interface RangeGates {
  readonly finalize?: AnyGate;
  readonly join?: AnyGate;
  readonly fence?: AnyGate;
  /** The join gate of the release people roll back to. */
  readonly oldJoin?: AnyGate;
}

const shared = {
  about: 'Nobody who has seen the fence can go back; only then is the version raised.',
  cluster: cluster({ nodes: ['a', 'b', 'c', 'd'], groups: { g1: { voters: ['a', 'b', 'c'] } } }),
  faults: swarm({ crash: { max: 2, tornWrites: true }, healBy: '20s' }),
  properties: [
    never<RangeState>('apply-halted', (c) => c.replicas.some((r) => r.halted)),
    always<RangeState>('no cut before the version', (c) =>
      c.replicas.every((r) => r.state.version === 2 || r.state.cuts.length === 0),
    ),
    sometimes<RangeState>('the fleet was finalized', (c) => c.commits('setVersion').length > 0),
    sometimes<RangeState>('DeleteRange was refused', (c) =>
      c.calls.some((k) => k.rpc === 'DeleteRange' && k.outcome === 'refused'),
    ),
    sometimes<RangeState>('DeleteRange was served', (c) => c.commits('deleteRange').length > 0),
  ],
  explore: { bound: { commits: 3, crashes: 1, memberChanges: 1 } },
};

function journey(from: Build, to: Build, ...extra: Plan[]): Plan {
  return seq(
    start(from),
    par(
      rolling(['a', 'b', 'c'], to, { order: 'any', mayRollBack: 1 }),
      seq(
        ...extra,
        store.call('Finalize', { to: leaderOf('g1') }),
        store.call('DeleteRange', { to: leaderOf('g1'), args: { from: 'k1', to: 'k9' } }),
      ),
      maybe(addLearner('d', { to: ['g1'] })),
    ),
    settle('5s'),
  );
}

function v2(finalize: AnyGate, fence: AnyGate, join: AnyGate): Build {
  return store.build('v2', {
    applies: ['put', 'fence', 'setVersion', 'deleteRange'],
    maxVersion: 2,
    gates: { Finalize: finalize as 'open', Fence: fence as 'open', join: join as 'open', DeleteRange: 'finalized' },
  });
}

/** The gate most people write first. */
export function asDrafted(): Scenario {
  const v10 = store.build('v1.0', { applies: ['put'], maxVersion: 1 });
  return scenario('range-tombstone as drafted', {
    ...shared,
    plan: journey(v10, v2('everyoneReadsV2', open, 'joinerReadsV2')),
  });
}

/** Fence, then finalize; each gate can be taken out. */
export function asFixed(gates: RangeGates = {}): Scenario {
  const v11 = store.build('v1.1', {
    applies: ['put', 'fence'],
    maxVersion: 1,
    gates: { startup: not('diskIsFenced'), join: (gates.oldJoin ?? open) as 'open' },
  });
  const both = and(['everyoneReadsV2', 'everyoneIsFenced']);
  return scenario('range-tombstone as fixed', {
    ...shared,
    plan: journey(
      v11,
      v2(gates.finalize ?? both, gates.fence ?? 'everyoneReadsV2', gates.join ?? 'joinerReadsV2'),
      store.call('Fence', { to: leaderOf('g1') }),
    ),
  });
}
