// The state machine of the benchmark: a map from u32 to u32 with keys below 1,024, kept dense. Idle replicas, of which a
// workload has 30,000, hold none at all: the arrays come with the first write.
import { COMMON } from './workload.ts';

const SIZE = COMMON.slots;

/** The map; `put(id)` stores id under id % 1024. */
export class Slots {
  private values: Uint32Array | null = null;
  private present: Uint8Array | null = null;

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
    this.present[key] = 1;
  }

  /** Calls `f` for every key that is present, ascending. */
  forEach(f: (key: number, value: number) => void): void {
    const { values, present } = this;
    if (values === null || present === null) return;
    for (let key = 0; key < SIZE; key++) if (present[key] === 1) f(key, values[key]!);
  }

  /** Key and value of each, ascending, as little-endian uint32. */
  encode(): Uint8Array {
    const words: number[] = [];
    this.forEach((key, value) => words.push(key, value));
    const bytes = new Uint8Array(4 * words.length);
    const view = new DataView(bytes.buffer);
    words.forEach((word, i) => view.setUint32(4 * i, word, true));
    return bytes;
  }

  /** Reads what encode() wrote. */
  static decode(bytes: Uint8Array): Slots {
    const slots = new Slots();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at + 8 <= bytes.length; at += 8) slots.set(view.getUint32(at, true), view.getUint32(at + 4, true));
    return slots;
  }
}
