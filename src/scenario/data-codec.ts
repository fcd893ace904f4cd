// Data as a text and back: how a feature's state travels in a snapshot and its answers over the network. What JSON carries
// is written as JSON; what it would drop or turn into something else on the way (an undefined cell of an array, a bigint, a
// map) stands there as a tagged object, so that a replica that was sent a state has the very state its sender had.
import { decodeText, encodeText } from '../base/text.ts';

/** Marks an object that stands for what JSON does not carry. */
const TAG = '$';

/** Data as bytes that `decodeData` reads back, in the order it was filled in; JSON where JSON carries it. */
export function encodeData(value: unknown): Uint8Array {
  return encodeText(JSON.stringify(tagged(value)));
}

/** What `encodeData` wrote; null for bytes that are none of its. */
export function decodeData(bytes: Uint8Array): unknown {
  try {
    return untagged(JSON.parse(decodeText(bytes)));
  } catch {
    return null;
  }
}

/** JSON for any data: what JSON does not carry, and an object that looks like its stand-in, as a tagged object. */
function tagged(value: unknown): unknown {
  if (value === undefined) return { [TAG]: 'undefined' };
  if (typeof value === 'bigint') return { [TAG]: 'bigint', of: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(tagged);
  // What is sent is what its owner iterates over, in that order; a digest forgets the order.
  // eslint-disable-next-line raftgate/ordered-iteration -- see above
  if (value instanceof Set) return { [TAG]: 'set', of: [...value].map(tagged) };
  // eslint-disable-next-line raftgate/ordered-iteration -- see above
  if (value instanceof Map) return { [TAG]: 'map', of: [...value].map(tagged) };
  const fields = Object.entries(value).map(([key, part]) => [key, tagged(part)] as const);
  if (fields.some(([key]) => key === TAG)) return { [TAG]: 'object', of: fields };
  return Object.fromEntries(fields);
}

function untagged(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(untagged);
  const { [TAG]: tag, of } = value as { readonly [TAG]?: string; readonly of?: unknown };
  if (tag === undefined) return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, untagged(part)]));
  if (tag === 'undefined') return undefined;
  if (tag === 'bigint') return BigInt(of as string);
  const parts = (of as readonly unknown[]).map(untagged);
  if (tag === 'set') return new Set(parts);
  const pairs = parts as [string, unknown][];
  return tag === 'map' ? new Map(pairs) : Object.fromEntries(pairs);
}
