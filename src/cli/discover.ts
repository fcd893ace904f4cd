// Which scenarios a command is about. A pattern is a file or folder that exists, one of its scenarios as `FILE#name`, the
// exact name of a scenario, a glob, or a part of a name or path; a pattern that matches nothing is an error with a
// suggestion, never an empty green run.
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { InputError } from '../base/errors.ts';
import { PACKAGE_ROOT } from './compile-scenario.ts';
import { loadScenarios, type Loaded } from './load-scenarios.ts';
import { nearest } from '../scenario/suggest.ts';

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * The folder scenarios are looked for in: `scenarios/` of the working folder, else of the nearest folder above it within the
 * same project, so that a command means the same in every folder of it; else the package's own.
 */
export function scenarioFolder(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const here = join(folder, 'scenarios');
    if (statSync(here, { throwIfNoEntry: false })?.isDirectory() === true) return here;
    const isRoot = ['package.json', '.git'].some((name) => isThere(join(folder, name)));
    if (isRoot || folder === dirname(folder)) return join(PACKAGE_ROOT, 'scenarios');
  }
}

/** Files below a folder that pass a test, by path. */
export function filesBelow(folder: string, wanted: (name: string) => boolean): string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && wanted(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

/** The ending of a file that may hold scenarios. */
const SOURCE = /\.[cm]?[jt]s$/;

/** Whether a name is that of a scenario file; what begins with `_` is kept beside scenarios and holds none. */
function isScenarioFile(name: string): boolean {
  return SOURCE.test(name) && !name.endsWith('.d.ts') && !name.startsWith('_');
}

/** A glob over names and paths: `*` within a part, `**` across parts, `?` one character. */
function globToRegExp(glob: string): RegExp {
  const source = glob.replace(/\*\*\/?|[*?]|[.+^${}()|[\]\\]/g, (part) => {
    if (part.startsWith('**')) return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
  return new RegExp(`^${source}$`);
}

/** The path of a scenario file without its ending, with `/` between parts. */
function stem(file: string): string {
  return file.replaceAll('\\', '/').replace(SOURCE, '');
}

/** Whether a pattern that is no path of its own speaks of this scenario. */
function matches(pattern: string, one: Loaded): boolean {
  const names = [one.scenario.name, stem(one.file), one.file];
  if (!/[*?]/.test(pattern)) return names.some((name) => name.includes(pattern));
  const glob = globToRegExp(pattern);
  return names.some((name) => glob.test(name) || glob.test(basename(name)));
}

function select(pattern: string, all: readonly Loaded[]): Loaded[] {
  const exact = all.filter((one) => one.scenario.name === pattern || stem(one.file) === pattern);
  if (exact.length > 0) return exact;
  const chosen = all.filter((one) => matches(pattern, one));
  if (chosen.length > 0) return chosen;
  const meant = suggestions(
    pattern,
    all.flatMap((one) => [one.scenario.name, stem(one.file)]),
  );
  const hint = meant.length === 0 ? `there are ${all.length} scenarios` : `did you mean ${meant.join(' or ')}?`;
  throw new InputError('CLI001', `no scenario matches "${pattern}"; ${hint} (raftgate run --list shows all)`);
}

/** So many names are suggested. */
const MOST_MEANT = 3;

/** Names, beginnings of names and parts of names that a mistyped pattern comes closest to: `pr760/round2` for `pr760/raund2`. */
function suggestions(pattern: string, names: readonly string[]): string[] {
  const parts = pattern.split('/').length;
  const short = names.flatMap((name) => {
    const split = name.split('/');
    return split.map((_, i) => split.slice(i, i + parts).join('/'));
  });
  const left = [...new Set([...short, ...names])];
  const meant: string[] = [];
  while (meant.length < MOST_MEANT) {
    const next = nearest(pattern, left);
    if (next === null) break;
    meant.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return meant;
}

/** A pattern that names one scenario of a file: `FILE#name`; null for any other. */
function inFile(pattern: string, cwd: string): { readonly path: string; readonly name: string } | null {
  for (let at = pattern.indexOf('#'); at >= 0; at = pattern.indexOf('#', at + 1)) {
    const path = pattern.slice(0, at);
    if (path !== '' && filesAt(resolve(cwd, path)) !== null) return { path, name: pattern.slice(at + 1) };
  }
  return null;
}

/** The files a path stands for; null if there is nothing at that path. */
function filesAt(path: string): string[] | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  return stat.isDirectory() ? filesBelow(path, isScenarioFile) : [path];
}

/**
 * @throws InputError CLI003 if a pattern is plainly a file's name and there is no such file, or if it is a file of another kind
 */
function refuseFile(pattern: string, cwd: string, folder: string): void {
  const isSource = SOURCE.test(pattern);
  if (!isSource && statSync(resolve(cwd, pattern), { throwIfNoEntry: false })?.isFile() === true) {
    const hint = pattern.endsWith('.tape')
      ? 'it is a tape: raftgate replay repeats it'
      : 'scenarios are .ts or .js files';
    throw new InputError('CLI003', `is no scenario file; ${hint}`, { file: pattern });
  }
  if (!isSource || /[*?]/.test(pattern) || filesAt(resolve(cwd, pattern)) !== null) return;
  const meant = nearest(
    pattern,
    filesBelow(folder, isScenarioFile).map((file) => relative(cwd, file)),
  );
  throw new InputError('CLI003', `there is no such file${meant === null ? '' : `; did you mean ${meant}?`}`, {
    file: pattern,
  });
}

/**
 * The scenarios that patterns speak of: in the order of the patterns, each once; all of them without a pattern.
 * @throws InputError CLI001 if a pattern matches nothing; whatever loading throws
 */
export async function discover(patterns: readonly string[], cwd: string): Promise<Loaded[]> {
  const folder = scenarioFolder(cwd);
  for (const pattern of patterns) refuseFile(pattern, cwd, folder);
  const named = patterns.map((pattern) => inFile(pattern, cwd));
  const paths = patterns.map((pattern, i) => {
    const path = named[i]?.path ?? pattern;
    return named[i] === null && /[*?]/.test(pattern) ? null : filesAt(resolve(cwd, path));
  });
  const everything = patterns.length === 0 || paths.includes(null) ? filesBelow(folder, isScenarioFile) : [];
  const all = await loadScenarios([...new Set([...everything, ...paths.flatMap((files) => files ?? [])])], cwd);
  if (patterns.length === 0) return inFolder(all, folder);
  const chosen = patterns.flatMap((pattern, i) => {
    const files = paths[i]?.map((file) => relative(cwd, file));
    if (files === undefined) return select(pattern, inFolder(all, folder));
    const found = all.filter((one) => files.includes(one.file));
    if (found.length === 0) throw new InputError('CLI001', `there is no scenario file in ${pattern}`);
    const name = named[i]?.name;
    return name === undefined ? found : select(name, found);
  });
  return [...new Set(chosen)];

  function inFolder(loaded: readonly Loaded[], where: string): Loaded[] {
    if (loaded.length === 0)
      throw new InputError('CLI001', `there is no scenario file in ${relative(cwd, where) || where}`);
    return loaded.filter((one) => !relative(where, resolve(cwd, one.file)).startsWith('..'));
  }
}
