// `raftgate report`: what it takes. What it does is in ../do/report.ts.
import { buildCommand } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { asText, fileArgument, scenarioFlag } from './common.ts';

/** The flags of `raftgate report`. */
export interface PageFlags {
  readonly output: string;
  readonly scenario?: string;
}

export const reportCommand = buildCommand<PageFlags, [string], Cli>({
  loader: async () => (await import('../do/report.ts')).report,
  parameters: {
    flags: {
      output: { kind: 'parsed', parse: asText, brief: 'Where to write the page', placeholder: 'FILE' },
      scenario: scenarioFlag,
    },
    aliases: { o: 'output' },
    positional: fileArgument('A tape'),
  },
  docs: { brief: 'One self-contained HTML page about a run' },
});
