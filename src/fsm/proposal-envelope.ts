// Nine bytes in front of every proposal: a version and the number its waiter is filed under. Only the payload behind
// them is ever unwrapped; had the raft envelope gone around the number as well, no waiter would find its answer and
// every write would time out. Data without this header is no proposal: it is applied as nothing, and still advances.
import { readSafe, readU64, writeSafe, writeU64 } from '../base/bytes.ts';

/** Version byte. */
export const PROPOSAL_VERSION = 0x01;
/** Version and proposal id. */
export const PROPOSAL_HEADER_BYTES = 9;

/** Entry data for a proposal. @param id a safe integer, from 1 on, counted per engine */
export function wrapProposal(id: number, payload: Uint8Array): Uint8Array {
  const data = framed(payload);
  writeSafe(data, 1, id);
  return data;
}

/** The same for any uint64 id, as a decimal string. */
export function wrapProposalWide(id: string, payload: Uint8Array): Uint8Array {
  const data = framed(payload);
  writeU64(data, 1, id);
  return data;
}

/** True if the data of an entry is a proposal. */
export function isProposal(data: Uint8Array): boolean {
  return data.length >= PROPOSAL_HEADER_BYTES && data[0] === PROPOSAL_VERSION;
}

/** Id of a proposal as a number, -1 if it exceeds 2^53 − 1 (no engine counts that far). */
export function proposalId(data: Uint8Array): number {
  return readSafe(data, 1);
}

/** Id of a proposal as a decimal string. */
export function proposalIdWide(data: Uint8Array): string {
  return readU64(data, 1);
}

/** What is behind the header, as a view. */
export function proposalPayload(data: Uint8Array): Uint8Array {
  return data.subarray(PROPOSAL_HEADER_BYTES);
}

function framed(payload: Uint8Array): Uint8Array {
  const data = new Uint8Array(PROPOSAL_HEADER_BYTES + payload.length);
  data[0] = PROPOSAL_VERSION;
  data.set(payload, PROPOSAL_HEADER_BYTES);
  return data;
}
