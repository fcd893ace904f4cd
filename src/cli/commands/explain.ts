// `raftgate explain`: what it takes. What it does is in ../do/explain.ts.
import { buildCommand } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { budgetFlag, fileArgument, scenarioFlag, tellFlags } from './common.ts';
import type { TapeFlags } from './replay.ts';

/** The flags of `raftgate explain`. */
export interface ExplainFlags extends TapeFlags {
  readonly budget?: number;
}

export const explainCommand = buildCommand<ExplainFlags, [string], Cli>({
  loader: async () => (await import('../do/explain.ts')).explain,
  parameters: {
    flags: { ...tellFlags, scenario: scenarioFlag, budget: budgetFlag },
    positional: fileArgument('A tape of a violation'),
  },
  docs: {
    brief: 'Why a tape fails: cause, blamed atom, point of no return, repair',
    fullDescription: prose(
      'Says which property fails and why, which atom or gate point is to blame, from which',
      'step on no schedule avoids the failure, and the smallest change that repairs it,',
      'verified by searching again with the change in place.',
    ),
  },
});
