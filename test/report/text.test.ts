// What people read: plans as trees, steps as tables, everything within eighty columns.
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { formulaOf } from '../../src/gate/formula.ts';
import { blameSentences } from '../../src/report/blame.ts';
import { killOutcome, mutationText } from '../../src/report/gate-answers.ts';
import { columns, count, ends, grouped, labelled, paint, WIDTH, wrap } from '../../src/report/layout.ts';
import { planTree } from '../../src/report/plan-tree.ts';
import { stepsTable, type StepRow } from '../../src/report/steps-table.ts';
import { storyLines, type Story } from '../../src/report/story.ts';
import { violationText } from '../../src/report/violation-text.ts';
import { boundText, totalLines, triedText, verdictLines } from '../../src/report/verdict-table.ts';
import type { ScenarioRecord } from '../../src/report/records.ts';
import type { Culprit, Mutant, MutationResult } from '../../src/search/index.ts';
import { weakestLines, weakestRecord, type WeakestAnswer } from '../../src/report/weakest.ts';
import {
  addLearner,
  anyOrder,
  compact,
  crash,
  defineSubject,
  leaderOf,
  listener,
  maybe,
  par,
  promote,
  removeMember,
  replaceNode,
  restart,
  rolling,
  seq,
  settle,
  start,
  stop,
  times,
  transferLeadership,
  write,
} from '../../src/index.ts';

const feature = defineSubject({
  name: 'sample',
  opcodes: { raise: 0x20 },
  initial: () => ({}),
  apply: (state) => state,
  rpcs: { Raise: { proposes: 'raise' } },
  atoms: {},
});
const v1 = feature.build('v1', { applies: [] });
const v2 = feature.build('v2', { applies: ['raise'] });

test('a plan is printed as a tree, its sequence as the trunk', (t) => {
  const plan = seq(
    start(v1),
    par(
      rolling(['n1', 'n2'], v2, { order: 'any', stopAfter: [1, 2], mayRollBack: 1 }),
      seq(feature.call('Raise', { to: leaderOf('g1'), args: { by: '1' } }), write('g1', { key: 'a' })),
      maybe(promote('n4', { in: ['g1'] })),
    ),
    settle('5s'),
  );
  t.deepEqual(planTree(plan), [
    '├─ start v1 on every member',
    '├─ side by side',
    '│  ├─ upgrade n1 n2 to v2, in any order, stopping after 1 to 2, 1 may go back',
    '│  ├─ one after the other',
    '│  │  ├─ Raise(by=1) at leader of g1',
    '│  │  └─ write g1 (key=a)',
    '│  └─ maybe promote n4 in g1',
    '└─ settle at most 5s',
  ]);
});

test('every kind of plan step has words of its own', (t) => {
  const steps = [
    start(v1, ['n1']),
    restart('n1', { as: v2 }),
    restart('n1'),
    rolling(['n1'], v2),
    feature.call('Raise', { to: 'n1' }),
    feature.call('Raise', { to: listener('n1', 'g2') }),
    write('g1'),
    addLearner('n4', { to: ['g1', 'g2'] }),
    removeMember('n1', { from: ['g1'] }),
    replaceNode('n1', { as: v2 }),
    transferLeadership('g1'),
    compact('g1'),
    crash('n1'),
    stop('n1'),
    settle(),
  ];
  const lines = planTree(anyOrder(...steps, times([1, 3], write('g1')), maybe(seq(write('g1'), write('g2')))));
  t.is(new Set(lines).size, lines.length);
  t.is(lines[0], 'in any order');
  t.true(lines.includes('├─ 1 to 3 times: write g1'));
  t.deepEqual(lines.slice(-3), ['└─ maybe', '   ├─ write g1', '   └─ write g2']);
});

function stepRow(node: string, text: string, more: Partial<StepRow> = {}): StepRow {
  return { atMs: 260, node, from: null, text, note: '', ...more };
}

