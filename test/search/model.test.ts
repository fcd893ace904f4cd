// The model against what a plan and a subject say in words: optional steps that were left out stay out, entries of one
// group are not judged as those of another. Each of these once made the search prove what was false.
import test from 'ava';
import { and, not, or } from 'xstate';
import {
  always,
  cluster,
  defineSubject,
  every,
  leaderOf,
  log,
  maybe,
  never,
  noFaults,
  par,
  replaceNode,
  restart,
  rolling,
  scenario,
  self,
  seq,
  settle,
  start,
  swarm,
  times,
  write,
  type AtomsOf,
  type Gate,
  type Halt,
  type Plan,
  type Scenario,
} from '../../src/index.ts';
import { search } from '../../src/search/exhaustive.ts';
import { run, seedSource } from '../../src/sim/index.ts';
import { weakestGate } from '../../src/search/weakest-gate.ts';

type Checked = Parameters<typeof search>[0];

const halted = never('apply-halted', (c) => c.replicas.some((r) => r.halted));

/** Lengths of the shortest violations, by property. */
function broken(one: Scenario): Record<string, number> {
  const searched = search(one as Checked, { all: true });
  const { checks } = searched;
  return Object.fromEntries(searched.broken.map((b) => [checks.safety[b.property]!.name, b.depth]));
}

// An odd number of flags has to be set where the entry is applied.
const parity = defineSubject({
  name: 'parity',
  opcodes: { flip: 1 },
  initial: () => ({ done: false }),
  apply(_state, _entry, me): { done: boolean } | Halt {
    const set = [me.config.x, me.config.y].filter((flag) => flag === true).length;
    return set === 1 ? { done: true } : { halt: 'even parity' };
  },
  rpcs: { Flip: { proposes: 'flip' } },
  atoms: { x: self((me) => me.config.x === true), y: self((me) => me.config.y === true) },
});
type Flag = AtomsOf<typeof parity>;
const build = (Flip: Gate<Flag>, x: boolean, y: boolean) =>
  parity.build(`x ${String(x)}, y ${String(y)}`, { applies: ['flip'], config: { x, y }, gates: { Flip } });
const oneNode = {
  about: 'One node that may be restarted before the call, but not after.',
  cluster: cluster({ nodes: ['a'], groups: { g: { voters: ['a'] } } }),
  faults: noFaults,
  properties: [halted],
};
const flipAfter = (before: readonly Plan[], gate: Gate<Flag>): Plan =>
  seq(start(build(gate, false, false)), ...before, parity.call('Flip', { to: leaderOf('g') }), settle());
const toggles = (gate: Gate<Flag>): Plan[] => [
  maybe(restart('a', { as: build(gate, true, false) })),
  maybe(restart('a', { as: build(gate, false, true) })),
  maybe(restart('a', { as: build(gate, true, true) })),
];
const odd = or([and(['x', not('y')]), and([not('x'), 'y'])]);

test('a step that may be left out is not done later', (t) => {
  t.deepEqual(broken(scenario('left out', { ...oneNode, plan: flipAfter(toggles(odd), odd) })), {});
  const repeated = times([0, 2], restart('a', { as: build(odd, true, false) }));
  const after = seq(flipAfter([repeated], odd), settle());
  t.deepEqual(broken(scenario('fewer times', { ...oneNode, plan: after })), {});
});

test('the weakest gate over flags of which an odd number has to be set is the parity itself', (t) => {
  const question = scenario.weakestGate('weakest parity', {
    ...oneNode,
    at: 'Flip',
    atoms: ['x', 'y'] satisfies Flag[],
    plan: (gate: Gate<Flag>) => flipAfter(toggles(gate), gate),
    expect: { equivalentTo: odd },
  });
  const answer = weakestGate(question as Parameters<typeof weakestGate>[0]);
  t.true(answer.asExpected, answer.gate ?? 'none');
});

// Two groups whose first entries have the same number in their own lists.
const moving = defineSubject({
  name: 'moving',
  opcodes: { put: 1, move: 2 },
  initial: () => ({ moved: false }),
  apply(state: { moved: boolean }, entry, me): { moved: boolean } | Halt {
    if (!me.applies(entry.op)) return { halt: `unknown opcode ${entry.op}` };
    return entry.op === 'move' ? { moved: true } : state;
  },
  rpcs: { Move: { proposes: 'move' } },
  atoms: {},
});

