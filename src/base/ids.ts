// Names and numbers that must not be mixed up. A group id reported as a node id once passed review because both were
// plain numbers: identities are branded here, so that the compiler refuses the swap.

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** A uint64 identity of a node (FNV-1a 64 of its raft id) as a decimal string. Never a number: it exceeds 2^53. */
export type FullNodeId = Branded<string, 'FullNodeId'>;

/** A Raft group: a small positive integer. Never a node id. */
export type GroupId = Branded<number, 'GroupId'>;

/** Virtual milliseconds, an int32. */
export type Ms = number;

const UINT64_MAX = 18446744073709551615n;

/** Checks a decimal uint64. Returns null if it is not one. */
export function fullNodeId(decimal: string): FullNodeId | null {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(decimal)) return null;
  return BigInt(decimal) <= UINT64_MAX ? (decimal as FullNodeId) : null;
}

/** Names a group id. */
export function groupId(n: number): GroupId {
  return n as GroupId;
}
