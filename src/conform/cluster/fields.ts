// Small readers over untyped JSON. A recording's layout is whatever its recorder found handy; these say "absent" where something is
// not what it is asked as, and never guess.
import { Code } from '../../base/errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Fields = { readonly [key: string]: Json };

/** An object's fields; none for anything else. */
export function fields(json: Json | undefined): Fields {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Fields) : {};
}

/** A list; a single value is a list of one, nothing is empty. */
export function list(json: Json | undefined): readonly Json[] {
  if (Array.isArray(json)) return json as readonly Json[];
  return json === undefined || json === null ? [] : [json];
}

/** A string; numbers count as their digits. */
export function text(json: Json | undefined): string | null {
  if (typeof json === 'string') return json;
  return typeof json === 'number' ? String(json) : null;
}

/** The first of some names an object has a value under. */
export function first(from: Fields, ...names: readonly string[]): Json | undefined {
  const name = names.find((one) => from[one] !== undefined && from[one] !== null);
  return name === undefined ? undefined : from[name];
}

/** Names of an object's fields, ascending. */
export function sortedKeys(from: Fields): string[] {
  return Object.keys(from).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The same fields under the names of the wire: `wasAlreadyActive` becomes `was_already_active`. */
export function snakeCased(from: Fields): Fields {
  const named = sortedKeys(from).map((name) => [name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), from[name]!]);
  return Object.fromEntries(named) as Fields;
}

const CODES = Object.entries(Code).map(([name, number]) => [name === 'Ok' ? 'OK' : name, number] as const);

/** A gRPC code in the spelling of Go, whichever it was written in: a number, `FAILED_PRECONDITION`, `StatusCode.OK`. */
export function codeWord(json: Json | undefined): string {
  const word = text(json) ?? '';
  const plain = word.replace(/^.*\./, '').replaceAll(/[_ -]/g, '').toLowerCase();
  const known = CODES.find(([name, number]) => name.toLowerCase() === plain || String(number) === plain);
  return known?.[0] ?? word;
}

/** `n1`, or `n1/group2`. */
export function listener(where: string): { node: string; group: number } {
  const [node = '', group = 'group1'] = where.split('/');
  return { node, group: Number(group.replace(/\D/g, '')) || 1 };
}

/** Names of nodes in a phrase, in order, each once. */
export function nodesIn(phrase: string, known: readonly string[]): string[] {
  const words = phrase.split(/[^A-Za-z0-9_-]+/);
  return known.filter((name) => words.includes(name)).sort((a, b) => words.indexOf(a) - words.indexOf(b));
}
