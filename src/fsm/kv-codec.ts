// KV payloads: the protobuf messages Request and RaftCommand, written and read by hand. The reader decides who skips an
// entry, so its acceptance must be Go's and no other's: a known field of another wire type is an unknown field, field 0
// and wire types 6 and 7 are errors, an end-group without its start is an error. The protobuf library at hand decodes
// by number alone and would apply what Go refuses; it is the yardstick of the property tests instead.
import { ByteWriter, NO_BYTES, VarintReader } from '../base/bytes.ts';

/** What a mutation does. @source elastickv proto Op */
export const Op = { Put: 0, Del: 1, DelPrefix: 2 } as const;
/** Phase of a transaction. @source elastickv proto Phase */
export const Phase = { None: 0, Prepare: 1, Commit: 2, Abort: 3 } as const;

/** One change. Byte strings read from a payload are views into it. */
export interface Mutation {
  /** int32; see Op. */
  readonly op: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** uint64 in halves. */
  readonly offsetHigh: number;
  readonly offsetLow: number;
}

/** One request; uint64 fields in halves. */
export interface KvRequest {
  readonly isTxn: boolean;
  /** int32; see Phase. */
  readonly phase: number;
  readonly tsHigh: number;
  readonly tsLow: number;
  readonly mutations: readonly Mutation[];
  readonly readKeys: readonly Uint8Array[];
  readonly routeHigh: number;
  readonly routeLow: number;
}

/** Go refuses to propose a body of this many bytes or more. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

const Wire = { Varint: 0, Fixed64: 1, Bytes: 2, StartGroup: 3, EndGroup: 4, Fixed32: 5 } as const;
const MAX_FIELD = 0x1fff_ffff;
/** Go is laxer about field numbers inside a group it skips. */
const MAX_FIELD_IN_GROUP = 0x7fff_ffff;
const MAX_GROUP_DEPTH = 10_000;

/** A PUT. */
export function put(key: Uint8Array, value: Uint8Array): Mutation {
  return { op: Op.Put, key, value, offsetHigh: 0, offsetLow: 0 };
}

/** A DEL. */
export function del(key: Uint8Array): Mutation {
  return { op: Op.Del, key, value: NO_BYTES, offsetHigh: 0, offsetLow: 0 };
}

/** A request outside any transaction. @param tsHigh commit timestamp, uint64 in halves */
export function rawRequest(mutations: readonly Mutation[], tsHigh: number, tsLow: number): KvRequest {
  return {
    isTxn: false,
    phase: Phase.None,
    tsHigh,
    tsLow,
    mutations,
    readKeys: [],
    routeHigh: 0,
    routeLow: 0,
  };
}

/**
 * The payload of one request (0x00) or of several (0x01).
 * @returns null for an empty list, or for a body of 64 MiB and more, which is refused before it is proposed
 */
export function encodeKvPayload(requests: readonly KvRequest[]): Uint8Array | null {
  const w = new ByteWriter();
  if (requests.length === 0) return null;
  if (requests.length === 1) {
    w.u8(0x00);
    writeRequest(w, requests[0]!);
  } else {
    w.u8(0x01);
    for (const request of requests) {
      const body = new ByteWriter();
      writeRequest(body, request);
      writeBytes(w, 1, body.finish());
    }
  }
  return w.length - 1 >= MAX_BODY_BYTES ? null : w.finish();
}

/** The protobuf bytes of one request: fields ascending, zero values left out, as Go marshals them. */
export function encodeRequest(request: KvRequest): Uint8Array {
  const w = new ByteWriter();
  writeRequest(w, request);
  return w.finish();
}

function writeRequest(w: ByteWriter, r: KvRequest): void {
  if (r.isTxn) writeVarint(w, 1, 0, 1);
  writeInt32(w, 2, r.phase);
  writeVarint(w, 3, r.tsHigh, r.tsLow);
  for (const m of r.mutations) {
    const body = new ByteWriter(m.key.length + m.value.length + 16);
    writeInt32(body, 1, m.op);
    if (m.key.length > 0) writeBytes(body, 2, m.key);
    if (m.value.length > 0) writeBytes(body, 3, m.value);
    writeVarint(body, 4, m.offsetHigh, m.offsetLow);
    writeBytes(w, 4, body.finish());
  }
  for (const key of r.readKeys) writeBytes(w, 5, key);
  writeVarint(w, 6, r.routeHigh, r.routeLow);
}

function writeVarint(w: ByteWriter, field: number, high: number, low: number): void {
  if (high === 0 && low === 0) return;
  w.u8((field << 3) | Wire.Varint);
  w.varint(high, low);
}

function writeInt32(w: ByteWriter, field: number, value: number): void {
  // A negative enum value is sign-extended to 64 bits.
  writeVarint(w, field, value < 0 ? 0xffff_ffff : 0, value >>> 0);
}

function writeBytes(w: ByteWriter, field: number, bytes: Uint8Array): void {
  w.u8((field << 3) | Wire.Bytes);
  w.varint(0, bytes.length);
  w.bytes(bytes);
}

