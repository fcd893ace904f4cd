// `raftgate bench`: hands the flags to the workload runner, which measures and compares, and reports what it came to.
import { runBench } from '../../conform/bench/index.ts';
import { plainCase } from '../../report/case.ts';
import type { Cli } from '../cli.ts';
import type { BenchFlags } from '../commands/bench.ts';
import { Exit } from '../exit.ts';
import { parseCount } from '../parse.ts';
import { Reporting } from '../reporting.ts';

/** `raftgate bench [W1 …]` */
export function bench(this: Cli, flags: BenchFlags, ...workloads: string[]): void {
  const options = {
    workloads,
    seed: parseCount(0)(flags.seed),
    runs: flags.runs,
    against: flags.against ?? null,
    ...(flags.ticks === undefined ? {} : { ticks: flags.ticks }),
    ...(flags.proposals === undefined ? {} : { proposals: flags.proposals }),
  };
  const reporting = new Reporting(this, flags);
  runBench(options, ({ outcome, lines, differences }) => {
    const differs = differences.length > 0;
    reporting.record(differs ? { ...outcome, differences } : outcome);
    const why = differences.join('; ');
    const name = outcome.workload;
    reporting.case(plainCase('counters', { name, file: 'bench', outcome: differs ? 'failed' : 'passed', why }));
    reporting.text([...(flags.quiet ? [] : lines), ...differences]);
    if (differs) this.exit(Exit.NotAsExpected);
  });
  reporting.close(true);
}
