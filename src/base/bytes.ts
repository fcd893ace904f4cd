// Integers and byte strings as the wire has them. JavaScript numbers lose the low bits of a 64-bit integer without a
// word, and the obvious cure, bigint, costs an allocation per field on the path every message takes. Here a uint64 is
// two uint32 halves on the hot path and a decimal string at the edge; nothing in between rounds it. Every reader takes
// an offset and checks nothing: the caller knows how much is left, and says so in its own words.

/** An empty byte string, shared. */
export const NO_BYTES = new Uint8Array(0);

const TWO_32 = 0x1_0000_0000;

/** Big-endian uint16 at `at`. */
export function readU16(b: Uint8Array, at: number): number {
  return (b[at]! << 8) | b[at + 1]!;
}

/** Big-endian uint32 at `at`. */
export function readU32(b: Uint8Array, at: number): number {
  return ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
}

/** Little-endian uint32 at `at`. */
export function readU32le(b: Uint8Array, at: number): number {
  return ((b[at + 3]! << 24) | (b[at + 2]! << 16) | (b[at + 1]! << 8) | b[at]!) >>> 0;
}

/** Writes a big-endian uint16. */
export function writeU16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8;
  b[at + 1] = value;
}

/** Writes a big-endian uint32. */
export function writeU32(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 24;
  b[at + 1] = value >>> 16;
  b[at + 2] = value >>> 8;
  b[at + 3] = value;
}

/** Writes a little-endian uint32. */
export function writeU32le(b: Uint8Array, at: number, value: number): void {
  b[at + 3] = value >>> 24;
  b[at + 2] = value >>> 16;
  b[at + 1] = value >>> 8;
  b[at] = value;
}

/** Big-endian uint64 at `at` as a decimal string: exact for all 64 bits. */
export function readU64(b: Uint8Array, at: number): string {
  return u64FromHalves(readU32(b, at), readU32(b, at + 4));
}

/** Writes a uint64 given as a decimal string. */
export function writeU64(b: Uint8Array, at: number, decimal: string): void {
  const value = BigInt(decimal);
  writeU32(b, at, Number(value >> 32n));
  writeU32(b, at + 4, Number(value & 0xffff_ffffn));
}

/** Big-endian uint64 at `at` as a number; exact up to 2^53 − 1, -1 beyond. */
export function readSafe(b: Uint8Array, at: number): number {
  const high = readU32(b, at);
  return high > 0x1f_ffff ? -1 : high * TWO_32 + readU32(b, at + 4);
}

/** Writes a safe integer (0 … 2^53 − 1) as a big-endian uint64. */
export function writeSafe(b: Uint8Array, at: number, value: number): void {
  writeU32(b, at, highHalf(value));
  writeU32(b, at + 4, value >>> 0);
}

/** The upper 32 bits of a safe integer. */
export function highHalf(value: number): number {
  return Math.floor(value / TWO_32);
}

/** Two uint32 halves as a decimal string. */
export function u64FromHalves(high: number, low: number): string {
  if (high <= 0x1f_ffff) return String(high * TWO_32 + low);
  return String((BigInt(high) << 32n) | BigInt(low));
}

/** True if both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The parts, one after the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes as a string of the same length, one code unit (0–255) a byte: a map key whose order is byte order. */
export function bytesToKey(b: Uint8Array): string {
  let key = '';
  for (let i = 0; i < b.length; i++) key += String.fromCharCode(b[i]!);
  return key;
}

/** The inverse of `bytesToKey`. */
export function keyToBytes(key: string): Uint8Array {
  const b = new Uint8Array(key.length);
  for (let i = 0; i < key.length; i++) b[i] = key.charCodeAt(i);
  return b;
}

const HEX = '0123456789abcdef';

/** Lower-case hexadecimal. */
export function toHex(b: Uint8Array): string {
  let text = '';
  for (let i = 0; i < b.length; i++) text += HEX[b[i]! >>> 4]! + HEX[b[i]! & 15]!;
  return text;
}

