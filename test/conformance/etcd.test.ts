// Our Raft core against what etcd's printed: the copied random sets always, and every set of the shared folder where it is
// present. Each set must be there as a whole: a set with fewer scripts than it has would pass without having been run.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { conformEtcd, findScripts, readScript, runScript } from '../../src/conform/etcd/index.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FIXTURES = join(ROOT, 'test/fixtures/etcd-raft');
const SHARED = join(ROOT, '../shared/etcd-raft');

function passesAll(title: string, dir: string, atLeast: number): void {
  if (!existsSync(dir)) {
    test.skip(`${title} (${relative(ROOT, dir)} is not there)`, () => undefined);
    return;
  }
  test(title, (t) => {
    const lines: string[] = [];
    const counts = conformEtcd([dir], (line) => lines.push(line));
    t.deepEqual({ ...counts, passed: 0 }, { passed: 0, failed: 0, skipped: 0 }, lines.slice(0, 60).join('\n'));
    t.true(counts.passed >= atLeast, `only ${counts.passed} scripts`);
  });
}

passesAll('the copied random scripts print what etcd printed', join(FIXTURES, 'random'), 300);
passesAll(
  'the copied random scripts with extended commands print what etcd printed',
  join(FIXTURES, 'random-ext'),
  120,
);
passesAll('scripts whose ids no double holds print what etcd printed', join(FIXTURES, 'wide-ids'), 4);
passesAll('the differences found by fuzzing stay mended', join(FIXTURES, 'found'), 1);
passesAll("etcd's own interaction scripts pass", join(SHARED, 'testdata'), 28);
passesAll("etcd's own configuration changer scripts pass", join(SHARED, 'confchange/testdata'), 9);
passesAll("etcd's own quorum scripts pass", join(SHARED, 'quorum/testdata'), 4);
passesAll('the directed scripts pass', join(SHARED, 'directed'), 15);
passesAll('the directed scripts with extended commands pass', join(SHARED, 'directed-ext'), 12);
passesAll('scripts that end in a panic end in the same one', join(SHARED, 'panics'), 11);

const SAMPLE = join(FIXTURES, 'random');

test('a script fails for one changed byte of output, and the diff names file and line', (t) => {
  const file = findScripts([SAMPLE])[0] as string;
  const text = readScript(file);
  const place = text.lastIndexOf('\nINFO ') + 1;
  t.true(place > 0);
  const { outcome, mismatches, lines } = runScript(
    'changed.txt',
    `${text.slice(0, place)}WARN${text.slice(place + 4)}`,
  );
  t.is(outcome, 'failed');
  t.is(mismatches.length, 1);
  t.is(lines[0], `--- changed.txt:${mismatches[0]?.line} ${mismatches[0]?.text}`);
  t.true(lines.some((line) => line.startsWith('-WARN ')));
  t.true(lines.some((line) => line.startsWith('+INFO ')));
});

test('a script that does not panic where it should fails', (t) => {
  const script = 'add-nodes 1 voters=1 index=2\n----\nPANIC: need non-empty snapshot\n';
  t.is(runScript('p.txt', script).outcome, 'failed');
});

test('what follows a panic counts as failed, because it was not run', (t) => {
  const script = [
    'add-nodes 1 voters=1 index=2 inflight=0\n----\nPANIC: max inflight messages must be greater than 0\n',
    'raft-state\n----\nok\n',
  ].join('\n');
  const { outcome, mismatches } = runScript('p.txt', script);
  t.is(outcome, 'failed');
  t.deepEqual(
    mismatches.map((m) => m.line),
    [5],
  );
});

test('the kind of a script follows from its commands, not from its name', (t) => {
  const vote = 'vote cfg=(1,2) votes=(y,y)\n----\nVoteWon\n';
  const change = 'simple\nv1\n----\nvoters=(1)\n1: StateProbe match=0 next=1\n';
  t.is(runScript('any.txt', vote).outcome, 'passed');
  t.is(runScript('any.txt', change).outcome, 'passed');
  t.is(runScript('any.txt', 'no-such-command\n----\nunknown command\n').outcome, 'passed');
});

test('files may be named one by one, packed or not', (t) => {
  const names = readdirSync(SAMPLE).slice(0, 2);
  const files = findScripts(names.map((name) => join(SAMPLE, name)));
  t.deepEqual(
    files.map((f) => basename(f)),
    names,
  );
  t.is(conformEtcd(files, () => undefined).passed, 2);
});

test('a path that is not there is bad input', (t) => {
  t.throws(() => findScripts(['no/such/folder']), { code: 'CLI003' });
});
