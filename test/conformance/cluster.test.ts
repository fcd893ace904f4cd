// Recorded lives of real clusters through the simulator, and proof that the comparison can fail.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../src/base/errors.ts';
import { conformCluster } from '../../src/conform/cluster/index.ts';

const fixture = join(import.meta.dirname, '../fixtures/groundtruth/pr760.json');
const shared = join(import.meta.dirname, '../../../shared/groundtruth');

interface Recorded {
  cases: { id: string; commit?: string; actions?: { rpc: string; result: { code: string; msg: string } }[] }[];
}

/** Runs an edited copy of the recording; the printed lines and the counts. */
function edited(edit: (recorded: Recorded) => void): {
  lines: string[];
  passed: number;
  failed: number;
  skipped: number;
} {
  const recorded = JSON.parse(readFileSync(fixture, 'utf8')) as Recorded;
  edit(recorded);
  const folder = mkdtempSync(join(tmpdir(), 'raftgate-'));
  const lines: string[] = [];
  try {
    writeFileSync(join(folder, 'edited.json'), JSON.stringify(recorded));
    return { lines, ...conformCluster([folder], (line) => lines.push(line)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('every recorded cluster of the review is reproduced', (t) => {
  const lines: string[] = [];
  t.deepEqual(
    conformCluster([fixture], (line) => lines.push(line)),
    { passed: 26, failed: 0, skipped: 0 },
    lines.join('\n'),
  );
});

(existsSync(shared) ? test : test.skip)('the shared recordings, in place', (t) => {
  const lines: string[] = [];
  t.is(conformCluster([shared], (line) => lines.push(line)).failed, 0, lines.join('\n'));
});

test('a recording under another commit differs', (t) => {
  const { failed, lines } = edited(({ cases }) => {
    for (const one of cases) if (one.commit === 'cf214fe7') one.commit = '298df0c9';
  });
  t.is(failed, 6);
  t.true(lines.some((line) => line.includes('recorded Unavailable')));
  t.true(lines.some((line) => line.includes('writes succeed, recorded: fail')));
});

test('another code, or another text, is a difference', (t) => {
  const code = edited(({ cases }) => {
    cases[0]!.actions![1]!.result.code = 'Aborted';
  });
  t.is(code.failed, 1);
  const message = edited(({ cases }) => {
    cases[0]!.actions![1]!.result.msg += '!';
  });
  t.is(message.failed, 1);
});

test('what cannot be replayed is skipped with its reason, not passed', (t) => {
  const { skipped, passed, lines } = edited(({ cases }) => {
    cases[0]!.actions![0]!.rpc = 'RewrapEverything';
    cases[1]!.commit = 'ffffffff';
  });
  t.is(skipped, 2);
  t.is(passed, 24);
  t.true(lines.some((line) => line.includes('"RewrapEverything"')));
  t.true(lines.some((line) => line.includes('ffffffff')));
});

test('a file that is no recording is refused by name', (t) => {
  const error = t.throws(() => conformCluster([join(import.meta.dirname, 'nowhere.json')], () => {}), {
    instanceOf: InputError,
  });
  t.is(error.code, 'CLI003');
});
