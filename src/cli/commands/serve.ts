// `raftgate serve`: what it takes. What it does is in ../do/serve.ts.
import { buildCommand } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { parsePort, parseSeed } from '../parse.ts';
import { asText } from './common.ts';

/** The flags of `raftgate serve`. */
export interface ServeFlags {
  readonly host: string;
  readonly portBase: number;
  readonly seed: string;
  readonly quiet: boolean;
}

export const serveCommand = buildCommand<ServeFlags, [string], Cli>({
  loader: async () => (await import('../do/serve.ts')).serve,
  parameters: {
    flags: {
      host: { kind: 'parsed', parse: asText, brief: 'Address to bind', default: '127.0.0.1', placeholder: 'ADDRESS' },
      portBase: {
        kind: 'parsed',
        parse: parsePort,
        brief: 'First port; one a listener',
        default: '50051',
        placeholder: 'PORT',
      },
      seed: {
        kind: 'parsed',
        parse: parseSeed,
        brief: 'Seed of network and elections',
        default: '1',
        placeholder: 'S',
      },
      quiet: { kind: 'boolean', brief: 'Print addresses only', default: false, withNegated: false },
    },
    positional: { kind: 'tuple', parameters: [{ parse: asText, brief: 'A scenario', placeholder: 'SCENARIO' }] },
  },
  docs: {
    brief: "A scenario's cluster behind real gRPC listeners, in real time",
    fullDescription: prose(
      'Starts the cluster of a scenario and serves it: a listener for each group of each',
      'node, with health and reflection, driven in real time. Prints each address. Stops at',
      'SIGINT or SIGTERM, after the calls in flight.',
    ),
  },
});
