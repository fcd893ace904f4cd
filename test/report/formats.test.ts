// What programs read: each format escapes what it has to, and a message's arrow ends where the message arrived.
import test from 'ava';
import { scenarioCase } from '../../src/report/case.ts';
import { eventLine } from '../../src/report/event-text.ts';
import { githubAnnotation } from '../../src/report/github.ts';
import { junitReport, xml } from '../../src/report/junit.ts';
import { downAtEnd, haltSentences } from '../../src/report/halts.ts';
import { mermaidDiagram } from '../../src/report/mermaid.ts';
import { sendOf } from '../../src/report/message-pairs.ts';
import { perfettoTrace } from '../../src/report/perfetto.ts';
import type { ScenarioRecord } from '../../src/report/records.ts';
import { sarifReport } from '../../src/report/sarif.ts';
import { shivizLog } from '../../src/report/shiviz.ts';
import { traceSteps } from '../../src/report/trace-steps.ts';
import type { TraceEvent } from '../../src/sim/kernel/trace.ts';

const NASTY = `<a & "b">\u0001'c'`;
const FAILED: ScenarioRecord = {
  kind: 'scenario',
  scenario: NASTY,
  file: 'scenarios/a,b:c.ts',
  runs: 1,
  verdict: 'violated',
  expected: false,
  why: '100%\nsure',
  findings: [
    {
      fingerprint: 'f',
      property: 'p',
      code: 'c',
      blame: null,
      witness: { steps: 1, events: 2, from: 3, minimal: false },
      tape: 'x',
      replay: 'raftgate replay x',
    },
  ],
  bound: null,
  complete: false,
  states: null,
  unsearched: null,
  neverMet: [],
  unseen: { atoms: [], gates: [], fleets: 1, neverRan: [] },
  virtualMs: 1,
  cpuMs: 1500,
};
const PASSED: ScenarioRecord = {
  ...FAILED,
  scenario: 'fine',
  expected: true,
  verdict: 'holds',
  why: null,
  findings: [],
};

const CASES = [FAILED, PASSED].map((record) => scenarioCase(record, 7, NASTY));

test('a scenario passes, fails or is skipped as what it expects and what was decided', (t) => {
  const outcomeOf = (given: Partial<ScenarioRecord>): string => scenarioCase({ ...PASSED, ...given }, 1, '').outcome;
  t.is(outcomeOf({}), 'passed');
  t.is(outcomeOf({ verdict: 'violated' }), 'passed');
  t.is(outcomeOf({ verdict: 'inconclusive' }), 'skipped');
  t.is(outcomeOf({ verdict: 'holds', expected: false }), 'failed');
  const never = scenarioCase({ ...PASSED, expected: false, neverMet: ['it was served'] }, 1, '');
  t.is(never.rule, 'sometimes-never-met');
  t.is(never.fingerprint, 'fine/sometimes-never-met');
});

test('JUnit counts per file and escapes what XML cannot hold', (t) => {
  t.is(xml(NASTY), '&lt;a &amp; &quot;b&quot;&gt;\ufffd&apos;c&apos;');
  const report = junitReport(CASES);
  t.regex(report, /<testsuite name="scenarios\/a,b:c\.ts" tests="2" failures="1" skipped="0">/);
  t.regex(report, /time="1\.500"/);
  t.is(report.match(/<failure /g)?.length, 1);
  t.false(report.includes('\u0001'));
});

test('SARIF names rules once and points at the scenario', (t) => {
  const log = JSON.parse(sarifReport([...CASES, ...CASES], '1.0.0')) as {
    runs: {
      tool: { driver: { rules: unknown[] } };
      results: { ruleIndex: number; locations: { physicalLocation: { region: { startLine: number } } }[] }[];
    }[];
  };
  const only = log.runs[0];
  t.is(only?.tool.driver.rules.length, 1);
  t.deepEqual(
    only?.results.map((result) => result.ruleIndex),
    [0, 0],
  );
  t.is(only?.results[0]?.locations[0]?.physicalLocation.region.startLine, 7);
});

