// `raftgate bench`: hands the flags to the workload runner, which measures, compares and prints.
import { runBench } from '../../conform/bench/index.ts';
import type { Cli } from '../cli.ts';
import type { BenchFlags } from '../commands/bench.ts';
import { Exit } from '../exit.ts';
import { parseCount } from '../parse.ts';

/** `raftgate bench [W1 …]` */
export function bench(this: Cli, flags: BenchFlags, ...workloads: string[]): void {
  const options = {
    workloads,
    seed: parseCount(0)(flags.seed),
    runs: flags.runs,
    against: flags.against ?? null,
    ...(flags.ticks === undefined ? {} : { ticks: flags.ticks }),
    ...(flags.proposals === undefined ? {} : { proposals: flags.proposals }),
    reporter: flags.reporter.includes('jsonl') ? 'jsonl' : 'pretty',
  } as const;
  if (runBench(options, (line) => this.out(`${line}\n`)) !== 0) this.exit(Exit.NotAsExpected);
}
