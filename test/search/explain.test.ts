// Explanations, repairs, differences and mutants of gates, on rollouts whose answers are known.
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { setup } from 'xstate';
import { loadScenarios } from '../../src/cli/load-scenarios.ts';
import {
  addLearner,
  cluster,
  defineSubject,
  every,
  leaderOf,
  log,
  maybe,
  never,
  par,
  rolling,
  scenario,
  self,
  seq,
  start,
  type Halt,
} from '../../src/index.ts';
import type { Build } from '../../src/scenario/build.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { ALL_FLAGS, encryption, stage } from '../../src/subjects/encryption.ts';
import { formulaOf } from '../../src/gate/formula.ts';
import { parseFormula } from '../../src/gate/text.ts';
import { explain, gateDiff, meets, mutateGates, operatorPaths, search } from '../../src/search/index.ts';
import { withGate } from '../../src/search/variants.ts';
import { asDrafted, asFixed, nobodyApplies, nodeLocal, upgrade, weakestInUpgrade } from './corpus.ts';

test('a learner that was forgotten is explained by the atom that asks it too', (t) => {
  const found = explain(upgrade('votersCapable'))!;
  t.deepEqual(found.blame[0], { atom: 'groupCapable', at: 'BootstrapEncryption' });
  t.deepEqual([...found.blast.replicas], ['g1@n4']);
  t.is(found.pointOfNoReturn, 5);
  t.deepEqual([...found.notIt], ['votersCapable']);
});

test('flags of one node are explained by what was not asked of the others', (t) => {
  const found = explain(upgrade(nodeLocal))!;
  t.true(found.blame.some((b) => 'atom' in (b as object) && (b as { atom: string }).atom === 'groupCapable'));
  t.deepEqual([...found.blast.groups], ['g1']);
});

test('a suggested repair holds when it is searched again', (t) => {
  const before = upgrade(nodeLocal);
  const [repair] = explain(before)!.repairs;
  t.truthy(repair?.verified);
  const after = repair!.changes.reduce((s, { build, at, formula }) => withGate(s, build, at, formula), before);
  const searched = search(after);
  t.true(searched.complete);
  t.deepEqual([...searched.broken], []);
  t.deepEqual(searched.checks.coverage.neverMet, []);
});

test('an entry that nobody can apply is doomed once a quorum has it', (t) => {
  const found = explain(nobodyApplies())!;
  t.is(found.pointOfNoReturn, 2);
  t.is(found.blast.replicas.length, 4);
  // Other facts are false as well; this one says why nothing may be admitted.
  const [first, ...others] = found.culprits;
  t.deepEqual(first?.blame, { atom: 'applierWired', at: 'BootstrapEncryption' });
  t.true(first?.direct);
  t.true(others.some(({ direct }) => direct === undefined));
  t.true(found.blame.some((b) => 'atom' in (b as object) && (b as { atom: string }).atom === 'applierWired'));
});

test('a roll-back in flight is blamed on the lack of any admission gate, or on the start-up of the old build', (t) => {
  const found = explain(upgrade('groupCapable', 1))!;
  t.deepEqual([...found.blame], ['no admission gate', { gatePoint: 'startup', build: 'stage6A' }]);
  t.is(found.pointOfNoReturn, 7);
});

test('the drafted range tombstone is blamed on the release people roll back to', (t) => {
  const found = explain(asDrafted(), { bound: { crashes: 0, memberChanges: 0 } })!;
  t.true(found.blame.some((b) => JSON.stringify(b) === JSON.stringify({ gatePoint: 'startup', build: 'v1.0' })));
  t.deepEqual([...found.cone], [1, 2, 3, 4, 5, 6, 7, 8]);
});

test('where shutting either of two points leaves the other way open, both are blamed', (t) => {
  const found = explain(asDrafted(), { bound: { crashes: 0, memberChanges: 1 }, withoutRepairs: true })!;
  const both = [
    { gatePoint: 'startup', build: 'v1.0' },
    { atom: 'joinerReadsV2', at: 'join' },
  ];
  t.true(found.blame.some((b) => JSON.stringify(b) === JSON.stringify(both)));
  t.false(found.blame.some((b) => JSON.stringify(b) === JSON.stringify(both[0])));
});

