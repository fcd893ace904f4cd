// `raftgate replay`: what it takes. What it does is in ../do/replay.ts.
import { buildCommand } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { fileArgument, reportFlags, scenarioFlag, type ReportFlags } from './common.ts';

/** The flags of commands that read one tape. */
export interface TapeFlags extends ReportFlags {
  /** File of the scenario, where it is not under scenarios/. */
  readonly scenario?: string;
}

export const replayCommand = buildCommand<TapeFlags, [string], Cli>({
  loader: async () => (await import('../do/replay.ts')).replay,
  parameters: { flags: { ...reportFlags, scenario: scenarioFlag }, positional: fileArgument('A tape') },
  docs: {
    brief: 'Run one tape again',
    fullDescription: prose(
      'Repeats the run of a tape: reproduces its verdict, or says that it is fixed, or',
      'names the first choice that no longer applies (exit 5).',
    ),
  },
});