test('annotations escape separators, percent signs and line ends', (t) => {
  t.is(
    githubAnnotation(scenarioCase({ ...FAILED, scenario: 'a' }, 3, '')),
    '::error file=scenarios/a%2Cb%3Ac.ts,line=3,title=a::100%25%0Asure%0Araftgate replay x\n',
  );
  t.is(githubAnnotation(scenarioCase(PASSED, 3, '')), '');
});

let seq = 0;
function at(atMs: number, node: string, event: object): TraceEvent {
  return { seq: ++seq, atMs, node, group: 'g1', ...event } as unknown as TraceEvent;
}

function message(kind: 'send' | 'deliver' | 'lose', atMs: number, from: string, to: string, index: number): TraceEvent {
  return at(atMs, kind === 'deliver' ? to : from, {
    kind,
    from,
    to,
    type: 'MsgApp',
    term: 1,
    index,
    entries: 1,
    commit: 1,
  });
}

const TRACE: readonly TraceEvent[] = [
  at(0, 'n1', { kind: 'start', build: 'v1', detail: '', group: '' }),
  at(0, 'n2', { kind: 'start', build: 'v1', detail: '', group: '' }),
  at(10, 'n1', { kind: 'role', role: 'leader', term: 1 }),
  at(15, 'n2', { kind: 'start', build: 'v2', detail: '', group: '' }),
  at(16, 'n2', { kind: 'start', build: 'v1', detail: '', group: '' }),
  at(20, 'n1', { kind: 'gate', group: '', decision: { gate: 'open', at: 'wire', open: true, blockers: [] } }),
  at(21, 'n1', { kind: 'append', index: 2, term: 1, opcode: 0x20, name: 'raise' }),
  message('send', 22, 'n1', 'n2', 1),
  message('send', 23, 'n1', 'n2', 1),
  message('lose', 23, 'n1', 'n2', 1),
  message('deliver', 24, 'n1', 'n2', 1),
  message('deliver', 25, 'n1', 'n2', 1),
  at(26, 'n2', { kind: 'append', index: 2, term: 1, opcode: 0x20, name: 'raise' }),
  at(27, 'n1', { kind: 'commit', index: 2, term: 1 }),
  at(28, 'n2', { kind: 'haltApply', index: 2, opcode: 0x20, code: 'ErrX', detail: 'cannot' }),
];
const VIOLATION = { property: 'p', says: 's', seq: seq - 1, atMs: 28, code: 'never', node: '', group: '' };

test('deliveries and losses are paired with sends in order, a duplicate with the last', (t) => {
  t.deepEqual(
    [...sendOf(TRACE)],
    [
      [9, 7],
      [10, 8],
      [11, 8],
    ],
  );
});

test('Perfetto arrows begin at a send that arrived and end at its delivery', (t) => {
  const { traceEvents } = JSON.parse(perfettoTrace(TRACE)) as { traceEvents: { ph: string; id?: number }[] };
  t.deepEqual(
    traceEvents.filter((e) => e.ph === 'f').map((e) => e.id),
    [8, 8],
  );
  t.true(traceEvents.some((e) => e.ph === 's' && e.id === 8));
});

test('a vector clock takes over what its sender knew', (t) => {
  const lines = shivizLog(TRACE).split('\n');
  const received = lines.findIndex((line) => line.includes('deliver MsgApp'));
  t.deepEqual(JSON.parse((lines[received + 1] ?? '').slice('n2 '.length)), { n2: 4, n1: 6 });
  t.false(lines.some((line) => line.includes('lose ')));
});

