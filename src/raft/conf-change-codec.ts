// Protobuf bytes of configuration changes, as the entries of a log carry them. The bytes are part of the core's
// behaviour: size limits count them, and an application may compare them. Fields are written as the reference's
// builders set them: type, id and transition always, a context only when there is one. Unknown fields are skipped, as
// protobuf asks.
import { RaftInvariantError } from './invariant.ts';
import {
  EntryType,
  NO_DATA,
  type AnyConfChange,
  type ConfChange,
  type ConfChangeSingle,
  type ConfChangeTransition,
  type ConfChangeType,
  type ConfChangeV2,
  type Entry,
} from './types.ts';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

function putVarint(out: number[], n: number): void {
  let rest = n;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  out.push(rest);
}

function putNumber(out: number[], field: number, n: number): void {
  putVarint(out, field * 8 + VARINT);
  putVarint(out, n);
}

function putBytes(out: number[], field: number, bytes: ArrayLike<number>): void {
  putVarint(out, field * 8 + BYTES);
  putVarint(out, bytes.length);
  for (let i = 0; i < bytes.length; i++) out.push(bytes[i]!);
}

/** Protobuf bytes of a change, as an entry carries them. @source raftpb MarshalConfChange */
export function encodeConfChange(change: AnyConfChange): Uint8Array {
  const out: number[] = [];
  if (change.version === 1) {
    putNumber(out, 2, change.type);
    putNumber(out, 3, change.nodeId);
    if (change.context !== NO_DATA) putBytes(out, 4, change.context);
  } else {
    putNumber(out, 1, change.transition);
    for (const { type, nodeId } of change.changes) {
      const single: number[] = [];
      putNumber(single, 1, type);
      putNumber(single, 2, nodeId);
      putBytes(out, 2, single);
    }
    if (change.context !== NO_DATA) putBytes(out, 3, change.context);
  }
  return Uint8Array.from(out);
}

/** One field as it stands on the wire: a number, or the bytes of a length-delimited one. */
interface Field {
  readonly number: number;
  readonly value: number;
  readonly bytes: Uint8Array;
}

function malformed(): never {
  throw new RaftInvariantError('proto: cannot parse invalid wire-format data');
}

/** Splits protobuf bytes into fields. Varints above 2^53 are not ids of ours: they are refused like broken bytes. */
function fields(bytes: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let n = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? malformed();
      n += (byte & 127) * scale;
      if (n > Number.MAX_SAFE_INTEGER) malformed();
      if (byte < 128) return n;
    }
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) malformed();
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number === 0) malformed();
    const kind = tag % 8;
    if (kind === VARINT) found.push({ number, value: varint(), bytes: NO_DATA });
    else if (kind === BYTES) found.push({ number, value: 0, bytes: take(varint()) });
    else if (kind === FIXED64) take(8);
    else if (kind === FIXED32) take(4);
    else malformed();
  }
  return found;
}

function decodeV1(bytes: Uint8Array): ConfChange {
  let type = 0;
  let nodeId = 0;
  let context = NO_DATA;
  for (const f of fields(bytes)) {
    if (f.number === 2) type = f.value;
    else if (f.number === 3) nodeId = f.value;
    else if (f.number === 4) context = f.bytes;
  }
  return { version: 1, type: type as ConfChangeType, nodeId, context };
}

function decodeSingle(bytes: Uint8Array): ConfChangeSingle {
  let type = 0;
  let nodeId = 0;
  for (const f of fields(bytes)) {
    if (f.number === 1) type = f.value;
    else if (f.number === 2) nodeId = f.value;
  }
  return { type: type as ConfChangeType, nodeId };
}

function decodeV2(bytes: Uint8Array): ConfChangeV2 {
  let transition = 0;
  const changes: ConfChangeSingle[] = [];
  let context = NO_DATA;
  for (const f of fields(bytes)) {
    if (f.number === 1) transition = f.value;
    else if (f.number === 2) changes.push(decodeSingle(f.bytes));
    else if (f.number === 3) context = f.bytes;
  }
  return { version: 2, transition: transition as ConfChangeTransition, changes, context };
}

/** The change in an entry of type ConfChange or ConfChangeV2. @throws RaftInvariantError if its data is not protobuf */
export function decodeConfChange(e: Entry): AnyConfChange {
  return e.type === EntryType.ConfChange ? decodeV1(e.data) : decodeV2(e.data);
}

/** A change in the new form. @source raftpb ConfChangeI.AsV2 */
export function asV2(change: AnyConfChange): ConfChangeV2 {
  if (change.version === 2) return change;
  return {
    version: 2,
    transition: 0,
    changes: [{ type: change.type, nodeId: change.nodeId }],
    context: change.context,
  };
}
