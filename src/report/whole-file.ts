// Writes a file as a whole or not at all: a reader never finds half a report, and a run that is stopped leaves none.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../base/errors.ts';

let serial = 0;

/**
 * Puts a file in place, its folder made if need be.
 * @throws InputError CLI003 if it cannot be written
 */
export function writeWhole(path: string, content: string): void {
  const temporary = `${path}.${process.pid}-${serial++}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new InputError('CLI003', `cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
      file: path,
    });
  }
}
