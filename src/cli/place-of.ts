// Finds the line of a scenario file that an error is about. A scenario is checked as a value, far from the text that
// made it: without this, "no node n4" would leave its writer to search eighty lines for it. The place is the quoted
// name of the message where the file has it, near the call that failed; else the innermost stack frame in the file.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { InputPlace } from '../base/errors.ts';

/** Line and column of the innermost stack frame inside a file, from 1; null if the stack never enters it. */
function frameIn(file: string, stack: string): { line: number; column: number } | null {
  for (const frame of stack.split('\n')) {
    const match = /\(?((?:file:\/\/)?\/[^()]*?):(\d+):(\d+)\)?$/.exec(frame.trim());
    if (match === null) continue;
    const [, where = '', line = '1', column = '1'] = match;
    const path = where.startsWith('file://') ? fileURLToPath(where) : where;
    if (path === file) return { line: Number(line), column: Number(column) };
  }
  return null;
}

/** Every place at which a name stands as a literal or as a key of a literal. */
function literalsOf(name: string, lines: readonly string[]): { line: number; column: number }[] {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const literal = new RegExp(`(['"\`])${escaped}\\1|(?<![\\w$.'"\`])${escaped}(?=\\s*:)`, 'g');
  return lines.flatMap((text, i) => [...text.matchAll(literal)].map((m) => ({ line: i + 1, column: m.index + 1 })));
}

/**
 * The place in a file that an error is about; line and column are left out where nothing points at one.
 * @param file absolute path of the scenario file
 * @param shown the path to print
 */
export function placeOf(error: unknown, file: string, shown: string): InputPlace {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: '' };
  const frame = frameIn(file, stack ?? '');
  const name = /"([^"]+)"/.exec(message)?.[1];
  const lines = readFileSync(file, 'utf8').split('\n');
  const literals = name === undefined ? [] : literalsOf(name, lines);
  const from = frame?.line ?? 1;
  // Of a name given twice, the second is the one too many.
  const near = literals.filter((place) => place.line >= from);
  const found = (/twice|share|already|duplicate/.test(message) ? literals[1] : undefined) ?? near[0] ?? literals.at(-1);
  const place = found ?? frame;
  return place === null || place === undefined ? { file: shown } : { file: shown, ...place };
}
