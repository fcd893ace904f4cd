// The few bytes in front of a store snapshot: the clock ceiling, and from version 2 on the index of the raft cutover.
// Distinct magics tell the versions apart, because a ceiling may take any value and once could have looked like one.
// Only a stream that does not start with the magic is legacy; one that starts with it and breaks off is damaged, and to
// take it for legacy would restore an empty store without a word.
import { NO_BYTES, keyToBytes, readU16, readU64, writeU16, writeU64 } from '../../base/bytes.ts';
import { plain, sentinel } from '../failure.ts';
import type { Failure } from '../failure.ts';

/** What a header says; uint64 values as decimal strings. */
export interface SnapshotHeader {
  readonly ceilingMs: string;
  /** "0" for none: version 1 and legacy streams. */
  readonly cutover: string;
  /** Bytes the header takes; the store body follows. */
  readonly sizeBytes: number;
}

const MAGIC = keyToBytes('EKVTHLC');
const DIGIT_V1 = 0x31;
const DIGIT_V2 = 0x32;
const MAGIC_BYTES = MAGIC.length + 1;
const V1_BYTES = 16;
const V2_PAYLOAD_BYTES = 16;
const V2_PAYLOAD_MAX = 1024;
const V2_PREFIX_BYTES = MAGIC_BYTES + 2;

const LEGACY: SnapshotHeader = { ceilingMs: '0', cutover: '0', sizeBytes: 0 };

/** The header's bytes. @param v2 write the cutover too; decimal uint64 strings */
export function encodeSnapshotHeader(ceilingMs: string, cutover: string, v2: boolean): Uint8Array {
  const bytes = new Uint8Array(v2 ? V2_PREFIX_BYTES + V2_PAYLOAD_BYTES : V1_BYTES);
  bytes.set(MAGIC);
  bytes[MAGIC.length] = v2 ? DIGIT_V2 : DIGIT_V1;
  if (!v2) {
    writeU64(bytes, MAGIC_BYTES, ceilingMs);
    return bytes;
  }
  writeU16(bytes, MAGIC_BYTES, V2_PAYLOAD_BYTES);
  writeU64(bytes, V2_PREFIX_BYTES, ceilingMs);
  writeU64(bytes, V2_PREFIX_BYTES + 8, cutover);
  return bytes;
}

/**
 * Reads the header of a stream; a headerless legacy stream has an empty one.
 * @returns ErrSnapshotHeaderInvalidLength, ErrSnapshotHeaderUnknownMagic, or a failure of no class for a cut header
 * @source elastickv kv.ReadSnapshotHeader
 */
export function readSnapshotHeader(stream: Uint8Array): SnapshotHeader | Failure {
  if (stream.length < MAGIC_BYTES) return LEGACY;
  for (let i = 0; i < MAGIC.length; i++) if (stream[i] !== MAGIC[i]) return LEGACY;
  switch (stream[MAGIC.length]) {
    case DIGIT_V1:
      if (stream.length < V1_BYTES) return plain('v1 header: read magic+ceiling: unexpected EOF');
      return { ceilingMs: readU64(stream, MAGIC_BYTES), cutover: '0', sizeBytes: V1_BYTES };
    case DIGIT_V2:
      return readV2(stream);
    default:
      return sentinel('ErrSnapshotHeaderUnknownMagic');
  }
}

function readV2(stream: Uint8Array): SnapshotHeader | Failure {
  if (stream.length < V2_PREFIX_BYTES) return plain('v2 header: read length prefix: unexpected EOF');
  const length = readU16(stream, MAGIC_BYTES);
  if (length < V2_PAYLOAD_BYTES || length > V2_PAYLOAD_MAX) return sentinel('ErrSnapshotHeaderInvalidLength');
  if (stream.length < V2_PREFIX_BYTES + length) return plain('v2 header: read payload: unexpected EOF');
  return {
    ceilingMs: readU64(stream, V2_PREFIX_BYTES),
    cutover: readU64(stream, V2_PREFIX_BYTES + 8),
    sizeBytes: V2_PREFIX_BYTES + length,
  };
}

/** What the writer emits next. */
export interface EmittedCutover {
  readonly cutover: string;
  readonly v2: boolean;
}

/**
 * Keeps a process from writing version 1 again once it knew of a cutover: a sidecar that suddenly reads 0 is a fault,
 * and a snapshot without the cutover would hide it from whoever restores it.
 * @source elastickv kv.noDowngradeLatch
 */
export class CutoverLatch {
  #last = '0';

  /** @param cutover what the cutover source says now, a decimal uint64 */
  observe(cutover: string): EmittedCutover {
    if (cutover !== '0') this.#last = cutover;
    return { cutover: this.#last, v2: this.#last !== '0' };
  }
}

/** The store body behind the header. */
export function snapshotBody(stream: Uint8Array, header: SnapshotHeader): Uint8Array {
  return header.sizeBytes === 0 && stream.length === 0 ? NO_BYTES : stream.subarray(header.sizeBytes);
}
