// Finds the recorded files a command line names: every file given, and below a folder each `.json`, in name order, so that
// two runs print alike. A path that cannot be read is said at once, by its name.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../base/errors.ts';

/** One file and its text. */
export interface JsonFile {
  readonly path: string;
  readonly text: string;
}

/**
 * All recorded files of some files and folders.
 * @throws InputError CLI003 if a path cannot be read
 */
export function jsonFiles(paths: readonly string[]): JsonFile[] {
  return paths.flatMap(pathsOf).map((path) => ({ path, text: reading(path, () => readFileSync(path, 'utf8')) }));
}

function pathsOf(path: string): string[] {
  return reading(path, () => (statSync(path).isDirectory() ? below(path) : [path]));
}

function below(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return below(path);
    return entry.name.endsWith('.json') ? [path] : [];
  });
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/, \w+( '.*)?$/, '') : String(error);
    throw new InputError('CLI003', `cannot be read: ${why}`, { file: path });
  }
}
