// What a scenario file may hand in, checked where it is handed in. Types are erased before a file runs, and not every file
// was checked before: an option that is misspelt is an option that is not set, a step in the wrong place is a step that is
// not taken, and the scenario passes for the wrong reason. Every error names the argument, what it got and what it wants.
import { inputError } from './place.ts';
import { nearest, unknownName } from './suggest.ts';

/** A value as an error names it: `"n4"`, `5`, `an array`, `a function`, `nothing`. */
export function got(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return `"${value}"`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'then' in value ? 'a promise' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/**
 * Options as they are, each known by name.
 * @param path names the argument in an error
 * @throws InputError SCN009
 */
export function wantOptions<T extends object>(path: string, options: T | undefined, known: readonly string[]): T {
  const given = wantObject(path, options ?? {}, known);
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) throw inputError('SCN009', `${path}.${key}: ${unknownName('option', key, known)}`);
  }
  return given as T;
}

/**
 * As `wantOptions`, for what is often spread together of several parts and may hold more than is asked for: only a name
 * that is hardly meant to differ from one that is not given is refused.
 * @throws InputError SCN009
 */
export function wantFields(path: string, fields: object, known: readonly string[]): void {
  const missing = known.filter((key) => !Object.hasOwn(wantObject(path, fields, known), key));
  for (const key of Object.keys(fields)) {
    if (known.includes(key) || nearest(key, missing) === null) continue;
    throw inputError('SCN009', `${path}.${key}: ${unknownName('option', key, known)}`);
  }
}

function wantObject(path: string, value: unknown, known: readonly string[]): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw inputError('SCN009', `${path}: wants { ${known.join(', ')} }, got ${got(value)}`);
}

/** @throws InputError SCN009 where the value is no function */
export function wantFunction(path: string, value: unknown): void {
  if (typeof value !== 'function') throw inputError('SCN009', `${path}: wants a function, got ${got(value)}`);
}

/** @throws InputError SCN009 where the value is no text, or empty */
export function wantName(path: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw inputError('SCN009', `${path}: wants a name, got ${got(value)}`);
}

/** @throws InputError SCN009 where the value is no array of texts */
export function wantNames(path: string, value: unknown): void {
  if (!Array.isArray(value)) throw inputError('SCN009', `${path}: wants a list of names, got ${got(value)}`);
  value.forEach((name, i) => wantName(`${path}[${i}]`, name));
}

/** @throws InputError SCN009 where the value is no record of texts */
export function wantTexts(path: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw inputError('SCN009', `${path}: wants names with texts, got ${got(value)}`);
  }
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw inputError('SCN009', `${path}.${name}: wants a text, got ${got(text)}`);
  }
}

/** @throws InputError SCN009 where the value is no [least, most] */
export function wantRange(path: string, value: unknown): void {
  if (!Array.isArray(value) || value.length !== 2) {
    throw inputError('SCN009', `${path}: wants [least, most], got ${got(value)}`);
  }
}

/** @throws InputError SCN009 where the value is none of the words */
export function wantWord(path: string, what: string, value: unknown, words: readonly string[]): void {
  if (typeof value === 'string' && words.includes(value)) return;
  const wrong = typeof value === 'string' ? unknownName(what, value, words) : `wants ${what}, got ${got(value)}`;
  throw inputError('SCN009', `${path}: ${wrong}`);
}
