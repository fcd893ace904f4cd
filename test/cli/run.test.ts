// `run`, `replay`, `doctor`, `trace`, `report` and `new` as a user meets them: output, files and exit codes.
import test from 'ava';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Folder, HALTING, scenarioText, type Parts } from './_raftgate.ts';

const COMMANDS = [
  [],
  ['run'],
  ['replay'],
  ['shrink'],
  ['explain'],
  ['gate'],
  ['gate', 'list'],
  ['gate', 'explain'],
  ['gate', 'weakest'],
  ['gate', 'diff'],
  ['gate', 'mutate'],
  ['conform'],
  ['conform', 'etcd'],
  ['conform', 'elastickv'],
  ['conform', 'cluster'],
  ['hunt'],
  ['bench'],
  ['serve'],
  ['trace'],
  ['report'],
  ['doctor'],
  ['new'],
];

/** Two scenarios: one holds, one is violated as it expects. */
function pair(): Folder {
  return new Folder({
    'scenarios/a.ts': scenarioText(),
    'scenarios/b.ts': scenarioText({ ...HALTING, seeds: '[1, 60]' }),
  });
}

/** Everything but what time decides. */
function stable(text: string): string {
  return text.replace(/"cpuMs":[\d.]+/g, '"cpuMs":0').replace(/ in [\d.]+ CPU seconds.*/g, '');
}

interface Row {
  readonly kind: string;
  readonly scenario: string;
  readonly [field: string]: unknown;
}

