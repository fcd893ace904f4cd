// The text of keys.json: what the real store's JSON encoder writes, to the byte, and what its decoder accepts. Replicas
// of different builds read each other's habits here (a missing field is zero, an unknown one is ignored, a higher
// version is refused), so acceptance is copied; the parser's own complaints are not, nobody matches on them.
import { decodeBase64, encodeBase64, foldName, goString, parseJson } from './go-json.ts';
import type { JsonValue } from './go-json.ts';

/** The version every writer stores. */
export const SIDECAR_VERSION = 2n;

/** One wrapped DEK. */
export interface SidecarKey {
  /** `storage` or `raft`; anything else is refused by the checks. */
  purpose: string;
  /** Null is Go's nil slice, written as null. */
  wrapped: Uint8Array | null;
  /** RFC 3339, seconds, UTC; kept as text. */
  created: string;
  /** 0–65535. */
  localEpoch: number;
}

/** The whole file. 64-bit fields are bigint: the file may hold any of them, and it is read rarely. */
export interface Sidecar {
  version: bigint;
  raftAppliedIndex: bigint;
  storageEnvelopeActive: boolean;
  storageEnvelopeCutoverIndex: bigint;
  /** Non-zero means that the raft envelope is active. */
  raftEnvelopeCutoverIndex: bigint;
  /** uint32 ids, 0 for none. */
  active: { storage: number; raft: number };
  /** By the decimal id as written; null is Go's nil map, written as null. */
  keys: Map<string, SidecarKey> | null;
}

/** A sidecar before the cluster was bootstrapped. */
export function emptySidecar(): Sidecar {
  return {
    version: SIDECAR_VERSION,
    raftAppliedIndex: 0n,
    storageEnvelopeActive: false,
    storageEnvelopeCutoverIndex: 0n,
    raftEnvelopeCutoverIndex: 0n,
    active: { storage: 0, raft: 0 },
    keys: null,
  };
}

/** Ids in the order of the file: ascending as strings. */
export function sidecarKeyIds(sidecar: Sidecar): string[] {
  if (sidecar.keys === null) return [];
  return [...sidecar.keys.keys()].sort((a, b) => (a < b ? -1 : 1));
}

/** The exact bytes of the file: 2-space indentation, HTML escapes, sorted keys, no trailing newline. */
export function formatSidecar(sidecar: Sidecar): string {
  const lines = [
    `  "version": ${sidecar.version}`,
    `  "raft_applied_index": ${sidecar.raftAppliedIndex}`,
    `  "storage_envelope_active": ${sidecar.storageEnvelopeActive}`,
    `  "storage_envelope_cutover_index": ${sidecar.storageEnvelopeCutoverIndex}`,
    `  "raft_envelope_cutover_index": ${sidecar.raftEnvelopeCutoverIndex}`,
    `  "active": {\n    "storage": ${sidecar.active.storage},\n    "raft": ${sidecar.active.raft}\n  }`,
    `  "keys": ${formatKeys(sidecar)}`,
  ];
  return `{\n${lines.join(',\n')}\n}`;
}

function formatKeys(sidecar: Sidecar): string {
  if (sidecar.keys === null) return 'null';
  if (sidecar.keys.size === 0) return '{}';
  const entries = sidecarKeyIds(sidecar).map((id) => {
    const key = sidecar.keys!.get(id)!;
    const fields = [
      `      "purpose": ${goString(key.purpose)}`,
      `      "wrapped": ${key.wrapped === null ? 'null' : `"${encodeBase64(key.wrapped)}"`}`,
      `      "created": ${goString(key.created)}`,
      `      "local_epoch": ${key.localEpoch}`,
    ];
    return `    ${goString(id)}: {\n${fields.join(',\n')}\n    }`;
  });
  return `{\n${entries.join(',\n')}\n  }`;
}

/** Reads the text of a sidecar as Go would fill the struct; a string is why it cannot be read. */
export function parseSidecar(text: string): Sidecar | string {
  const document = parseJson(text);
  if (typeof document === 'string') return document;
  const sidecar = { ...emptySidecar(), version: 0n };
  const faults: string[] = [];
  readObject(document, 'Sidecar', faults, {
    version: (v) => readInteger(v, 'version', INT64, faults, (n) => (sidecar.version = n)),
    raft_applied_index: (v) =>
      readInteger(v, 'raft_applied_index', UINT64, faults, (n) => (sidecar.raftAppliedIndex = n)),
    storage_envelope_active: (v) => readBoolean(v, faults, (b) => (sidecar.storageEnvelopeActive = b)),
    storage_envelope_cutover_index: (v) =>
      readInteger(v, 'storage_envelope_cutover_index', UINT64, faults, (n) => {
        sidecar.storageEnvelopeCutoverIndex = n;
      }),
    raft_envelope_cutover_index: (v) =>
      readInteger(v, 'raft_envelope_cutover_index', UINT64, faults, (n) => (sidecar.raftEnvelopeCutoverIndex = n)),
    active: (v) =>
      readObject(v, 'active', faults, {
        storage: (id) => readInteger(id, 'active.storage', UINT32, faults, (n) => (sidecar.active.storage = Number(n))),
        raft: (id) => readInteger(id, 'active.raft', UINT32, faults, (n) => (sidecar.active.raft = Number(n))),
      }),
    keys: (v) => (sidecar.keys = readKeys(v, sidecar.keys, faults)),
  });
  return faults[0] ?? sidecar;
}

