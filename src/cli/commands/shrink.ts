// `raftgate shrink`: what it takes. What it does is in ../do/shrink.ts.
import { buildCommand } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { asText, budgetFlag, fileArgument, scenarioFlag, tellFlags } from './common.ts';
import type { TapeFlags } from './replay.ts';

/** The flags of `raftgate shrink`. */
export interface ShrinkFlags extends TapeFlags {
  readonly budget?: number;
  readonly to?: string;
}

export const shrinkCommand = buildCommand<ShrinkFlags, [string], Cli>({
  loader: async () => (await import('../do/shrink.ts')).shrink,
  parameters: {
    flags: {
      ...tellFlags,
      scenario: scenarioFlag,
      budget: budgetFlag,
      to: {
        kind: 'parsed',
        parse: asText,
        brief: 'Where to write it; default beside the tape',
        optional: true,
        placeholder: 'FILE',
      },
    },
    positional: fileArgument('A tape of a violation'),
  },
  docs: {
    brief: 'Make a tape as short as it can be',
    fullDescription: prose(
      'Edits the choices of a tape away while the run still violates the same property for',
      'the same cause, writes the shorter tape, and says whether it is proved minimal.',
    ),
  },
});
