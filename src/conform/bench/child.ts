// One run of one workload in a process of its own, so that neither the heap nor the compiled code of an earlier run counts
// in the figures of a later one. Prints one JSON line.
import { fileURLToPath } from 'node:url';
import { spawnSync } from 'node:child_process';
import { InvariantError } from '../../base/errors.ts';
import type { BenchRun } from './measure.ts';
import { measure } from './measure.ts';
import type { Workload } from './workload.ts';

/** What the child is told, as JSON in its one argument. */
interface Order {
  readonly workload: Workload;
  readonly seed: number;
}

/**
 * Settings of the engine for this load, each measured (bench/README.md). Messages live for one tick, so most of them survive
 * the nursery's collection; left alone, the engine concludes that they are long-lived and makes them where only a full
 * collection finds them again. The nursery takes the messages of two or three ticks.
 */
export function engineFlags(workload: Workload): string[] {
  const nurseryMiB = workload.groups * workload.nodes > MANY_REPLICAS ? 32 : 16;
  return ['--no-allocation-site-pretenuring', `--max-semi-space-size=${nurseryMiB}`];
}

const MANY_REPLICAS = 10_000;

/** Runs a workload once in a fresh process. */
export function runOurs(workload: Workload, seed: number): BenchRun {
  const self = fileURLToPath(import.meta.url);
  const order: Order = { workload, seed };
  const loader = self.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  const run = spawnSync(process.execPath, [...engineFlags(workload), ...loader, self, JSON.stringify(order)], {
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  if (run.status !== 0) throw new InvariantError('bench-child', run.stderr);
  return JSON.parse(run.stdout) as BenchRun;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const order = JSON.parse(process.argv[2] ?? '') as Order;
  process.stdout.write(`${JSON.stringify(measure(order.workload, order.seed))}\n`);
}
