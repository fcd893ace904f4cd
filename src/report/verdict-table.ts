// The verdicts of a run over scenarios: one line each, what was tried below it, and the sum at the end. "Holds" never
// stands alone: the bound or the number of runs is part of the sentence.
import type { Bound } from '../scenario/scenario.ts';
import { count, ends, grouped, labelled, type Paint } from './layout.ts';
import type { ScenarioRecord } from './records.ts';
import { unseenLines } from './unseen.ts';

/** A verdict and whether it was wanted: `violated, as expected`. */
function verdictText(record: ScenarioRecord): string {
  if (record.expected && record.verdict === 'holds') return 'holds';
  return `${record.verdict}, ${record.expected ? 'as expected' : 'NOT as expected'}`;
}

/** A bound in words: `3 commits, 1 crash`. */
export function boundText(bound: Bound): string {
  const nouns = { commits: 'commit', crashes: 'crash', memberChanges: 'membership change', depth: 'step' } as const;
  const keys = Object.keys(nouns) as (keyof typeof nouns)[];
  const parts = keys.flatMap((key) => {
    const n = bound[key];
    if (n === undefined || n === null) return [];
    return [key === 'crashes' && n !== 1 ? `${n} crashes` : count(n, nouns[key])];
  });
  return parts.join(', ');
}

/** What was tried, in one sentence. */
export function triedText(record: ScenarioRecord): string {
  const runs = count(record.runs, 'run');
  if (record.unsearched !== null) return `${runs}; no exhaustive search: ${record.unsearched}`;
  if (record.states === null) return runs;
  const within = record.bound === null ? '' : ` within ${boundText(record.bound)}`;
  const end = record.complete ? 'complete' : 'not complete';
  return `${runs}; exhaustive search${within}: ${end}, ${count(record.states, 'state')}`;
}

function paintVerdict(record: ScenarioRecord, paint: Paint, text: string): string {
  if (!record.expected) return paint.bad(text);
  return record.verdict === 'inconclusive' ? paint.warn(text) : paint.good(text);
}

/** The line of a scenario and what stands below it. */
export function verdictLines(record: ScenarioRecord, paint: Paint, verbose = false): string[] {
  const verdict = verdictText(record);
  const line = ` ${ends(record.scenario, verdict, 78)}`;
  const head = line.slice(0, line.length - verdict.length) + paintVerdict(record, paint, verdict);
  const tried = labelled('tried', triedText(record)).map(paint.dim);
  const why = record.why === null ? [] : labelled('why', record.why);
  const never = record.expected ? [] : record.neverMet.flatMap((name) => labelled('never met', name));
  return [head, ...why, ...never, ...tried, ...unseenLines(record.unseen, verbose).map(paint.dim)];
}

/** What a whole run comes to. */
export interface Totals {
  readonly asExpected: number;
  readonly notAsExpected: number;
  readonly inconclusive: number;
  readonly runs: number;
  readonly virtualMs: number;
  /** CPU time of the whole process, all threads, from the first run to the last. */
  readonly cpuMs: number;
}

/** The closing lines. */
export function totalLines(totals: Totals, paint: Paint): string[] {
  const all = totals.asExpected + totals.notAsExpected;
  const parts = [`${grouped(totals.asExpected)} as expected`];
  if (totals.inconclusive > 0) parts.push(`${grouped(totals.inconclusive)} of them inconclusive`);
  if (totals.notAsExpected > 0) parts.push(paint.bad(`${grouped(totals.notAsExpected)} NOT as expected`));
  const simulated = totals.virtualMs / 1000;
  const rate = totals.cpuMs > 0 ? ` (${grouped(totals.virtualMs / totals.cpuMs)} per CPU second)` : '';
  return [
    ` ${count(all, 'scenario')}: ${parts.join(', ')}`,
    ` ${count(totals.runs, 'run')}, ${grouped(simulated)} simulated seconds in ${(totals.cpuMs / 1000).toFixed(1)} CPU seconds${rate}`,
  ];
}
