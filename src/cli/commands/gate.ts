// `raftgate gate …`: what each question takes. The answers are in ../do/gate-tables.ts
// and ../do/gate-questions.ts.
import { buildCommand, buildRouteMap } from '@stricli/core';
import type { Bound } from '../../scenario/scenario.ts';
import type { Cli } from '../cli.ts';
import { prose } from '../help-text.ts';
import { parseBound, parseCount } from '../parse.ts';
import { asText, budgetFlag, manyArguments, reportFlags, scenarioFlag, tellFlags, type ReportFlags } from './common.ts';

/** The flags of questions that search. */
export interface GateFlags extends ReportFlags {
  readonly budget?: number;
  readonly bound?: Bound;
}

/** The flags of `raftgate gate explain`. */
export interface GateExplainFlags extends ReportFlags {
  readonly scenario?: string;
}

/** The flags of `raftgate gate diff`. */
export interface GateDiffFlags extends GateFlags {
  readonly scenario?: string;
}

/** The flags of `raftgate gate mutate`. */
export interface GateMutateFlags extends GateFlags {
  readonly minKill?: number;
}

const searchFlags = {
  budget: budgetFlag,
  bound: {
    kind: 'parsed',
    parse: parseBound,
    brief: 'Limits of the search: commits=3,crashes=1,memberChanges=1',
    optional: true,
    placeholder: 'LIMITS',
  },
} as const;

const list = buildCommand<ReportFlags, string[], Cli>({
  loader: async () => (await import('../do/gate-tables.ts')).gateList,
  parameters: { flags: tellFlags, positional: manyArguments('Only gates of these scenarios', 'PATTERN') },
  docs: {
    brief: 'Every gate of every build, where it sits and what it says',
    fullDescription: prose(
      'Lists the gates of the builds of these scenarios as formulas, and who can see each',
      'atom: self (the node), asking (others, over the network), log (its replica). Without',
      'a PATTERN: of all scenarios, after the gates that the rollout had or was offered.',
    ),
  },
});

const explainGate = buildCommand<GateExplainFlags, [string], Cli>({
  loader: async () => (await import('../do/gate-tables.ts')).gateExplain,
  parameters: {
    flags: { ...tellFlags, scenario: scenarioFlag },
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: asText, brief: 'A gate by name, `build@point`, or the name of a build', placeholder: 'NAME' },
      ],
    },
  },
  docs: {
    brief: 'A gate as formula and truth table; who can see each of its atoms',
    fullDescription: prose(
      'Says of one gate, or of all gates of a build, when it is asked, what each atom means',
      'and who can see it, in which situations it opens, and which scenarios run with it.',
    ),
  },
});

const weakest = buildCommand<GateFlags, [string], Cli>({
  loader: async () => (await import('../do/gate-questions.ts')).gateWeakest,
  parameters: {
    flags: { ...reportFlags, ...searchFlags },
    positional: {
      kind: 'tuple',
      parameters: [{ parse: asText, brief: 'A weakest-gate question', placeholder: 'SCENARIO' }],
    },
  },
  docs: {
    brief: 'The weakest safe gate over given atoms, or why there is none',
    fullDescription: prose(
      'Answers with the gate that refuses least and still keeps every property within the',
      'bound, and with a replayable witness for every gate one step weaker; or names the',
      'move that defeats every gate at this point, and the point that would help.',
    ),
  },
});

const diff = buildCommand<GateDiffFlags, [string, string], Cli>({
  loader: async () => (await import('../do/gate-questions.ts')).gateDifference,
  parameters: {
    flags: {
      ...tellFlags,
      ...searchFlags,
      scenario: {
        kind: 'parsed',
        parse: asText,
        brief: 'The scenario or question in which A and B are formulas',
        optional: true,
        placeholder: 'SCENARIO',
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { parse: asText, brief: 'A gate: its name, or a formula such as "a and not b"', placeholder: 'A' },
        { parse: asText, brief: 'Another', placeholder: 'B' },
      ],
    },
  },
  docs: {
    brief: 'What changed between two gates: situations opened and closed, unsafe ones',
    fullDescription: prose(
      'Compares two gates at one point of one scenario: the point of a gate that is named as',
      'build@point, or that of the weakest-gate question given with --scenario. A situation',
      'that B opens is unsafe if a property breaks after an admission in it.',
    ),
  },
});

const mutate = buildCommand<GateMutateFlags, [string], Cli>({
  loader: async () => (await import('../do/gate-questions.ts')).gateMutate,
  parameters: {
    flags: {
      ...reportFlags,
      ...searchFlags,
      minKill: {
        kind: 'parsed',
        parse: parseCount(0),
        brief: 'Exit 1 if fewer than this many percent are killed, 3 if the budget ended before that was known',
        optional: true,
        placeholder: 'PERCENT',
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ parse: asText, brief: 'A scenario that holds', placeholder: 'SCENARIO' }],
    },
  },
  docs: {
    brief: 'Break the gates of a scenario one change at a time; which changes go unnoticed?',
    fullDescription: prose(
      'Drops conjuncts and gates, turns and into or, negates atoms, asks a quorum or voters',
      'only, takes stale answers, moves gates. A mutant is killed if a property breaks or if',
      'something no longer happens, equivalent if it decides alike in every situation, and',
      'unneeded if no property needs the difference. --min-kill counts the killed among',
      'those that are neither equivalent nor unneeded.',
    ),
  },
});

export const gateRoutes = buildRouteMap<string, Cli>({
  routes: { list, explain: explainGate, weakest, diff, mutate },
  docs: { brief: 'Questions about gates' },
});