test('the life of the entry that halts is told, with upgrades, roll-backs and the gate', (t) => {
  const told = traceSteps(TRACE, VIOLATION, 3).map((row) => [row.node, row.from, row.text, row.note]);
  t.deepEqual(told, [
    ['n2', null, 'upgrade to v2', ''],
    ['n2', null, 'ROLL BACK to v1', ''],
    ['n1', null, 'raise admitted -> 0x20 at g1/2', 'gate "wire": open, nothing was asked'],
    ['n2', 'n1', 'append 2', ''],
    ['n1', null, 'commit 2', ''],
    ['n2', null, 'HALT g1 at 2: cannot', ''],
  ]);
  t.deepEqual(haltSentences(TRACE, ''), ['n2 stopped g1 at 2: ErrX: cannot (opcode 0x20)']);
});

test('who halts is told once, with what was not said before, and whether a restart helps', (t) => {
  const halt = TRACE.at(-1)!;
  t.deepEqual(haltSentences(TRACE, 'it cannot'), ['n2 stopped g1 at 2: ErrX (opcode 0x20)']);
  const plain = { ...halt, code: 'ErrSubject' };
  t.deepEqual(haltSentences([plain], ''), ['n2 stopped g1 at 2: cannot (opcode 0x20)']);
  t.deepEqual(haltSentences([plain], 'it cannot'), ['n2 stopped g1 at 2, opcode 0x20']);
  const restarted = [
    ...TRACE,
    at(40, 'n2', { kind: 'start', build: 'v1', detail: '', group: '' }),
    at(41, 'n2', { kind: 'haltApply', index: 2, opcode: 0x20, code: 'ErrX', detail: 'cannot' }),
  ];
  t.is(haltSentences(restarted, '')[1], 'a restart is no cure: n2 halts again');
  const refused = [...restarted, at(42, 'n2', { kind: 'refused', build: 'v1', detail: '', group: '' })];
  t.is(haltSentences(refused, '')[1], 'a restart is no cure: n2 halts again and does not open any more');
  t.deepEqual(downAtEnd(refused), ['n2']);
  t.deepEqual(downAtEnd([...refused, at(50, 'n2', { kind: 'serving', build: 'v2', detail: '', group: '' })]), []);
});

test('appends that neither the commit nor a halt needs are left out', (t) => {
  const late = [
    ...TRACE.slice(0, 13),
    { ...at(26, 'n3', { kind: 'append', index: 2, term: 1, opcode: 0x20, name: 'raise' }), seq: 13 },
    ...TRACE.slice(13),
  ];
  const nodes = (voters: number): string[] =>
    traceSteps(late, VIOLATION, voters)
      .filter((row) => row.text === 'append 2')
      .map((row) => row.node);
  t.deepEqual(nodes(3), ['n2']);
  t.deepEqual(nodes(5), ['n2', 'n3']);
});

test('without a halt the last notable events are told', (t) => {
  const quiet = TRACE.slice(0, -1);
  const told = traceSteps(quiet, { ...VIOLATION, seq: 10_000 }, 3);
  t.is(told.at(-1)?.text, 'append 2 (term 1) raise');
});

test('Mermaid text is escaped and a halt is crossed out', (t) => {
  const diagram = mermaidDiagram(
    'a: b; #c',
    ['n1', 'n-2'],
    [
      { atMs: 1, node: 'n-2', from: 'n1', text: 'x: y', note: '' },
      { atMs: 2, node: 'n1', from: null, text: 'HALT', note: 'why' },
    ],
  );
  t.is(
    diagram,
    [
      'sequenceDiagram',
      '  title a#58; b#59; #35;c',
      '  autonumber',
      '  participant p_n1 as n1',
      '  participant p_n_2 as n-2',
      '  p_n1->>p_n_2: x#58; y',
      '  p_n1-xp_n1: HALT (why)',
      '',
    ].join('\n'),
  );
});

test('every event has a line of its own', (t) => {
  t.is(eventLine(TRACE[6]!), `#${TRACE[6]!.seq} 0.021s n1/g1 append 2 (term 1) raise`);
  t.is(new Set(TRACE.map(eventLine)).size, TRACE.length);
});