test('steps stand in the column of their node, arrows come from the sender', (t) => {
  const lines = stepsTable(
    ['n1', 'n2', 'n3'],
    [
      stepRow('n1', 'x admitted -> 0x04 at g1/2', { note: 'gate "wire": open, nothing was asked' }),
      stepRow('n2', 'append 2', { from: 'n1' }),
      stepRow('n1', 'append 2', { from: 'n3' }),
      stepRow('n1', 'commit 2'),
    ],
  );
  t.deepEqual(lines, [
    '     #       time  n1                n2                n3',
    '     1     0.260s  x admitted -> 0x04 at g1/2',
    '                     gate "wire": open, nothing was asked',
    '     2     0.260s  ................> append 2',
    '     3     0.260s  append 2 <...........................',
    '     4     0.260s  commit 2',
  ]);
});

const words = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '-'), maxLength: 200 });
const rows = fc.array(
  fc.record({
    atMs: fc.nat(100_000),
    node: fc.constantFrom('n1', 'n2', 'n3', 'n4', 'n5', 'a-node-with-a-long-name'),
    from: fc.option(fc.constantFrom('n1', 'n2', 'n3', 'n4', 'n5')),
    text: fc
      .string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 120 })
      .map((s) => s.replace(/\S{30,}/g, (w) => w.slice(0, 30))),
    note: fc
      .string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 120 })
      .map((s) => s.replace(/\S{30,}/g, (w) => w.slice(0, 30))),
  }),
  { maxLength: 20 },
);

testProp('no step makes a line wider than eighty columns', [rows], (t, given) => {
  const nodes = ['n1', 'n2', 'n3', 'n4', 'n5', 'a-node-with-a-long-name'];
  t.deepEqual(
    stepsTable(nodes, given).filter((line) => line.length > WIDTH),
    [],
  );
});

testProp(
  'wrapping loses no word and keeps to the width',
  [words, fc.integer({ min: 5, max: 80 })],
  (t, text, width) => {
    const lines = wrap(text, width);
    const bare = (words: string): string => words.replace(/ +/g, ' ').trim();
    t.is(bare(lines.join(' ')), bare(text));
    for (const line of lines) t.true(line.length <= width || !line.includes(' '));
  },
);

test('numbers, columns and both ends of a line', (t) => {
  t.is(grouped(1234567), '1,234,567');
  t.is(count(1, 'run'), '1 run');
  t.is(count(2000, 'run'), '2,000 runs');
  t.deepEqual(
    columns([
      ['a', '1'],
      ['bbb', '1,000'],
    ]),
    [' a        1', ' bbb  1,000'],
  );
  t.is(ends('left', 'right', 14), 'left     right');
  t.is(ends('much too long for this', 'right', 14), 'much t…  right');
  t.deepEqual(labelled('why', 'because'), ['   why       because']);
});

const HOLDS: ScenarioRecord = {
  kind: 'scenario',
  scenario: 'a/b',
  file: 'scenarios/a.ts',
  runs: 2000,
  verdict: 'holds',
  expected: true,
  why: null,
  findings: [],
  bound: { commits: 3, crashes: 1 },
  complete: true,
  states: 5312,
  unsearched: null,
  neverMet: [],
  unseen: { atoms: [], gates: [], fleets: 1, neverRan: [] },
  virtualMs: 1000,
  cpuMs: 10,
};

test('a verdict never stands without what was tried', (t) => {
  t.is(triedText(HOLDS), '2,000 runs; exhaustive search within 3 commits, 1 crash: complete, 5,312 states');
  t.is(boundText({ crashes: 2, memberChanges: 1 }), '2 crashes, 1 membership change');
  const lines = verdictLines(
    { ...HOLDS, expected: false, verdict: 'violated', why: 'x', neverMet: ['y'] },
    paint(false),
  );
  t.regex(lines[0] ?? '', /^ a\/b +violated, NOT as expected$/);
  t.true(lines.some((line) => /never met y/.test(line)));
  const totals = { asExpected: 3, notAsExpected: 1, inconclusive: 1, runs: 10, virtualMs: 50_000, cpuMs: 2_000 };
  t.deepEqual(totalLines(totals, paint(false)), [
    ' 4 scenarios: 3 as expected, 1 of them inconclusive, 1 NOT as expected',
    ' 10 runs, 50 simulated seconds in 2.0 CPU seconds (25 per CPU second)',
  ]);
});

