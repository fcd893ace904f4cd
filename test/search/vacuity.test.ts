// What is said to have never occurred: fleets that a plan allows, values that atoms had, and that neither depends on how a
// search went about it.
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { NO_SWEEP, mergeSweeps, sweep, type Draw } from '../../src/cli/sweep.ts';
import { cluster, defineSubject, never, par, rolling, scenario, self, seq, start } from '../../src/index.ts';
import { anyOrder, maybe, restart, times, type Plan } from '../../src/index.ts';
import { fleetsOf } from '../../src/search/fleets.ts';
import { search, sourceOf } from '../../src/search/index.ts';
import { mergeSeen, NOTHING_SEEN, seenInSearch, unseenIn } from '../../src/search/vacuity.ts';
import { run } from '../../src/sim/index.ts';
import type { Seen } from '../../src/sim/verdict.ts';
import { asDrafted, nodeLocal, upgrade } from './corpus.ts';
import { recipes, scenarioOf, type Recipe } from './random-scenario.ts';

const feature = defineSubject({
  name: 'versions',
  opcodes: { put: 1 },
  initial: () => ({}),
  apply: (s: object) => s,
  rpcs: { Put: { proposes: 'put' } },
  atoms: { yes: self(() => true), even: self((me) => me.build !== 'b'), no: self(() => false) },
});
const [a, b, c] = ['a', 'b', 'c'].map((name) => feature.build(name, { applies: ['put'] })) as [
  Version,
  Version,
  Version,
];
type Version = ReturnType<typeof feature.build>;
const NODES = ['n1', 'n2', 'n3'];

/** Fleets of a plan, one letter a node. */
function fleets(...steps: Plan[]): string[] {
  return fleetsOf(seq(...steps), NODES)!
    .map((fleet) => fleet.map((build) => build || '-').join(''))
    .toSorted();
}

test('a rolling upgrade passes through every subset in any order, through prefixes in a given one', (t) => {
  t.is(fleets(start(a), rolling(NODES, b, { order: 'any' })).length, 8);
  t.deepEqual(fleets(start(a), rolling(NODES, b, { order: 'given' })), ['aaa', 'baa', 'bba', 'bbb']);
});

test('an upgrade that stops midway leaves the rest behind, and what comes later starts from there', (t) => {
  const partial = rolling(NODES, b, { order: 'given', stopAfter: [1, 2] });
  t.deepEqual(fleets(start(a), partial), ['aaa', 'baa', 'bba']);
  t.deepEqual(fleets(start(a), partial, rolling(NODES, c, { order: 'given' })), [
    'aaa',
    'baa',
    'bba',
    'caa',
    'cba',
    'cca',
    'ccc',
  ]);
});

test('whoever may go back goes back to what it ran before, at any later moment', (t) => {
  t.deepEqual(fleets(start(a), rolling(NODES, b, { order: 'given', mayRollBack: 1 })), [
    'aaa',
    'aba',
    'abb',
    'baa',
    'bab',
    'bba',
    'bbb',
  ]);
});

test('branches mix, what may be left out may be, and steps in any order come in every order', (t) => {
  const n1 = restart('n1', { as: b });
  const n2 = restart('n2', { as: c });
  t.deepEqual(fleets(start(a), par(n1, n2)), ['aaa', 'aca', 'baa', 'bca']);
  t.deepEqual(fleets(start(a), anyOrder(n1, n2)), ['aaa', 'aca', 'baa', 'bca']);
  t.deepEqual(fleets(start(a), n1, maybe(n2)), ['aaa', 'baa', 'bca']);
  t.deepEqual(fleets(start(a, ['n1']), restart('n1'), times([0, 2], start(b, ['n3']))), ['a--', 'a-b']);
});

test('fleets beyond counting are not listed', (t) => {
  const nodes = Array.from({ length: 14 }, (_, i) => `n${i}`);
  t.is(fleetsOf(seq(start(a), rolling(nodes, b, { order: 'any' })), nodes), null);
});

testProp(
  'a search to its end meets the fleets that the plan allows and no other, with and without its reductions',
  [recipes(1)],
  (t, recipe) => {
    const one = scenarioOf(recipe, 'open');
    const names = (all: readonly (readonly string[])[] | null): string[] =>
      all!.map((fleet) => fleet.join()).toSorted();
    for (const reduced of [true, false]) {
      const searched = search(one, { all: true, symmetry: reduced, partialOrder: reduced, maxStates: 20_000 });
      const met = names(seenInSearch(searched).fleets.filter((fleet) => !fleet.includes('')));
      const allowed = names(fleetsOf(one.plan, one.cluster.nodes));
      if (searched.complete && searched.broken.length === 0) t.deepEqual(met, allowed);
      else
        t.deepEqual(
          met.filter((fleet) => !allowed.includes(fleet)),
          [],
        );
    }
  },
  { numRuns: 40 },
);

