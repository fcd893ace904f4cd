// `raftgate bench`: what it takes. What it does is in ../do/bench.ts.
import { buildCommand } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { parseCount, parseSeed } from '../parse.ts';
import { asText, manyArguments, reportFlags, type ReportFlags } from './common.ts';

/** The flags of `raftgate bench`. */
export interface BenchFlags extends ReportFlags {
  readonly against?: string;
  readonly runs: number;
  readonly seed: string;
  readonly ticks?: number;
  readonly proposals?: number;
}

export const benchCommand = buildCommand<BenchFlags, string[], Cli>({
  loader: async () => (await import('../do/bench.ts')).bench,
  parameters: {
    flags: {
      ...reportFlags,
      against: {
        kind: 'parsed',
        parse: asText,
        brief: 'Folder of the reference program',
        optional: true,
        placeholder: 'DIR',
      },
      runs: { kind: 'parsed', parse: parseCount(1), brief: 'Runs of each workload', default: '3', placeholder: 'N' },
      seed: { kind: 'parsed', parse: parseSeed, brief: 'Seed of the workloads', default: '1', placeholder: 'S' },
      ticks: {
        kind: 'parsed',
        parse: parseCount(1),
        brief: 'Run so many ticks instead',
        optional: true,
        placeholder: 'N',
      },
      proposals: {
        kind: 'parsed',
        parse: parseCount(1),
        brief: 'Complete so many proposals instead, where a workload ends by them',
        optional: true,
        placeholder: 'N',
      },
    },
    positional: manyArguments('W1, W2, W3, W4; default all', 'WORKLOAD'),
  },
  docs: {
    brief: 'Measure the Raft core; with --against, beside the reference program',
    fullDescription: prose(
      'Runs the workloads and prints their counters, the checksum and the CPU seconds used.',
      'With --against, the reference program of that folder is built and run in turn with',
      'ours on this machine; counters and checksum must be equal, and the ratio is CPU',
      'seconds of the reference divided by ours, set-up excluded on both sides.',
    ),
  },
});