/** Bytes of a hexadecimal text, null if it is not one. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const b = new Uint8Array(text.length / 2);
  for (let i = 0; i < b.length; i++) b[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return b;
}

/**
 * Grows a byte string field by field. One writer serves one message; `finish` hands the bytes over.
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** @param sizeHint expected length in bytes; the writer grows beyond it */
  constructor(sizeHint = 64) {
    this.#bytes = new Uint8Array(Math.max(16, sizeHint));
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#room(2);
    writeU16(this.#bytes, at, value);
  }

  u32(value: number): void {
    const at = this.#room(4);
    writeU32(this.#bytes, at, value);
  }

  /** A uint64 from its halves. */
  halves(high: number, low: number): void {
    const at = this.#room(8);
    writeU32(this.#bytes, at, high);
    writeU32(this.#bytes, at + 4, low);
  }

  /** A uint64 from a decimal string. */
  u64(decimal: string): void {
    const at = this.#room(8);
    writeU64(this.#bytes, at, decimal);
  }

  /** A uint64 from a safe integer. */
  safe(value: number): void {
    const at = this.#room(8);
    writeSafe(this.#bytes, at, value);
  }

  /** A base-128 varint (protobuf) from the halves of a uint64. */
  varint(high: number, low: number): void {
    let h = high;
    let l = low;
    while (h !== 0 || l > 0x7f) {
      this.u8((l & 0x7f) | 0x80);
      l = ((l >>> 7) | (h << 25)) >>> 0;
      h >>>= 7;
    }
    this.u8(l);
  }

  bytes(part: Uint8Array): void {
    const at = this.#room(part.length);
    this.#bytes.set(part, at);
  }

  /** Length so far, in bytes. */
  get length(): number {
    return this.#length;
  }

  /** The bytes written; the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes room, and says where. It may replace the buffer, so `#bytes` must be read after it, never before. */
  #room(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
    }
    return at;
  }
}

/**
 * Reads fields front to back. The caller asks `left` before it reads; reading past the end gives zeros, never throws.
 */
export class ByteReader {
  readonly source: Uint8Array;
  /** Offset of the next byte. */
  at: number;

  constructor(source: Uint8Array, at = 0) {
    this.source = source;
    this.at = at;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.source.length - this.at;
  }

  u8(): number {
    return this.source[this.at++] ?? 0;
  }

  u16(): number {
    this.at += 2;
    return readU16(this.source, this.at - 2);
  }

  u32(): number {
    this.at += 4;
    return readU32(this.source, this.at - 4);
  }

  /** A uint64 as a decimal string. */
  u64(): string {
    this.at += 8;
    return readU64(this.source, this.at - 8);
  }

  /** A uint64 as a safe integer, -1 if it is not one. */
  safe(): number {
    this.at += 8;
    return readSafe(this.source, this.at - 8);
  }

  /** The next `length` bytes, as a view: a caller that keeps them past the message copies them. */
  bytes(length: number): Uint8Array {
    this.at += length;
    return this.source.subarray(this.at - length, this.at);
  }
}

/** Reads protobuf varints; a value is left in two halves so that no bigint is made. */
export class VarintReader {
  /** Upper 32 bits of the value read last. */
  high = 0;
  /** Lower 32 bits of the value read last. */
  low = 0;

  /**
   * Reads the varint at `at`, not past `end`.
   * @returns the offset behind it, or -1 if it is cut short or exceeds 64 bits (as Go's protobuf judges)
   */
  read(b: Uint8Array, at: number, end: number): number {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) return -1;
      const byte = b[at + i]!;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (i < 9) high |= bits << (7 * i - 32);
      else {
        // The tenth byte holds one bit; more would be a value beyond 64 bits.
        if (byte > 1) return -1;
        high |= bits << 31;
      }
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return at + i + 1;
      }
    }
    return -1;
  }
}
