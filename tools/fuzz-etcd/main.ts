// The fuzz loop: fresh scripts from the reference, run through our core; a difference is shrunk to a minimal script and
// kept as a fixture, so that what was found once is checked for ever. Everything generated is deleted again; the seeds
// and the counts printed at the end are enough to make the same scripts.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { spawnSync } from 'node:child_process';
import { runScript } from '../../src/conform/etcd/run.ts';
import type { NamedScript, ScriptSet } from './oracle.ts';
import { Oracle } from './oracle.ts';
import { differs, shrink } from './shrink.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const USAGE = `usage: npm run fuzz:etcd -- [--from SEED] [--count N] [--set NAME] [--max-commands N]
  --from          first seed (default 1000001; the shared sets use 1 and up)
  --count         scripts to pass in total (default 1000)
  --set           random, random-ext, panics, units, units-wide or all (default: all in turn)
  --max-commands  longest interaction script (default 120)`;

/** How many scripts of a set are made at a time; the rare ones in small pieces. */
const CHUNKS: readonly { readonly set: ScriptSet; readonly chunk: number }[] = [
  { set: 'random', chunk: 250 },
  { set: 'random-ext', chunk: 250 },
  { set: 'panics', chunk: 4 },
  { set: 'units', chunk: 20 },
  { set: 'units-wide', chunk: 20 },
];

/** Differences after which the loop stops: more of them are mostly the same one. */
const MAX_DIFFERENCES = 5;

interface Options {
  readonly from: number;
  readonly count: number;
  readonly sets: typeof CHUNKS;
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
  const sets = CHUNKS.filter(({ set }) => values.set === 'all' || values.set === set);
  const numbers = [values.from, values.count, values['max-commands']].map(Number);
  const [from, count, maxCommands] = numbers as [number, number, number];
  if (values.help || sets.length === 0 || numbers.some((n) => !Number.isSafeInteger(n) || n < 1)) return null;
  return { from, count, sets, maxCommands };
}

/** What the loop has done so far. */
class Tally {
  passed = 0;
  failed = 0;
  readonly scripts = new Map<ScriptSet, number>();
  readonly nextSeed = new Map<ScriptSet, number>();
  private readonly started = process.cpuUsage();

  print(): void {
    const cpu = process.cpuUsage(this.started);
    for (const [set, n] of this.scripts) console.log(`${set}: ${n} scripts, next seed ${this.nextSeed.get(set)}`);
    console.log(`our side: ${((cpu.user + cpu.system) / 1e6).toFixed(1)} CPU seconds`);
    console.log(`${this.passed} passed, ${this.failed} failed`);
  }
}

/** Runs chunks of every set in turn until enough scripts have passed or too many have failed. */
function fuzz(oracle: Oracle, o: Options): Tally {
  const tally = new Tally();
  for (let turn = 0; tally.passed < o.count && tally.failed < MAX_DIFFERENCES; turn++) {
    const { set, chunk } = o.sets[turn % o.sets.length] as (typeof CHUNKS)[number];
    const from = tally.nextSeed.get(set) ?? o.from;
    const count = Math.min(chunk, o.count - tally.passed);
    const scripts = oracle.generate({ set, from, count, maxCommands: o.maxCommands });
    for (const script of scripts) {
      if (tally.failed === MAX_DIFFERENCES) break;
      if (!differs(script)) tally.passed++;
      else {
        tally.failed++;
        keep(oracle, set, script);
      }
    }
    tally.scripts.set(set, (tally.scripts.get(set) ?? 0) + scripts.length);
    tally.nextSeed.set(set, seedAfter(scripts, from, set === 'panics' ? count * 80 : count));
    process.stderr.write(
      `${tally.passed} passed, ${tally.failed} failed; ${set} up to seed ${tally.nextSeed.get(set)}\n`,
    );
  }
  return tally;
}

/** The generator skips seeds that give no script: go on behind the last one used, or behind all that were tried. */
function seedAfter(scripts: readonly NamedScript[], from: number, tried: number): number {
  const last = scripts[scripts.length - 1];
  return last === undefined ? from + tried : Math.max(from, Number(/\d+/.exec(last.name)?.[0])) + 1;
}

/** Makes a difference small and keeps it where the tests run it. */
function keep(oracle: Oracle, set: ScriptSet, script: NamedScript): void {
  console.log(`${set} ${script.name} differs; shrinking`);
  const small = set.startsWith('units') ? script : shrink(oracle, script, set === 'random-ext');
  const dir = join(ROOT, 'test/fixtures/etcd-raft/found');
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${set}-${script.name}`);
  writeFileSync(path, small.text);
  console.log(`kept as ${path.slice(ROOT.length)}`);
  for (const line of runScript(small.name, small.text).lines) console.log(line);
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
    const tally = fuzz(oracle, o);
    tally.print();
    return tally.failed === 0 ? 0 : 1;
  } finally {
    oracle.dispose();
  }
}

process.exitCode = main();
