// Timing at the edge: the simulation itself knows no clock. CPU seconds of the whole process are the figure, garbage
// collection on other threads included, because that is what a run costs on a shared machine; set-up is left out on both
// sides.
import { readFileSync } from 'node:fs';
import { World } from './world.ts';
import type { BenchCounters } from './report.ts';
import { countersOf } from './report.ts';
import type { Workload } from './workload.ts';

/** Counters and cost of one run of one workload. */
export interface BenchRun extends BenchCounters {
  readonly workload: string;
  readonly impl: string;
  readonly seed: number;
  readonly setupSeconds: number;
  readonly wallSeconds: number;
  /** User and system time of the process during the tick loop. */
  readonly cpuSeconds: number;
  /** Peak resident memory of the process. */
  readonly rssMiB: number;
}

/** Runs a workload once in this process. */
export function measure(workload: Workload, seed: number): BenchRun {
  const begin = process.hrtime.bigint();
  const world = new World(workload, seed);
  const start = process.hrtime.bigint();
  const cpuStart = process.cpuUsage();
  while (!world.isOver()) world.tick();
  const cpu = process.cpuUsage(cpuStart);
  const end = process.hrtime.bigint();
  return {
    workload: workload.name,
    impl: `raftgate ${process.version}`,
    seed,
    ...countersOf(world),
    setupSeconds: Number(start - begin) / 1e9,
    wallSeconds: Number(end - start) / 1e9,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    rssMiB: peakRssMiB(),
  };
}

/** Peak resident memory as the kernel counts it, the same figure the reference program reads. */
function peakRssMiB(): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (match !== null) return Number(match[1]) / 1024;
  } catch {
    // Not a Linux /proc: fall through to what the runtime knows.
  }
  return process.resourceUsage().maxRSS / 1024;
}
