// Flags and arguments that several commands share, so that one thing has one name everywhere.
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

export const reportFlags = {
  reporter: {
    kind: 'parsed',
    parse: parseNames('reporter', REPORTERS),
    brief: 'pretty, jsonl, junit, sarif, github; several with commas',
    default: 'pretty',
    placeholder: 'LIST',
  },
  output: {
    kind: 'parsed',
    parse: asText,
    brief: 'Folder for jsonl, junit and sarif files; without it one of them may be printed',
    optional: true,
    placeholder: 'DIR',
  },
  quiet: { kind: 'boolean', brief: 'Print only what is not as expected', default: false, withNegated: false },
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