/** One operator upgrades nodes that another one restarts. */
const TWO_OPERATORS: Recipe = {
  voters: 2,
  learner: false,
  oldApplies: false,
  oldFlag: false,
  newFlag: true,
  needsFlag: false,
  rollBack: false,
  crash: false,
  keeps: false,
  fresh: false,
  second: false,
  twice: false,
  extra: 'anyOrder',
  order: 'given',
  stopAfter: 0,
  atoms: ['flag'],
  gate: 0,
  halts: 'group',
};

testProp(
  'runs meet no fleet that the plan does not allow',
  [recipes(1), fc.nat(1000)],
  (t, recipe, seed) => {
    const one = scenarioOf(recipe, 'open');
    const allowed = fleetsOf(one.plan, one.cluster.nodes)!.map((fleet) => fleet.join());
    const met = run(one, sourceOf('swarm', String(seed))).seen.fleets.filter((fleet) => !fleet.includes(''));
    t.deepEqual(
      met.map((fleet) => fleet.join()).filter((fleet) => !allowed.includes(fleet)),
      [],
    );
  },
  { numRuns: 40, examples: [731, 938].map((seed): [Recipe, number] => [TWO_OPERATORS, seed]) },
);

test('an atom that never differs is told with its value, one that nobody asks for as such', (t) => {
  const gates = { wire: 'yes', Put: 'no', promote: 'even' } as const;
  const build = feature.build('b', { applies: ['put'], gates });
  const one = scenario('constant atoms', {
    about: 'Two atoms that cannot differ, and a gate that nobody comes to.',
    cluster: cluster({ nodes: NODES, groups: { g1: { voters: NODES } } }),
    properties: [never('x', () => false)],
    plan: seq(start(build), feature.call('Put', { to: { t: 'leader', group: 'g1' } })),
  });
  const runs = run(one, sourceOf('swarm', '1')).seen;
  const model = seenInSearch(search(one));
  for (const seen of [runs, model, mergeSeen(runs, model)]) {
    t.deepEqual(unseenIn(one, seen).atoms, [
      { atom: 'yes', was: true },
      { atom: 'no', was: false },
      { atom: 'even', was: null },
    ]);
  }
  t.deepEqual(unseenIn(one, runs).neverRan, []);
});

test('an atom that differs from gate to gate has differed, though at each gate it has one value', (t) => {
  const v1 = feature.build('a', { applies: ['put'], gates: { wire: 'even' } });
  const v2 = feature.build('b', { applies: ['put'], gates: { wire: 'even' } });
  const one = scenario('one value a gate', {
    about: 'Each build has its own value.',
    cluster: cluster({ nodes: NODES, groups: { g1: { voters: NODES } } }),
    properties: [never('x', () => false)],
    plan: seq(start(v1, ['n1', 'n2']), start(v2, ['n3'])),
  });
  const unseen = unseenIn(one, run(one, sourceOf('swarm', '1')).seen);
  t.deepEqual(unseen.atoms, []);
  t.deepEqual(unseen.gates, [
    { build: 'a', at: 'wire', atom: 'even', was: true },
    { build: 'b', at: 'wire', atom: 'even', was: false },
  ]);
});

const sightings = fc.record({
  atoms: fc.array(
    fc.record({
      build: fc.constantFrom('a', 'b'),
      at: fc.constantFrom('wire', 'Put'),
      atom: fc.constantFrom('x', 'y'),
      wasTrue: fc.boolean(),
      wasFalse: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  untold: fc.array(fc.record({ build: fc.constantFrom('a', 'b'), at: fc.constant('Put') }), { maxLength: 2 }),
  fleets: fc.array(fc.array(fc.constantFrom('a', 'b', ''), { minLength: 2, maxLength: 2 }), { maxLength: 4 }),
});

testProp('what parts of a search have seen adds up in any order', [sightings, sightings, sightings], (t, x, y, z) => {
  const norm = (seen: Seen): Seen => mergeSeen(NOTHING_SEEN, seen);
  t.deepEqual(mergeSeen(x, y), mergeSeen(y, x));
  t.deepEqual(mergeSeen(mergeSeen(x, y), z), mergeSeen(x, mergeSeen(y, z)));
  t.deepEqual(mergeSeen(norm(x), norm(x)), norm(x));
});

testProp(
  'a sweep has seen the same however its runs are shared out',
  [fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), fc.boolean()],
  (t, sizes, drafted) => {
    const one = drafted ? asDrafted() : upgrade(nodeLocal);
    const draws = Array.from({ length: sizes.reduce((sum, n) => sum + n, 0) }, (_, i): Draw => {
      return { strategy: 'swarm', seed: String(i + 1) };
    });
    const whole = sweep(one, draws, false, () => false);
    let from = 0;
    const parts = sizes.map((size) => sweep(one, draws.slice(from, (from += size)), false, () => false));
    t.deepEqual(parts.reduce(mergeSweeps, NO_SWEEP).seen, whole.seen);
    t.true(whole.seen.fleets.length > 1);
  },
  { numRuns: 8 },
);
