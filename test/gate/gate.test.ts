// Gates as formulas: one meaning in every form, XState's.
import test from 'ava';
import { testProp, fc } from '@fast-check/ava';
import { and, createActor, createMachine, not, or, setup } from 'xstate';
import { InputError } from '../../src/base/errors.ts';
import { every, ghost, log, self } from '../../src/gate/atom.ts';
import { explainGate } from '../../src/gate/explain.ts';
import { FALSE, TRUE, atomsOf, evaluate, evaluateKnown, formulaOf } from '../../src/gate/formula.ts';
import type { Formula } from '../../src/gate/formula.ts';
import { decide, gate } from '../../src/gate/gate.ts';
import { formulaOfTable, minimise } from '../../src/gate/minimise.ts';
import { monotoneGates, weakerNeighbours } from '../../src/gate/monotone.ts';
import { parseFormula, textOf } from '../../src/gate/text.ts';
import * as tables from '../../src/gate/truth-table.ts';

const ATOMS = ['a', 'b', 'c', 'd'] as const;

/** An XState guard and its plain meaning, built side by side. */
interface Twin {
  readonly guard: unknown;
  readonly formula: Formula;
}

const twin: fc.Arbitrary<Twin> = fc.letrec<{ twin: Twin; leaf: Twin }>((tie) => ({
  leaf: fc.constantFrom(...ATOMS).map((name): Twin => ({ guard: name, formula: { f: 'atom', name } })),
  twin: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    tie('twin').map((t): Twin => ({ guard: not(t.guard as 'a'), formula: { f: 'not', of: t.formula } })),
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('twin'), { maxLength: 3 }))
      .map(([f, parts]): Twin => {
        const guards = parts.map((part) => part.guard as 'a');
        return { guard: f === 'and' ? and(guards) : or(guards), formula: { f, of: parts.map((part) => part.formula) } };
      }),
  ),
})).twin;

/** A gate that no good news closes. */
const positive: fc.Arbitrary<Formula> = fc.letrec<{ gate: Formula }>((tie) => ({
  gate: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...ATOMS).map((name): Formula => ({ f: 'atom', name })),
    fc.record({ f: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('gate'), { maxLength: 3 }) }),
  ),
})).gate;

const facts = fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean(), d: fc.boolean() });

/** What XState itself says: whether a machine takes the guarded transition. */
function xstateSays(guard: unknown, holds: Readonly<Record<string, boolean>>): boolean {
  const guards = Object.fromEntries(ATOMS.map((name) => [name, () => holds[name] === true]));
  const machine = setup({ guards }).createMachine({
    initial: 'shut',
    states: { shut: { on: { Ask: { target: 'open', guard: guard as 'a' } } }, open: {} },
  });
  const actor = createActor(machine).start();
  actor.send({ type: 'Ask' });
  return actor.getSnapshot().value === 'open';
}

testProp(
  'a decision is what XState decides and what the formula says',
  [twin, facts],
  (t, { guard, formula }, holds) => {
    const decision = decide(gate('g', guard), 'Ask', (name) => holds[name as 'a']);
    t.deepEqual(formulaOf(guard), formula);
    t.is(decision.open, xstateSays(guard, holds));
    t.is(
      decision.open,
      evaluate(formula, (name) => holds[name as 'a']),
    );
    t.is(decision.open, decision.blockers.length === 0);
  },
);

testProp('the blockers of a gate without negation, made true, open it', [positive, facts], (t, formula, holds) => {
  const { blockers, open } = decide({ name: 'g', formula }, 'Ask', (name) => holds[name as 'a']);
  const after = evaluate(formula, (name) => holds[name as 'a'] || blockers.includes(name));
  t.true(open || after || blockers.includes('closed'));
});

testProp('a gate printed and read again means the same', [twin], (t, { formula }) => {
  t.true(tables.equivalent(parseFormula(textOf(formula)), formula), textOf(formula));
});

