// The state machine of the benchmark: a map from u32 to u32 with keys below 1,024, kept dense. Idle replicas, of which a
// workload has 30,000, hold none at all: the arrays come with the first write.
import { COMMON } from './workload.ts';

const SIZE = COMMON.slots;

/** The map; `put(id)` stores id under id % 1024. */
export class Slots {
  private values: Uint32Array | null = null;
  private present: Uint8Array | null = null;
  private count = 0;

  /** Stores a value under its own remainder. */
  put(id: number): void {
    this.set(id % SIZE, id);
  }

  private set(key: number, value: number): void {
    if (this.values === null || this.present === null) {
      this.values = new Uint32Array(SIZE);
      this.present = new Uint8Array(SIZE);
    }
    this.values[key] = value;
    if (this.present[key] === 1) return;
    this.present[key] = 1;
    this.count++;
  }

  /** Calls `f` for every key that is present, ascending. */
  forEach(f: (key: number, value: number) => void): void {
    const { values, present } = this;
    if (values === null || present === null) return;
    for (let key = 0; key < SIZE; key++) if (present[key] === 1) f(key, values[key]!);
  }

  /** Key and value of each, ascending, as little-endian uint32. */
  encode(): Uint8Array {
    const { values, present } = this;
    if (values === null || present === null) return new Uint8Array(0);
    const bytes = new Uint8Array(8 * this.count);
    let at = 0;
    for (let key = 0; key < SIZE; key++) {
      if (present[key] === 0) continue;
      putUint32(bytes, at, key);
      putUint32(bytes, at + 4, values[key]!);
      at += 8;
    }
    return bytes;
  }

  /** Reads what encode() wrote. */
  static decode(bytes: Uint8Array): Slots {
    const slots = new Slots();
    for (let at = 0; at + 8 <= bytes.length; at += 8) slots.set(getUint32(bytes, at), getUint32(bytes, at + 4));
    return slots;
  }
}

/** Writes a little-endian uint32. */
export function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Reads a little-endian uint32. */
export function getUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
