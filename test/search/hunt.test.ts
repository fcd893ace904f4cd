// The hunt for planted bugs: every change still finds its text in today's core, every changed core is still a program, the
// core as it is gives no alarm, and a handful of bugs is caught within a second each.
import test from 'ava';
import { transform } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { huntIn, raftScenarioFiles } from '../../src/cli/do/hunt.ts';
import { HuntBuilder } from '../../src/cli/hunt-build.ts';
import type { HuntOrder } from '../../src/cli/hunt-child.ts';
import { MUTANTS, mutated, type Mutant } from '../../src/search/mutants/index.ts';
import { mutant, mutantOf } from '../../src/search/mutants/mutant.ts';
import { BUILTIN_PROPERTIES, RAFT_INVARIANTS } from '../../src/sim/checkers/index.ts';
import { Folder } from '../cli/_raftgate.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CATALOGUE = `${ROOT}../shared/etcd-raft/known-bugs.md`;

/** A hunt through many seeds, for a minute at most. */
const order: HuntOrder = { seeds: [1, 1_000], budgetMs: 60_000, near: '', beyond: '' };
const core = (file: string): string => readFileSync(`${ROOT}src/raft/${file}`, 'utf8');
const filesOf = (one: Mutant): string[] => [...new Set(one.patches.map(({ file }) => file))];

test('every change finds its text exactly once, changes it, and leaves a program', async (t) => {
  for (const one of MUTANTS) {
    for (const file of filesOf(one)) {
      const before = core(file);
      const after = mutated(one, file, before);
      t.not(after, before, one.id);
      await t.notThrowsAsync(transform(after, { loader: 'ts' }), one.id);
    }
  }
});

test('a change whose text is missing or stands there twice is refused', (t) => {
  const one = mutant('X1', 'I1', 'nothing', 'a.ts', 'x', 'y');
  t.is(mutated(one, 'a.ts', 'a x b'), 'a y b');
  t.is(mutated(one, 'b.ts', 'a x b'), 'a x b');
  t.throws(() => mutated(one, 'a.ts', 'a b'), { message: /X1: found 0 times in a\.ts/ });
  t.throws(() => mutated(one, 'a.ts', 'x x'), { message: /X1: found 2 times/ });
});

test('a mutant without a change names the property that the core as it is does not keep', (t) => {
  for (const { id, patches, beyond } of MUTANTS) {
    t.is(patches.length === 0, beyond !== undefined, id);
    if (beyond === undefined) continue;
    t.true(BUILTIN_PROPERTIES.includes(beyond), id);
    t.false(RAFT_INVARIANTS.includes(beyond), id);
  }
});

const catalogued = existsSync(CATALOGUE) ? test : test.skip;
catalogued('the mutants are the bugs of the catalogue, all of them, once each', (t) => {
  const rows = readFileSync(CATALOGUE, 'utf8').matchAll(/^\| ([A-H]\d+) \|/gm);
  const ids = [...rows].map(([, id]) => id!);
  t.is(ids.length, 95);
  t.deepEqual(
    MUTANTS.map(({ id }) => id),
    ids,
  );
});

test('the core as it is gives no alarm, and planted bugs are caught by what they break', async (t) => {
  t.timeout(120_000);
  const wanted: [string, string][] = [
    ['A2', 'durability'],
    ['C8', 'monotonic'],
    ['C16', 'commit-rule'],
    ['E3', 'transfers'],
    ['H8', 'flow-control'],
  ];
  const builder = new HuntBuilder(raftScenarioFiles());
  try {
    const clean = await huntIn(await builder.build(null), { ...order, seeds: [1, 2] });
    t.is(clean.caught, null);
    t.true(clean.runs > 20);
    for (const [id, property] of wanted) {
      const one = MUTANTS.find((other) => other.id === id)!;
      const { caught } = await huntIn(await builder.build(one), { ...order, budgetMs: 5_000 });
      t.is(caught?.property, property, id);
    }
  } finally {
    await builder.close();
  }
});

/** Reads that fall back on asking a quorum once the leader has told somebody to campaign in its term. */
const cure = mutantOf(
  'B15',
  '',
  'no lease survives a transfer',
  {
    file: 'replication.ts',
    find: '  r.sendPlain(MessageType.MsgTimeoutNow, to,',
    replace: '  Object.assign(r, { handedOver: r.term });\n  r.sendPlain(MessageType.MsgTimeoutNow, to,',
  },
  {
    file: 'step-reads.ts',
    find: '  if (r.leaseBased) {',
    replace: '  if (r.leaseBased && (r as unknown as { handedOver: number }).handedOver !== r.term) {',
  },
  { file: 'step-reads.ts', find: '  if (r.leaseBased) return;\n', replace: '' },
);

test('a bug of the reference is caught by what the reference does not promise, and a cured core is not', async (t) => {
  t.timeout(120_000);
  const { near = '', beyond = '' } = MUTANTS.find(({ id }) => id === 'B15')!;
  const builder = new HuntBuilder(raftScenarioFiles());
  try {
    const asked = { ...order, seeds: [40, 42] as const, near, beyond };
    const ill = await huntIn(await builder.build(null), asked);
    t.is(ill.caught?.property, 'lease-reads');
    t.regex(ill.caught!.says, /^n\d told n\d to campaign in term \d+, and still answers a read of g1 under its lease/);
    t.is((await huntIn(await builder.build(cure), asked)).caught, null);
  } finally {
    await builder.close();
  }
});

test('the command hunts one bug, and refuses one that is unknown', async (t) => {
  t.timeout(120_000);
  const folder = new Folder();
  const found = await folder.run('hunt', '--mutant', 'A4', '--seeds', '1..2');
  t.is(found.code, 0, found.err);
  t.regex(found.out, /A4 +caught +no-panic .*\n[^]*raftgate hunt --mutant A4 --seeds 1\.\.1\n1 passed, 0 failed\n$/);
  const told = await folder.run('hunt', '--mutant', 'A4', '--seeds', '1..1', '--reporter', 'jsonl');
  t.is(told.code, 0, told.err);
  t.deepEqual(JSON.parse(told.out.split('\n')[1]!), { kind: 'hunt', passed: 1, failed: 0, skipped: 0 });
  const missed = await folder.run('hunt', '--mutant', 'C2', '--seeds', '1..1');
  t.is(missed.code, 1, missed.err);
  t.regex(missed.out, /C2 +missed[^]*0 passed, 1 failed\n$/);
  const unknown = await folder.run('hunt', '--mutant', 'Z1');
  t.is(unknown.code, 2);
  t.regex(unknown.err, /CLI001 there is no mutant "Z1"; there are A1 to H10, and none/);
});