testProp(
  'what is decided with some facts stays decided with all',
  [twin, facts, fc.subarray([...ATOMS])],
  (t, g, holds, known) => {
    const partly = evaluateKnown(g.formula, (name) => (known.includes(name as 'a') ? holds[name as 'a'] : null));
    if (partly !== null)
      t.is(
        evaluate(g.formula, (name) => holds[name as 'a']),
        partly,
      );
    else t.false(atomsOf(g.formula).every((name) => known.includes(name as 'a')));
  },
);

testProp('minimising keeps the meaning and never adds literals', [twin], (t, { formula }) => {
  const shortest = minimise(formula);
  t.true(tables.equivalent(shortest, formula));
  const flat = textOf(formula)
    .split(/\W+/)
    .filter((word) => atomsOf(formula).includes(word)).length;
  const twoLevel = formula.f === 'atom' || (formula.f === 'and' && formula.of.every((part) => part.f === 'atom'));
  if (twoLevel) t.true(textOf(shortest).split(' and ').length <= Math.max(1, flat));
});

test('every truth table of three atoms minimises to no more literals than brute force needs', (t) => {
  const atoms = ['a', 'b', 'c'];
  const cost = fewestLiterals();
  for (let bits = 0; bits < 256; bits++) {
    const table = tables.tableOfBits(bits, atoms);
    const formula = formulaOfTable(table);
    t.is(tables.bitsOf(tables.truthTable(formula, atoms)), bits);
    const used = textOf(formula).match(/\b[abc]\b/g)?.length ?? 0;
    t.is(used, Math.min(cost[bits]!, cost[255 - bits]!), textOf(formula));
  }
});

/** The fewest literals of a disjunction of conjunctions for every table of three atoms, by relaxation over all sums. */
function fewestLiterals(): number[] {
  const cubes: { bits: number; literals: number }[] = [];
  for (let mask = 0; mask < 8; mask++) {
    for (let value = 0; value < 8; value++) {
      if ((value & ~mask) !== 0) continue;
      let bits = 0;
      for (let row = 0; row < 8; row++) if ((row & mask) === value) bits |= 1 << row;
      cubes.push({ bits, literals: [1, 2, 4].filter((bit) => (mask & bit) !== 0).length });
    }
  }
  const cost = Array.from({ length: 256 }, (_, bits) => (bits === 0 ? 0 : Infinity));
  for (let changed = true; changed;) {
    changed = false;
    for (let bits = 0; bits < 256; bits++) {
      for (const cube of cubes) {
        const sum = cost[bits]! + cube.literals;
        if (sum >= cost[bits | cube.bits]!) continue;
        cost[bits | cube.bits] = sum;
        changed = true;
      }
    }
  }
  return cost;
}

test('twelve atoms are minimised', (t) => {
  const pairs = [0, 1, 2, 3, 4, 5].map((i): Formula => ({ f: 'and', of: [atom(2 * i), atom(2 * i + 1)] }));
  const formula: Formula = { f: 'or', of: [...pairs, { f: 'and', of: [atom(0), atom(1), atom(7)] }] };
  t.is(textOf(minimise(formula)), textOf({ f: 'or', of: pairs }));
});

function atom(i: number): Formula {
  return { f: 'atom', name: `x${i}` };
}

test('there are as many monotone gates as Dedekind counted, each once and each monotone', (t) => {
  t.deepEqual(
    [0, 1, 2, 3, 4, 5].map((k) => monotoneGates(k).length),
    [2, 3, 6, 20, 168, 7581],
  );
  const all = monotoneGates(4);
  t.is(new Set(all).size, 168);
  const byHand = Array.from({ length: 65_536 }, (_, bits) => bits).filter((bits) =>
    tables.isMonotone(tables.tableOfBits(bits, ATOMS)),
  );
  t.deepEqual(
    [...all].sort((a, b) => a - b),
    byHand,
  );
});

