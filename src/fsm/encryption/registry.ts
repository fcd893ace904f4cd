// Who wrote under which DEK, and with which epoch last: the rows every replica keeps beside its data. They live outside
// MVCC and travel inside snapshots, so that a node restored from an old disk finds out, before it serves, that its
// epoch was already used. A key is a registry row only when length, prefix and separator all fit; a user key that
// merely starts alike must never be read as one.
import { ByteReader, ByteWriter, keyToBytes, readU16, readU32, writeU16, writeU32 } from '../../base/bytes.ts';
import type { FullNodeId } from '../../base/ids.ts';
import { failure } from '../failure.ts';
import type { Failure } from '../failure.ts';

/** One writer's row: uint64 identity, first and last epoch seen under this DEK. */
export interface RegistryRow {
  readonly fullNodeId: FullNodeId;
  readonly firstSeenLocalEpoch: number;
  readonly lastSeenLocalEpoch: number;
}

/** The two variable parts of a registry key. */
export interface RegistryKey {
  readonly dekId: number;
  readonly nodeId16: number;
}

const PREFIX = keyToBytes('!encryption|writers|');
const SEPARATOR = 0x7c;
const SEPARATOR_AT = PREFIX.length + 4;

/** Length of a registry key, in bytes. */
export const REGISTRY_KEY_BYTES = SEPARATOR_AT + 1 + 2;
/** Length of a registry value, in bytes. */
export const REGISTRY_VALUE_BYTES = 12;

/** Prefix of all rows of a DEK: prefix, id, separator. */
export function registryDekPrefix(dekId: number): Uint8Array {
  return registryKey(dekId, 0).subarray(0, SEPARATOR_AT + 1);
}

/** Key of one writer's row. @source elastickv encryption.RegistryKey */
export function registryKey(dekId: number, nodeId16: number): Uint8Array {
  const key = new Uint8Array(REGISTRY_KEY_BYTES);
  key.set(PREFIX);
  writeU32(key, PREFIX.length, dekId);
  key[SEPARATOR_AT] = SEPARATOR;
  writeU16(key, SEPARATOR_AT + 1, nodeId16);
  return key;
}

/** True only for a key that `registryKey` can produce. */
export function isRegistryKey(key: Uint8Array): boolean {
  if (key.length !== REGISTRY_KEY_BYTES || key[SEPARATOR_AT] !== SEPARATOR) return false;
  for (let i = 0; i < PREFIX.length; i++) if (key[i] !== PREFIX[i]) return false;
  return true;
}

/** The parts of a registry key; `ErrRegistryKeyMalformed` for any other key. */
export function decodeRegistryKey(key: Uint8Array): RegistryKey | Failure {
  if (!isRegistryKey(key)) return failure('ErrRegistryKeyMalformed', `got ${key.length} bytes`);
  return { dekId: readU32(key, PREFIX.length), nodeId16: readU16(key, SEPARATOR_AT + 1) };
}

/** Value of a row. @source elastickv encryption.EncodeRegistryValue */
export function encodeRegistryRow(row: RegistryRow): Uint8Array {
  const w = new ByteWriter(REGISTRY_VALUE_BYTES);
  w.u64(row.fullNodeId);
  w.u16(row.firstSeenLocalEpoch);
  w.u16(row.lastSeenLocalEpoch);
  return w.finish();
}

/** Reads the value of a row; `ErrRegistryValueMalformed` unless it is 12 bytes. */
export function decodeRegistryRow(value: Uint8Array): RegistryRow | Failure {
  if (value.length !== REGISTRY_VALUE_BYTES) {
    return failure('ErrRegistryValueMalformed', `got ${value.length} bytes, want ${REGISTRY_VALUE_BYTES}`);
  }
  const r = new ByteReader(value);
  return { fullNodeId: r.u64() as FullNodeId, firstSeenLocalEpoch: r.u16(), lastSeenLocalEpoch: r.u16() };
}
