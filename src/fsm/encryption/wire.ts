// Bodies of the encryption payloads, behind the tag byte. The decoders are strict because a replica that accepted a
// byte its peers refuse would apply what they halt on: a leading version, no optional field, nothing may trail, and every
// length is held against what is left before anything is allocated. The batch cap comes before the size check: four
// bytes must not buy an attacker an out-of-memory kill on every replica at once.
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import type { FullNodeId } from '../../base/ids.ts';
import { failure } from '../failure.ts';
import type { Failure } from '../failure.ts';
import { Purpose } from '../opcodes.ts';
import type { Bootstrap, Registration, Rotation } from './ports.ts';

/** Version byte that leads every body. */
export const WIRE_VERSION = 0x01;
/** Bytes of one registration row. */
export const ROW_BYTES = 14;
/** Most rows a bootstrap may carry. */
export const BATCH_CAP = 16384;

const REGISTRATION_BYTES = 1 + ROW_BYTES;

/** Body of 0x03. @source elastickv fsmwire.EncodeRegistration */
export function encodeRegistration(row: Registration): Uint8Array {
  const w = new ByteWriter(REGISTRATION_BYTES);
  w.u8(WIRE_VERSION);
  writeRow(w, row);
  return w.finish();
}

/** Reads the body of 0x03: its length is judged before its version. @source elastickv fsmwire.DecodeRegistration */
export function decodeRegistration(body: Uint8Array): Registration | Failure {
  if (body.length !== REGISTRATION_BYTES) {
    return malformed(`registration: got ${body.length} bytes, want ${REGISTRATION_BYTES}`);
  }
  const r = new ByteReader(body);
  const version = r.u8();
  if (version !== WIRE_VERSION) return unknownVersion('registration', version);
  return readRow(r);
}

/** Body of 0x04. @source elastickv fsmwire.EncodeBootstrap */
export function encodeBootstrap(p: Bootstrap): Uint8Array {
  const w = new ByteWriter(32 + p.wrappedStorage.length + p.wrappedRaft.length + ROW_BYTES * p.batch.length);
  w.u8(WIRE_VERSION);
  w.u32(p.storageDekId);
  writeBlob(w, p.wrappedStorage);
  w.u32(p.raftDekId);
  writeBlob(w, p.wrappedRaft);
  w.u32(p.batch.length);
  for (const row of p.batch) writeRow(w, row);
  return w.finish();
}

/** Reads the body of 0x04. Byte strings are views into `body`. @source elastickv fsmwire.DecodeBootstrap */
export function decodeBootstrap(body: Uint8Array): Bootstrap | Failure {
  const r = new ByteReader(body);
  if (r.left < 1) return malformed('bootstrap: missing version byte');
  const version = r.u8();
  if (version !== WIRE_VERSION) return unknownVersion('bootstrap', version);

  if (r.left < 4) return malformed('bootstrap.storage: dek_id truncated');
  const storageDekId = r.u32();
  const wrappedStorage = readBlob(r);
  if (wrappedStorage === null) return malformed('bootstrap.storage: wrapped truncated');
  if (r.left < 4) return malformed('bootstrap.raft: dek_id truncated');
  const raftDekId = r.u32();
  const wrappedRaft = readBlob(r);
  if (wrappedRaft === null) return malformed('bootstrap.raft: wrapped truncated');

  if (r.left < 4) return malformed('bootstrap: batch count truncated');
  const count = r.u32();
  if (count > BATCH_CAP) return malformed(`bootstrap: batch count ${count} exceeds cap ${BATCH_CAP}`);
  if (count * ROW_BYTES > r.left) {
    return malformed(`bootstrap: batch count ${count} × ${ROW_BYTES} > remaining ${r.left}`);
  }
  const batch: Registration[] = [];
  for (let i = 0; i < count; i++) batch.push(readRow(r));
  if (r.left > 0) return malformed(`bootstrap: ${r.left} trailing bytes`);
  return { storageDekId, wrappedStorage, raftDekId, wrappedRaft, batch };
}

/** Body of 0x05. @source elastickv fsmwire.EncodeRotation */
export function encodeRotation(p: Rotation): Uint8Array {
  const w = new ByteWriter(32 + p.wrapped.length);
  w.u8(WIRE_VERSION);
  w.u8(p.subTag);
  w.u32(p.dekId);
  w.u8(p.purpose);
  writeBlob(w, p.wrapped);
  writeRow(w, p.proposer);
  return w.finish();
}

/**
 * Reads the body of 0x05. `wrapped` is a view into `body`.
 * @param subTags the sub-tags this build knows; any other is refused, and the replica halts
 * @source elastickv fsmwire.DecodeRotation
 */
export function decodeRotation(body: Uint8Array, subTags: readonly number[]): Rotation | Failure {
  const r = new ByteReader(body);
  if (r.left < 1) return malformed('rotation: missing version byte');
  const version = r.u8();
  if (version !== WIRE_VERSION) return unknownVersion('rotation', version);
  if (r.left < 1) return malformed('rotation: missing sub-tag');
  const subTag = r.u8();
  if (!subTags.includes(subTag)) return failure('ErrFSMWireSubtag', `rotation: subtag=${goHex(subTag)}`);
  if (r.left < 4) return malformed('rotation: dek_id truncated');
  const dekId = r.u32();
  if (r.left < 1) return malformed('rotation: purpose truncated');
  const purpose = r.u8();
  if (purpose !== Purpose.Storage && purpose !== Purpose.Raft) {
    return malformed(`rotation: unknown purpose=${goHex(purpose)} (want 0x1 storage / 0x2 raft)`);
  }
  const wrapped = readBlob(r);
  if (wrapped === null) return malformed('rotation: wrapped truncated');
  if (r.left < ROW_BYTES) return malformed('rotation: proposer registration: registration #0 truncated');
  const proposer = readRow(r);
  if (r.left > 0) return malformed(`rotation: ${r.left} trailing bytes`);
  return { subTag, dekId, purpose, wrapped, proposer };
}

/** A payload: the tag byte and its body. */
export function taggedPayload(opcode: number, body: Uint8Array): Uint8Array {
  const payload = new Uint8Array(1 + body.length);
  payload[0] = opcode;
  payload.set(body, 1);
  return payload;
}

/** Go's `%#x` of an unsigned integer: no padding. */
export function goHex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

function writeRow(w: ByteWriter, row: Registration): void {
  w.u32(row.dekId);
  w.u64(row.fullNodeId);
  w.u16(row.localEpoch);
}

function readRow(r: ByteReader): Registration {
  return { dekId: r.u32(), fullNodeId: r.u64() as FullNodeId, localEpoch: r.u16() };
}

function writeBlob(w: ByteWriter, blob: Uint8Array): void {
  w.u32(blob.length);
  w.bytes(blob);
}

/** A length-prefixed byte string, null if prefix or content is cut short. */
function readBlob(r: ByteReader): Uint8Array | null {
  if (r.left < 4) return null;
  const length = r.u32();
  return length > r.left ? null : r.bytes(length);
}

function malformed(detail: string): Failure {
  return failure('ErrFSMWireMalformed', detail);
}

function unknownVersion(what: string, version: number): Failure {
  return failure('ErrFSMWireVersion', `${what}: version=${goHex(version)}`);
}
