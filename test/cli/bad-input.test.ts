// Bad input: one clear line with a place, the right exit code, and nothing left behind.
import test from 'ava';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Folder, HALTING, scenarioText, type Parts } from './_raftgate.ts';

/** The lines a command complained with, source frames and empty lines aside. */
function complaint(err: string): string[] {
  return err.split('\n').filter((line) => line.trim() !== '');
}

interface BadScenario {
  readonly title: string;
  readonly parts: Partial<Parts>;
  readonly code: string;
  readonly says: RegExp;
}

const badScenarios: readonly BadScenario[] = [
  {
    title: 'an unknown node',
    parts: { plan: "start(build), restart('n9')" },
    code: 'SCN004',
    says: /no node "n9"; there are n1, n2, n3/,
  },
  {
    title: 'an unknown group',
    parts: { plan: "start(build), write('g9')" },
    code: 'SCN003',
    says: /no group "g9"; there is g1/,
  },
  { title: 'an unknown atom', parts: { gate: "'redy'" }, code: 'SCN005', says: /no atom "redy".*ready/ },
  {
    title: 'an unknown RPC',
    parts: { plan: "start(build), feature.call('Rise')" },
    code: 'SCN006',
    says: /no RPC "Rise".*Raise/,
  },
  {
    title: 'an unknown property',
    parts: { expect: "{ violates: 'halted' }" },
    code: 'SCN007',
    says: /no property "halted".*apply-halted/,
  },
  {
    title: 'an unknown build',
    parts: { expect: "{ violates: 'apply-halted', blames: { gatePoint: 'startup', build: 'v7' } }" },
    code: 'SCN008',
    says: /no build "v7"; there is v1/,
  },
  { title: 'a node named twice', parts: { nodes: "['n1', 'n2', 'n3', 'n2']" }, code: 'SCN002', says: /"n2"/ },
  {
    title: 'a property named twice',
    parts: { properties: "never('same', () => false), always('same', () => true)" },
    code: 'SCN002',
    says: /"same"/,
  },
  { title: 'a seed range backwards in a file', parts: { seeds: '[9, 2]' }, code: 'SCN009', says: /backwards|9.*2/ },
];

for (const { title, parts, code, says } of badScenarios) {
  test(`${title} is refused where it stands`, async (t) => {
    const folder = new Folder({ 'scenarios/bad.ts': scenarioText(parts) });
    const ended = await folder.run('run');
    const lines = complaint(ended.err);
    t.is(ended.code, 2, ended.err);
    t.is(lines.length, 1, ended.err);
    t.regex(lines[0] ?? '', new RegExp(`^scenarios/bad\\.ts:\\d+:\\d+ ${code} `));
    t.regex(lines[0] ?? '', says);
    t.is(ended.out, '');
    t.deepEqual(folder.files(), ['scenarios/bad.ts']);
  });
}

test('two scenarios of one name are refused, and both files are named', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText(), 'scenarios/b.ts': scenarioText() });
  const ended = await folder.run('run');
  t.is(ended.code, 2);
  t.regex(ended.err, /^scenarios\/b\.ts:\d+:\d+ SCN002 .*"sample\/flag".*scenarios\/a\.ts/);
});

test('a scenario file that throws on import is reported at the line that throws', async (t) => {
  const folder = new Folder({
    'scenarios/bad.ts': "const a: number = 1;\nthrow new RangeError('not today');\nexport default a;\n",
  });
  const ended = await folder.run('run');
  t.is(ended.code, 2);
  t.regex(ended.err, /^scenarios\/bad\.ts:2:\d+ SCN001 the file throws on import: RangeError: not today\n$/);
});

test('a scenario file that does not parse is reported at the place', async (t) => {
  const folder = new Folder({ 'scenarios/bad.ts': 'export default {\n  a: ,\n};\n' });
  const ended = await folder.run('run');
  t.is(ended.code, 2);
  t.regex(ended.err, /^scenarios\/bad\.ts:2:\d+ SCN001 /);
});

test('a file that exports no scenario is refused', async (t) => {
  const folder = new Folder({ 'scenarios/bad.ts': 'export const a = 1;\n' });
  const ended = await folder.run('run');
  t.is(ended.code, 2);
  t.regex(ended.err, /^scenarios\/bad\.ts SCN001 .*exports no scenario/);
});

test('an import that is not there is reported at the import', async (t) => {
  const folder = new Folder({ 'scenarios/bad.ts': "import { x } from './nowhere.ts';\nexport default x;\n" });
  const ended = await folder.run('run');
  t.is(ended.code, 2);
  t.regex(ended.err, /^scenarios\/bad\.ts:1:\d+ SCN001 .*nowhere/);
});