test('a rule that stands in two builds in the same words is blamed, and repaired, in both', (t) => {
  const feature = defineSubject({
    name: 'served by all, applied by some',
    opcodes: { use: 1 },
    initial: () => ({}),
    apply: (s: object, e, me) => (me.applies(e.op) ? s : { halt: 'no applier' }),
    rpcs: { Status: { answers: (me) => ({ can: me.applies('use'), version: 2 }) }, Use: { proposes: 'use' } },
    atoms: {
      allSay: every('voters', 'Status', (a) => a.version === 2),
      allCan: every('voters', 'Status', (a) => a.can),
    },
  });
  const gates = { Use: 'allSay' } as const;
  const half = feature.build('half', { applies: [], serves: ['Status', 'Use'], gates });
  const whole = feature.build('whole', { applies: ['use'], gates });
  const mixed = scenario('one rule, two builds', {
    about: 'A version is taken for an applier.',
    cluster: cluster({ nodes: ['a', 'b', 'c'], groups: { g: { voters: ['a', 'b', 'c'] } } }),
    properties: [never('apply-halted', (c) => c.replicas.some((r) => r.halted !== null))],
    plan: seq(start(half), par(rolling(['a', 'b', 'c'], whole), feature.call('Use', { to: leaderOf('g') }))),
  });
  const found = explain(mixed)!;
  t.deepEqual(found.blame[0], { atom: 'allCan', at: 'Use' });
  t.deepEqual(
    found.repairs[0]?.changes.map(({ build, at, to }) => [build, at, to]),
    [
      ['half', 'Use', 'allCan'],
      ['whole', 'Use', 'allCan'],
    ],
  );
  t.true(found.repairs[0]?.verified);
});

test('everybody is blamed whom an analysis by hand blames', async (t) => {
  const folder = fileURLToPath(new URL('../fixtures/features/', import.meta.url));
  const files = ['dual-write', 'finalized-twice', 'fence', 'handshake', 'log-codec', 'machine', 'schema-change'];
  const loaded = await loadScenarios(
    files.map((file) => `${folder}${file}.ts`),
    folder,
  );
  const blaming = loaded
    .map(({ scenario: one }) => one)
    .filter((one): one is Scenario => one.kind === 'scenario' && one.expect !== 'holds' && 'blames' in one.expect);
  t.true(blaming.length > 10);
  for (const one of blaming) {
    const bound = one.explore.bound ?? {};
    const found = explain(one, { bound, withoutRepairs: true });
    t.true(found?.asExpected, `${one.name}: ${JSON.stringify(found?.blame)}`);
  }
});

/** One group of three; the flag of the old build is unset, and only builds with the flag survive the entry. */
function flagged() {
  type State = { readonly on: boolean; readonly busy: boolean };
  return defineSubject({
    name: 'flagged',
    opcodes: { turnOn: 1, use: 2 },
    initial: (): State => ({ on: false, busy: true }),
    apply(s: State, e, me): State | Halt {
      if (e.op === 'use') return s.on ? s : { halt: 'not on' };
      return me.config['flag'] === true ? { ...s, on: true, busy: false } : { halt: 'no flag' };
    },
    rpcs: { TurnOn: { proposes: 'turnOn' }, Use: { proposes: 'use' } },
    atoms: {
      flag: self((me) => me.config['flag'] === true),
      on: log((s: State) => s.on),
      busy: log((s: State) => s.busy),
    },
  });
}

function flaggedRun(build: Build, ...rpcs: readonly ('TurnOn' | 'Use')[]): Scenario {
  const calls = rpcs.map((rpc) => flagged().call(rpc, { to: leaderOf('g') }));
  return scenario('flagged', {
    about: 'A flag that is not set.',
    cluster: cluster({ nodes: ['a', 'b', 'c'], groups: { g: { voters: ['a', 'b', 'c'] } } }),
    properties: [never('apply-halted', (c) => c.replicas.some((r) => r.halted !== null))],
    plan: seq(start(build), ...calls),
  });
}

test('a gate that was lost is named, though it never opened', (t) => {
  const build = flagged().build('unset', { applies: ['turnOn', 'use'], config: { flag: false } });
  const found = explain(flaggedRun(build, 'TurnOn'))!;
  t.true(found.blame.some((b) => JSON.stringify(b) === JSON.stringify({ atom: 'flag', at: 'TurnOn' })));
  // What only the entry itself brings about is nothing that could have been asked for.
  t.false(found.culprits.some(({ blame }) => JSON.stringify(blame).includes('"on"')));
  t.true(found.repairs[0]?.verified);
});

