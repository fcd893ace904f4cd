// The one source of pseudo-randomness: a tree of named generators under one seed. A name, not the order of creation,
// decides what a generator yields, so a new consumer in one place shifts nothing in another. The seed must be given: the
// library would otherwise fall back on the machine's entropy without a word, and no such run could be repeated.
import seedrandom from 'seedrandom';
import { InputError } from '../../base/errors.ts';

/** One node of the tree. Nothing is computed before the first draw. */
export class Prng {
  readonly path: string;
  #generator: seedrandom.PRNG | null = null;

  /** Use {@link rootPrng}. */
  constructor(path: string) {
    this.path = path;
  }

  /** The generator of that name below this one: always the same for the same path. */
  child(name: string): Prng {
    return new Prng(`${this.path}/${name}`);
  }

  /** Four random bytes, an int32. */
  word(): number {
    this.#generator ??= seedrandom.alea(this.path);
    return this.#generator.int32();
  }

  /** An integer in [0, n), n at most 2^31. */
  int(n: number): number {
    return scale(this.word(), n);
  }
}

/** Maps an int32, taken as unsigned, evenly onto [0, n); exact for every n up to 2^31. */
export function scale(word: number, n: number): number {
  // Up to n = 2^21 the product is exact in a double; beyond, it is rounded alike on every machine (IEEE 754).
  return Math.floor(((word >>> 0) * n) / 0x1_0000_0000);
}

/**
 * The root of a seed's tree.
 * @throws InputError CLI002 if the seed is empty
 */
export function rootPrng(seed: string): Prng {
  if (seed === '') throw new InputError('CLI002', 'a seed is a non-empty text, such as 0x1f03');
  return new Prng(seed);
}
