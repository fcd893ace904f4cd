// `raftgate hunt`: plants each known bug in our core, hunts it with the raft scenarios, and says which property caught it,
// after how many runs and at what cost. Whatever is not caught is told as well, and the core as it is goes first: a table of
// nothing but successes would prove little about the properties.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { countsLine } from '../../conform/diff.ts';
import { plainCase, type Case } from '../../report/case.ts';
import { TERMINATION } from '../../search/hunt/index.ts';
import { MUTANTS, type Mutant } from '../../search/mutants/index.ts';
import type { Cli } from '../cli.ts';
import type { HuntFlags } from '../commands/hunt.ts';
import { PACKAGE_ROOT } from '../compile-scenario.ts';
import { Exit } from '../exit.ts';
import { HuntBuilder } from '../hunt-build.ts';
import type { HuntAnswer, HuntOrder } from '../hunt-child.ts';
import { defaultJobs } from '../pool.ts';
import { Reporting } from '../reporting.ts';

/** CPU time per mutant unless told, ms. */
const BUDGET_MS = 10_000;
/** The hunt without a bug, by the name under which it is asked for. */
const NONE = 'none';
const HEAP_MB = 1024;

/** One line of the table. */
export interface Hunted extends HuntAnswer {
  readonly mutant: Mutant | null;
}

/** The raft scenarios, as absolute paths. */
export function raftScenarioFiles(): string[] {
  const folder = join(PACKAGE_ROOT, 'scenarios', 'raft');
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.startsWith('_'));
  return names.sort((a, b) => (a < b ? -1 : 1)).map((name) => join(folder, name));
}

/** Runs one bundle in a process of its own. */
export function huntIn(bundle: string, order: HuntOrder): Promise<HuntAnswer> {
  return new Promise((resolve, reject) => {
    const args = [`--max-old-space-size=${HEAP_MB}`, bundle, JSON.stringify(order)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    let runs = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      for (const c of text) if (c === '@') runs++;
      // Only the run in hand and the answer matter.
      out = (out + text).slice(-10_000);
    });
    child.stderr.on('data', (chunk: Buffer) => (err = (err + chunk.toString()).slice(-10_000)));
    child.on('error', reject);
    child.on('close', () => {
      const lines = out.trimEnd().split('\n');
      const last = lines[lines.length - 1] ?? '';
      if (last.startsWith('{')) return resolve(JSON.parse(last) as HuntAnswer);
      const [, seed, scenario] = /^@ (\d+) (.*)$/.exec(last) ?? [];
      if (scenario === undefined || !err.includes('heap')) return reject(new Error(`the hunt broke off: ${err}`));
      const says = 'a run fills all memory';
      resolve({
        runs,
        cpuMs: order.budgetMs,
        caught: { property: TERMINATION, code: 'memory', says, scenario, seed: Number(seed) },
      });
    });
  });
}

/** Shares a range of seeds out over several processes; what the lowest seed caught counts. */
async function huntInParts(bundle: string, order: HuntOrder, parts: number): Promise<HuntAnswer> {
  const [first, last] = order.seeds;
  const count = last - first + 1;
  if (parts === 1 || count >= Number.MAX_SAFE_INTEGER || count < parts) return await huntIn(bundle, order);
  const cut = (part: number): number => first + Math.floor((count * part) / parts);
  const answers = await Promise.all(
    Array.from({ length: parts }, (_, i) => huntIn(bundle, { ...order, seeds: [cut(i), cut(i + 1) - 1] })),
  );
  return {
    runs: answers.reduce((sum, { runs }) => sum + runs, 0),
    cpuMs: answers.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    caught: answers.find(({ caught }) => caught !== null)?.caught ?? null,
  };
}

function chosen(name: string | undefined): readonly (Mutant | null)[] {
  // The core as it is goes first: what a property holds against it, it would hold against every mutant.
  if (name === undefined) return [null, ...MUTANTS];
  if (name === NONE) return [null];
  const found = MUTANTS.find(({ id }) => id === name.toUpperCase());
  if (found === undefined) {
    throw new InputError(
      'CLI001',
      `there is no mutant "${name}"; there are ${MUTANTS[0]!.id} to ${MUTANTS.at(-1)!.id}, and ${NONE} (docs/hunt.md lists them)`,
    );
  }
  return [found];
}

type Verdict = 'caught' | 'missed' | 'clean' | 'false alarm';