test('of facts that are false, the one is named first that another entry has to make true before', (t) => {
  const gates = { TurnOn: 'flag' } as const;
  const build = flagged().build('unset', { applies: ['turnOn', 'use'], config: { flag: false }, gates });
  const [first, ...others] = explain(flaggedRun(build, 'TurnOn', 'Use'))!.culprits;
  t.deepEqual(first?.blame, { atom: 'on', at: 'Use' });
  t.true(others.some(({ blame }) => JSON.stringify(blame) === JSON.stringify({ atom: 'flag', at: 'Use' })));
});

test('the contrary of a fact is a repair where no fact is one', (t) => {
  const feature = defineSubject({
    name: 'locked',
    opcodes: { unlock: 1, cut: 2 },
    initial: () => ({ locked: true }),
    apply: (s: { readonly locked: boolean }, e) =>
      e.op === 'unlock' ? { locked: false } : s.locked ? { halt: 'locked' } : s,
    rpcs: { Unlock: { proposes: 'unlock' }, Cut: { proposes: 'cut' } },
    atoms: { locked: log((s: { readonly locked: boolean }) => s.locked) },
  });
  const build = feature.build('v1', { applies: ['unlock', 'cut'] });
  const to = { to: leaderOf('g') };
  const found = explain(
    scenario('locked', {
      about: 'Cut while it is locked.',
      cluster: cluster({ nodes: ['a', 'b', 'c'], groups: { g: { voters: ['a', 'b', 'c'] } } }),
      properties: [never('apply-halted', (c) => c.replicas.some((r) => r.halted !== null))],
      plan: seq(start(build), par(feature.call('Unlock', to), feature.call('Cut', to))),
    }),
  )!;
  t.deepEqual(found.blame[0], { atom: 'locked', at: 'Cut' });
  t.is(found.repairs[0]?.changes[0]?.to, 'not locked');
});

test('where a call and a door both let it in, both changes are named as one', (t) => {
  const feature = defineSubject({
    name: 'two ways in',
    opcodes: { put: 1, txn: 2 },
    initial: () => ({}),
    apply: (s: object, e, me) => (me.applies(e.op) ? s : { halt: 'unknown' }),
    rpcs: { Status: { answers: (me) => ({ txn: me.applies('txn') }) }, Txn: { proposes: 'txn' } },
    atoms: { allKnow: every('votersAndLearners', 'Status', (a) => a.txn) },
  });
  const v1 = feature.build('v1', { applies: ['put'], gates: { join: 'closed' } });
  const v2 = feature.build('v2', { applies: ['put', 'txn'] });
  const found = explain(
    scenario('two ways in', {
      about: 'An old member is there, or comes.',
      cluster: cluster({ nodes: ['a', 'b', 'c'], groups: { g: { voters: ['a', 'b'] } } }),
      properties: [never('apply-halted', (c) => c.replicas.some((r) => r.halted !== null))],
      plan: seq(
        start(v1),
        par(rolling(['a', 'b'], v2), feature.call('Txn', { to: leaderOf('g') }), maybe(addLearner('c', { to: ['g'] }))),
      ),
      explore: { bound: { commits: 2, crashes: 0, memberChanges: 1 } },
    }),
  )!;
  const both = [
    { gatePoint: 'join', build: 'v2' },
    { atom: 'allKnow', at: 'Txn' },
  ];
  t.true(
    found.blame.some((b) => JSON.stringify(b) === JSON.stringify(both)),
    JSON.stringify(found.blame),
  );
  t.true(found.repairs.some(({ changes, verified }) => verified && changes.length === 2));
});

test('where a build has no gate at a point, a missing gate and a missing atom are one blame', (t) => {
  const { builds } = upgrade('groupCapable');
  const point = { gatePoint: 'promote', build: 'stage6B' };
  const atom = { atom: 'joinerCapable', at: 'promote' };
  t.true(meets(atom, point, builds));
  t.true(meets(point, atom, builds));
  t.false(meets(atom, { ...point, gatePoint: 'join' }, builds));
  const gated = { gatePoint: 'BootstrapEncryption', build: 'stage6B' };
  t.false(meets({ atom: 'votersCapable', at: 'BootstrapEncryption' }, gated, builds));
  t.false(meets('no admission gate', point, builds));
});

test('a scenario that holds has nothing to explain', (t) => {
  t.is(explain(upgrade('groupCapable')), null);
});

