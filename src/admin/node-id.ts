// How a node's raft id becomes its uint64 identity. Once a group id stood in for it: every replica of a group reported
// the same number, and no real batch of writers could ever be accepted. The library's hash is used in the one form that
// is right for every string; its other forms depend on the string's characters or on a process-wide switch.
import fnv from 'fnv-plus';
import { assert } from '../base/assert.ts';
import type { FullNodeId } from '../base/ids.ts';

/** The identity that means "not capable" at the admin boundary. */
export const NO_NODE = '0' as FullNodeId;

const FNV_OFFSET = 14695981039346656037n;
const FNV_PRIME = 1099511628211n;
const UINT64_MASK = 0xffffffffffffffffn;

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/**
 * FNV-1a 64 of a raft id's UTF-8 bytes as a decimal string; the empty id is 0, a hash of zero becomes 1.
 * @throws InvariantError NODE_ID for a lone surrogate, which has no UTF-8 form
 * @source wire.md §4
 */
export function deriveNodeId(raftId: string): FullNodeId {
  assert(!LONE_SURROGATE.test(raftId), 'NODE_ID', () => `the raft id ${JSON.stringify(raftId)} is not valid Unicode`);
  if (raftId === '') return NO_NODE;
  // Typed as a number, in truth sixteen hex digits.
  return fromHash(BigInt(`0x${String(fnv.fast1a64utf(raftId))}`));
}

/**
 * As deriveNodeId, of a raft id given as bytes, which need not be valid UTF-8 (the library hashes strings only).
 * @source wire.md §4
 */
export function deriveNodeIdOfBytes(bytes: Uint8Array): FullNodeId {
  if (bytes.length === 0) return NO_NODE;
  let hash = FNV_OFFSET;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * FNV_PRIME) & UINT64_MASK;
  return fromHash(hash);
}

function fromHash(hash: bigint): FullNodeId {
  return (hash === 0n ? '1' : hash.toString()) as FullNodeId;
}

/** Go's `0x%04x` of a 16-bit value. */
export function hex16(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
