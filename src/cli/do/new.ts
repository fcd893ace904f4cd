// `raftgate new`: writes a scenario to start from. It is a small feature of its own that runs at once and fails in an
// instructive way, so that the first thing its owner sees is a story, and the first thing they do is repair it.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { writeWhole } from '../../report/whole-file.ts';
import type { Cli } from '../cli.ts';
import { PACKAGE_ROOT } from '../compile-scenario.ts';

/** What the file imports raftgate as: by path inside the checkout, by name elsewhere. */
function specifier(file: string): string {
  const inside = relative(PACKAGE_ROOT, file);
  return inside.startsWith('..') ? 'raftgate' : relative(dirname(file), join(PACKAGE_ROOT, 'src/index.ts'));
}

/** The text of a first scenario. */
function firstScenario(name: string, from: string): string {
  const template = readFileSync(new URL('../templates/first-scenario.txt', import.meta.url), 'utf8');
  return template.replaceAll('@NAME@', name).replaceAll('@RAFTGATE@', from);
}

/**
 * `raftgate new NAME`
 * @throws InputError CLI002 for a name that is no path, CLI003 if the file is there already
 */
export function newScenario(this: Cli, _flags: Record<never, never>, name: string): void {
  if (!/^[\w-]+(\/[\w-]+)*$/.test(name)) {
    throw new InputError('CLI002', `"${name}" is not a name; use letters, digits, - and _, with / between parts`);
  }
  const file = join(this.cwd, 'scenarios', `${name}.ts`);
  const shown = relative(this.cwd, file);
  if (existsSync(file)) throw new InputError('CLI003', 'is there already; choose another name', { file: shown });
  writeWhole(file, firstScenario(name, specifier(file)));
  this.out(`${shown}\nRun it: raftgate run ${shown}\n`);
}