test('the difference of two gates counts what opens, and which of it is unsafe', (t) => {
  const diff = gateDiff(weakestInUpgrade(0), formulaOf('groupCapable'), formulaOf('votersCapable'));
  t.is(diff.opened, 1);
  t.is(diff.closed, 0);
  t.is(diff.unsafe, 1);
  t.is(diff.before, 'holds');
  t.is(diff.after, 'violated');
  t.is(diff.changes[0]?.steps, 8);
  const back = gateDiff(weakestInUpgrade(0), formulaOf('votersCapable'), parseFormula('groupCapable'));
  t.is(back.closed, 1);
  t.is(back.unsafe, 0);
});

test('mutants of a safe gate are killed, equivalent, or show what no property needs', (t) => {
  const result = mutateGates(upgrade(parseFormula('groupCapable and encryptionEnabled')), { runs: 30 });
  const outcome = (operator: string, to: string): string | undefined =>
    result.mutants.find((mutant) => mutant.operator === operator && mutant.to.includes(to))?.outcome;
  t.is(outcome('drop conjunct', 'encryptionEnabled'), 'killed');
  t.is(outcome('drop conjunct', 'groupCapable'), 'equivalent');
  t.is(outcome('drop learners', 'groupCapable'), 'killed');
  t.is(outcome('voters to quorum', 'groupCapable'), 'killed');
  t.is(outcome('and to or', 'groupCapable or encryptionEnabled'), 'killed');
  t.is(result.score, 100);
});

test('mutants of the gates of a fixed feature are all accounted for', (t) => {
  const result = mutateGates(asFixed({ oldJoin: 'joinerReadsV2' }), { bound: { crashes: 0, memberChanges: 0 } });
  t.true(result.killed >= 4, `${result.killed} killed`);
  t.is(result.mutants.filter((mutant) => mutant.outcome === 'survived').length, 0);
});

test('a gate welded shut is killed: what happened without the change no longer does', (t) => {
  const result = mutateGates(upgrade('groupCapable'), { runs: 30 });
  const welded = result.mutants.find((mutant) => mutant.to === 'not groupCapable');
  t.is(welded?.outcome, 'killed');
  t.not(welded?.shown, 'in the model only');
});

test('what the model claims of a feature it sees from the outside is no kill until a run shows it', (t) => {
  const one = scenario('cutover before bootstrap', {
    about: 'The handler refuses by itself what the gate refuses, which the model does not see.',
    cluster: cluster({ nodes: ['n1'], groups: { g1: { voters: ['n1'] } } }),
    properties: [never('halted', (c) => c.replicas.some((r) => r.halted))],
    plan: seq(start(stage('HEAD', ALL_FLAGS)), encryption.call('EnableStorageEnvelope', { to: leaderOf('g1') })),
  });
  const { mutants, killed, counted, score } = mutateGates(one, { runs: 12 });
  const dropped = mutants.find(({ operator, to }) => operator === 'drop conjunct' && to === 'clusterCapable');
  t.like(dropped, { outcome: 'killed', shown: 'in the model only' });
  t.true(killed < counted && score < 100);
});

test('paths through the life of a feature become plans', (t) => {
  const life = setup({
    guards: encryption.guards,
    types: { events: {} as { type: 'BootstrapEncryption' | 'RotateDEK' } },
  }).createMachine({
    initial: 'off',
    states: {
      off: { on: { BootstrapEncryption: { target: 'on', guard: 'groupCapable' } } },
      on: { on: { RotateDEK: { target: 'rotated' } } },
      rotated: {},
    },
  });
  const paths = operatorPaths(life, encryption.definition, { to: leaderOf('g1') });
  t.deepEqual(
    paths.map(({ rpcs }) => rpcs.join()),
    ['BootstrapEncryption', 'BootstrapEncryption,RotateDEK'],
  );
  const build = encryption.build('able', {
    applies: ['registration', 'bootstrap', 'rotation'],
    config: { kekFile: 'kek', sidecarPath: 'enc/' },
    gates: {},
  });
  const run = scenario('a path', {
    about: 'Bootstrap, then rotate.',
    cluster: cluster({ nodes: ['n1'], groups: { g1: { voters: ['n1'] } } }),
    properties: [never('halted', (c) => c.replicas.some((r) => r.halted))],
    plan: seq(start(build), paths[1]!.plan),
  });
  const searched = search(run);
  // The operator who is refused the bootstrap goes on to rotate, and that entry halts.
  t.is(searched.checks.safety[searched.broken[0]!.property]!.name, 'halted');
});
