// The weakest safe gate, against what is known of the encryption rollout and against brute force: every gate of the space
// run on its own, over features made at random.
import { fc } from '@fast-check/ava';
import test from 'ava';
import { evaluate, type Formula } from '../../src/gate/formula.ts';
import { search } from '../../src/search/exhaustive.ts';
import { shortestGate } from '../../src/search/gate-formula.ts';
import { isSafe } from '../../src/search/open-sets.ts';
import { inquire, openedBy, askedBuilds, weakestGate, type GateSpace } from '../../src/search/weakest-gate.ts';
import { monotoneGates } from '../../src/gate/monotone.ts';
import type { WeakestQuestion } from '../../src/scenario/scenario.ts';
import { weakestInUpgrade } from './corpus.ts';
import { questionOf, recipes } from './random-scenario.ts';

test('voters and learners together are the unique weakest admission gate of the rollout', (t) => {
  const result = weakestGate(weakestInUpgrade(0));
  t.is(result.gate, 'groupCapable');
  t.deepEqual([...result.alternatives], []);
  t.true(result.complete);
  t.true(result.asExpected);
  const steps = Object.fromEntries(result.weaker.map(({ gate, steps }) => [gate, steps]));
  t.is(steps['votersCapable'], 8);
  t.is(steps['open'], 6);
  t.true(result.indistinct.includes('encryptionEnabled was always true'));
});

test('with one roll-back no admission gate is safe, and the answer says what defeats it', (t) => {
  const result = weakestGate(weakestInUpgrade(1));
  t.is(result.gate, null);
  t.true(result.asExpected);
  t.is(result.weaker.find(({ gate }) => gate === 'groupCapable')?.steps, 9);
  t.regex(result.defeatedBy ?? '', /roll-back to stage6A/);
  t.true(result.instead.some((help) => help.includes('startup gate in stage6A')));
  t.true(result.instead.some((help) => help.includes('nobody rolls back')));
});

/** The gate that is open in the rows of a truth table. */
function gateOfRows(atoms: readonly string[], rows: number): Formula {
  const all = Array.from({ length: 1 << atoms.length }, (_, row) => row);
  const open = all.filter((row) => ((rows >>> row) & 1) === 1);
  const shut = all.filter((row) => ((rows >>> row) & 1) === 0);
  return shortestGate(atoms, open, shut, false);
}

/** Runs every gate of the space and compares with what one search foretold. Returns how many were unsafe. */
function compare(
  t: { is: (a: unknown, b: unknown, m: string) => void },
  question: WeakestQuestion,
  space: GateSpace,
): number {
  const about = { at: question.at, builds: askedBuilds(question), atoms: question.atoms };
  const inquiry = inquire(question.with('open'), about, space, { maxStates: 3_000 });
  fc.pre(inquiry.searched.complete);
  const k = question.atoms.length;
  const tables = space === 'monotone' ? monotoneGates(k) : Array.from({ length: 2 ** (2 ** k) }, (_, rows) => rows);
  let unsafe = 0;
  for (const rows of tables) {
    const formula = gateOfRows(question.atoms, rows);
    const searched = search(question.with(formula as never), { maxStates: 80_000 });
    const foretold = isSafe(openedBy(inquiry, formula), inquiry.judgement.unsafe);
    t.is(searched.broken.length === 0, foretold, `${JSON.stringify(formula)} over ${question.atoms.join()}`);
    if (!foretold) unsafe++;
  }
  return unsafe;
}

test('over 200 random features one search foretells what every gate over two atoms does when it is run', (t) => {
  let unsafe = 0;
  fc.assert(
    fc.property(recipes(2), (recipe) => void (unsafe += compare(t, questionOf(recipe), 'boolean'))),
    { numRuns: 200, seed: 61 },
  );
  t.true(unsafe > 500, `${unsafe} unsafe gates`);
});

test('over random features one search foretells what every monotone gate over three and four atoms does', (t) => {
  fc.assert(
    fc.property(recipes(3), (recipe) => void compare(t, questionOf(recipe), 'monotone')),
    { numRuns: 40, seed: 62 },
  );
  fc.assert(
    fc.property(recipes(4), (recipe) => void compare(t, questionOf(recipe), 'monotone')),
    { numRuns: 4, seed: 63 },
  );
});

test('the shortest gate says what it must and leaves the rest free', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }), (open, known) => {
      const rows = [0, 1, 2, 3, 4, 5, 6, 7].filter((row) => ((known >> row) & 1) === 1);
      const wanted = rows.filter((row) => ((open >> row) & 1) === 1);
      const unwanted = rows.filter((row) => ((open >> row) & 1) === 0);
      const gate = shortestGate(['a', 'b', 'c'], wanted, unwanted, false);
      for (const row of rows)
        t.is(
          evaluate(gate, (name) => (row & (1 << 'abc'.indexOf(name))) !== 0),
          wanted.includes(row),
        );
    }),
  );
});
