// What the process says by its exit code, and how a failure is put into words. Build servers read the one, people the
// other; a bug of ours must look like neither a bad flag nor a violated property.
import { isAbsolute, relative } from 'node:path';
import { InputError, InvariantError } from '../base/errors.ts';

/** Exit codes of every command. */
export const Exit = {
  /** Everything as expected, expected violations included. */
  Expected: 0,
  NotAsExpected: 1,
  /** Usage or scenario error. */
  Usage: 2,
  /** The budget ended before the bound; only where completeness is required. */
  Inconclusive: 3,
  /** The simulator itself was not deterministic. */
  NotDeterministic: 4,
  /** A tape no longer applies. */
  StaleTape: 5,
  Internal: 70,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

/** The exit code of a failure. */
export function exitCodeOf(error: unknown): Exit {
  if (!(error instanceof InputError)) return Exit.Internal;
  return error.code.startsWith('TAP') ? Exit.StaleTape : Exit.Usage;
}

/** A path as short as it can be given from the working folder. */
function shortest(path: string): string {
  const fromHere = relative('', path);
  return isAbsolute(path) && fromHere.length < path.length ? fromHere : path;
}

/** `file:line:column `, as much of it as is known. */
function placeText(error: InputError): string {
  if (error.at === null) return '';
  const { file, line, column } = error.at;
  const parts = [file === undefined ? file : shortest(file), line, column];
  return `${parts.filter((part) => part !== undefined).join(':')} `;
}

/** A failure in words: one line for bad input; all there is for a bug of ours. */
export function failureText(error: unknown): string {
  if (error instanceof InputError) return `${placeText(error)}${error.code} ${error.message}`;
  const kind = error instanceof InvariantError ? 'an invariant of raftgate is broken' : 'raftgate failed';
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `internal error: ${kind}\n${text}\nThis is a bug of raftgate, not of your scenario.`;
}