test('entries of different groups are applied as what they are', (t) => {
  const shared = {
    about: 'One group gets writes, the other an entry that old builds cannot apply.',
    cluster: cluster({
      nodes: ['a', 'b', 'c'],
      groups: { kv: { voters: ['a', 'b', 'c'] }, g: { voters: ['a', 'b', 'c'] } },
    }),
    faults: swarm({ partition: ['isolateOne'], healBy: '20s' }),
    properties: [halted, always('writes move nothing', (c) => c.group('kv').replicas.every((r) => !moved(r.state)))],
    plan: seq(
      start(moving.build('v1', { applies: ['put'] })),
      par(
        rolling(['a', 'b', 'c'], moving.build('v2', { applies: ['put', 'move'] }), { order: 'any' }),
        write('kv'),
        moving.call('Move', { to: leaderOf('g') }),
      ),
      settle(),
    ),
  };
  t.deepEqual(broken(scenario('two groups', shared)), { 'apply-halted': 6 });
});

function moved(state: unknown): boolean {
  return (state as { moved: boolean }).moved;
}

// What is finalized twice halts; the fact that it is finalized is true only after the gate was passed.
const finalizing = defineSubject({
  name: 'finalizing',
  opcodes: { finalize: 1 },
  initial: () => ({ finalized: false }),
  apply: (state: { finalized: boolean }): { finalized: boolean } | Halt =>
    state.finalized ? { halt: 'finalized twice' } : { finalized: true },
  rpcs: { Finalize: { proposes: 'finalize' } },
  atoms: { finalized: log((state: { finalized: boolean }) => state.finalized) },
});

test('a gate that opens only after it was passed is no gate that ever opens', (t) => {
  const question = scenario.weakestGate('finalize once', {
    about: 'An operator who got no answer asks again.',
    cluster: cluster({ nodes: ['a', 'b', 'c'], groups: { g: { voters: ['a', 'b', 'c'] } } }),
    faults: swarm({ partition: ['isolateOne'], healBy: '20s' }),
    properties: [halted],
    at: 'Finalize',
    atoms: ['finalized'],
    plan: (Finalize: Gate<'finalized'>) =>
      seq(
        start(finalizing.build('v2', { applies: ['finalize'], gates: { Finalize } })),
        times([2, 2], finalizing.call('Finalize', { to: leaderOf('g') })),
        settle(),
      ),
    expect: 'none',
  });
  const answer = weakestGate(question as Parameters<typeof weakestGate>[0]);
  t.is(answer.gate, null);
  t.true(answer.asExpected);
});

// A machine may be replaced by one whose build cannot apply what the others can.
const replacing = defineSubject({
  name: 'replacing',
  opcodes: { use: 1 },
  initial: () => ({ used: 0 }),
  apply(state: { used: number }, entry, me): { used: number } | Halt {
    return me.applies(entry.op) ? { used: state.used + 1 } : { halt: `unknown opcode ${entry.op}` };
  },
  rpcs: { Status: { answers: (me) => ({ can: me.applies('use') }) }, Use: { proposes: 'use' } },
  atoms: {
    allCan: every('votersAndLearners', 'Status', (answer) => answer.can),
    joinerCan: every('joiner', 'Status', (answer) => answer.can),
  },
});
type Fact = AtomsOf<typeof replacing>;
const replaced = (join: Gate<Fact> | 'open', memberChanges: number): Scenario =>
  scenario('replaced', {
    about: 'The old machine is gone for good, an empty one with an old build joins under its name.',
    cluster: cluster({ nodes: ['a', 'b', 'c'], groups: { g: { voters: ['a', 'b', 'c'] } } }),
    faults: noFaults,
    properties: [halted],
    explore: { bound: { memberChanges } },
    plan: seq(
      start(replacing.build('v2', { applies: ['use'], gates: { Use: 'allCan', join } })),
      par(
        replaceNode('c', { as: replacing.build('v1', { applies: [] }) }),
        replacing.call('Use', { to: leaderOf('g') }),
      ),
      settle(),
    ),
  });