test('colour changes nothing but colour', (t) => {
  const strip = (line: string): string => line.replace(/\u001b\[\d+m/g, '');
  t.deepEqual(verdictLines(HOLDS, paint(true)).map(strip), verdictLines(HOLDS, paint(false)));
  t.notDeepEqual(verdictLines(HOLDS, paint(true)), verdictLines(HOLDS, paint(false)));
});

test('a story leaves out what there is nothing to say about', (t) => {
  const story: Story = {
    property: 'p',
    says: 's',
    atMs: 175,
    origin: 'found by swarm, seed 1',
    nodes: ['n1'],
    rows: [stepRow('n1', 'HALT g1 at 2: no applier')],
    minimal: true,
    shrunk: true,
    halted: ['n1 stopped'],
    blast: [],
    blame: ['x is false'],
    notIt: [],
    noReturn: [],
    repair: [],
    also: [],
    taken: [],
    shortest: [],
    replay: 'raftgate replay t.tape',
  };
  const lines = storyLines(story, start(v1), paint(false));
  t.true(lines.includes('   blame     x is false'));
  t.true(lines.includes('   replay    raftgate replay t.tape'));
  t.false(lines.some((line) => /blast|not it|repair|taken/.test(line)));
  t.true(lines.includes('   violated  p, at 0.175s'));
  t.true(lines.some((line) => /found by swarm, seed 1; witness of one step, proved shortest/.test(line)));
});

test('a predicate has its kind and its name to say, a checker its sentence, a model no time', (t) => {
  t.is(violationText({ property: 'p', says: 'never: p', atMs: 185 }), 'never p, at 0.185s');
  t.is(
    violationText({ property: 'a: b', says: 'eventually: a: b: not within 9 ms', atMs: 1000 }),
    'eventually a: b, at 1.000s: not within 9 ms',
  );
  t.is(violationText({ property: 'no-halt', says: 'n1 halts', atMs: null }), 'no-halt: n1 halts');
  t.is(violationText({ property: 'p', says: 'never: other', atMs: null }), 'p: never: other');
});

test('points of a build that lack the same are blamed in one sentence, each other in its own', (t) => {
  const at = (point: string) => ({ at: point, builds: [v2] });
  const shut = { from: null, to: formulaOf('closed'), least: true, proved: true, states: 1 };
  const culprits = [
    { ...shut, suspect: at('Raise'), blame: { atom: 'ready', at: 'Raise' }, direct: true },
    { ...shut, suspect: at('Raise'), blame: { atom: 'asked', at: 'Raise' } },
    { ...shut, suspect: at('wire'), blame: { atom: 'ready', at: 'wire' }, direct: true },
    { ...shut, suspect: at('startup'), blame: { gatePoint: 'startup', build: 'v2' }, proved: false },
  ] as unknown as Culprit[];
  t.deepEqual(blameSentences(culprits), [
    '"Raise" or "wire" of v2 lacks ready (false as well: asked); either holds with: closed',
    '"startup" of v2 lacks a gate; it holds with: closed (not searched to the end)',
  ]);
  const aside = culprits.map((culprit): Culprit => ({ ...culprit, aside: true }));
  t.deepEqual(blameSentences(aside), [
    'holds as well if shut for good: "Raise" of v2 (ready, asked); "wire" of v2 (ready); "startup" of v2',
  ]);
  const none = { ...culprits[0]!, blame: 'no admission gate' } as Culprit;
  t.deepEqual(blameSentences([none]), ['no admission gate would have held']);
});

test('enough mutants are killed, too few, or it hangs on those that were not decided', (t) => {
  const of = (outcome: Mutant['outcome']) => ({ outcome, shown: null }) as Mutant;
  const result = (...outcomes: Mutant['outcome'][]): MutationResult => {
    const mutants = outcomes.map(of);
    const killed = outcomes.filter((outcome) => outcome === 'killed').length;
    const counted = killed + outcomes.filter((outcome) => outcome === 'survived').length;
    return {
      scenario: 's',
      mutants,
      killed,
      counted,
      score: counted === 0 ? 100 : (100 * killed) / counted,
      states: 1,
    };
  };
  t.is(killOutcome(result('killed', 'survived', 'equivalent'), 50), 'passed');
  t.is(killOutcome(result('killed', 'survived'), 51), 'failed');
  t.is(killOutcome(result('killed', 'undecided'), 60), 'skipped');
  t.is(killOutcome(result('killed', 'undecided'), 50), 'passed');
  t.is(killOutcome(result('survived', 'undecided'), 60), 'failed');
  t.is(killOutcome(result('undecided'), 0), 'passed');
  t.is(
    mutationText(result('killed', 'unneeded', 'undecided')),
    '1 of 1 killed (100 %); 1 equivalent or unneeded; 1 not decided',
  );
  t.is(mutationText(result('undecided')), 'none killed; 0 equivalent or unneeded; 1 not decided');
});

const ANSWER: WeakestAnswer = {
  scenario: 'w',
  at: 'Raise',
  atoms: ['a', 'b'],
  gate: 'a',
  candidates: 6,
  states: 100,
  complete: true,
  bound: '3 commits',
  weaker: [{ gate: 'open', property: 'p', steps: 4, replay: 'raftgate replay w.tape', shown: 'by a run' }],
  stricter: [{ gate: 'a and b', note: 'n' }],
  indistinct: [],
  unseen: { atoms: [], gates: [], fleets: 1, neverRan: [] },
  defeatedBy: null,
  instead: [],
  alternatives: [],
};

test('the weakest gate names its point, its atoms, its bound and every weaker neighbour', (t) => {
  const lines = weakestLines(ANSWER).join('\n');
  for (const part of [
    'a   (at Raise)',
    'a, b',
    '3 commits; complete; 6 candidates, 100 states',
    'open: violates p in 4 steps',
    '     raftgate replay w.tape',
  ]) {
    t.true(lines.includes(part), part);
  }
  t.is(weakestRecord(ANSWER)['gate'], 'a');
  const none = { ...ANSWER, gate: null, weaker: [], defeatedBy: 'a roll-back' };
  t.regex(
    weakestLines(none).join(' ').replace(/\s+/g, ' '),
    /no safe gate at Raise under this plan: only "never" holds; defeated by a roll-back/,
  );
  t.is(weakestRecord(none)['defeatedBy'], 'a roll-back');
});

test('below a verdict stands what never occurred, in a line or two; the whole of it where it is asked for', (t) => {
  const fleets = ['new | old', 'old | new', 'new | new'].map((text) => text.split(' | '));
  const unseen = {
    atoms: [
      { atom: 'flag', was: true },
      { atom: 'capable', was: null },
    ],
    gates: [
      { build: 'new', at: 'Raise', atom: 'flag', was: true },
      { build: 'new', at: 'wire', atom: 'ready', was: false },
      { build: 'new', at: 'join', atom: 'capable', was: null },
    ],
    fleets: 4,
    neverRan: fleets,
  };
  const below = (verbose: boolean): string[] => verdictLines({ ...HOLDS, unseen }, paint(false), verbose).slice(3);
  t.deepEqual(below(false), [
    '   unseen    always true: flag; never asked: capable',
    '             3 of 4 fleets never ran: new | old; old | new; and 1 more',
  ]);
  t.deepEqual(below(true), [
    '   unseen    always true: flag ("Raise" of new)',
    '             always false: ready ("wire" of new)',
    '             never asked: capable ("join" of new)',
    '             never ran: new | old',
    '             never ran: old | new',
    '             never ran: new | new',
  ]);
  t.is(verdictLines(HOLDS, paint(false)).length, 3);
  const uncounted = { ...HOLDS, unseen: { atoms: [], gates: [], fleets: null, neverRan: [] } };
  t.regex(verdictLines(uncounted, paint(false)).at(-1)!, /more mixed fleets than can be counted/);
});
