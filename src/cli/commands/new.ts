// `raftgate new`: what it takes. What it does is in ../do/new.ts.
import { buildCommand } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { asText } from './common.ts';

export const newCommand = buildCommand<Record<never, never>, [string], Cli>({
  loader: async () => (await import('../do/new.ts')).newScenario,
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [{ parse: asText, brief: 'Name of the scenario, such as team/my-feature', placeholder: 'NAME' }],
    },
  },
  docs: {
    brief: 'A scenario file to start from',
    fullDescription: prose(
      'Writes scenarios/NAME.ts: a small feature of your own, its gate, a plan and properties,',
      'ready to run. Refuses to overwrite a file.',
    ),
  },
});
