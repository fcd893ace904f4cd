// Measures whether tapes outlive changes of the simulator that mean nothing to a run. Failing runs are stored; then each
// change is made by itself in a copy of the sources, and the tapes are replayed there. The seeds alone are the baseline.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { realign, shrinkTape, sourceOf } from '../../src/search/index.ts';
import { tapeSource } from '../../src/sim/kernel/tape-source.ts';
import { run } from '../../src/sim/run.ts';
import { corpus, ROOT } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';
import { HARSH, HELD_OUT, MILD, type Change } from './changes.ts';
import type { Reproduced, StoredTape } from './replay.ts';

/** Tapes stored, at most so many of a scenario, of the first so many seeds. */
const WANTED = 120;
const OF_ONE = 30;
const SEEDS = 160;
/** Of the tapes, one of so many is looked for in scenarios that hold. */
const OF_CONTROL = 5;

async function stored(): Promise<StoredTape[]> {
  const { scenarios } = await corpus();
  const tapes: StoredTape[] = [];
  for (const scenario of scenarios.filter(({ expect }) => expect !== 'holds')) {
    let found = 0;
    for (let seed = 1; seed <= SEEDS && found < OF_ONE && tapes.length < WANTED; seed++) {
      const { violations, tape } = run(scenario, sourceOf('swarm', String(seed)));
      const [violation] = violations;
      if (violation === undefined) continue;
      const { property, code } = violation;
      // What breaks with no choice made at all would break whatever a tape says.
      const calm = run(scenario, tapeSource({ ...tape, choices: [] }));
      if (calm.violations.some((one) => one.property === property)) break;
      const shrunk = shrinkTape(scenario, tape, { property, maxRuns: 100 })!.tape;
      tapes.push({ tape, shrunk, seed: String(seed), property, code });
      found++;
    }
  }
  return tapes;
}

/** Replays in a copy of the sources with one change, or none. */
function replayedWith(change: Change | null, copy: string, tapes: string): Reproduced {
  const path = change === null ? null : join(copy, change.file);
  const text = path === null ? '' : readFileSync(path, 'utf8');
  if (change !== null && path !== null) {
    if (!text.includes(change.from)) throw new Error(`${change.name}: ${change.file} no longer has ${change.from}`);
    writeFileSync(
      path,
      text.replace(change.from, () => change.to),
    );
  }
  const script = join(copy, 'tools/measure-tapes/replay.ts');
  const out = execFileSync(process.execPath, ['--import', 'tsx', script, tapes], { cwd: copy, encoding: 'utf8' });
  if (path !== null) writeFileSync(path, text);
  return JSON.parse(out) as Reproduced;
}

interface Measured extends Reproduced {
  readonly name: string;
}

/** What came of all changes of one kind. */
function sentences(kind: string, of: readonly Measured[], kept: number): string[] {
  const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
  const sum = (what: (one: Measured) => number): number => of.reduce((total, one) => total + what(one), 0);
  const tapes = sum((one) => one.tapes.realigned);
  const shrunk = sum((one) => one.shrunk.realigned);
  const all = of.length * kept;
  const told = percent(tapes + shrunk + sum((one) => one.named), 2 * all);
  const asIs = (kindOf: 'tapes' | 'shrunk'): string =>
    percent(
      sum((one) => one[kindOf].asIs),
      all,
    );
  const seeds = percent(
    sum((one) => one.seeds),
    all,
  );
  return [
    `After ${of.length} changes ${kind}, each by itself, ${percent(tapes, all)} of tapes break the same property for the same`,
    `reason (${asIs('tapes')} as they are, the others after realignment), ${percent(shrunk, all)} of shrunk tapes (${asIs('shrunk')}),`,
    `and ${seeds} of seeds without a tape; ${told} of tapes reproduce or name the first choice that no longer applies.`,
    '',
  ];
}

/** Tapes put to scenarios of the same feature that hold: whatever is found near them there is no realignment. */
async function control(kept: readonly StoredTape[]): Promise<string[]> {
  const { scenarios } = await corpus();
  const featureOf = (name: string): string => name.slice(0, name.lastIndexOf('/'));
  const holds = ({ name, expect }: Scenario, tape: string): boolean =>
    expect === 'holds' && featureOf(name) === featureOf(tape);
  let asked = 0;
  let found = 0;
  for (const { tape, property, code } of kept.filter((_, i) => i % OF_CONTROL === 0)) {
    for (const scenario of scenarios.filter((one) => holds(one, tape.scenario))) {
      asked++;
      if (realign(scenario, tape, { property, code }) !== null) found++;
    }
  }
  return [`Put to a scenario of the same feature that holds, ${found} of ${asked} tapes are realigned.`];
}

async function main(): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'raftgate-tapes-'));
  try {
    for (const part of ['src', 'scenarios', 'tools', 'package.json', 'tsconfig.json'])
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const kept = await stored();
    const file = join(copy, 'tapes.json');
    writeFileSync(file, JSON.stringify(kept));
    const measured = (changes: readonly (Change | null)[]): Measured[] =>
      changes.map((change) => ({ name: change?.name ?? 'nothing changed', ...replayedWith(change, copy, file) }));
    const unchanged = measured([null]);
    const mild = measured(MILD);
    const harsh = measured(HARSH);
    const heldOut = measured(HELD_OUT);
    const head = [
      'change',
      `of ${kept.length} tapes`,
      'realigned',
      'of as many shrunk',
      'realigned',
      'of their seeds',
      'first divergence named',
    ];
    const rowOf = ({ name, tapes, shrunk, seeds, named }: Measured): (string | number)[] => {
      const lost = 2 * kept.length - tapes.realigned - shrunk.realigned;
      const told = lost === 0 ? '' : `${named} of ${lost}`;
      return [name, tapes.asIs, tapes.realigned, shrunk.asIs, shrunk.realigned, seeds, told];
    };
    publish('measure:tapes', [
      ...table(head, [...unchanged, ...mild, ...harsh, ...heldOut].map(rowOf)),
      '',
      ...sentences('that move no message and no timer', mild, kept.length),
      ...sentences('that move nearly every event to another moment', harsh, kept.length),
      ...sentences('that nothing was tuned on', heldOut, kept.length),
      ...(await control(kept)),
      '',
      'No tape is among these whose run breaks with no choice made at all. Seeds keep up because they, too, answer by the',
      'content of what is decided, not by the count of draws.',
    ]);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

await main();
