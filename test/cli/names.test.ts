// How scenarios and gates are named on the command line: by file, by part of a file, misspelt, or not at all.
import test from 'ava';
import { Folder, HALTING, scenarioText } from './_raftgate.ts';

/** Two questions beside the scenario, in one file. */
const QUESTIONS = ['first', 'second']
  .map(
    (name) => `export const ${name} = scenario.weakestGate('sample/${name}', {
  about: 'A question.',
  cluster: cluster({ nodes: ['n1'], groups: { g1: { voters: ['n1'] } } }),
  properties: [never('apply-halted', (c) => c.replicas.some((r) => r.halted !== null))],
  at: 'Raise',
  atoms: ['ready'],
  plan: (Raise) => seq(
    start(feature.build('asked', { applies: ['put', 'raise'], config: { ready: true }, gates: { Raise } })),
    feature.call('Raise', { to: leaderOf('g1') }),
  ),
});`,
  )
  .join('\n');

/** Files of a stranger: one in the scenario folder, one elsewhere. */
function folder(): Folder {
  return new Folder({
    'scenarios/a.ts': scenarioText(),
    'scenarios/b.ts': scenarioText(HALTING),
    'elsewhere/q.ts': scenarioText({ name: 'sample/outside', tail: QUESTIONS }),
  });
}

test('scenarios can be listed without being run, with what each expects', async (t) => {
  const { code, out } = await folder().run('run', '--list');
  t.is(code, 0);
  t.regex(out, /^ sample\/flag {2,}holds\n sample\/halting {2,}violates apply-halted\n$/);
  const data = await folder().run('run', '--list', '--reporter', 'jsonl', 'sample/halting');
  t.deepEqual(JSON.parse(data.out), {
    kind: 'listed',
    scenario: 'sample/halting',
    file: 'scenarios/b.ts',
    expects: 'violates apply-halted',
  });
});

test('a mistyped name is answered with the nearest ones', async (t) => {
  const { code, err } = await folder().run('run', 'sampel/halting');
  t.is(code, 2);
  t.regex(
    err,
    /^CLI001 no scenario matches "sampel\/halting"; did you mean sample\/halting( or .*)?\? \(raftgate run --list/,
  );
  t.regex(
    (await folder().run('run', 'nothing of the kind')).err,
    /there are 2 scenarios \(raftgate run --list shows all\)/,
  );
});

test('one scenario of a file is FILE#name, wherever the file is', async (t) => {
  const files = folder();
  t.regex((await files.run('run', '--list', 'elsewhere/q.ts#sample/outside')).out, /^ sample\/outside +holds\n$/);
  t.regex((await files.run('run', '--list', 'elsewhere/q.ts#second')).out, /^ sample\/second +which gate\?\n$/);
  t.regex((await files.run('gate', 'mutate', 'elsewhere/q.ts#outside')).out, /^ sample\/outside$/m);
  const missing = await files.run('run', 'elsewhere/q.ts#secnd');
  t.is(missing.code, 2);
  t.regex(missing.err, /CLI001 no scenario matches "secnd"; did you mean second/);
});

test('every question of a file is answered, or the one that is named', async (t) => {
  const asked = async (pattern: string): Promise<unknown[]> => {
    const { code, out, err } = await folder().run('gate', 'weakest', pattern, '--reporter', 'jsonl');
    t.is(code, 0, err);
    return out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { scenario: string }).scenario);
  };
  t.deepEqual(await asked('elsewhere/q.ts'), ['sample/first', 'sample/second']);
  t.deepEqual(await asked('elsewhere/q.ts#first'), ['sample/first']);
});

test('gates under study are explained by name, and stand first in the list', async (t) => {
  const files = folder();
  const { code, out } = await files.run('gate', 'explain', 'node-local');
  t.is(code, 0);
  t.regex(out, /^ node-local\n gate {7}encryptionEnabled and kekFileSet and sidecarPathSet$/m);
  t.regex(out, /^ used in {4}wire of 6B-2, /m);
  const listed = (await files.run('gate', 'list')).out;
  t.regex(listed, /^ always-wired +open\n by-sidecar-path +sidecarPathSet\n/);
  t.deepEqual(
    listed.split('\n').filter((line) => line.length > 80),
    [],
  );
  t.regex((await files.run('gate', 'explain', 'node-locl')).err, /did you mean node-local\?/);
});

test('a gate is explained from the file that holds it, wherever that stands', async (t) => {
  const files = folder();
  const unknown = await files.run('gate', 'explain', 'asked@Raise');
  t.is(unknown.code, 2);
  t.regex(unknown.err, /there is no gate "asked@Raise"; .*\(--scenario names a file that is not under scenarios\/\)/);
  const { out } = await files.run('gate', 'explain', 'asked@Raise', '--scenario', 'elsewhere/q.ts');
  t.regex(out, /^ asked@Raise\n gate {7}open$/m);
  t.regex(out, /^ used in {4}sample\/first, sample\/second$/m);
});
