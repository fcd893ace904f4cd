// `raftgate run`: what it takes. What it does is in ../do/run.ts.
import { buildCommand } from '@stricli/core';
import type { Bound, StrategyName } from '../../scenario/scenario.ts';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { parseBound, parseNames, parseSeed, parseShard, type Shard } from '../parse.ts';
import {
  asText,
  budgetFlag,
  jobsFlag,
  manyArguments,
  reportFlags,
  seedsFlag,
  type ReportFlags,
  type SeedRange,
} from './common.ts';

const STRATEGIES: readonly StrategyName[] = ['exhaustive', 'dpor', 'pct:2', 'pct:3', 'pos', 'swarm'];

/** The flags of `raftgate run`. */
export interface RunFlags extends ReportFlags {
  readonly seed?: string;
  readonly seeds?: SeedRange;
  readonly budget?: number;
  readonly strategy?: readonly StrategyName[];
  readonly bound?: Bound;
  readonly jobs?: number;
  readonly bail: boolean;
  readonly shard?: Shard;
  readonly requireComplete: boolean;
  readonly updateWitness: boolean;
  readonly verbose: boolean;
  readonly list: boolean;
  readonly findings?: string;
}

export const runCommand = buildCommand<RunFlags, string[], Cli>({
  loader: async () => (await import('../do/run.ts')).run,
  parameters: {
    flags: {
      ...reportFlags,
      seed: { kind: 'parsed', parse: parseSeed, brief: 'Run this one seed', optional: true, placeholder: 'S' },
      seeds: seedsFlag,
      budget: { ...budgetFlag, brief: 'How long to search each scenario, such as 30s' },
      strategy: {
        kind: 'parsed',
        parse: parseNames('strategy', STRATEGIES),
        brief: `${STRATEGIES.join(', ')}; several with commas`,
        optional: true,
        placeholder: 'LIST',
      },
      bound: {
        kind: 'parsed',
        parse: parseBound,
        brief: 'Limits of the exhaustive search: commits=3,crashes=1,memberChanges=1',
        optional: true,
        placeholder: 'LIMITS',
      },
      jobs: jobsFlag,
      bail: {
        kind: 'boolean',
        brief: 'Stop at the first scenario not as expected',
        default: false,
        withNegated: false,
      },
      shard: { kind: 'parsed', parse: parseShard, brief: 'Run only part i of n', optional: true, placeholder: 'i/n' },
      requireComplete: {
        kind: 'boolean',
        brief: 'Exit 3 if a search ends before its bound',
        default: false,
        withNegated: false,
      },
      updateWitness: {
        kind: 'boolean',
        brief: 'Store the witness of each expected violation under scenarios/found/',
        default: false,
        withNegated: false,
      },
      findings: {
        kind: 'parsed',
        parse: asText,
        brief: 'File in which findings are kept from run to run: new, ongoing, resolved, regressed',
        optional: true,
        placeholder: 'FILE',
      },
      list: {
        kind: 'boolean',
        brief: 'Only name the scenarios that would run, and what each expects',
        default: false,
        withNegated: false,
      },
      verbose: {
        kind: 'boolean',
        brief: 'Name every atom that never differed, by gate, and every fleet that never ran',
        default: false,
        withNegated: false,
      },
    },
    positional: manyArguments('A scenario file, folder, name, part of a name, or glob', 'PATTERN'),
  },
  docs: {
    brief: 'Run scenarios; tapes under scenarios/found/ first',
    fullDescription: prose(
      'Runs scenarios and says of each whether it is as it expects to be. Without a',
      'PATTERN: all under scenarios/. A failing tape is written to .raftgate/ and the',
      'line that replays it is printed.',
      '',
      'Exit 0: all as expected, expected violations found included. Exit 1: a property',
      'violated that should hold, an expected violation not found, or a `sometimes`',
      'never met.',
    ),
  },
});