test('the weaker neighbours of a gate are the monotone gates that open one more row', (t) => {
  const all = monotoneGates(3);
  for (const bits of all) {
    const oneMore = all.filter((other) => (bits & ~other) === 0 && rowCount(other) === rowCount(bits) + 1);
    t.deepEqual(
      weakerNeighbours(bits, 3).sort((a, b) => a - b),
      oneMore.sort((a, b) => a - b),
    );
  }
});

function rowCount(bits: number): number {
  return tables.openRows(tables.tableOfBits(bits, ['a', 'b', 'c']));
}

test('blockers name what is missing and what is in the way', (t) => {
  const formula = parseFormula('kek and (path or enabled) and not halted');
  const blocked = decide({ name: 'g', formula }, 'wire', (name) => name === 'halted');
  t.deepEqual(blocked, { gate: 'g', at: 'wire', open: false, blockers: ['kek', 'path', 'enabled', 'not halted'] });
  t.deepEqual(decide({ name: 'never', formula: FALSE }, 'wire', () => true).blockers, ['closed']);
  t.deepEqual(decide({ name: 'always', formula: TRUE }, 'wire', () => false).blockers, []);
});

test('a gate that cannot be read names its column', (t) => {
  for (const [text, column] of [
    ['a and', 6],
    ['a b', 3],
    ['(a or b', 8],
    ['a or or b', 6],
    ['', 1],
    [')', 1],
  ] as const) {
    const error = t.throws(() => parseFormula(text), { instanceOf: InputError });
    t.is(error.code, 'SCN005');
    t.regex(error.message, new RegExp(`column ${column}:`), text);
  }
});

test('precedence is not, then and, then or', (t) => {
  t.is(textOf(parseFormula('not a and b or c')), 'not a and b or c');
  t.is(textOf(parseFormula('not (a and (b or c))')), 'not (a and (b or c))');
  t.true(tables.equivalent(parseFormula('a or b and c'), parseFormula('a or (b and c)')));
  t.true(tables.implies(parseFormula('a and b'), parseFormula('a or c')));
  t.deepEqual(tables.distinguishing(parseFormula('a'), parseFormula('a and b')), ['a']);
});

test('a table key is equal for equal gates only', (t) => {
  const key = (text: string): string => tables.tableKey(tables.truthTable(parseFormula(text), ATOMS));
  t.is(key('a and b'), key('b and a'));
  t.not(key('a and b'), key('a or b'));
  t.is(key('open'), 'ffff');
});

test('a guard of an untyped machine reads like one of a typed machine', (t) => {
  const machine = createMachine({ on: { Ask: { guard: and(['a', not('b')]) } } });
  const guard = machine.root.transitions.get('Ask')?.[0]?.guard;
  t.is(textOf(formulaOf(guard)), 'a and not b');
});

test('the help of a gate is rendered from it', (t) => {
  const atoms = {
    flag: self(() => true),
    ready: every('votersAndLearners', 'Status', () => true, { fresh: '1s', onSilence: 'lastAnswer' }),
    far: every({ of: 'g2', who: 'quorumOfVoters' }, 'Status', () => true),
    done: log(() => true),
    truth: ghost(() => true),
  };
  const help = explainGate(parseFormula('flag and (ready or far) and done'), 'Finalize', atoms);
  t.regex(help, /^ gate {7}flag and \(ready or far\) and done\n asked {6}before Finalize proposes an entry\n/);
  t.regex(
    help,
    /ready: asks Status of every voter and learner; an answer up to 1s old will do; silence: its last answer/,
  );
  t.regex(help, /far: asks Status of a majority of the voters of g2; asked at that moment; silence refuses/);
  t.regex(help, /opens {6}in 3 of 16 situations\n monotone {3}yes/);
  t.is(help.split('\n').filter((line) => line.endsWith(' open')).length, 3);
});
