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
 * Settings of the engine for a long single-threaded loop: a nursery large enough that messages of a tick die in it, and a
 * collector without helper threads, whose hand-over costs more CPU than it saves wall time.
 */
const ENGINE_FLAGS: readonly string[] = ['--max-semi-space-size=32', '--single-threaded-gc'];

/** Runs a workload once in a fresh process. */
export function runOurs(workload: Workload, seed: number): BenchRun {
  const self = fileURLToPath(import.meta.url);
  const order: Order = { workload, seed };
  const loader = self.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  const run = spawnSync(process.execPath, [...ENGINE_FLAGS, ...loader, self, JSON.stringify(order)], {
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