interface Range {
  readonly type: string;
  readonly low: bigint;
  readonly high: bigint;
}
const INT64: Range = { type: 'int', low: -(1n << 63n), high: (1n << 63n) - 1n };
const UINT64: Range = { type: 'uint64', low: 0n, high: (1n << 64n) - 1n };
const UINT32: Range = { type: 'uint32', low: 0n, high: 0xffff_ffffn };
const UINT16: Range = { type: 'uint16', low: 0n, high: 0xffffn };
const UINT8: Range = { type: 'uint8', low: 0n, high: 0xffn };

// Go keeps decoding after a value of the wrong type and reports the first such fault at the end; null leaves a field
// as it is. Both are kept: they decide which documents are accepted.

function readObject(
  value: JsonValue,
  what: string,
  faults: string[],
  fields: Readonly<Record<string, (value: JsonValue) => void>>,
): void {
  if (value === null) return;
  if (typeof value !== 'object' || value.kind !== 'object') {
    faults.push(`json: cannot unmarshal ${kindOf(value)} into ${what}`);
    return;
  }
  for (const [name, member] of value.members) {
    const folded = foldName(name);
    if (Object.hasOwn(fields, folded)) fields[folded]!(member);
  }
}

function readInteger(
  value: JsonValue,
  what: string,
  range: Range,
  faults: string[],
  set: (value: bigint) => void,
): void {
  if (value === null) return;
  if (typeof value !== 'object' || value.kind !== 'number') {
    faults.push(`json: cannot unmarshal ${kindOf(value)} into ${what} of type ${range.type}`);
    return;
  }
  // An unsigned field takes no sign at all, not even on zero; no integer field takes a fraction or an exponent.
  const shape = range.low < 0n ? /^-?[0-9]+$/ : /^[0-9]+$/;
  const n = shape.test(value.text) && value.text.length <= 20 ? BigInt(value.text) : null;
  if (n === null || n < range.low || n > range.high) {
    faults.push(`json: cannot unmarshal number ${value.text} into ${what} of type ${range.type}`);
  } else set(n);
}

function readBoolean(value: JsonValue, faults: string[], set: (value: boolean) => void): void {
  if (typeof value === 'boolean') set(value);
  else if (value !== null) faults.push(`json: cannot unmarshal ${kindOf(value)} into a field of type bool`);
}

function readString(value: JsonValue, faults: string[], set: (value: string) => void): void {
  if (value === null) return;
  if (typeof value === 'object' && value.kind === 'string') set(value.value);
  else faults.push(`json: cannot unmarshal ${kindOf(value)} into a field of type string`);
}

function readKeys(
  value: JsonValue,
  present: Map<string, SidecarKey> | null,
  faults: string[],
): Map<string, SidecarKey> | null {
  if (value === null) return null;
  if (typeof value !== 'object' || value.kind !== 'object') {
    faults.push(`json: cannot unmarshal ${kindOf(value)} into keys`);
    return present;
  }
  const keys = present ?? new Map<string, SidecarKey>();
  for (const [id, member] of value.members) {
    const key: SidecarKey = { purpose: '', wrapped: null, created: '', localEpoch: 0 };
    readObject(member, `keys.${id}`, faults, {
      purpose: (v) => readString(v, faults, (text) => (key.purpose = text)),
      wrapped: (v) => (key.wrapped = readWrapped(v, key.wrapped, faults)),
      created: (v) => readString(v, faults, (text) => (key.created = text)),
      local_epoch: (v) => readInteger(v, 'keys.local_epoch', UINT16, faults, (n) => (key.localEpoch = Number(n))),
    });
    keys.set(id, key);
  }
  return keys;
}

/** Base64 text, or an array of small integers, which Go accepts for bytes as well. */
function readWrapped(value: JsonValue, present: Uint8Array | null, faults: string[]): Uint8Array | null {
  if (value === null) return null;
  if (typeof value === 'object' && value.kind === 'string') {
    const bytes = decodeBase64(value.value);
    if (bytes === null) faults.push('illegal base64 data');
    return bytes ?? present;
  }
  if (typeof value !== 'object' || value.kind !== 'array') {
    faults.push(`json: cannot unmarshal ${kindOf(value)} into a field of type []uint8`);
    return present;
  }
  const bytes = new Uint8Array(value.items.length);
  value.items.forEach((item, i) => readInteger(item, 'wrapped', UINT8, faults, (n) => (bytes[i] = Number(n))));
  return bytes;
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : value.kind;
}
