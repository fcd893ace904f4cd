// Where in a user's file an error arose. An error without a place costs its reader a search; the stack has the place,
// among thirty frames of ours.
import { fileURLToPath } from 'node:url';
import type { InputPlace } from '../base/errors.ts';

/**
 * The innermost stack frame inside a file; the file alone if the stack never enters it.
 * @param file absolute path
 * @param shown the path to print
 */
export function placeOfError(error: unknown, file: string, shown: string): InputPlace {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const frame of stack.split('\n')) {
    const match = /\(?((?:file:\/\/)?\/[^()]*?):(\d+):(\d+)\)?$/.exec(frame.trim());
    if (match === null) continue;
    const [, where = '', line, column] = match;
    const path = where.startsWith('file://') ? fileURLToPath(where) : where;
    if (path === file) return { file: shown, line: Number(line), column: Number(column) };
  }
  return { file: shown };
}
