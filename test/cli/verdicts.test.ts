// What a user reads of a search beside its verdict: what never occurred, what is new since last time, which changes of a gate
// nobody would notice.
import test from 'ava';
import { Folder, scenarioText } from './_raftgate.ts';

/** The last record that a command printed. */
function last(out: string): Readonly<Record<string, unknown>> {
  return JSON.parse(out.trim().split('\n').at(-1) ?? '{}') as Readonly<Record<string, unknown>>;
}

test('what never occurred stands below the verdict and in the data, gate by gate if asked', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText() });
  t.regex((await folder.run('run', 'sample/flag')).out, /^ {3}unseen {4}always true: ready$/m);
  t.regex(
    (await folder.run('run', 'sample/flag', '--verbose')).out,
    /^ {3}unseen {4}always true: ready \("Raise" of v1\)$/m,
  );
  const { out } = await folder.run('run', 'sample/flag', '--reporter', 'jsonl');
  t.deepEqual(last(out)['unseen'], {
    atoms: [{ atom: 'ready', was: true }],
    gates: [{ build: 'v1', at: 'Raise', atom: 'ready', was: true }],
    fleets: 1,
    neverRan: [],
  });
});
