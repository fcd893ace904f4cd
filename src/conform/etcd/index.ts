// `raftgate conform etcd PATH…`: finds scripts, runs them through our core, prints a diff for each mismatch and counts.
// The only file of this folder that touches the file system.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { InputError } from '../../base/errors.ts';
import type { Counts } from '../diff.ts';
import { runScript } from './run.ts';

export { etcdTraceLine, foldRestarts, TraceCollector } from './trace.ts';
export { runDirectives, runScript, type Mismatch, type ScriptResult } from './run.ts';

/** Folders that hold no scripts of anyone. */
const IGNORED = new Set(['node_modules', '.git']);

/**
 * All scripts of some files and folders: every file given, and below a folder each `.txt` and `.txt.gz`, in name order.
 * @throws InputError CLI003 if a path cannot be read
 */
export function findScripts(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    try {
      return statSync(path).isDirectory() ? scriptsBelow(path) : [path];
    } catch (e) {
      throw unreadable(path, e);
    }
  });
}

function unreadable(path: string, error: unknown): InputError {
  const why = error instanceof Error ? error.message.replace(/, \w+( '.*)?$/, '') : String(error);
  return new InputError('CLI003', `cannot be read: ${why}`, { file: path });
}

function scriptsBelow(dir: string): string[] {
  const entries = readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return IGNORED.has(entry.name) ? [] : scriptsBelow(path);
    return /\.txt(\.gz)?$/.test(entry.name) ? [path] : [];
  });
}

/**
 * The text of a script, unpacked if it is a `.gz`.
 * @throws InputError CLI003 if it cannot be read, CNF001 if it is not UTF-8
 */
export function readScript(path: string): string {
  let bytes: Uint8Array;
  try {
    const raw = readFileSync(path);
    bytes = path.endsWith('.gz') ? gunzipSync(raw) : raw;
  } catch (e) {
    throw unreadable(path, e);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InputError('CNF001', 'the file is not UTF-8', { file: path, line: 1, column: 1 });
  }
}

/**
 * Runs every script below the paths and prints what differs; one passed or failed unit is one file.
 * @param out takes the lines to print, diffs and skips but not the closing counts
 * @throws InputError CLI003 if a path cannot be read
 */
export function conformEtcd(paths: readonly string[], out: (line: string) => void): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const path of findScripts(paths)) {
    const result = runScript(path, readScript(path));
    counts[result.outcome]++;
    for (const line of result.lines) out(line);
  }
  return counts;
}
