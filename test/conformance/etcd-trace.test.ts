// The state trace: the same scripts through our core give, event for event, the text the reference's own tracing build gave;
// and what stands between that text and the TLA+ specification does what it says.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { StateTraceEvent } from '../../src/raft/index.ts';
import { foldRestarts, readScript, runDirectives, TraceCollector } from '../../src/conform/etcd/index.ts';
import { parseScript } from '../../src/conform/etcd/script.ts';
import { recordRun } from '../../tools/validate-tla/runs.ts';
import { initServersOf, serversOf, traceDataModule } from '../../tools/validate-tla/trace-data.ts';
import { MUTATIONS } from '../../tools/validate-tla/mutations.ts';
import { Folder, scenarioText } from '../cli/_raftgate.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/etcd-raft/', import.meta.url));

test("every event of a script is the reference's, to the byte", (t) => {
  const names = readdirSync(join(FIXTURES, 'events'));
  t.true(names.length >= 2);
  const kinds = new Set<string>();
  for (const name of names) {
    const script = join(FIXTURES, 'random', name.replace('.ndjson.gz', '.txt.gz'));
    const trace = new TraceCollector();
    runDirectives(parseScript(script, readScript(script)), trace);
    t.is(trace.text(), readScript(join(FIXTURES, 'events', name)), name);
    for (const e of trace.events) kinds.add(`${e.name} ${e.msg?.type ?? ''}`);
  }
  for (const kind of [
    'BecomeLeader ',
    'ChangeConf ',
    'SendAppendEntriesRequest MsgSnap',
    'ReceiveRequestVoteResponse MsgVoteResp',
  ]) {
    t.true(kinds.has(kind), kind);
  }
});

test('events name nodes by the ids that a script writes, however wide', (t) => {
  const script = join(FIXTURES, 'wide-ids', 'voters-and-changes.txt');
  const trace = new TraceCollector();
  runDirectives(parseScript(script, readScript(script)), trace);
  const sent = trace.events.flatMap(({ msg }) => (msg === undefined ? [] : [msg.to]));
  t.true(sent.includes('9007199254740993') && sent.includes('18446744073709551613'));
  t.deepEqual(trace.events.at(-1)!.conf, [['1', '2', '3', '18446744073709551612'], []]);
  const joint = [
    ['1', '2', '3', '18446744073709551612'],
    ['1', '2', '3', '9007199254740993'],
  ];
  t.true(trace.events.some(({ conf }) => JSON.stringify(conf) === JSON.stringify(joint)));
  const changes = trace.events.flatMap(({ prop }) =>
    prop !== undefined && 'cc' in prop ? (prop.cc.changes ?? []) : [],
  );
  t.deepEqual(changes[0], { nid: '18446744073709551612', action: 'AddNewServer' });
});

test('a recorded run of the simulator is the same each time, and has a change of leaders, losses and restarts', (t) => {
  const run = recordRun(11, 400);
  t.deepEqual(run, recordRun(11, 400));
  t.is(run.scenario, recordRun(1, 300).scenario);
  t.is(run.events.length, 400);
  t.true(run.elections > 1 && run.drops > 0 && run.restarts > 0);
  t.is(run.events.filter(({ name }) => name === 'InitState').length, 3 + run.restarts);
  t.false(run.events.some(({ role, msg }) => role === 'StatePreCandidate' || msg?.type === 'MsgSnap'));
});

const start = (nid: string, name: StateTraceEvent['name'], term: number): StateTraceEvent => ({
  name,
  nid,
  state: { term, vote: '0', commit: 1 },
  role: 'StateFollower',
  log: 1,
  conf: [['1', '2'], []],
});

test('the events of a later start become one, in the state that was loaded; those of a first start stay', (t) => {
  const first = [start('1', 'InitState', 0), start('1', 'ApplyConfChange', 0), start('1', 'BecomeFollower', 0)];
  const other = start('2', 'InitState', 0);
  const again = [start('1', 'InitState', 0), start('1', 'ApplyConfChange', 0), start('1', 'BecomeFollower', 4)];
  const ready = start('1', 'Ready', 4);
  t.deepEqual(foldRestarts([...first, other, ...again, ready]), [...first, other, start('1', 'InitState', 4), ready]);
});

test('a trace becomes a module of records in pieces, with its servers', (t) => {
  const events = Array.from({ length: 201 }, (_, i) => start(String(1 + (i % 2)), i < 2 ? 'InitState' : 'Ready', 0));
  const module = traceDataModule(events);
  t.true(module.includes('TraceLines == Piece0 \\o Piece1'));
  t.true(
    module.includes(
      '[tag |-> "trace", event |-> [name |-> "InitState", nid |-> "1", state |-> [term |-> 0, vote |-> "0", commit |-> 1], ' +
        'role |-> "StateFollower", log |-> 1, conf |-> <<<<"1", "2">>, <<>>>>]]',
    ),
  );
  t.deepEqual(serversOf(events), ['1', '2']);
  t.deepEqual(initServersOf(events), ['1', '2']);
});

test('each lie about a run changes exactly one place and names the event that gives it away', (t) => {
  const { events } = recordRun(11, 600);
  for (const { name, apply } of MUTATIONS) {
    const mutated = apply(events);
    t.truthy(mutated, name);
    if (mutated === null) continue;
    const dropped = events.length - mutated.events.length;
    const changed = dropped === 0 ? mutated.events.filter((e, i) => e !== events[i]).length : dropped;
    t.is(changed, 1, name);
    t.true(mutated.givesAway > 1 && mutated.givesAway <= mutated.events.length, name);
  }
});

test('the state trace of a simulated run is of one group, with each restart as one step', async (t) => {
  t.timeout(60_000);
  const plan = "start(build), write('g2'), restart('n2'), write('g2'), settle()";
  const one = "g1: { voters: ['n1', 'n2', 'n3'] }";
  const text = scenarioText({ plan }).replace(one, `${one}, g2: { voters: ['n1', 'n3', 'n2'] }`);
  const folder = new Folder({ 'scenarios/a.ts': text });
  const shown = (...more: string[]) => folder.run('trace', 'sample/flag', '--seed', '1', ...more);
  const { code, out, err } = await shown('--to', 'etcd', '--group', 'g2');
  t.is(code, 0, err);
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: StateTraceEvent }).event);
  const starts = events.filter(({ name }) => name === 'InitState');
  t.deepEqual(starts.map(({ nid }) => nid).toSorted(), ['1', '2', '2', '3']);
  t.true(starts[3]!.state.term > 0 && starts[3]!.log > 1);
  t.is(events.filter(({ name }) => name === 'BecomeFollower').filter(({ state }) => state.term === 0).length, 3);
  t.true(events.filter(({ name }) => name === 'BecomeLeader').length > 0);
  for (const [args, says] of [
    [['--to', 'etcd'], 'CLI001 a state trace is of one group; --group takes g1, g2'],
    [['--to', 'etcd', '--group', 'g3'], 'CLI001 there is no group "g3"; --group takes g1, g2'],
    [['--to', 'jsonl', '--group', 'g1'], 'CLI001 --group goes with --to etcd; jsonl shows all groups'],
  ] as const) {
    const refused = await shown(...args);
    t.is(refused.code, 2);
    t.true(refused.err.includes(says), refused.err);
  }
});