const badFlags: readonly (readonly [title: string, args: readonly string[], says: RegExp])[] = [
  ['a seed range backwards', ['--seeds', '9..2'], /CLI002 --seeds: .*9\.\.2 runs backwards; write 2\.\.9/],
  ['an empty seed', ['--seed', ''], /CLI002 --seed: .*non-empty/],
  ['a seed range without an end', ['--seeds', '4..'], /CLI002 --seeds: .*A\.\.B/],
  ['a shard out of range', ['--shard', '3/2'], /CLI002 --shard: /],
  ['no workers', ['--jobs', '0'], /CLI002 --jobs: /],
  ['a time without a unit', ['--budget', '30'], /CLI002 --budget: .*30s/],
  ['an unknown reporter', ['--reporter', 'prety'], /CLI002 --reporter: .*pretty/],
  ['an unknown strategy', ['--strategy', 'luck'], /CLI002 --strategy: .*swarm/],
  ['an unknown bound', ['--bound', 'commit=3'], /CLI002 --bound: .*commits/],
  ['two reporters on one output', ['--reporter', 'pretty,junit'], /CLI002 .*--output DIR/],
  ['an unknown flag', ['--sedes', '1..2'], /did you mean.*--seeds/],
];

for (const [title, args, says] of badFlags) {
  test(`${title} is a usage error`, async (t) => {
    const folder = new Folder({ 'scenarios/a.ts': scenarioText() });
    const ended = await folder.run('run', ...args);
    t.is(ended.code, 2, ended.err);
    t.regex(ended.err, says);
    t.is(ended.out, '');
    t.deepEqual(folder.files(), ['scenarios/a.ts']);
  });
}

test('a mistyped command or scenario is answered with the likeliest name', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText() });
  const command = await folder.run('rnu');
  t.is(command.code, 2);
  t.regex(command.err, /did you mean `run`/);
  const scenario = await folder.run('run', 'sample/falg');
  t.is(scenario.code, 2);
  t.regex(scenario.err, /CLI001 .*"sample\/falg".*sample\/flag/);
  const file = await folder.run('run', 'scenarios/b.ts');
  t.is(file.code, 2);
  t.regex(file.err, /scenarios\/b\.ts CLI003 /);
});

test('a tape that cannot be read, is cut off, is damaged or belongs elsewhere is refused', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText(HALTING), 'other.ts': scenarioText() });
  await folder.run('run', '--seed', '1', '--quiet'); // what nobody reads is not shrunk
  const tape = folder.files().find((file) => file.endsWith('.tape')) ?? '';
  const { readFileSync } = await import('node:fs');
  const text = readFileSync(join(folder.path, tape), 'utf8');
  folder.write('cut.tape', text.slice(0, text.length - 9));
  folder.write('bad.tape', `${text.split('\n')[0] ?? ''}\n{]\n`);
  folder.write('empty.tape', '');
  const before = folder.files();
  const cases: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
    [['nowhere.tape'], 2, /^nowhere\.tape CLI003 there is no such tape; .*raftgate run SCENARIO --seed S/],
    [[tape.replace('halting', 'haltign')], 2, new RegExp(`CLI003 there is no such tape; did you mean ${tape}\\?`)],
    [['scenarios'], 2, /^scenarios CLI003 cannot be read: EISDIR/],
    [['cut.tape'], 5, /^cut\.tape:\d+:\d+ TAP001 .*cut off/],
    [['bad.tape'], 5, /^bad\.tape:2:\d+ TAP001 /],
    [['empty.tape'], 5, /^empty\.tape:1:\d+ TAP001 /],
    [[tape, '--scenario', 'other.ts'], 5, /^\.raftgate\/.*\.tape:1 TAP002 .*"sample\/halting".*"sample\/flag"/],
  ];
  for (const [args, code, says] of cases) {
    const ended = await folder.run('replay', ...args);
    t.is(ended.code, code, ended.err);
    t.regex(ended.err, says);
  }
  t.deepEqual(folder.files(), before);
});

test('a tape that no longer applies says which choice, and exits 5', async (t) => {
  const folder = new Folder({
    'scenarios/a.ts': scenarioText({ ...HALTING, plan: `${HALTING.plan ?? ''}, settle()` }),
  });
  await folder.run('run', '--seed', '1', '--quiet'); // what nobody reads is not shrunk
  const tape = folder.files().find((file) => file.endsWith('.tape')) ?? '';
  folder.write('scenarios/a.ts', scenarioText({ ...HALTING, plan: "start(build), settle('1s')", expect: "'holds'" }));
  const ended = await folder.run('replay', tape);
  t.is(ended.code, 5, ended.out + ended.err);
  t.regex(ended.err, /^\.raftgate\/.*\.tape:\d+ TAP003 .*no longer applies: choice \d+ of \d+ in /);
  t.regex(ended.out, /fixed/);
});

test('an output folder that cannot be made leaves nothing behind', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText(), taken: '' });
  const ended = await folder.run('run', '--reporter', 'jsonl', '--output', 'taken/below');
  t.is(ended.code, 2, ended.err);
  t.regex(ended.err, /CLI003 cannot be written/);
  t.deepEqual(folder.files(), ['scenarios/a.ts', 'taken']);
});

test('a port in use is refused by its number', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText() });
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  const ended = await folder.run('serve', 'sample/flag', '--port-base', String(port));
  server.close();
  t.is(ended.code, 2, ended.err);
  t.regex(ended.err, new RegExp(`CLI004 .*${port}`));
});
