// Go's ways of reading a number or a truth value from text, with Go's words when it fails. Scripts print these errors,
// so they must match to the byte; and a value Go refuses must not slip through here as 0 or NaN.

/** A value read from text, or the error Go gives for it. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** The highest uint64. */
export const UINT64_MAX = 18446744073709551615n;

function failed<T>(func: string, text: string, why: string): Parsed<T> {
  return { ok: false, error: `strconv.${func}: parsing ${JSON.stringify(text)}: ${why}` };
}

/** A decimal uint64. @source Go strconv.ParseUint(text, 10, 64) */
export function parseUint(text: string): Parsed<bigint> {
  if (!/^[0-9]+$/.test(text)) return failed('ParseUint', text, 'invalid syntax');
  const value = BigInt(text);
  return value > UINT64_MAX ? failed('ParseUint', text, 'value out of range') : { ok: true, value };
}

/** @source Go strconv.Atoi */
export function parseInteger(text: string): Parsed<bigint> {
  if (!/^[+-]?[0-9]+$/.test(text)) return failed('Atoi', text, 'invalid syntax');
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  const fits = value === BigInt.asIntN(64, value);
  return fits ? { ok: true, value } : failed('Atoi', text, 'value out of range');
}

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** @source Go strconv.ParseBool */
export function parseBool(text: string): Parsed<boolean> {
  if (TRUE.includes(text)) return { ok: true, value: true };
  if (FALSE.includes(text)) return { ok: true, value: false };
  return failed('ParseBool', text, 'invalid syntax');
}

/** A list as Go's `%v` prints it: `[1 2 3]`. */
export function goList(items: readonly (string | number)[]): string {
  return `[${items.join(' ')}]`;
}
