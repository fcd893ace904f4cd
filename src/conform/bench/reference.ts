// The reference program of a folder, built outside the tree and run like ours. Its report is taken as it is: whole-process
// CPU seconds of its tick loop, peak resident memory, and the counters ours must equal.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { BenchRun } from './measure.ts';
import type { BenchCounters } from './report.ts';
import type { Workload } from './workload.ts';

/** The fields of the program's JSON line that are read. */
interface ReferenceReport extends BenchCounters {
  readonly workload: string;
  readonly impl: string;
  readonly seed: number;
  readonly setup_seconds: number;
  readonly wall_seconds: number;
  readonly process_cpu_seconds: number;
  readonly max_rss_mib: number;
}

/** A built reference program. */
export class Reference {
  private readonly dir: string;
  private readonly binary: string;

  /**
   * Builds the Go program of a folder.
   * @throws InputError CLI003 if there is none or it does not build
   */
  constructor(source: string) {
    if (!existsSync(join(source, 'go.mod')))
      throw new InputError('CLI003', `no Go program in ${source}`, { file: source });
    this.dir = mkdtempSync(join(tmpdir(), 'raftgate-bench-'));
    this.binary = join(this.dir, 'reference');
    const copy = join(this.dir, 'source');
    cpSync(source, copy, { recursive: true });
    const build = spawnSync('go', ['build', '-o', this.binary, '.'], { cwd: copy, encoding: 'utf8' });
    if (build.status === 0) return;
    this.dispose();
    const why = build.error === undefined ? build.stderr : 'the go tool is missing';
    throw new InputError('CLI003', `cannot build the program of ${source}: ${why}`, { file: source });
  }

  /** Runs a workload once. Other sizes than the table's are passed as flags. */
  run(workload: Workload, seed: number): BenchRun {
    const args = ['-workload', workload.name, '-seed', String(seed), '-ticks', String(workload.ticks)];
    if (workload.proposals > 0) args.push('-proposals', String(workload.proposals));
    const run = spawnSync(this.binary, args, { encoding: 'utf8', maxBuffer: 1 << 24 });
    if (run.status !== 0) throw new InputError('CLI003', `the reference program failed: ${run.stderr}`);
    const r = JSON.parse(run.stdout) as ReferenceReport;
    return {
      ...r,
      setupSeconds: r.setup_seconds,
      wallSeconds: r.wall_seconds,
      cpuSeconds: r.process_cpu_seconds,
      rssMiB: r.max_rss_mib,
    };
  }

  /** Removes what was built. */
  dispose(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
