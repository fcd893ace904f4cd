// `raftgate bench`: runs workloads, ours alone or in turn with the reference program on the same machine, and reports
// medians. Equal counters come first: a ratio between runs that did different work is not printed.
import { InputError } from '../../base/errors.ts';
import { runOurs } from './child.ts';
import type { BenchRun } from './measure.ts';
import { Reference } from './reference.ts';
import type { BenchCounters } from './report.ts';
import { COUNTER_NAMES } from './report.ts';
import type { Workload } from './workload.ts';
import { WORKLOADS, workloadNamed } from './workload.ts';

export { measure, type BenchRun } from './measure.ts';
export { COUNTER_NAMES, type BenchCounters } from './report.ts';
export { WORKLOADS, workloadNamed, type Workload } from './workload.ts';

/** What to run. */
export interface BenchOptions {
  /** Names of workloads; none means all. */
  readonly workloads: readonly string[];
  /** A uint32; 1 by default. */
  readonly seed?: number;
  /** Another number of ticks than the workload's. */
  readonly ticks?: number;
  /** Another number of proposals, for workloads that stop by them. */
  readonly proposals?: number;
  /** Folder of the reference program; null: ours alone. */
  readonly against?: string | null;
  /** Runs of each side; 1 by default, medians are reported. */
  readonly runs?: number;
}

/** Outcome for one workload: medians of cost, and the counters, which are the same in every run. */
export interface BenchOutcome extends BenchCounters {
  readonly kind: 'bench';
  readonly workload: string;
  readonly impl: string;
  readonly seed: number;
  readonly runs: number;
  readonly cpuSeconds: number;
  readonly rssMiB: number;
  /** Present with a reference: its medians, whether all counters are equal, and its CPU seconds ÷ ours. */
  readonly reference?: { readonly impl: string; readonly cpuSeconds: number; readonly rssMiB: number };
  readonly equal?: boolean;
  readonly ratio?: number;
}

/** One workload measured: as data, in lines, and each counter in which two runs differ. */
export interface Benched {
  readonly outcome: BenchOutcome;
  readonly lines: readonly string[];
  readonly differences: readonly string[];
}

/**
 * Runs the benchmark, one workload after the other.
 * @param tell is told of each when it is done
 * @throws InputError CLI002 for a bad name or number, CLI003 if the reference cannot be built
 */
export function runBench(options: BenchOptions, tell: (benched: Benched) => void): void {
  const workloads = chosen(options);
  const seed = wholeNumber('seed', options.seed ?? 1, 0, 2 ** 32 - 1);
  const runs = wholeNumber('runs', options.runs ?? 1, 1, 1000);
  const reference = options.against ? new Reference(options.against) : null;
  try {
    for (const workload of workloads) {
      const { outcome, differences } = compare(workload, seed, runs, reference);
      tell({ outcome, lines: prettyLines(outcome), differences });
    }
  } finally {
    reference?.dispose();
  }
}

function wholeNumber(flag: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InputError('CLI002', `--${flag} must be a whole number from ${min} to ${max}, not ${value}`);
}

function chosen(options: BenchOptions): Workload[] {
  const names = options.workloads.length > 0 ? options.workloads : WORKLOADS.map((w) => w.name);
  return names.map((name) => {
    const workload = workloadNamed(name);
    if (workload === null) {
      throw new InputError('CLI002', `no workload "${name}"; there are ${WORKLOADS.map((w) => w.name).join(', ')}`);
    }
    const ticks = options.ticks === undefined ? workload.ticks : wholeNumber('ticks', options.ticks, 1, 1e9);
    const proposals =
      options.proposals === undefined ? workload.proposals : wholeNumber('proposals', options.proposals, 1, 1e9);
    return { ...workload, ticks, proposals };
  });
}

/** Runs both sides in turn, so that a busy spell of the machine falls on both. */
function compare(
  workload: Workload,
  seed: number,
  runs: number,
  reference: Reference | null,
): { outcome: BenchOutcome; differences: string[] } {
  const ours: BenchRun[] = [];
  const theirs: BenchRun[] = [];
  for (let i = 0; i < runs; i++) {
    ours.push(runOurs(workload, seed));
    if (reference !== null) theirs.push(reference.run(workload, seed));
  }
  const [first] = ours as [BenchRun, ...BenchRun[]];
  const differences = [...ours.slice(1), ...theirs].flatMap((other) => differingCounters(first, other));
  const cpuSeconds = median(ours.map((r) => r.cpuSeconds));
  const base: BenchOutcome = {
    kind: 'bench',
    workload: workload.name,
    impl: first.impl,
    seed,
    runs,
    ...pickCounters(first),
    cpuSeconds,
    rssMiB: median(ours.map((r) => r.rssMiB)),
  };
  const [their] = theirs;
  if (their === undefined) return { outcome: base, differences };
  const theirCpu = median(theirs.map((r) => r.cpuSeconds));
  const medians = { impl: their.impl, cpuSeconds: theirCpu, rssMiB: median(theirs.map((r) => r.rssMiB)) };
  const equal = differences.length === 0;
  const outcome = { ...base, reference: medians, equal, ...(equal ? { ratio: theirCpu / cpuSeconds } : {}) };
  return { outcome, differences };
}

function pickCounters(run: BenchCounters): BenchCounters {
  return Object.fromEntries(COUNTER_NAMES.map((name) => [name, run[name]])) as unknown as BenchCounters;
}

function differingCounters(ours: BenchRun, other: BenchRun): string[] {
  return COUNTER_NAMES.filter((name) => ours[name] !== other[name]).map(
    (name) => `${ours.workload} ${name}: ${ours[name]} (${ours.impl}), ${other[name]} (${other.impl})`,
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] as number;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] as number) + high) / 2;
}

function prettyLines(o: BenchOutcome): string[] {
  const cost = (cpu: number, rss: number): string =>
    `${cpu.toFixed(2).padStart(8)} CPU s ${rss.toFixed(0).padStart(6)} MiB`;
  const rate = (o.messages_delivered / o.cpuSeconds / 1e6).toFixed(2);
  const lines = [`${o.workload}  seed ${o.seed}, ${o.runs === 1 ? '1 run' : `${o.runs} runs`}, checksum ${o.checksum}`];
  lines.push(`  ours      ${cost(o.cpuSeconds, o.rssMiB)}  ${rate} M messages/s`);
  if (o.reference !== undefined) {
    lines.push(`  reference ${cost(o.reference.cpuSeconds, o.reference.rssMiB)}  ${o.reference.impl}`);
    lines.push(
      o.ratio === undefined
        ? '  the counters differ: no ratio'
        : `  ratio     ${o.ratio.toFixed(2)}x, all counters equal`,
    );
  }
  for (const name of COUNTER_NAMES.slice(0, -1)) lines.push(`    ${name.padEnd(20)} ${String(o[name]).padStart(12)}`);
  return lines;
}
