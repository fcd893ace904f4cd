// What a user reads of a search beside its verdict: what never occurred, what is new since last time, which changes of a gate
// nobody would notice.
import test from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Folder, HALTING, scenarioText } from './_raftgate.ts';

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

test('a feature given by its apply is searched exhaustively unless something else is asked for', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText() });
  const tried = async (...flags: string[]): Promise<string> =>
    (await folder.run('run', 'sample/flag', ...flags)).out.replace(/\s+/g, ' ');
  t.regex(await tried(), /tried 5 runs; exhaustive search within [^;:]*: complete, [\d,]+ states/);
  t.regex(await tried('--strategy', 'swarm'), /tried 5 runs unseen/);
  t.regex(await tried('--seed', '3'), /tried 1 run unseen/);
});

test('what the exhaustive search meets has occurred, though no run met it', async (t) => {
  const rare = `
    import { cluster, defineSubject, leaderOf, never, par, restart, scenario, seq, sometimes, start } from 'raftgate';
    const feature = defineSubject({
      name: 'rare', opcodes: { raise: 1 }, initial: () => ({}), apply: (s) => s, rpcs: { Raise: { proposes: 'raise' } }, atoms: {},
    });
    const [a, b] = ['a', 'b'].map((name) => feature.build(name, { applies: ['raise'] }));
    const late = par(...['n1', 'n2', 'n3'].map((n) => restart(n, { as: b })), feature.call('Raise', { to: leaderOf('g1') }));
    export default scenario('rare/late', {
      about: 'The call comes after everything else.',
      cluster: cluster({ nodes: ['n1', 'n2', 'n3'], groups: { g1: { voters: ['n1', 'n2', 'n3'] } } }),
      plan: seq(start(a), late),
      properties: [
        never('no', () => false),
        sometimes('last', (c) => c.commits('raise').length > 0 && ['n1', 'n2', 'n3'].every((n) => c.node(n).build === 'b')),
        sometimes('never at all', () => false),
      ],
      explore: { seeds: [1, 1] },
    });`;
  const folder = new Folder({ 'scenarios/a.ts': rare });
  const { code, out } = await folder.run('run', '--reporter', 'jsonl');
  t.is(code, 1, out);
  t.deepEqual(last(out)['neverMet'], ['never at all']);
});

test('findings are kept from run to run: new, ongoing, resolved when mended, regressed when it is back', async (t) => {
  const broken = scenarioText({ ...HALTING, expect: "'holds'" });
  const folder = new Folder({ 'scenarios/a.ts': broken });
  const states: unknown[] = [];
  const keep = async (...flags: string[]): Promise<number> => {
    const { code, out } = await folder.run('run', '--findings', 'findings.jsonl', '--reporter', 'jsonl', ...flags);
    const { kind, state, property, scenario, tape } = last(out);
    t.deepEqual([kind, property, scenario], ['finding', 'apply-halted', 'sample/halting']);
    t.regex(String(tape), /^\.raftgate\/.*\.tape$/);
    states.push(state);
    return code;
  };
  t.is(await keep(), 1);
  t.is(await keep(), 1);
  folder.write('scenarios/a.ts', scenarioText({ name: 'sample/halting' }));
  t.is(await keep(), 0);
  folder.write('scenarios/a.ts', broken);
  t.is(await keep(), 1);
  t.deepEqual(states, ['new', 'ongoing', 'resolved', 'regressed']);
  const text = readFileSync(join(folder.path, 'findings.jsonl'), 'utf8');
  t.is(text.trim().split('\n').length, 1);
  const { out } = await folder.run('run', '--findings', 'findings.jsonl');
  t.regex(out, /^ ongoing {2}[0-9a-f]{16} {2}apply-halted \(.*\)$/m);
  t.regex(out, /^ findings: 0 new, 0 regressed, 1 ongoing, 0 resolved$/m);
});

test('a finding that other seeds miss is not resolved while its tape shows it, nor by a part of the search', async (t) => {
  const folder = new Folder({ 'scenarios/a.ts': scenarioText({ ...HALTING, expect: "'holds'" }) });
  const file = ['--findings', 'findings.jsonl', '--reporter', 'jsonl'];
  await folder.run('run', ...file);
  const kept = readFileSync(join(folder.path, 'findings.jsonl'), 'utf8');
  // Another finding of the same scenario, known from before, without a tape: only a whole search can call it gone.
  folder.write(
    'findings.jsonl',
    kept + kept.replace(/"fingerprint":"\w+"/, '"fingerprint":"ffff"').replace(/"tape":"[^"]+"/, '"tape":""'),
  );
  t.is(last((await folder.run('run', '--seed', '1', ...file)).out)['state'], 'new');
  t.is(last((await folder.run('run', ...file)).out)['state'], 'resolved');
  folder.write('findings.jsonl', '{"scenario":1}\n');
  const { code, err } = await folder.run('run', ...file);
  t.is(code, 2);
  t.regex(err, /findings\.jsonl:1 CLI003 the line is not a finding/);
});
