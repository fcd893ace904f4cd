// Spoils byte strings: flipped bits, numbers at the edges of their types, parts cut, doubled or taken from another
// string. It starts from well-formed inputs, because a random string dies at the first version byte and would test
// nothing behind it. All randomness comes from one seed, so an input that breaks something can be made again.
import { concatBytes, writeU16, writeU32 } from '../../src/base/bytes.ts';
import { rootPrng } from '../../src/sim/kernel/prng.ts';
import type { Prng } from '../../src/sim/kernel/prng.ts';

/** Edges of the integer types a length or a count may have. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x3ff, 0x400, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const MAX_INPUT_BYTES = 4096;

/** An endless supply of spoiled strings. */
export class Mutator {
  readonly #prng: Prng;

  constructor(seed: string) {
    this.#prng = rootPrng(seed).child('fuzz-bytes');
  }

  /** One spoiled string, or, now and then, a seed as it is. */
  next(seeds: readonly Uint8Array[]): Uint8Array {
    let bytes: Uint8Array = this.#pick(seeds).slice();
    for (let i = this.#below(5); i > 0; i--) bytes = this.#spoil(bytes, seeds);
    return bytes.length > MAX_INPUT_BYTES ? bytes.slice(0, MAX_INPUT_BYTES) : bytes;
  }

  #spoil(bytes: Uint8Array, seeds: readonly Uint8Array[]): Uint8Array {
    const at = this.#below(bytes.length + 1);
    const length = this.#below(Math.min(16, bytes.length - at) + 1);
    switch (this.#below(9)) {
      case 0:
        if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << this.#below(8));
        return bytes;
      case 1:
        if (at < bytes.length) bytes[at] = this.#below(256);
        return bytes;
      case 2:
        if (at + 2 <= bytes.length) writeU16(bytes, at, this.#pick(EDGES));
        return bytes;
      case 3:
        if (at + 4 <= bytes.length) writeU32(bytes, at, this.#pick(EDGES));
        return bytes;
      case 4:
        return bytes.slice(0, at);
      case 5:
        return concatBytes([bytes.subarray(0, at), bytes.subarray(at + length)]);
      case 6:
        return concatBytes([bytes.subarray(0, at + length), bytes.subarray(at)]);
      case 7:
        return concatBytes([bytes.subarray(0, at), this.#noise(), bytes.subarray(at)]);
      default: {
        const other = this.#pick(seeds);
        return concatBytes([bytes.subarray(0, at), other.subarray(this.#below(other.length + 1))]);
      }
    }
  }

  #noise(): Uint8Array {
    const noise = new Uint8Array(1 + this.#below(8));
    for (let i = 0; i < noise.length; i++) noise[i] = this.#below(256);
    return noise;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }

  #below(n: number): number {
    return this.#prng.int(n);
  }
}
