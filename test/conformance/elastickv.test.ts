// Recorded vectors through our code. Beside "all pass" it is shown that the runners can fail: for every kind of recording,
// spoiling what was recorded makes cases fail, and what nobody knows is a failure and not a file left out.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { conformElastickv, runRecording } from '../../src/conform/elastickv/index.ts';
import { jsonFiles } from '../../src/conform/json-files.ts';

const fixtures = fileURLToPath(new URL('../fixtures/vectors', import.meta.url));
const shared = fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
const recordings = jsonFiles([fixtures]).map(({ path }) => path);

/** Each kind of recording and the least number of cases its fixture has. */
const KINDS: Readonly<Record<string, number>> = {
  admin: 1000,
  apply: 76,
  'derive-node-id': 237,
  'engine-halt': 11,
  envelope: 196,
  fanout: 20,
  'fsm-dispatch': 345,
  fsmwire: 291,
  guards: 96,
  kek: 98,
  'proposal-envelope': 39,
  'registry-keys': 163,
  restart: 10,
  sidecar: 66,
  'storage-envelope': 77,
};

function fixture(kind: string): string {
  const path = recordings.find((candidate) => candidate.endsWith(`/${kind}.json`));
  return path === undefined ? '' : readFileSync(path, 'utf8');
}

for (const [kind, cases] of Object.entries(KINDS)) {
  test(`every recorded case of ${kind} comes out as recorded`, (t) => {
    const run = runRecording(fixture(kind));
    t.is(run.kind, kind);
    t.deepEqual(
      run.results.filter((result) => result.problem !== null),
      [],
    );
    t.true(run.results.length >= cases, `only ${run.results.length} cases`);
  });

  test(`a recording of ${kind} in which something else was recorded fails`, (t) => {
    const spoiled = runRecording(JSON.stringify(spoil(JSON.parse(fixture(kind)))));
    t.is(spoiled.kind, kind);
    const failed = spoiled.results.filter((result) => result.problem !== null).length;
    t.true(failed > spoiled.results.length / 10, `only ${failed} of ${spoiled.results.length} cases noticed`);
  });
}

test('a store without a durable mark is replaced by the founding snapshot, and its rows are made anew', (t) => {
  const said = { ok: true, state: 'leader', durable_applied_index: 0, durable_present: false };
  const done = {
    ok: true,
    applied_delta: 1,
    applied_advanced: true,
    state_after: 'leader',
    linearizable_read_ok: true,
  };
  const bootstrap = '04010000000100000002777300000002000000027772000000010000000100000000000000' + '4d0000';
  const steps = [
    { ...said, open: 'fresh, applier', applied_index: 2 },
    { ...done, propose: 'bootstrap at epoch 0', entry: bootstrap },
    { ...done, propose: 'registration at epoch 5', entry: '030100000001000000000000004d0005' },
    { ...said, open: 'restart', applied_index: 5 },
    { ...done, propose: 'registration at epoch 6', entry: '030100000001000000000000004d0006' },
  ];
  const text = JSON.stringify({ cases: [{ name: 'rising epochs, no write', steps }] });
  t.deepEqual(
    runRecording(text).results.map(({ problem }) => problem),
    [null],
  );
});

/** Turns every recorded success into a failure and changes the last digit of every hexadecimal or decimal outcome. */
function spoil(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => spoil(item, name));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, spoil(member, key)]));
  }
  if (typeof value === 'boolean' && ['ok', 'volatile', 'refused'].includes(name)) return !value;
  if (typeof value === 'string' && /^(outcome|code|error|full_node_id|full_a|header|value|envelope)$/.test(name)) {
    return value.replace(/[0-9a-f](?=[^0-9a-f]*$)/, (c) => (c === '0' ? '1' : '0'));
  }
  return value;
}

test('a recording is known by its content, not by its name', (t) => {
  t.is(runRecording('{"source":"elsewhere","bump_local_epoch":[]}').kind, 'sidecar');
});

test('a recording nobody knows is a failure that names its sections', (t) => {
  const run = runRecording('{"moon_phase":[1]}');
  t.is(run.kind, 'unknown');
  t.regex(run.results[0]?.problem ?? '', /no runner knows .*moon_phase/);
});

test('a section nobody knows is a failure of its own beside the cases that ran', (t) => {
  const json: unknown = JSON.parse(fixture('kek'));
  const run = runRecording(JSON.stringify({ ...(json as object), moon_phase: [1] }));
  const failed = run.results.filter((result) => result.problem !== null);
  t.deepEqual(failed, [{ name: 'moon_phase', problem: 'no runner knows this section' }]);
});

test('a file that is no JSON, no object or holds no case is a failure', (t) => {
  for (const text of ['', '{', '[1]', 'null', '{"bump_local_epoch":[]}']) {
    const { results } = runRecording(text);
    t.true(results.length === 1 && results[0]?.problem !== null, text);
  }
});

test('a case that cannot even be read fails alone', (t) => {
  const run = runRecording('{"values":[{"value":"zz"},null],"prefix_ascii":"!encryption|writers|"}');
  t.deepEqual(
    run.results.map((result) => result.problem === null),
    [false, false, true],
  );
});

test('a path that cannot be read is bad input', (t) => {
  t.throws(() => conformElastickv([`${fixtures}/absent.json`], () => {}), { code: 'CLI003' });
});

test('a run prints each failed case and a line of counts for each file', (t) => {
  const lines: string[] = [];
  const counts = conformElastickv([recordings.find((path) => path.endsWith('/kek.json'))!], (line) => lines.push(line));
  t.deepEqual(counts, { passed: 98, failed: 0, skipped: 0 });
  t.regex(lines.join('\n'), /kek: 98 passed, 0 failed$/);
});

(existsSync(shared) ? test : test.skip)('the shared recordings pass as the fixtures do', (t) => {
  const known = jsonFiles([shared])
    .map(({ path }) => path)
    .filter((path) => Object.keys(KINDS).some((kind) => path.endsWith(`/${kind}.json`)));
  const { passed, failed } = conformElastickv(known, () => {});
  t.is(failed, 0);
  t.true(passed >= 2700);
});
