// Flags and arguments that several commands share, so that one thing has one name everywhere.
import { InputError } from '../../base/errors.ts';
import { parseBudget, parseCount, parseNames, parseSeeds, type SeedRange } from '../parse.ts';

export const REPORTERS = ['pretty', 'jsonl', 'junit', 'sarif', 'github'] as const;
export type ReporterName = (typeof REPORTERS)[number];

/** What every command that reports takes. */
export interface ReportFlags {
  readonly reporter: readonly ReporterName[];
  readonly output?: string;
  readonly quiet: boolean;
}

/** Plain text; for paths and names. */
export function asText(text: string): string {
  return text;
}

const outputFlag = { kind: 'parsed', parse: asText, optional: true, placeholder: 'DIR' } as const;
const quietFlag = { kind: 'boolean', default: false, withNegated: false } as const;

/** For commands that judge: what they judged counts in the reports of build servers and code hosts. */
export const reportFlags = {
  reporter: {
    kind: 'parsed',
    parse: parseNames('reporter', REPORTERS),
    brief: 'pretty, jsonl, junit, sarif, github; several with commas',
    default: 'pretty',
    placeholder: 'LIST',
  },
  output: {
    ...outputFlag,
    brief: 'Folder for jsonl, junit and sarif files; without it one of them may be printed',
  },
  quiet: { ...quietFlag, brief: 'Print only what is not as expected' },
} as const;

const TELLING: readonly ReporterName[] = ['pretty', 'jsonl'];

function parseTelling(text: string): readonly ReporterName[] {
  const judging = parseNames('reporter', REPORTERS)(text).find((name) => !TELLING.includes(name));
  if (judging === undefined) return parseNames('reporter', TELLING)(text);
  throw new InputError('CLI002', `${judging} reports what passed or failed; this command judges nothing`);
}

/** For commands that tell and judge nothing: a report of passed and failed would be an empty one. */
export const tellFlags = {
  reporter: {
    kind: 'parsed',
    parse: parseTelling,
    brief: 'pretty, jsonl; both with a comma',
    default: 'pretty',
    placeholder: 'LIST',
  },
  output: { ...outputFlag, brief: 'Folder for the jsonl file; without it one of the two is printed' },
  quiet: { ...quietFlag, brief: 'Print no more than the answer' },
} as const;

export const scenarioFlag = {
  kind: 'parsed',
  parse: asText,
  brief: 'File of the scenario, where it is not under scenarios/',
  optional: true,
  placeholder: 'FILE',
} as const;

/** A budget of real time. */
export const budgetFlag = {
  kind: 'parsed',
  parse: parseBudget,
  brief: 'How long to search, such as 30s',
  optional: true,
  placeholder: 'TIME',
} as const;

export const seedsFlag = {
  kind: 'parsed',
  parse: parseSeeds,
  brief: 'A range of seeds, both ends included',
  optional: true,
  placeholder: 'A..B',
} as const;

export const jobsFlag = {
  kind: 'parsed',
  parse: parseCount(1),
  brief: 'Worker threads; default one per core',
  optional: true,
  placeholder: 'N',
} as const;

export type { SeedRange };

/** One file as the only argument. */
export function fileArgument(brief: string) {
  return { kind: 'tuple', parameters: [{ parse: asText, brief, placeholder: 'FILE' }] } as const;
}

/** Any number of arguments. */
export function manyArguments(brief: string, placeholder: string, minimum = 0) {
  return { kind: 'array', minimum, parameter: { parse: asText, brief, placeholder } } as const;
}