test('a replaced node joins past the gate or not at all, and its replacement is one membership change', (t) => {
  // Lost, removed, added; asked before that is applied; appended twice, committed, halted.
  t.deepEqual(broken(replaced('open', 1)), { 'apply-halted': 8 });
  t.deepEqual(broken(replaced('joinerCan', 1)), {});
  t.deepEqual(broken(replaced('open', 0)), {});
});

// A new node speaks to new nodes only, whoever of the two speaks first.
const greeting = defineSubject({
  name: 'greeting',
  opcodes: { use: 1 },
  initial: () => ({ used: 0 }),
  apply(state: { used: number }, entry, me): { used: number } | Halt {
    return me.applies(entry.op) ? { used: state.used + 1 } : { halt: `unknown opcode ${entry.op}` };
  },
  rpcs: { Hello: { answers: (me) => ({ can: me.applies('use') }) }, Use: { proposes: 'use' } },
  atoms: { peerCan: every('joiner', 'Hello', (answer) => answer.can) },
});
const connected = (connect: Gate<'peerCan'> | 'open'): Scenario =>
  scenario('connected', {
    about: 'Entries of a new leader must not reach old nodes.',
    cluster: cluster({ nodes: ['a', 'b', 'c'], groups: { g: { voters: ['a', 'b', 'c'] } } }),
    faults: swarm({ partition: ['isolateOne'], healBy: '10s' }),
    properties: [halted],
    plan: seq(
      start(greeting.build('v1', { applies: [] })),
      par(
        rolling(['a', 'b', 'c'], greeting.build('v2', { applies: ['use'], gates: { connect } }), { order: 'any' }),
        greeting.call('Use', { to: leaderOf('g') }),
      ),
      settle(),
    ),
  });

test('a connect gate holds in both directions, in the model and in runs', (t) => {
  t.deepEqual(broken(connected('open')), { 'apply-halted': 6 });
  t.deepEqual(broken(connected('peerCan')), {});
  for (let seed = 1; seed <= 60; seed++) {
    t.deepEqual(run(connected('peerCan') as Checked, seedSource(String(seed))).violations, [], `seed ${seed}`);
  }
});

test('the only voter of a group takes over from nobody after its restart', (t) => {
  const loose = or(['x', 'y']);
  // Restarted with both flags; admitted, committed, halted.
  t.deepEqual(broken(scenario('both flags', { ...oneNode, plan: flipAfter(toggles(loose), loose) })), {
    'apply-halted': 4,
  });
});

test('writes that the feature does not see, and more of them than the bound admits, cost no states', (t) => {
  const searched = (subject: 'seen' | 'unseen'): number => {
    const store = subject === 'seen' ? moving : greeting;
    const build = store.build('only', { applies: subject === 'seen' ? ['put'] : [] } as never);
    const one = scenario(`writes ${subject}`, {
      about: 'A client that writes a lot.',
      cluster: cluster({ nodes: ['a', 'b', 'c'], groups: { g: { voters: ['a', 'b', 'c'] } } }),
      properties: [halted],
      explore: { bound: { commits: 2, crashes: 0 } },
      plan: seq(start(build), times([20, 30], write('g')), settle()),
    });
    const { complete, store: states } = search(one as Checked);
    t.true(complete);
    return states.size;
  };
  t.true(searched('seen') < 2_000);
  t.true(searched('unseen') < 10);
});

test('a halt is one group’s until the restart that meets it: then the process does not come up', (t) => {
  const shared = {
    about: 'Two groups on three nodes; one of them gets an entry that nobody can apply.',
    cluster: cluster({
      nodes: ['a', 'b', 'c'],
      groups: { g: { voters: ['a', 'b', 'c'] }, h: { voters: ['a', 'b', 'c'] } },
    }),
    faults: noFaults,
    properties: [
      never('a node is gone', (c) => ['a', 'b', 'c'].some((n) => c.node(n).replicas.length > 0 && isGone(c.node(n)))),
    ],
  };
  const mute = greeting.build('mute', { applies: [], serves: ['Use'] });
  const use = greeting.call('Use', { to: leaderOf('g') });
  t.deepEqual(broken(scenario('halts', { ...shared, plan: seq(start(mute), use, settle()) })), {});
  const again = seq(start(mute), use, settle(), restart('a'), restart('b'), restart('c'), settle());
  // Admitted, appended, committed, halted; restarted, halted again.
  t.deepEqual(broken(scenario('halts again', { ...shared, plan: again })), { 'a node is gone': 6 });
});

