// `raftgate doctor`: what it takes. What it does is in ../do/doctor.ts.
import { buildCommand } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { parseSeeds } from '../parse.ts';
import { manyArguments, reportFlags, type ReportFlags, type SeedRange } from './common.ts';

/** The flags of `raftgate doctor`. */
export interface DoctorFlags extends ReportFlags {
  readonly seeds: SeedRange;
}

export const doctorCommand = buildCommand<DoctorFlags, string[], Cli>({
  loader: async () => (await import('../do/doctor.ts')).doctor,
  parameters: {
    flags: {
      ...reportFlags,
      seeds: {
        kind: 'parsed',
        parse: parseSeeds,
        brief: 'Seeds to run each scenario with',
        default: '1..3',
        placeholder: 'A..B',
      },
    },
    positional: manyArguments('A scenario file, folder, name, part of a name, or glob', 'PATTERN'),
  },
  docs: {
    brief: 'Is the simulator deterministic here? Names the first event that differs',
    fullDescription: prose(
      'Runs each scenario twice in this process, once without recording, once in another',
      'process and once in a worker thread. All hashes of the trace have to be equal. Where',
      'they are not, the first event that differs is named (exit 4).',
    ),
  },
});
