// The sixteen bits of a node's identity that reach a nonce and a registry key. Two members whose identities share them
// would write under the same nonces, which breaks AES-GCM for good; every place that narrows must narrow alike, or the
// guard looks at one pair of bits and the cipher uses another.
import type { FullNodeId } from '../../base/ids.ts';
import { failure } from '../failure.ts';
import type { Failure } from '../failure.ts';

/** The low 16 bits of a full node id, 0–65535. @source elastickv encryption.NodeID16 */
export function nodeId16(full: FullNodeId): number {
  return Number(BigInt(full) & 0xffffn);
}

/** A full node id as Go prints it with `%#x`. */
export function fullIdHex(full: FullNodeId): string {
  return `0x${BigInt(full).toString(16)}`;
}

/**
 * Refuses a membership in which two different identities narrow to the same 16 bits. The same identity twice is fine.
 * @returns the first clash in list order: (first seen, current)
 * @source elastickv encryption.CheckNodeIDCollision
 */
export function checkNodeIdCollision(members: readonly FullNodeId[]): Failure | null {
  const seen = new Map<number, FullNodeId>();
  for (const full of members) {
    const narrow = nodeId16(full);
    const first = seen.get(narrow);
    if (first === undefined) seen.set(narrow, full);
    else if (first !== full) {
      const both = `full_node_id=${fullIdHex(first)} and full_node_id=${fullIdHex(full)}`;
      return failure('ErrNodeIDCollision', `${both} both narrow to node_id=0x${narrow.toString(16).padStart(4, '0')}`);
    }
  }
  return null;
}
