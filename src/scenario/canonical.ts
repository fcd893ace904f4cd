// Plain data in one canonical form: equal data has equal text, whatever order its fields were written in. Digests and
// comparisons of builds rest on it; JSON alone would tell two equal states apart by their history.
import { inputError } from './place.ts';

/** JSON with the keys of every object in code unit order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** An int32 fingerprint of a text (FNV-1a over its code units). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/**
 * Freezes data through and through, so that a function that claims to be pure cannot change it unseen. Data is what JSON
 * carries: anything else would be lost in a snapshot, and two states that differ in it alone would pass for one.
 * @param what names the value in an error
 * @throws InputError SCN009 where it is no data
 */
export function deepFreeze<T>(value: T, what: string): T {
  const strange = strangeness(value);
  if (strange !== null) {
    throw inputError(
      'SCN009',
      `${what} is ${strange}; a state is plain data: objects, arrays, texts, numbers, booleans`,
    );
  }
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const [key, part] of Object.entries(value)) deepFreeze(part, `${what}.${key}`);
  return value;
}

/** What a value is that JSON does not carry; null if it does. */
function strangeness(value: unknown): string | null {
  switch (typeof value) {
    case 'bigint':
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
    case 'number':
      return Number.isFinite(value) ? null : `${value}`;
    case 'object': {
      if (value === null || Array.isArray(value)) return null;
      const made = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: string } } | null;
      // Data that came from another realm has another Object.
      const name = made?.constructor?.name ?? 'Object';
      return name === 'Object' ? null : `a ${name}`;
    }
    default:
      return null;
  }
}

/** Whether an error says that frozen data was to be changed. */
export function isWriteToFrozen(error: unknown): boolean {
  return error instanceof TypeError && /^Cannot (assign to read only|add|delete|redefine) property/.test(error.message);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([key, field]) => [key, sorted(field)]));
}
