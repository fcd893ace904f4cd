// What exhaustive search finds and proves: known shortest witnesses, completeness, and that no reduction changes a verdict.
import { fc } from '@fast-check/ava';
import test from 'ava';
import { search, type SearchOptions, type Searched } from '../../src/search/exhaustive.ts';
import { explain } from '../../src/search/explain.ts';
import { witnessOf } from '../../src/search/witness.ts';
import { always, cluster, defineSubject, leaderOf, never, scenario, seq, start } from '../../src/index.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { asDrafted, asFixed, nobodyApplies, nodeLocal, upgrade, type AnyGate } from './corpus.ts';
import { recipes, scenarioOf } from './random-scenario.ts';

function steps(scenario: Scenario, options: SearchOptions = {}): number | null {
  return search(scenario, options).broken[0]?.depth ?? null;
}

function kinds(searched: Searched): string[] {
  return witnessOf(searched, searched.broken[0]!).steps.map((step) => step.kind);
}

test('an open gate halts a leader that cannot apply, in four steps', (t) => {
  const searched = search(nobodyApplies());
  t.deepEqual(kinds(searched), ['admit', 'append', 'commit', 'halt']);
});

test('flags of one node let a mutator through in a rolling upgrade, in six steps', (t) => {
  t.is(steps(upgrade(nodeLocal)), 6);
});

test('a gate that asks the voters forgets the learner, in eight steps', (t) => {
  const searched = search(upgrade('votersCapable'));
  const witness = witnessOf(searched, searched.broken[0]!);
  t.is(witness.steps.length, 8);
  t.is(witness.steps.at(-1)?.node, 'n4');
  t.true(witness.minimal);
});

test('a gate that asks the whole group holds, and the search says it is complete', (t) => {
  const searched = search(upgrade('groupCapable'));
  t.true(searched.complete);
  t.deepEqual([...searched.broken], []);
  t.deepEqual(searched.checks.coverage.neverMet, []);
});

test('with one roll-back the same gate halts a replica, in nine steps', (t) => {
  const searched = search(upgrade('groupCapable', 1));
  t.is(searched.broken[0]?.depth, 9);
  t.true(kinds(searched).includes('rollBack'));
});

test('the drafted range tombstone halts a rolled-back node in eight steps', (t) => {
  const searched = search(asDrafted());
  t.is(searched.broken[0]?.depth, 8);
  t.true(kinds(searched).includes('rollBack'));
});

test('the fixed range tombstone holds once the old release gates joins as well', (t) => {
  const searched = search(asFixed({ oldJoin: 'joinerReadsV2' }), { bound: { crashes: 0 } });
  t.true(searched.complete, searched.why ?? '');
  t.deepEqual([...searched.broken], []);
});

test('a limit of steps is part of the bound that is reported', (t) => {
  const searched = search(upgrade('votersCapable'), { bound: { depth: 3 } });
  t.deepEqual([...searched.broken], []);
  t.is(searched.bound.depth, 3);
});

test('a search that is stopped says why', (t) => {
  const searched = search(asDrafted(), { stop: () => true });
  t.false(searched.complete);
  t.is(searched.why, 'the budget ended');
});

test('a state takes at most 200 bytes', (t) => {
  t.true(search(asDrafted(), { bound: { depth: 2 } }).store.bytesPerState + 6 <= 200);
});

const gates: readonly AnyGate[] = ['open', 'flag', 'votersReady', 'groupReady', 'someReady'];

test('500 random scenarios have the same verdict and witness length with and without reductions', (t) => {
  let violated = 0;
  let compared = 0;
  fc.assert(
    fc.property(recipes(1), (recipe) => {
      const scenario = scenarioOf(recipe, gates[recipe.gate % gates.length]!);
      const plain = search(scenario, { maxStates: 12_000, symmetry: false, partialOrder: false });
      fc.pre(plain.why === null);
      const reduced = search(scenario);
      compared++;
      if (plain.broken.length > 0) violated++;
      t.is(reduced.broken[0]?.depth ?? null, plain.broken[0]?.depth ?? null, JSON.stringify(recipe));
    }),
    { numRuns: 500, seed: 6 },
  );
  t.is(compared, 500);
  t.true(violated > 100, `${violated} of 500 violated`);
});

type Switched = { readonly on: boolean };
const switching = defineSubject({
  name: 'switching',
  opcodes: { turnOn: 1 },
  initial: (): Switched => ({ on: false }),
  apply: (_state, entry, me) => (me.applies(entry.op) ? { on: true } : { halt: 'unknown opcode' }),
  rpcs: { TurnOn: { proposes: 'turnOn' } },
  atoms: {},
});

test('an election that is told with the step behind it does not hide a run without it', (t) => {
  const old = switching.build('v1', { applies: [], serves: ['TurnOn'] });
  const now = switching.build('v2', { applies: ['turnOn'] });
  const snapshots: Scenario = scenario('switching', {
    about: 'An old member is sent the state of new ones.',
    cluster: cluster({ nodes: ['a', 'b', 'c'], groups: { g: { voters: ['a', 'b', 'c'] } } }),
    plan: seq(start(old, ['a', 'b']), start(now, ['c']), switching.call('TurnOn', { to: leaderOf('g') })),
    properties: [never<Switched>('on under v1', (c) => c.replicas.some((r) => r.state.on && r.build === 'v1'))],
  });
  for (const reduced of [true, false]) {
    t.is(steps(snapshots, { partialOrder: reduced, symmetry: reduced }), 6);
  }
});

test('a property that the very first state breaks has a witness without steps', (t) => {
  const broken: Scenario = { ...upgrade('open'), properties: [always('never true', () => false)] };
  const searched = search(broken);
  t.is(searched.broken[0]?.depth, 0);
  const witness = witnessOf(searched, searched.broken[0]!);
  t.deepEqual([...witness.steps], []);
  t.is(witness.property, 'never true');
  t.true(witness.minimal);
  const explained = explain(broken);
  t.deepEqual([...(explained?.blame ?? ['nothing found'])], []);
  t.is(explained?.pointOfNoReturn, null);
});