function isGone(node: {
  readonly up: boolean;
  readonly replicas: readonly { readonly restarts: number; readonly halted: unknown }[];
}): boolean {
  return !node.up && node.replicas.some((r) => r.restarts > 0 && r.halted !== null);
}

// A check first, which leaves answers behind; then one node goes back, then the feature is used.
const keeping = defineSubject({
  name: 'keeping',
  opcodes: { use: 1 },
  initial: () => ({ used: 0 }),
  apply(state: { used: number }, entry, me): { used: number } | Halt {
    return me.applies(entry.op) ? { used: state.used + 1 } : { halt: `unknown opcode ${entry.op}` };
  },
  rpcs: {
    Status: { answers: (me) => ({ can: me.applies('use') }) },
    Check: { answers: () => ({ checked: true }) },
    Use: { proposes: 'use' },
  },
  atoms: {
    now: every('voters', 'Status', (answer) => answer.can),
    lately: every('voters', 'Status', (answer) => answer.can, { fresh: '1h' }),
    once: every('voters', 'Status', (answer) => answer.can, { onSilence: 'lastAnswer' }),
  },
});
const checked = (gate: AtomsOf<typeof keeping>, isCalm: boolean): Scenario =>
  scenario('checked first', {
    about: 'What was true when it was asked is not true any more.',
    cluster: cluster({ nodes: ['a', 'b', 'c'], groups: { g: { voters: ['a', 'b', 'c'] } } }),
    faults: isCalm ? noFaults : swarm({ partition: ['isolateOne'], healBy: '10s' }),
    properties: [halted],
    plan: seq(
      start(keeping.build('v2', { applies: ['use'], gates: { Check: gate, Use: gate } })),
      keeping.call('Check', { to: leaderOf('g') }),
      restart('c', { as: keeping.build('v1', { applies: [] }) }),
      keeping.call('Use', { to: leaderOf('g') }),
      settle(),
    ),
  });

test('an answer that a check left behind is used as old as its atom allows', (t) => {
  // Rolled back, admitted, appended, committed, halted.
  t.deepEqual(broken(checked('now', false)), {});
  t.deepEqual(broken(checked('lately', false)), { 'apply-halted': 5 });
  t.deepEqual(broken(checked('lately', true)), { 'apply-halted': 5 });
  t.deepEqual(broken(checked('once', false)), { 'apply-halted': 5 });
  t.deepEqual(broken(checked('once', true)), {}, 'nobody is silent where nothing disturbs');
});

test('where nothing disturbs and no gate is closed, a call is not refused', (t) => {
  const shared = {
    ...oneNode,
    cluster: cluster({ nodes: ['a'], groups: { g: { voters: ['a'] }, h: { voters: ['a'] } } }),
  };
  const store = defineSubject({
    name: 'freezing',
    opcodes: { freeze: 1, merge: 2 },
    initial: () => ({ frozen: false }),
    durable: ['frozen'],
    apply: (state: { frozen: boolean }, entry, me): { frozen: boolean } | Halt =>
      entry.op === 'freeze' ? { frozen: true } : me.durable.frozen === true ? state : { halt: 'not frozen here' },
    rpcs: { Freeze: { proposes: 'freeze' }, Merge: { proposes: 'merge' } },
    atoms: {},
  });
  const calls = [store.call('Freeze', { to: leaderOf('g') }), store.call('Merge', { to: leaderOf('h') })];
  const only = start(store.build('only', { applies: ['freeze', 'merge'] }));
  t.deepEqual(broken(scenario('one after the other', { ...shared, plan: seq(only, ...calls, settle()) })), {});
  t.deepEqual(broken(scenario('side by side', { ...shared, plan: seq(only, par(...calls), settle()) })), {
    'apply-halted': 3,
  });
});