function rows(text: string): Row[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

test('help is there on every level, in eighty columns', async (t) => {
  const folder = new Folder();
  for (const command of COMMANDS) {
    const { code, out } = await folder.run(...command, '--help');
    t.is(code, 0);
    t.regex(out, /^USAGE\n {2}raftgate/);
    t.deepEqual(
      out.split('\n').filter((line) => line.length > 80),
      [],
      command.join(' '),
    );
  }
});

test('help loads the names of the commands and nothing they need', async (t) => {
  const folder = new Folder();
  const coverage = join(folder.path, 'coverage');
  await folder.run('--help'); // the first start after a change of the sources compiles them
  await folder.runWith({ NODE_V8_COVERAGE: coverage }, '--help');
  const loaded = readdirSync(coverage)
    .flatMap((file) => (JSON.parse(readFileSync(join(coverage, file), 'utf8')) as { result: { url: string }[] }).result)
    .map(({ url }) => url.replace(/^.*\/(dist|node_modules)\//, ''));
  const heavy = /^(sim|search|raft|fsm|admin|scenario|conform|esbuild|tsx|@grpc|xstate|piscina|valibot)\//;
  t.true(loaded.includes('cli/main.js'));
  t.deepEqual(
    loaded.filter((path) => heavy.test(path)),
    [],
  );
  const ours = loaded.filter((path) => /^(cli|report|base)\//.test(path));
  t.true(ours.length < 40, ours.join(' '));
  const { out } = await folder.run('--version');
  t.regex(out, /^\d+\.\d+\.\d+\n$/);
});

test('a run with everything as expected exits 0 and says what was tried', async (t) => {
  const { code, out } = await pair().run('run');
  t.is(code, 0, out);
  t.regex(out, /^ sample\/flag +holds$/m);
  t.regex(out, /tried {5}5 runs/);
  t.regex(out, /^ sample\/halting +violated, as expected$/m);
  t.regex(out, /2 scenarios: 2 as expected/);
  t.regex(out, /simulated seconds in [\d.]+ CPU seconds \([\d,]+ per CPU second\)/);
});

test('a violation is told: plan, steps by node, what halted, and the line that replays it', async (t) => {
  const folder = pair();
  const { out } = await folder.run('run', 'sample/halting');
  t.regex(out, /^ {3}plan {6}├─ start v0 on every member$/m);
  t.regex(out, /^ {5}# +time {2}n\d/m);
  t.regex(out, /raise admitted -> 0x20 at g1\/\d+/);
  t.regex(out, /HALT g1 at \d+: unknown opcode raise/);
  t.regex(out, /^ {3}halted {4}n\d.* stopped g1 at \d+/m);
  const replay = /raftgate (replay \S+\.tape)/.exec(out)?.[1] ?? '';
  const again = await folder.run(...replay.split(' '));
  t.is(again.code, 0, again.err);
  t.regex(again.out, /reproduced: apply-halted violated/);
  t.regex(again.out, /HALT g1/);
});

test('one worker or several, the output is the same', async (t) => {
  const one = await pair().run('run', '--jobs', '1', '--reporter', 'jsonl');
  const many = await pair().run('run', '--jobs', '3', '--reporter', 'jsonl');
  t.is(stable(many.out), stable(one.out));
  t.is(rows(one.out).filter((row) => row.kind === 'run').length, 65);
});

const NEVER_HALTED = "never('apply-halted', (c) => c.replicas.some((r) => r.halted !== null))";
const unexpected: readonly (readonly [title: string, parts: Partial<Parts>, says: RegExp])[] = [
  [
    'a property violated that should hold',
    { ...HALTING, expect: "'holds'" },
    /it should hold, but apply-halted is violated \(5 of 5 runs\)/,
  ],
  [
    'an expected violation that no run shows',
    { expect: "{ violates: 'apply-halted' }" },
    /apply-halted should be violated, but no run did/,
  ],
  [
    'a sometimes that is never met',
    { properties: "sometimes('raised twice', (c) => c.commits('raise').length > 1)" },
    /"raised twice" never occurred within 5 runs/,
  ],
  [
    'a violation besides the expected one',
    { expect: "{ violates: 'apply-halted' }", properties: `always('no run', () => false), ${NEVER_HALTED}` },
    /besides what is expected, no run is violated \(5 of 5 runs\)/,
  ],
  [
    'a witness longer than allowed',
    { ...HALTING, expect: "{ violates: 'apply-halted', witness: { maxEvents: 1 } }" },
    /at most 1 are expected/,
  ],
  [
    'a halt outside the expected groups',
    { ...HALTING, expect: "{ violates: 'apply-halted', blast: { replicas: 0 } }" },
    /replicas halted; at most 0 are expected/,
  ],
];

for (const [title, parts, says] of unexpected) {
  test(`${title} exits 1 and says why`, async (t) => {
    const folder = new Folder({ 'scenarios/a.ts': scenarioText(parts) });
    const { code, out, err } = await folder.run('run');
    t.is(code, 1, err);
    t.regex(out.replace(/\s+/g, ' '), says);
    t.regex(out, /NOT as expected/);
  });
}

test('a budget that ends first is inconclusive: exit 0, or 3 where completeness is required', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText({ seeds: '[1, 1000000]' }) });
  const plain = await folder.run('run', '--budget', '300ms');
  t.is(plain.code, 0, plain.err);
  t.regex(plain.out, /inconclusive, as expected/);
  t.regex(plain.out, /the budget ended after \d+ runs/);
  const strict = await folder.run('run', '--budget', '300ms', '--require-complete');
  t.is(strict.code, 3);
});

test('bail stops at the first scenario not as expected, shards share the scenarios out', async (t) => {
  const folder = new Folder({
    'scenarios/a.ts': scenarioText({ ...HALTING, name: 'first', expect: "'holds'" }),
    'scenarios/b.ts': scenarioText({ name: 'second' }),
  });
  const bailed = await folder.run('run', '--bail');
  t.is(bailed.code, 1);
  t.notRegex(bailed.out, /^ second/m);
  const shard = await folder.run('run', '--shard', '2/2');
  t.is(shard.code, 0);
  t.notRegex(shard.out, /^ first/m);
  t.regex(shard.out, /second +holds/);
});

test('a seed is one run in any notation, and quiet says nothing of what is as expected', async (t) => {
  const folder = pair();
  const hex = await folder.run('run', 'sample/flag', '--seed', '0x1f', '--reporter', 'jsonl');
  const decimal = await folder.run('run', 'sample/flag', '--seed', '31', '--reporter', 'jsonl');
  t.is(stable(hex.out), stable(decimal.out));
  t.is(rows(hex.out)[0]?.['seed'], '31');
  const quiet = await folder.run('run', '--quiet');
  t.is(quiet.out, '');
  t.is(quiet.code, 0);
});

test('patterns are names, parts of names, paths and globs', async (t) => {
  const folder = pair();
  const names = async (...patterns: string[]): Promise<string[]> => {
    const { out } = await folder.run('run', ...patterns, '--seed', '1', '--reporter', 'jsonl');
    return rows(out)
      .filter((row) => row.kind === 'scenario')
      .map((row) => row.scenario);
  };
  t.deepEqual(await names('sample/flag'), ['sample/flag']);
  t.deepEqual(await names('halt'), ['sample/halting']);
  t.deepEqual(await names('scenarios/b'), ['sample/halting']);
  t.deepEqual(await names('scenarios/a.ts'), ['sample/flag']);
  t.deepEqual(await names('sample/*'), ['sample/flag', 'sample/halting']);
  t.deepEqual(await names('**/b.ts', 'scenarios'), ['sample/halting', 'sample/flag']);
});

test('reports are written as whole files beside what people read', async (t) => {
  const folder = new Folder({
    'scenarios/a.ts': scenarioText(),
    'scenarios/b.ts': scenarioText({ ...HALTING, expect: "'holds'" }),
  });
  const { code, out } = await folder.run('run', '--reporter', 'pretty,jsonl,junit,sarif,github', '--output', 'reports');
  t.is(code, 1);
  t.regex(out, /^ sample\/flag +holds$/m);
  t.regex(out, /^::error file=scenarios\/b\.ts,line=\d+,title=sample\/halting::.*raftgate replay/m);
  const read = (name: string): string => readFileSync(join(folder.path, 'reports', name), 'utf8');
  const junit = read('junit.xml');
  t.regex(junit, /<testsuites name="raftgate" tests="2" failures="1">/);
  t.regex(junit, /<testcase name="sample\/halting" .*\n\s+<failure message="it should hold, but apply-halted/);
  const sarif = JSON.parse(read('raftgate.sarif')) as { runs: { results: { ruleId: string }[] }[] };
  t.is(sarif.runs[0]?.results[0]?.ruleId, 'apply-halted');
  t.is(rows(read('raftgate.jsonl')).filter((row) => row.kind === 'scenario').length, 2);
  t.deepEqual(
    folder.files().filter((file) => file.includes('.part')),
    [],
  );
});

test('a kept tape is replayed first, and one that is not what it was is not as expected', async (t) => {
  const folder = new Folder({ 'scenarios/b.ts': scenarioText(HALTING) });
  const kept = await folder.run('run', '--update-witness');
  t.is(kept.code, 0, kept.err);
  const tape = folder.files().find((file) => file.startsWith('scenarios/found/')) ?? '';
  t.truthy(tape);
  const again = await folder.run('run', '--reporter', 'jsonl');
  t.is(again.code, 0);
  t.is(rows(again.out)[0]?.['tape'], tape);
  folder.write('scenarios/b.ts', scenarioText({ ...HALTING, plan: "start(build), write('g1'), settle()" }));
  const fixed = await folder.run('run');
  t.is(fixed.code, 1);
  t.regex(fixed.out, /fixed: was apply-halted violated/);
});

test('a run is shown in the form of other tools', async (t) => {
  const folder = pair();
  await folder.run('run', 'sample/halting', '--seed', '1');
  const tape = folder.files().find((file) => file.endsWith('.tape')) ?? '';
  const shown = async (to: string): Promise<string> => (await folder.run('trace', tape, '--to', to)).out;
  const perfetto = JSON.parse(await shown('perfetto')) as { traceEvents: { ph: string; id?: number }[] };
  const starts = perfetto.traceEvents.filter((e) => e.ph === 's').map((e) => e.id);
  const ends = perfetto.traceEvents.filter((e) => e.ph === 'f').map((e) => e.id);
  t.true(starts.length > 0);
  t.deepEqual(
    ends.filter((id) => !starts.includes(id)),
    [],
  );
  const shiviz = await shown('shiviz');
  t.regex(shiviz, /^\(\?<event>\.\*\)\\n\(\?<host>\\S\*\) \(\?<clock>\{\.\*\}\)\n\n/);
  t.regex(shiviz, /^n1 \{"n1":\d+/m);
  t.regex(await shown('mermaid'), /^sequenceDiagram\n[\s\S]*HALT g1/);
  t.regex(await shown('etcd'), /^\{"tag":"trace","event":\{"name":"InitState"/);
  t.true(rows(await shown('jsonl')).every((row) => typeof row['seq'] === 'number'));
  await folder.run('report', tape, '-o', 'page.html');
  const page = readFileSync(join(folder.path, 'page.html'), 'utf8');
  t.regex(page, /^<!doctype html>/);
  t.regex(page, /<svg [\s\S]*HALT g1/);
  t.notRegex(page, /(src|href)="?http/);
});

test('a new scenario runs as it is', async (t) => {
  const folder = new Folder();
  const made = await folder.run('new', 'team/first');
  t.is(made.code, 0, made.err);
  const twice = await folder.run('new', 'team/first');
  t.is(twice.code, 2);
  const { code, out } = await folder.run('run', 'team/first');
  t.is(code, 0, out);
  t.regex(out, /team\/first\/my own flag +violated, as expected/);
  t.regex(out, /team\/first\/everyone was asked +holds/);
});

test('doctor finds every hash the same where nothing leaks', async (t) => {
  const { code, out } = await pair().run('doctor', '--seeds', '1..2');
  t.is(code, 0, out);
  t.regex(out, /2 scenarios, 2 seeds each, 5 runs a seed: every hash the same/);
});

const leaks: readonly (readonly [title: string, apply: string])[] = [
  ['a wall clock', 'Date.now() % 2 === 0'],
  ['randomness', 'Math.random() < 0.5'],
  ['an unordered iteration', '(seen.add(seen.size), [...seen][seen.size - 1] % 2 === 0)'],
];

for (const [title, leak] of leaks) {
  test(`doctor catches ${title} in a feature and names the first event that differs`, async (t) => {
    const text = scenarioText({
      plan: `start(build), ${"write('g1'), ".repeat(12)}settle()`,
      properties: "sometimes('written', (c) => c.commits('put').length > 0)",
    })
      .replace(
        'if (!me.applies(entry.op)) return',
        `if (${leak}) return { halt: 'leaked' };\n    if (!me.applies(entry.op)) return`,
      )
      .replace('export const feature', 'const seen = new Set();\nexport const feature');
    const folder = new Folder({ 'scenarios/leak.ts': text });
    const { code, out } = await folder.run('doctor', '--seeds', '1..3');
    t.is(code, 4, out);
    t.regex(out, /sample\/flag +DIFFERS/);
    t.regex(out, /seed \d differs in .*; the first divergent event:\n +here +#\d+ [\d.]+s .*\n +there +#\d+ /);
  });
}

test('a tape is shrunk and explained, a gate is listed, explained, compared and mutated', async (t) => {
  const folder = new Folder();
  await folder.run('new', 'team/first');
  await folder.run('run', 'team/first/my own flag', '--quiet');
  const tape = folder.files().find((file) => file.endsWith('.tape')) ?? '';

  const shrunk = await folder.run('shrink', tape);
  t.is(shrunk.code, 0, shrunk.err);
  t.regex(shrunk.out, /\d+ choices -> \d+ in \d+ runs/);
  const short = folder.files().find((file) => file.endsWith('.min.tape')) ?? '';
  t.regex((await folder.run('replay', short)).out, /reproduced: apply-halted violated/);

  const explained = await folder.run('explain', tape);
  t.is(explained.code, 0, explained.err);
  t.regex(explained.out, /blame +"RaiseFormat" of v2 lacks everyoneReadsFormat2; it holds with:/);
  t.regex(
    explained.out.replace(/\s+/g, ' '),
    /repair v2 "RaiseFormat": iReadFormat2 -> everyoneReadsFormat2; holds within the bound/,
  );
  t.regex(explained.out, /searched {2}2 commits, 1 crash.*complete/);

  const listed = await folder.run('gate', 'list');
  t.regex(listed.out, /^ v2@RaiseFormat +everyoneReadsFormat2\n +everyoneReadsFormat2 \(asking\)/m);
  t.regex((await folder.run('gate', 'explain', 'v2@RaiseFormat')).out, /asks Status of every voter and learner/);
  const unknown = await folder.run('gate', 'explain', 'v2@RaiseFormt');
  t.is(unknown.code, 2);
  t.regex(unknown.err, /CLI002 there is no gate "v2@RaiseFormt"; did you mean v2@RaiseFormat/);

  const scenario = 'team/first/everyone was asked';
  const mutated = await folder.run('gate', 'mutate', scenario, '--min-kill', '50');
  t.is(mutated.code, 0, mutated.err);
  t.regex(mutated.out, /killed +v2 "RaiseFormat" +drop gate\n +open; apply-halted breaks in \d+ steps/);
  t.is((await folder.run('gate', 'mutate', scenario, '--min-kill', '101')).code, 1);

  const diff = await folder.run('gate', 'diff', 'v2@RaiseFormat', 'open', '--scenario', scenario);
  t.is(diff.code, 0, diff.err);
  t.regex(diff.out, /opens in {2}\d+ more situations?, [1-9]\d* of them unsafe/);
  t.regex(diff.out, /opens, UNSAFE/);
  for (const { out } of [shrunk, explained, listed, mutated, diff]) {
    const wide = out.split('\n').filter((line) => line.length > 80 && !line.includes('raftgate replay'));
    t.deepEqual(wide, []);
  }
});

test('an exhaustive search says how far it went', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText() });
  const { code, out } = await folder.run(
    'run',
    '--strategy',
    'exhaustive,pct:3',
    '--bound',
    'commits=2,crashes=0',
    '--reporter',
    'jsonl',
  );
  t.is(code, 0);
  const closing = rows(out).find((row) => row.kind === 'scenario');
  t.like(closing, { complete: true, verdict: 'holds', runs: 5 });
  t.is((closing?.['bound'] as { commits: number }).commits, 2);
  t.deepEqual(
    [
      ...new Set(
        rows(out)
          .filter((row) => row.kind === 'run')
          .map((row) => row['strategy']),
      ),
    ],
    ['pct:3'],
  );
});
