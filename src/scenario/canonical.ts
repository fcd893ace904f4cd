// What a feature's state, answers and flags may be made of: all that JSON carries, and `undefined`, bigints, maps and sets
// besides. A state is hashed, compared, kept and sent in snapshots by its content alone, so each kind needs a text here; a
// kind that has none (a date, a class of one's own) would be lost on the way, and two replicas that differ in it alone
// would pass for one. The order in which a map, a set or an object was filled is history, not content.
import { byCodeUnits } from '../base/text.ts';
import { inputError } from './place.ts';

/** How deep data may be nested: what goes deeper contains itself. */
const DEEPEST = 200;

/** What to keep instead of a thing that is no data, by the name of its class or type. */
const INSTEAD: Readonly<Record<string, string>> = {
  Date: 'a number of milliseconds',
  RegExp: 'its source as a text',
  WeakMap: 'a Map',
  WeakSet: 'a Set',
  function: 'a name, and decide by it in apply',
  symbol: 'a text',
  NaN: 'null or a text',
  Infinity: 'null or a text',
  '-Infinity': 'null or a text',
};

/** Data that has been looked through and frozen; a frozen object of the user's own may hold what is not. */
const CHECKED = new WeakSet<object>();

/** One text for equal data, whatever the order it was filled in; JSON where JSON carries it. */
export function canonicalJson(value: unknown): string {
  return textOf(value, 0);
}

function textOf(value: unknown, depth: number): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  if (depth > DEEPEST) throw inputError('SCN009', 'data is nested too deep, or contains itself');
  const text = (part: unknown): string => textOf(part, depth + 1);
  if (Array.isArray(value)) return `[${value.map(text).join(',')}]`;
  if (value instanceof Set) return `Set{${[...value].map(text).sort(byCodeUnits).join(',')}}`;
  if (value instanceof Map) {
    const entryText = ([key, part]: [unknown, unknown]): string => `${text(key)}=>${text(part)}`;
    return `Map{${[...value].map(entryText).sort(byCodeUnits).join(',')}}`;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(fields).sort(byCodeUnits);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${text(fields[key])}`).join(',')}}`;
}

/** An int32 fingerprint of a text (FNV-1a over its code units). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/**
 * Freezes data through and through, so that a function that claims to be pure cannot change it unseen.
 * @param what names the value in an error
 * @param about made where the error points to; by default the call under way is pointed to
 * @throws InputError SCN009 where it is no data
 */
export function deepFreeze<T>(value: T, what: string, about: object | null = null): T {
  const strange = strangeness(value);
  if (strange !== null) {
    const instead = INSTEAD[strange] ?? 'what it holds as plain fields';
    throw inputError(
      'SCN009',
      `${what} is ${article(strange)}; a state is plain data (objects, arrays, Map, Set, texts, numbers, bigints, booleans): keep ${instead}`,
      about,
    );
  }
  if (typeof value !== 'object' || value === null || CHECKED.has(value)) return value;
  CHECKED.add(value);
  if (value instanceof Map || value instanceof Set) freezeCollection(value, what, about);
  else for (const [key, part] of Object.entries(value)) deepFreeze(part, `${what}.${key}`, about);
  return Object.freeze(value);
}

/** Whether an error says that frozen data was to be changed. */
export function isWriteToFrozen(error: unknown): boolean {
  return error instanceof TypeError && /^Cannot (assign to read only|add|delete|redefine) /.test(error.message);
}

/** Freezing a map or a set leaves its content open; its own methods refuse. Copies of it have the usual ones. */
function freezeCollection(value: Map<unknown, unknown> | Set<unknown>, what: string, about: object | null): void {
  const isMap = value instanceof Map;
  // eslint-disable-next-line raftgate/ordered-iteration -- each part is frozen, in whatever order
  for (const [key, part] of value.entries()) {
    deepFreeze(key, `a key of ${what}`, about);
    if (isMap) deepFreeze(part, `${what}.get(${String(key)})`, about);
  }
  const kind = isMap ? 'Map' : 'Set';
  const refuse = (verb: string) => (): never => {
    throw new TypeError(`Cannot ${verb} a frozen ${kind}`);
  };
  if (isMap) Object.defineProperty(value, 'set', { value: refuse('add to') });
  else Object.defineProperty(value, 'add', { value: refuse('add to') });
  for (const name of ['delete', 'clear']) Object.defineProperty(value, name, { value: refuse('delete from') });
}

/** The class or type of a value that has no text; null if it is data. */
function strangeness(value: unknown): string | null {
  switch (typeof value) {
    case 'function':
    case 'symbol':
      return typeof value;
    case 'number':
      return Number.isFinite(value) ? null : String(value);
    case 'object': {
      if (value === null || Array.isArray(value)) return null;
      // Data that came from another realm has another Object; a class that extends Map is one of the user's own.
      const made = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: string } } | null;
      const name = made?.constructor?.name ?? 'Object';
      return name === 'Object' || value.constructor === Map || value.constructor === Set ? null : name;
    }
    default:
      return null;
  }
}

function article(strange: string): string {
  if (/^(NaN|-?Infinity)$/.test(strange)) return strange;
  return /^[aeiou]/i.test(strange) ? `an ${strange}` : `a ${strange}`;
}
