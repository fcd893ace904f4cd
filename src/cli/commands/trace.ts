// `raftgate trace`: what it takes. What it does is in ../do/trace.ts.
import { buildCommand } from '@stricli/core';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { parseSeed } from '../parse.ts';
import { asText, fileArgument, scenarioFlag } from './common.ts';

const TRACE_FORMATS = ['perfetto', 'shiviz', 'mermaid', 'etcd', 'jsonl'] as const;
type TraceFormat = (typeof TRACE_FORMATS)[number];

/** The flags of `raftgate trace`. */
export interface TraceFlags {
  readonly to: TraceFormat;
  readonly output?: string;
  readonly scenario?: string;
  readonly seed?: string;
  readonly group?: string;
}

export const traceCommand = buildCommand<TraceFlags, [string], Cli>({
  loader: async () => (await import('../do/trace.ts')).trace,
  parameters: {
    flags: {
      to: { kind: 'enum', values: TRACE_FORMATS, brief: 'The format' },
      output: {
        kind: 'parsed',
        parse: asText,
        brief: 'Where to write it; default standard output',
        optional: true,
        placeholder: 'FILE',
      },
      scenario: scenarioFlag,
      seed: {
        kind: 'parsed',
        parse: parseSeed,
        brief: 'With a scenario instead of a tape: its seed',
        optional: true,
        placeholder: 'S',
      },
      group: {
        kind: 'parsed',
        parse: asText,
        brief: 'With --to etcd, of several groups: which',
        optional: true,
        placeholder: 'NAME',
      },
    },
    aliases: { o: 'output' },
    positional: fileArgument('A tape, or with --seed a scenario'),
  },
  docs: {
    brief: "A run in another tool's format",
    fullDescription: prose(
      'perfetto: Chrome trace events. shiviz: events with vector clocks. mermaid: a sequence',
      'diagram of the essential steps. etcd: state trace of one group, for the TLA+ trace',
      'specification. jsonl: every event, one JSON object a line.',
    ),
  },
});
