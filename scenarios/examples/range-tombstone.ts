// A feature that has nothing to do with encryption: deleting a range needs every member to read a newer format, and a
// roll-back after the switch meets an entry the old binary cannot apply. Its life is a statechart; the gates are read
// out of it.
import { and, not, setup } from 'xstate';
import {
  addLearner,
  always,
  cluster,
  defineSubject,
  every,
  gatesOf,
  leaderOf,
  log,
  maybe,
  never,
  par,
  rolling,
  scenario,
  self,
  seq,
  settle,
  sometimes,
  start,
  swarm,
  type Build,
  type Halt,
  type Plan,
} from '../../src/index.ts';

// 1. The replicated state machine: a pure function of (state, entry, who is applying it).
type State = { fenced: boolean; version: 1 | 2; rows: Record<string, string>; cuts: [from: string, to: string][] };

const store = defineSubject({
  name: 'range-tombstone',
  opcodes: { put: 0x01, fence: 0x20, setVersion: 0x21, deleteRange: 0x22 },
  initial: (): State => ({ fenced: false, version: 1, rows: {}, cuts: [] }),
  durable: ['fenced'], // synced by apply; the rest is rebuilt from the log
  apply(s, e, me): State | Halt {
    if (!me.applies(e.op)) return { halt: `unknown opcode ${e.op}` };
    switch (e.op) {
      case 'put':
        return { ...s, rows: { ...s.rows, [e.args.key ?? '']: e.args.value ?? '' } };
      case 'fence':
        return { ...s, fenced: true };
      case 'setVersion':
        return { ...s, version: 2 };
      case 'deleteRange':
        return { ...s, cuts: [...s.cuts, [e.args.from ?? '', e.args.to ?? '']] };
    }
  },
  rpcs: {
    Status: { answers: (me) => ({ readsV2: me.maxVersion >= 2, fenced: me.durable.fenced }) },
    Fence: { proposes: 'fence' },
    Finalize: { proposes: 'setVersion' },
    DeleteRange: { proposes: 'deleteRange' },
  },
  atoms: {
    everyoneReadsV2: every('votersAndLearners', 'Status', (a) => a.readsV2, { fresh: '1s', onSilence: 'refuse' }),
    everyoneIsFenced: every('votersAndLearners', 'Status', (a) => a.fenced, { fresh: '1s', onSilence: 'refuse' }),
    joinerReadsV2: every('joiner', 'Status', (a) => a.readsV2),
    diskIsFenced: self((me) => me.durable.fenced === true),
    finalized: log((s: State) => s.version === 2),
  },
});

// 2. The feature's life as an XState machine. Its transition guards ARE the gates; nothing is written twice.
const facts = { guards: store.guards, types: { events: {} as { type: 'Fence' | 'Finalize' | 'DeleteRange' } } };
const hopeful = setup(facts).createMachine({
  initial: 'v1',
  states: {
    v1: { on: { Finalize: { target: 'v2', guard: 'everyoneReadsV2' } } },
    v2: { on: { DeleteRange: { guard: 'finalized' } } },
  },
});
const fenced = setup(facts).createMachine({
  initial: 'v1',
  states: {
    v1: { on: { Fence: { target: 'shut', guard: 'everyoneReadsV2' } } },
    shut: { on: { Finalize: { target: 'v2', guard: and(['everyoneReadsV2', 'everyoneIsFenced']) } } },
    v2: { on: { DeleteRange: { guard: 'finalized' } } },
  },
});

// 3. Builds. A gate can only live in a build that has not shipped yet: v1.0 is out, v1.1 may still be changed.
const v10 = store.build('v1.0', { applies: ['put'], maxVersion: 1 });
const v11 = store.build('v1.1', {
  applies: ['put', 'fence'],
  maxVersion: 1,
  gates: { startup: not('diskIsFenced'), join: 'joinerReadsV2' },
});
const v2 = (life: Parameters<typeof gatesOf>[0]) =>
  store.build('v2', {
    applies: ['put', 'fence', 'setVersion', 'deleteRange'],
    maxVersion: 2,
    gates: { ...gatesOf(life), join: 'joinerReadsV2' },
  });

const journey = (from: Build, to: Build, ...extra: Plan[]) =>
  seq(
    start(from),
    par(
      rolling(['a', 'b', 'c'], to, { order: 'any', mayRollBack: 1 }),
      seq(
        ...extra,
        store.call('Finalize', { to: leaderOf('g1') }),
        store.call('DeleteRange', { to: leaderOf('g1'), args: { from: 'k1', to: 'k9' } }),
      ),
      maybe(addLearner('d', { to: ['g1'] })), // a node somebody forgot to upgrade
    ),
    settle('5s'),
  );

const shared = {
  cluster: cluster({ nodes: ['a', 'b', 'c', 'd'], groups: { g1: { voters: ['a', 'b', 'c'] } } }),
  faults: swarm({
    partition: ['isolateOne', 'halves'],
    crash: { max: 2, tornWrites: true },
    clockSkew: '1s',
    healBy: '20s',
  }),
  properties: [
    never<State>('apply-halted', (c) => c.replicas.some((r) => r.halted)),
    always<State>('no cut before the version', (c) =>
      c.replicas.every((r) => r.state.version === 2 || r.state.cuts.length === 0),
    ),
    always<State>('equal index, equal state', (c) =>
      c.replicas.every((r) =>
        c.replicas.every(
          (q) => r.appliedIndex !== q.appliedIndex || JSON.stringify(r.state) === JSON.stringify(q.state),
        ),
      ),
    ),
    sometimes<State>('the fleet was finalized', (c) => c.commits('setVersion').length > 0),
    sometimes<State>('DeleteRange was refused', (c) =>
      c.calls.some((k) => k.rpc === 'DeleteRange' && k.outcome === 'refused'),
    ),
    sometimes<State>('DeleteRange was served', (c) => c.commits('deleteRange').length > 0),
  ],
  explore: {
    bound: { commits: 3, crashes: 1, memberChanges: 1 },
    seeds: [1, 5_000] as [number, number],
    budget: '60s' as const,
  },
};

export const asDrafted = scenario('examples/range-tombstone/finalize when everyone reads v2', {
  ...shared,
  about: 'Looks right, and is the gate most people write first.',
  plan: journey(v10, v2(hopeful)),
  expect: { violates: 'apply-halted', blames: { gatePoint: 'startup', build: 'v1.0' }, witness: { maxEvents: 8 } },
});

export const asFixed = scenario('examples/range-tombstone/fence, then finalize', {
  ...shared,
  about: 'Nobody who has seen the fence can go back; only then is the version raised.',
  plan: journey(v11, v2(fenced), store.call('Fence', { to: leaderOf('g1') })),
});