/** Fields of one message, front to back. After `next` says true, `field`, `wire` and the value are set. */
class FieldReader {
  readonly #b: Uint8Array;
  readonly #end: number;
  readonly #varint = new VarintReader();
  #at: number;
  /** False once the bytes turned out not to be a message. */
  ok = true;
  field = 0;
  wire = 0;
  /** Value of a varint field. */
  high = 0;
  low = 0;
  /** Bounds of a length-delimited field. */
  start = 0;
  end = 0;

  constructor(b: Uint8Array, at: number, end: number) {
    this.#b = b;
    this.#at = at;
    this.#end = end;
  }

  /** Moves to the next field; false at the end of the message or at a fault (then `ok` is false). */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.ok = this.#tag(MAX_FIELD) && this.#value();
    return this.ok;
  }

  #tag(maxField: number): boolean {
    const at = this.#varint.read(this.#b, this.#at, this.#end);
    if (at < 0) return false;
    const { high, low } = this.#varint;
    this.#at = at;
    this.field = high * 0x2000_0000 + (low >>> 3);
    this.wire = low & 7;
    return this.field >= 1 && this.field <= maxField;
  }

  #value(): boolean {
    switch (this.wire) {
      case Wire.Varint: {
        this.#at = this.#varint.read(this.#b, this.#at, this.#end);
        this.high = this.#varint.high;
        this.low = this.#varint.low;
        return this.#at >= 0;
      }
      case Wire.Fixed64:
        return this.#skip(8);
      case Wire.Fixed32:
        return this.#skip(4);
      case Wire.Bytes: {
        const at = this.#varint.read(this.#b, this.#at, this.#end);
        if (at < 0 || this.#varint.high !== 0 || this.#varint.low > this.#end - at) return false;
        this.start = at;
        this.end = this.#at = at + this.#varint.low;
        return true;
      }
      case Wire.StartGroup:
        return this.#group();
      default:
        return false;
    }
  }

  /** Skips a group: no field here is one, and only its end must fit its start. */
  #group(): boolean {
    const open: number[] = [this.field];
    while (open.length > 0) {
      if (open.length > MAX_GROUP_DEPTH || this.#at >= this.#end || !this.#tag(MAX_FIELD_IN_GROUP)) return false;
      if (this.wire === Wire.StartGroup) open.push(this.field);
      else if (this.wire === Wire.EndGroup) {
        if (open.pop() !== this.field) return false;
      } else if (!this.#value()) return false;
    }
    this.wire = Wire.StartGroup;
    return true;
  }

  #skip(count: number): boolean {
    this.#at += count;
    return this.#at <= this.#end;
  }
}

/** Reads one Request from `b[start, end)`; null if Go would refuse the bytes. */
export function decodeRequest(b: Uint8Array, start = 0, end = b.length): KvRequest | null {
  const f = new FieldReader(b, start, end);
  let isTxn = false;
  let phase = 0;
  let tsHigh = 0;
  let tsLow = 0;
  let routeHigh = 0;
  let routeLow = 0;
  const mutations: Mutation[] = [];
  const readKeys: Uint8Array[] = [];
  while (f.next()) {
    if (f.wire === Wire.Varint) {
      if (f.field === 1) isTxn = f.high !== 0 || f.low !== 0;
      else if (f.field === 2) phase = f.low | 0;
      else if (f.field === 3) {
        tsHigh = f.high;
        tsLow = f.low;
      } else if (f.field === 6) {
        routeHigh = f.high;
        routeLow = f.low;
      }
    } else if (f.wire === Wire.Bytes) {
      if (f.field === 4) {
        const mutation = decodeMutation(b, f.start, f.end);
        if (mutation === null) return null;
        mutations.push(mutation);
      } else if (f.field === 5) readKeys.push(b.subarray(f.start, f.end));
    }
  }
  return f.ok ? { isTxn, phase, tsHigh, tsLow, mutations, readKeys, routeHigh, routeLow } : null;
}

function decodeMutation(b: Uint8Array, start: number, end: number): Mutation | null {
  const f = new FieldReader(b, start, end);
  let op = 0;
  let key: Uint8Array = NO_BYTES;
  let value: Uint8Array = NO_BYTES;
  let offsetHigh = 0;
  let offsetLow = 0;
  while (f.next()) {
    if (f.wire === Wire.Varint) {
      if (f.field === 1) op = f.low | 0;
      else if (f.field === 4) {
        offsetHigh = f.high;
        offsetLow = f.low;
      }
    } else if (f.wire === Wire.Bytes) {
      if (f.field === 2) key = b.subarray(f.start, f.end);
      else if (f.field === 3) value = b.subarray(f.start, f.end);
    }
  }
  return f.ok ? { op, key, value, offsetHigh, offsetLow } : null;
}

/** Reads a RaftCommand from `b[start, …)`; null if Go would refuse the bytes. The list may be empty. */
export function decodeCommand(b: Uint8Array, start = 0): KvRequest[] | null {
  const f = new FieldReader(b, start, b.length);
  const requests: KvRequest[] = [];
  while (f.next()) {
    if (f.field !== 1 || f.wire !== Wire.Bytes) continue;
    const request = decodeRequest(b, f.start, f.end);
    if (request === null) return null;
    requests.push(request);
  }
  return f.ok ? requests : null;
}
