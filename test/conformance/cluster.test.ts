// Recorded lives of real clusters through the simulator, and proof that the comparison can fail.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { InputError } from '../../src/base/errors.ts';
import { conformCluster } from '../../src/conform/cluster/index.ts';

const fixture = join(import.meta.dirname, '../fixtures/groundtruth/pr760.json');
const later = ['later-stages', 'more-later-stages'].map((name) =>
  join(import.meta.dirname, `../fixtures/cluster/${name}.json`),
);
const shared = join(import.meta.dirname, '../../../shared/groundtruth');

interface Recorded {
  cases: { id: string; commit?: string; actions?: { rpc: string; result: { code: string; msg: string } }[] }[];
}

/** A recording as an editor takes it apart. */
type Loose = { [key: string | number]: Loose };

/** Runs an edited copy of a recording; the printed lines and the counts. */
function edited(
  edit: (recorded: Recorded) => void,
  file = fixture,
): {
  lines: string[];
  passed: number;
  failed: number;
  skipped: number;
} {
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded;
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

test('the later releases do what the specification says of them', (t) => {
  const lines: string[] = [];
  t.deepEqual(
    conformCluster(later, (line) => lines.push(line)),
    { passed: 59, failed: 0, skipped: 1 },
    lines.join('\n'),
  );
});

/** Runs one case of the later releases with something changed in it. */
function spoiled(id: string, spoil: (one: Loose) => void): ReturnType<typeof edited> {
  return edited((recorded) => {
    const one = recorded.cases.find((each) => each.id === id);
    if (one === undefined) throw new Error(`no case ${id}`);
    spoil(one as unknown as Loose);
    recorded.cases = [one];
  }, later[1]);
}

test('whatever a recording tells of a node can differ', (t) => {
  const cut = 'HEAD, a learner joins behind a cut log: it serves without keys';
  const none = 'HEAD, n3 without flags';
  const spent = 'HEAD, two restarts behind the storage cutover spend two epochs';
  const told = 'HEAD, what a caller is told of itself';
  const changes: readonly [id: string, spoil: (one: Loose) => void][] = [
    [cut, (c) => (c['after']!['n4']!['sidecar'] = c['after']!['n1']!['sidecar']!)],
    [cut, (c) => (c['after']!['n1']!['sidecar']!['active']!['raft'] = 7 as unknown as Loose)],
    [none, (c) => (c['log_evidence']!['n3'] = ['ERROR engine stopped: for another reason'] as unknown as Loose)],
    [none, (c) => (c['after']!['n3'] = { process: 'alive', raft: { state: 'SHUTDOWN' } } as unknown as Loose)],
    [none, (c) => (c['after']!['n2'] = { process: 'exited(1)' } as unknown as Loose)],
    [none, (c) => (c['capability_after_halt']!['n1']!['sidecar_present'] = false as unknown as Loose)],
    [none, (c) => (c['restart_all']!['n3'] = { process: 'alive' } as unknown as Loose)],
    [spent, (c) => (c['actions']!['3']!['result']!['sidecar']!['keys']!['1']!['local_epoch'] = 0 as unknown as Loose)],
    [told, (c) => (c['actions']!['2']!['result']!['writer_registry_for_caller'] = { 1: 4 } as unknown as Loose)],
  ];
  for (const [id, spoil] of changes) {
    const { failed, lines } = spoiled(id, spoil);
    t.is(failed, 1, `${id}: ${String(spoil)}`);
    t.is(lines.length, 2, lines.join('\n'));
  }
});

test('what a recording tells and nobody compares is named', (t) => {
  const { passed, lines } = spoiled('6A, no flags', (c) => {
    c['rocks'] = 1 as unknown as Loose;
    c['after']!['n2']!['temperature'] = 3 as unknown as Loose;
  });
  t.is(passed, 1);
  t.is(lines.length, 1);
  t.true(lines[0]!.endsWith('tells more than is compared: rocks, after.temperature'));
});

test('groups are found wherever they are named, a node that comes back was there before, a stranger is a skip', (t) => {
  const onGroup2 = spoiled('6A, no flags', (c) => {
    c['actions'] = [
      { rpc: 'GetCapability', target: 'n2/group2', result: { code: 'OK', encryption_capable: false } },
    ] as unknown as Loose;
  });
  t.deepEqual([onGroup2.passed, onGroup2.failed], [1, 0], onGroup2.lines.join('\n'));
  const comesBack = spoiled('6A, no flags', (c) => {
    c['actions'] = [
      { op: 'remove n3', result: 'OK' },
      { op: 'add learner n3', result: 'OK' },
    ] as unknown as Loose;
  });
  t.deepEqual([comesBack.passed, comesBack.failed], [1, 0], comesBack.lines.join('\n'));
  const stranger = spoiled('6A, no flags', (c) => {
    c['actions'] = [{ op: 'call', rpc: 'GetCapability', target: 'n9', result: { code: 'OK' } }] as unknown as Loose;
  });
  t.is(stranger.skipped, 1, stranger.lines.join('\n'));
  t.true(stranger.lines[0]!.endsWith('skipped: an action is about n9, which is none of the nodes'));
});

test('a file that is no recording is refused by name', (t) => {
  const error = t.throws(() => conformCluster([join(import.meta.dirname, 'nowhere.json')], () => {}), {
    instanceOf: InputError,
  });
  t.is(error.code, 'CLI003');
});