function verdictOf({ mutant, caught }: Hunted): Verdict {
  if (mutant === null) return caught === null ? 'clean' : 'false alarm';
  return caught === null ? 'missed' : 'caught';
}

/** One line, and below it where to look. */
function linesOf(hunted: Hunted): string[] {
  const { mutant, caught, runs, cpuMs } = hunted;
  const verdict = verdictOf(hunted);
  const cost = `${String(runs).padStart(7)} runs ${(cpuMs / 1000).toFixed(1).padStart(6)} s`;
  const head = ` ${(mutant?.id ?? NONE).padEnd(5)}${verdict.padEnd(9)}${(caught?.property ?? '').padEnd(22)}${cost}`;
  const what = `      ${mutant === null ? 'the core as it is' : mutant.bug}`;
  if (caught === null) return [head, what];
  const again = `raftgate hunt --mutant ${mutant?.id ?? NONE} --seeds ${caught.seed}..${caught.seed}`;
  return [head, what, `      ${caught.scenario}: ${caught.says}`, `      ${again}`];
}

function recordOf(hunted: Hunted) {
  const { mutant, caught, runs, cpuMs } = hunted;
  return {
    kind: 'mutant',
    id: mutant?.id ?? NONE,
    bug: mutant?.bug ?? '',
    breaks: mutant?.breaks ?? '',
    verdict: verdictOf(hunted),
    runs,
    cpuMs: Math.round(cpuMs),
    caught,
  };
}

function caseOf(hunted: Hunted, passed: boolean): Case {
  const { mutant, cpuMs } = hunted;
  const outcome = passed ? 'passed' : 'failed';
  const detail = linesOf(hunted).join('\n');
  return plainCase('hunt', { name: mutant?.id ?? NONE, file: 'hunt', outcome, why: verdictOf(hunted), detail, cpuMs });
}

/** Hunts each of the mutants, several at a time, and tells each when it is done. */
async function huntAll(
  mutants: readonly (Mutant | null)[],
  order: HuntOrder,
  jobs: number,
  tell: (hunted: Hunted) => void,
): Promise<void> {
  const builder = new HuntBuilder(raftScenarioFiles());
  const underWay = new Set<Promise<unknown>>();
  let told: Promise<void> = Promise.resolve();
  const tellNext = (result: Promise<Hunted>): void => {
    told = Promise.all([result, told]).then(([hunted]) => tell(hunted));
    // Awaited at the end; until then nobody is to take a failure for one that nobody waits for.
    told.catch(() => undefined);
  };
  try {
    for (const mutant of mutants) {
      while (underWay.size >= jobs) await Promise.race(underWay);
      const bundle = await builder.build(mutant);
      const parts = mutants.length === 1 ? jobs : 1;
      const { near = '', beyond = '' } = mutant ?? {};
      const result = huntInParts(bundle, { ...order, near, beyond }, parts).then((answer): Hunted => ({
        mutant,
        ...answer,
      }));
      const done: Promise<unknown> = result.catch(() => undefined).finally(() => underWay.delete(done));
      underWay.add(done);
      tellNext(result);
    }
    await told;
  } finally {
    await Promise.allSettled(underWay);
    await builder.close();
  }
}

/** `raftgate hunt` */
export async function hunt(this: Cli, flags: HuntFlags): Promise<void> {
  const { seeds, budget, jobs = defaultJobs() } = flags;
  const mutants = chosen(flags.mutant);
  const budgetMs = budget ?? (seeds === undefined ? BUDGET_MS : Number.MAX_SAFE_INTEGER);
  const range = seeds === undefined ? ([1, Number.MAX_SAFE_INTEGER] as const) : ([seeds.from, seeds.to] as const);
  const order: HuntOrder = { seeds: range, budgetMs, near: '', beyond: '' };
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const reporting = new Reporting(this, flags);
  await huntAll(mutants, order, jobs, (hunted) => {
    const verdict = verdictOf(hunted);
    const passed = verdict === 'caught' || verdict === 'clean';
    if (mutants.length === 1 || verdict !== 'clean') counts[passed ? 'passed' : 'failed']++;
    reporting.record(recordOf(hunted));
    reporting.case(caseOf(hunted, passed));
    if (!flags.quiet || !passed) reporting.text(linesOf(hunted));
  });
  reporting.record({ kind: 'hunt', ...counts });
  reporting.text([countsLine(counts)]);
  reporting.close(true);
  if (counts.failed > 0) this.exit(Exit.NotAsExpected);
}
