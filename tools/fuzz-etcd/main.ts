// The fuzz loop: fresh scripts from the reference, run through our core; a difference is shrunk to a minimal script and
// kept as a fixture, so that what was found once is checked for ever. Everything generated is deleted again; the seeds
// and the counts printed at the end are enough to make the same scripts.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { spawnSync } from 'node:child_process';
import { runScript } from '../../src/conform/etcd/run.ts';
import type { NamedScript } from './oracle.ts';
import { Oracle } from './oracle.ts';
import { shrink } from './shrink.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const USAGE = `usage: npm run fuzz:etcd -- [--from SEED] [--count N] [--set random|random-ext|panics|all] [--max-commands N]
  --from          first seed (default 1000001; the shared sets use 1 and up)
  --count         scripts to pass in total (default 1000)
  --set           which generator (default all: base and extended in turn, and panics now and then)
  --max-commands  longest script (default 120)`;

/** One generator in the rotation. */
interface SetKind {
  readonly name: string;
  readonly extended: boolean;
  readonly panics: boolean;
  readonly chunk: number;
}

const KINDS: readonly SetKind[] = [
  { name: 'random', extended: false, panics: false, chunk: 250 },
  { name: 'random-ext', extended: true, panics: false, chunk: 250 },
  { name: 'panics', extended: false, panics: true, chunk: 4 },
];

interface Options {
  readonly from: number;
  readonly count: number;
  readonly kinds: readonly SetKind[];
  readonly maxCommands: number;
}

function options(): Options | null {
  const { values } = parseArgs({
    options: {
      from: { type: 'string', default: '1000001' },
      count: { type: 'string', default: '1000' },
      set: { type: 'string', default: 'all' },
      'max-commands': { type: 'string', default: '120' },
      help: { type: 'boolean', default: false },
    },
  });
  const kinds = KINDS.filter((k) => values.set === 'all' || k.name === values.set);
  const numbers = [values.from, values.count, values['max-commands']].map(Number);
  const [from, count, maxCommands] = numbers as [number, number, number];
  if (values.help || kinds.length === 0 || numbers.some((n) => !Number.isSafeInteger(n) || n < 1)) return null;
  return { from, count, kinds, maxCommands };
}

/** Runs chunks of every generator in turn until enough scripts have passed or one has failed. */
function fuzz(oracle: Oracle, o: Options): number {
  const started = process.cpuUsage();
  let passed = 0;
  const per = new Map<string, number>();
  const seeds = new Map<string, number>(o.kinds.map((k) => [k.name, o.from]));
  let failures = 0;
  for (let turn = 0; passed < o.count; turn++) {
    const kind = o.kinds[turn % o.kinds.length] as SetKind;
    const count = Math.min(kind.chunk, o.count - passed);
    const from = seeds.get(kind.name) as number;
    const scripts = oracle.generate({
      from,
      count,
      extended: kind.extended,
      panics: kind.panics,
      maxCommands: o.maxCommands,
    });
    for (const script of scripts) {
      if (runScript(script.name, script.text).outcome === 'passed') passed++;
      else {
        failures++;
        report(oracle, kind, script);
        if (failures >= 5) return summary(passed, failures, per, started, seeds);
      }
    }
    per.set(kind.name, (per.get(kind.name) ?? 0) + scripts.length);
    seeds.set(kind.name, nextSeed(scripts, from, count));
    process.stderr.write(`${passed} passed, ${failures} failed; next: ${kind.name} seed ${seeds.get(kind.name)}\n`);
  }
  return summary(passed, failures, per, started, seeds);
}

/** The generator skips seeds that give no script; go on behind the last one used. */
function nextSeed(scripts: readonly NamedScript[], from: number, count: number): number {
  const last = scripts[scripts.length - 1];
  const used = last === undefined ? from + count - 1 : Number(/\d+/.exec(last.name)?.[0] ?? from);
  return Math.max(used, from) + 1;
}

function report(oracle: Oracle, kind: SetKind, script: NamedScript): void {
  console.log(`${kind.name} ${script.name} differs; shrinking`);
  const small = shrink(oracle, script, kind.extended);
  const dir = join(ROOT, 'test/fixtures/etcd-raft/found');
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${kind.name}-${script.name}`);
  writeFileSync(path, small.text);
  console.log(`kept as ${path.slice(ROOT.length)}`);
  for (const line of runScript(small.name, small.text).lines) console.log(line);
}

function summary(
  passed: number,
  failed: number,
  per: ReadonlyMap<string, number>,
  started: NodeJS.CpuUsage,
  seeds: ReadonlyMap<string, number>,
): number {
  const cpu = process.cpuUsage(started);
  for (const [name, n] of per) console.log(`${name}: ${n} scripts, next seed ${seeds.get(name)}`);
  console.log(`our side: ${((cpu.user + cpu.system) / 1e6).toFixed(1)} CPU seconds`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function main(): number {
  const o = options();
  if (o === null) {
    console.error(USAGE);
    return 2;
  }
  const source = join(ROOT, '../shared/etcd-raft/oracle');
  if (!existsSync(source) || spawnSync('go', ['version']).status !== 0) {
    console.log(`skipped: fuzz:etcd needs go and ${source}`);
    return 0;
  }
  const oracle = new Oracle(source);
  try {
    return fuzz(oracle, o);
  } finally {
    oracle.dispose();
  }
}

process.exitCode = main();
