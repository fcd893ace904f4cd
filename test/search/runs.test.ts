// Searches that run the simulator: strategies leave tapes that replay, witnesses of the model come true, tapes shrink and
// still fail for the same reason, findings keep their state.
import { fc } from '@fast-check/ava';
import test from 'ava';
import { InputError } from '../../src/base/errors.ts';
import {
  closed,
  cluster,
  leaderOf,
  never,
  par,
  rolling,
  scenario,
  seq,
  settle,
  start,
  swarm,
} from '../../src/index.ts';
import {
  confirm,
  mergeFindings,
  readFindings,
  search,
  shortest,
  shrinkTape,
  sourceOf,
  witnessOf,
  writeFindings,
} from '../../src/search/index.ts';
import { ddmin } from '../../src/search/ddmin.ts';
import { run, tapeSource } from '../../src/sim/index.ts';
import { encryption } from '../../src/subjects/encryption.ts';
import { asDrafted, nobodyApplies, nodeLocal, oneGroup, upgrade } from './corpus.ts';

const applies = ['registration', 'bootstrap', 'rotation'] as const;

/** The node-local gate in a storm. */
function stormy() {
  const old = encryption.build('old', { applies, config: { kekFile: null }, gates: { wire: closed } });
  const now = encryption.build('now', {
    applies,
    config: { kekFile: 'kek', sidecarPath: 'enc/' },
    gates: { BootstrapEncryption: 'kekFileSet' },
  });
  return scenario('node-local in a storm', {
    about: 'Flags of one node, with messages lost, delayed and doubled.',
    cluster: cluster({ nodes: [...oneGroup.nodes], groups: { g1: { voters: ['n1', 'n2', 'n3'], learners: ['n4'] } } }),
    faults: swarm({
      partition: ['isolateOne', 'halves'],
      loss: [0, 0.1],
      delay: ['1ms', '60ms'],
      crash: { max: 1 },
      healBy: '5s',
    }),
    properties: [never('apply-halted', (c) => c.replicas.some((r) => r.halted))],
    plan: seq(
      start(old),
      par(
        rolling(['n1', 'n2', 'n3', 'n4'], now, { order: 'any' }),
        encryption.call('BootstrapEncryption', { to: leaderOf('g1') }),
      ),
      settle(),
    ),
  });
}

/** The first seed whose run breaks something. */
function failing(strategy: Parameters<typeof sourceOf>[0]) {
  const s = stormy();
  for (let seed = 1; seed <= 300; seed++) {
    const result = run(s, sourceOf(strategy, String(seed)));
    if (result.violations.length > 0) return { s, result };
  }
  return null;
}

for (const strategy of ['swarm', 'pos', 'pct:2', 'pct:3'] as const) {
  test(`what ${strategy} finds is on its tape, and replays to the same trace`, (t) => {
    const found = failing(strategy);
    t.truthy(found);
    const again = run(found!.s, tapeSource(found!.result.tape));
    t.is(again.hash, found!.result.hash);
    t.deepEqual(again.violations[0], found!.result.violations[0]);
  });
}

test('every witness of the model comes true in the simulator', (t) => {
  for (const s of [
    nobodyApplies(),
    upgrade(nodeLocal),
    upgrade('votersCapable'),
    upgrade('groupCapable', 1),
    asDrafted(),
  ]) {
    const searched = search(s);
    const witness = confirm(s, witnessOf(searched, searched.broken[0]!));
    t.is(witness.confirmed, 'confirmed', s.name);
    const again = run(s, tapeSource(witness.tape!));
    t.true(again.violations.some((violation) => violation.property === witness.property));
  }
});

test('a witness that is no run of the scenario stays unconfirmed', (t) => {
  const searched = search(upgrade('votersCapable'));
  const witness = witnessOf(searched, searched.broken[0]!);
  t.is(confirm(upgrade('groupCapable'), witness, { tries: 12 }).confirmed, 'not confirmed');
});

test('a shrunk tape breaks the same property, and no choice of it can be spared', (t) => {
  const { s, result } = failing('swarm')!;
  const shrunk = shrinkTape(s, result.tape)!;
  t.true(shrunk.minimal);
  t.true(shrunk.to <= Math.max(5, 0.03 * shrunk.from), `${shrunk.from} to ${shrunk.to}`);
  t.is(shrunk.violation.property, result.violations[0]!.property);
  for (const left of shrunk.tape.choices) {
    const fewer = shrunk.tape.choices.filter((choice) => choice !== left);
    t.deepEqual(run(s, tapeSource({ ...shrunk.tape, choices: fewer })).violations, []);
  }
});

test('many seeds of one bug end as one story, proved shortest', (t) => {
  const s = stormy();
  const stories: string[] = [];
  for (let seed = 1, found = 0; found < 12; seed++) {
    const result = run(s, sourceOf('swarm', String(seed)));
    if (result.violations.length === 0) continue;
    found++;
    const story = shortest(s, result.tape)!;
    t.true(story.provedShortest, story.why ?? '');
    t.is(story.witness?.steps.length, 6);
    t.true(story.to <= 5);
    const text = JSON.stringify(story.tape.choices);
    if (!stories.includes(text)) stories.push(text);
  }
  t.is(stories.length, 1);
});

test('a tape that breaks nothing cannot be shrunk', (t) => {
  t.is(shrinkTape(upgrade('groupCapable'), { scenario: '', seed: null, strategy: 'calm', choices: [] }), null);
});

test('delta debugging keeps just what shows it', (t) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(40), { maxLength: 25 }),
      fc.uniqueArray(fc.nat(40), { maxLength: 4 }),
      (whole, needed) => {
        const wanted = needed.filter((n) => whole.includes(n));
        const shows = (part: readonly number[]): boolean => wanted.every((n) => part.includes(n));
        const { kept, minimal } = ddmin(whole, shows, () => false);
        t.true(minimal);
        t.deepEqual(
          [...kept].sort((a, b) => a - b),
          [...wanted].sort((a, b) => a - b),
        );
      },
    ),
  );
});

test('findings are new, then ongoing, then resolved, and regress when they come back', (t) => {
  const seen = [{ scenario: 's', fingerprint: 'f', property: 'p', code: 'c', tape: 'a.tape' }];
  const first = mergeFindings([], seen, ['s']);
  t.is(first[0]?.state, 'new');
  const second = mergeFindings(first, seen, ['s']);
  t.is(second[0]?.state, 'ongoing');
  t.deepEqual(mergeFindings(second, [], []), second);
  const third = mergeFindings(second, [], ['s']);
  t.is(third[0]?.state, 'resolved');
  t.is(mergeFindings(third, seen, ['s'])[0]?.state, 'regressed');
  t.deepEqual(readFindings(writeFindings(second), 'f'), second);
});

test('a line that is not a finding is named', (t) => {
  t.throws(() => readFindings('{"scenario":1}\n', 'f'), { instanceOf: InputError, code: 'CLI003' });
});
