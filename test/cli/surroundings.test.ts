// Where a command runs, what it writes and who may stop it: a sub-folder is the same project, a folder that cannot be written
// is an error of its owner, an interrupt is heard while a search is under way, and whatever a command judges is in its reports.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { Folder, HALTING, scenarioText } from './_raftgate.ts';

const BINARY = fileURLToPath(new URL('../../bin/raftgate', import.meta.url));

test('a sub-folder of a project means its scenarios, and what stands above the project does not', async (t) => {
  const folder = new Folder({
    'scenarios/a.ts': scenarioText(),
    'sub/folder/note.txt': '',
    'other/package.json': '{}',
  });
  const listed = async (below: string): Promise<string> => (await folder.in(below).run('run', '--list')).out;
  t.regex(await listed('.'), /^ sample\/flag +holds\n$/);
  t.is(await listed('sub/folder'), await listed('.'));
  t.is(await listed('scenarios'), await listed('.'));
  t.notRegex(await listed('other'), /sample\/flag/);
});

test('data goes into the folder that is named, be it near or far', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText() });
  const far = new Folder();
  await folder.run('run', '--seed', '1', '--reporter', 'pretty,jsonl', '--output', join(far.path, 'data'));
  t.deepEqual(far.files(), ['data/raftgate.jsonl']);
  t.deepEqual(folder.files(), ['scenarios/a.ts']);
});

test('a place that cannot be written is an error of its own, with nothing left behind', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText(HALTING), '.raftgate': 'a file', taken: 'a file' });
  const before = folder.files();
  const tape = await folder.run('run', '--seed', '1', '--quiet');
  t.is(tape.code, 2);
  t.regex(tape.err, /^\.raftgate\/.*\.tape CLI003 cannot be written: E\w+: [a-z ]+\n$/);
  const data = await folder.run('run', '--seed', '1', '--reporter', 'jsonl', '--output', 'taken');
  t.is(data.code, 2);
  t.regex(data.err, /^taken\/raftgate\.jsonl CLI003 cannot be written: E/);
  t.deepEqual(folder.files(), before);
});

test('what is no scenario file is refused by what it is', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText(), 'notes.md': '', 'old.tape': '' });
  const notes = await folder.run('run', 'notes.md');
  t.is(notes.code, 2);
  t.regex(notes.err, /^notes\.md CLI003 is no scenario file; scenarios are \.ts or \.js files/);
  t.regex((await folder.run('run', 'old.tape')).err, /^old\.tape CLI003 .*raftgate replay/);
  const both = await folder.run('run', '--seed', '1', '--seeds', '1..3');
  t.is(both.code, 2);
  t.regex(both.err, /CLI002 --seed and --seeds both/);
});

test('an interrupt is heard while a question is searched', async (t) => {
  const calls = "feature.call('Raise', { to: leaderOf('g1') }), ".repeat(9);
  const plan = `start(build), par(${calls}write('g1')), settle()`;
  const folder = new Folder({ 'scenarios/a.ts': scenarioText({ plan, tail: "console.log('is loaded');" }) });
  const asked = ['gate', 'mutate', 'sample/flag', '--bound', 'commits=9,crashes=9', '--budget', '10m'];
  const code = await new Promise<number | null>((resolve) => {
    const child = execFile(process.execPath, [BINARY, ...asked], { cwd: folder.path });
    child.stdout?.once('data', () => setTimeout(() => child.kill('SIGINT'), 1000));
    child.on('exit', resolve);
  });
  t.is(code, 130);
});

test('every command that judges is heard in the reports of build servers; one that judges nothing says so', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText(HALTING) });
  await folder.run('run', '--seed', '1', '--quiet');
  const tape = folder.files().find((file) => file.endsWith('.tape'))!;
  mkdirSync(join(folder.path, 'scenarios/found'));
  folder.write('scenarios/found/kept.tape', readFileSync(join(folder.path, tape), 'utf8'));
  const junit = async (...args: string[]): Promise<string> => (await folder.run(...args, '--reporter', 'junit')).out;
  t.regex(await junit('doctor', '--seeds', '1..1'), /tests="1" failures="0"/);
  t.regex(await junit('replay', tape), /<testsuite name="\.raftgate\/.*tests="1" failures="0"/);
  const kept = await junit('run', '--seed', '1');
  t.regex(kept, /<testsuite name="scenarios\/found\/kept\.tape" tests="1"/);
  t.regex(kept, /<testsuite name="scenarios\/a\.ts" tests="1"/);
  rmSync(join(folder.path, 'scenarios/found'), { recursive: true });
  const told = await folder.run('gate', 'list', '--reporter', 'junit');
  t.is(told.code, 2);
  t.regex(told.err, /CLI002 --reporter: junit reports what passed or failed/);
  await folder.run('gate', 'list', '--reporter', 'pretty,jsonl', '--output', 'data');
  t.true(folder.files().includes('data/raftgate.jsonl'));
});

test('a corpus that fails is shown where only failures are wanted, and counts in the reports', async (t) => {
  const folder = new Folder({ 'bad.txt': 'simple\nv1\n----\nvotrs=(1)\n' });
  const quiet = await folder.run('conform', 'etcd', 'bad.txt', '--quiet');
  t.is(quiet.code, 1);
  t.regex(quiet.out, /^--- bad\.txt:1 simple\n[^]*\n-votrs=\(1\)\n\+voters=\(1\)\n[^]*\n0 passed, 1 failed\n$/);
  const github = await folder.run('conform', 'etcd', 'bad.txt', '--reporter', 'github');
  t.is(github.out, '::error file=bad.txt,line=1,title=conform etcd::0 passed, 1 failed\n');
});
