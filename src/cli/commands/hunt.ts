// `raftgate hunt`: what it takes. What it does is in ../do/hunt.ts.
import { buildCommand } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { asText, budgetFlag, jobsFlag, reportFlags, seedsFlag, type ReportFlags, type SeedRange } from './common.ts';

/** The flags of `raftgate hunt`. */
export interface HuntFlags extends ReportFlags {
  readonly mutant?: string;
  readonly seeds?: SeedRange;
  readonly budget?: number;
  readonly jobs?: number;
}

export const huntCommand = buildCommand<HuntFlags, [], Cli>({
  loader: async () => (await import('../do/hunt.ts')).hunt,
  parameters: {
    flags: {
      ...reportFlags,
      mutant: { kind: 'parsed', parse: asText, brief: 'Only this one', optional: true, placeholder: 'NAME' },
      seeds: seedsFlag,
      budget: { ...budgetFlag, brief: 'How long to look for each mutant; default 10s' },
      jobs: jobsFlag,
    },
  },
  docs: {
    brief: 'Plant known Raft bugs in our own core; which property catches each?',
    fullDescription: prose(
      'Switches on one known bug of a Raft implementation at a time and runs the raft',
      'scenarios until a property catches it. Ends with `N passed, M failed`: caught and not.',
    ),
  },
});
