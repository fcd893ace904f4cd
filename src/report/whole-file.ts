// Writes a file as a whole or not at all: a reader never finds half a report, and a run that is stopped leaves none. What
// is written at once and what grows while a command runs are both put under their name by a rename, when they are done.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../base/errors.ts';

let serial = 0;

/** The name under which a file is written until it is whole; no two are alike. */
function partOf(path: string): string {
  return `${path}.${process.pid}-${serial++}.part`;
}

/** Removes what was begun. Where not even its folder could be made there is nothing to remove. */
function discard(part: string): void {
  if (existsSync(part)) rmSync(part);
}

function unwritable(error: unknown, path: string): InputError {
  const why = error instanceof Error ? error.message.replace(/, \w+ '.*$/, '') : String(error);
  return new InputError('CLI003', `cannot be written: ${why}`, { file: path });
}

/**
 * Puts a file in place, its folder made if need be.
 * @throws InputError CLI003 if it cannot be written
 */
export function writeWhole(path: string, content: string): void {
  const part = partOf(path);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(part, content);
    renameSync(part, path);
  } catch (error) {
    discard(part);
    throw unwritable(error, path);
  }
}

/** A file that grows while a command runs and appears only when it is whole. */
export class GrowingFile {
  readonly #path: string;
  readonly #part: string;
  readonly #fd: number;
  readonly #discard = (): void => discard(this.#part);

  /** @throws InputError CLI003 if it cannot be written */
  constructor(path: string) {
    this.#path = path;
    this.#part = partOf(path);
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#fd = openSync(this.#part, 'w');
    } catch (error) {
      throw unwritable(error, path);
    }
    process.once('exit', this.#discard);
  }

  write(text: string): void {
    writeSync(this.#fd, text);
  }

  /** Ends the file. @param keep put it in place; otherwise nothing of it stays */
  close(keep: boolean): void {
    closeSync(this.#fd);
    if (keep) renameSync(this.#part, this.#path);
    else this.#discard();
    process.off('exit', this.#discard);
  }
}
