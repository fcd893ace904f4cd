// Imports scenario files and collects the scenarios they export. Everything that can go wrong in a file a user wrote
// ends here as one sentence with a place in that file: it throws, it names what does not exist, it exports nothing.
import { relative } from 'node:path';
import { InputError } from '../base/errors.ts';
import { placeOf } from '../scenario/place.ts';
import type { Scenario, WeakestQuestion } from '../scenario/scenario.ts';
import { compileScenarios, type CompiledScenario } from './compile-scenario.ts';
import { placeOfError } from './place-of.ts';

/** One scenario, or one question, and where it came from. */
export interface Loaded<T extends Scenario | WeakestQuestion = Scenario | WeakestQuestion> {
  readonly scenario: T;
  /** Path of the scenario file, relative to the working folder. */
  readonly file: string;
  /** The compiled module; a worker imports it and finds the scenario by name. */
  readonly url: string;
}

function isScenario(value: unknown): value is Scenario | WeakestQuestion {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && /^(scenario|weakest)$/.test(String(value.kind))
  );
}

/** The scenarios among what a module exports: the default export first, each once. */
export function scenariosOf(exports: Readonly<Record<string, unknown>>): (Scenario | WeakestQuestion)[] {
  const names = Object.keys(exports).filter((name) => name !== 'default');
  const values = [exports['default'], ...names.map((name) => exports[name])].flat(1);
  return [...new Set(values)].filter(isScenario);
}

/**
 * Imports one compiled scenario file.
 * @throws InputError SCN001 if it throws or exports no scenario; the codes of a scenario's own checks, with their place
 */
async function loadOne(compiled: CompiledScenario, shown: string): Promise<Loaded[]> {
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = (await import(compiled.url)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof InputError) throw shownFrom(error, compiled.file, shown);
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new InputError('SCN001', `the file throws on import: ${message}`, placeOfError(error, compiled.file, shown));
  }
  const scenarios = scenariosOf(exports);
  if (scenarios.length === 0 && !compiled.isShared) {
    throw new InputError('SCN001', 'the file exports no scenario; export what scenario(…) returns', { file: shown });
  }
  return scenarios.map((scenario) => ({ scenario, file: shown, url: compiled.url }));
}

/** The same error with its place as a user would type it. */
function shownFrom(error: InputError, file: string, shown: string): InputError {
  if (error.at === null) return new InputError(error.code, error.message, placeOfError(error, file, shown));
  const at = { ...error.at, file: error.at.file === file ? shown : error.at.file };
  return new InputError(error.code, error.message, at);
}

/** @throws InputError SCN002 if two scenarios bear one name */
function refuseTwins(loaded: readonly Loaded[]): void {
  const first = new Map<string, Loaded>();
  for (const one of loaded) {
    const twin = first.get(one.scenario.name);
    if (twin !== undefined) {
      throw new InputError(
        'SCN002',
        `two scenarios share the name "${one.scenario.name}"; the other is in ${twin.file}`,
        { ...placeOf(one.scenario), file: one.file },
      );
    }
    first.set(one.scenario.name, one);
  }
}

/**
 * Loads scenario files, in the order given.
 * @param files absolute paths
 * @param cwd what printed paths are relative to
 * @throws InputError
 */
export async function loadScenarios(files: readonly string[], cwd: string): Promise<Loaded[]> {
  process.setSourceMapsEnabled(true);
  const loaded: Loaded[] = [];
  for (const compiled of await compileScenarios(files)) {
    loaded.push(...(await loadOne(compiled, relative(cwd, compiled.file))));
  }
  refuseTwins(loaded);
  return loaded;
}
