// Reads the values of flags. Each says what it wanted when it does not get it: a seed range that runs backwards must
// not be an empty range, an empty seed not a random one.
import { InputError } from '../base/errors.ts';

/** Whole seeds, both ends included. */
export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

/** One of n parts of the work; `index` counts from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

function bad(message: string): InputError {
  return new InputError('CLI002', message);
}

/** A seed: any text but the empty one; numbers in any notation are one seed (`0x1f03` is 7939). */
export function parseSeed(text: string): string {
  if (text.trim() === '') throw bad('a seed is a non-empty text; an empty one would not name a run');
  return /^(0x[0-9a-f]+|0b[01]+|0o[0-7]+|\d+)$/i.test(text) ? BigInt(text).toString() : text;
}

function wholeSeed(text: string): number {
  const n = Number(parseSeed(text));
  if (!Number.isSafeInteger(n) || n < 0)
    throw bad(`"${text}" is not a whole number; a range of seeds is A..B, such as 1..1000`);
  return n;
}

/** `A..B`, or one whole number. */
export function parseSeeds(text: string): SeedRange {
  const [first = '', last, ...more] = text.split('..');
  if (more.length > 0 || last === '' || first === '')
    throw bad(`"${text}" is not a range of seeds; write A..B, such as 1..1000`);
  const from = wholeSeed(first);
  const to = last === undefined ? from : wholeSeed(last);
  if (to < from) throw bad(`the range ${text} runs backwards; write ${to}..${from}`);
  return { from, to };
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `5m`, `1h`, as ms. */
export function parseBudget(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const ms = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN);
  if (!(ms > 0)) throw bad(`"${text}" is not a time; write a number and ms, s, m or h, such as 30s`);
  return ms;
}

/** A whole number of at least `least`. */
export function parseCount(least: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < least) throw bad(`"${text}" is not a whole number of at least ${least}`);
    return n;
  };
}

/** `i/n`, 1 ≤ i ≤ n. */
export function parseShard(text: string): Shard {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (!(index >= 1 && index <= of)) throw bad(`"${text}" is not a shard; write i/n with i from 1 to n, such as 2/8`);
  return { index, of };
}

/** A TCP port that `room` further ports may follow. */
export function parsePort(text: string): number {
  const port = parseCount(1)(text);
  if (port > 65_535) throw bad(`"${text}" is not a port; ports end at 65535`);
  return port;
}

/** A comma-separated list of names out of a fixed set. */
export function parseNames<T extends string>(what: string, known: readonly T[]): (text: string) => readonly T[] {
  return (text) =>
    text.split(',').map((name) => {
      const found = known.find((one) => one === name.trim());
      if (found === undefined) throw bad(`there is no ${what} "${name}"; there are ${known.join(', ')}`);
      return found;
    });
}

const BOUND_KEYS = ['commits', 'crashes', 'memberChanges', 'depth'] as const;

/** Limits of an exhaustive search, as `commits=3,crashes=1`. */
export function parseBound(text: string): Partial<Record<(typeof BOUND_KEYS)[number], number>> {
  const bound: Partial<Record<(typeof BOUND_KEYS)[number], number>> = {};
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=');
    const key = BOUND_KEYS.find((one) => one === name.trim());
    if (key === undefined) throw bad(`there is no bound "${name}"; there are ${BOUND_KEYS.join(', ')}`);
    bound[key] = parseCount(0)(value);
  }
  return bound;
}
