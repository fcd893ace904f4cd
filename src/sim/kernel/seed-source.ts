// Choices from a seed. An answer is a keyed hash of what is decided: the stream draws two words from its own generator of
// the seed's tree, and (key, nth) selects the answer. It does not depend on how many draws came before, so two variants of
// a scenario (another gate, one step less) meet the same weather under the same seed for everything they have in common:
// differences between their runs come from the variant, not from a shifted random sequence.
import type { RecordingSource } from './choices.ts';
import { scramble } from './fingerprint.ts';
import { KeyedSource, type Answerer } from './keyed-source.ts';
import { rootPrng, scale, type Prng } from './prng.ts';

class SeedAnswers implements Answerer {
  readonly #first: number;
  readonly #second: number;

  constructor(prng: Prng) {
    this.#first = prng.word();
    this.#second = prng.word();
  }

  choose(key: number, nth: number, n: number): number {
    return scale(this.#word(key, nth), n);
  }

  weigh(key: number, nth: number, perMillion: Int32Array): number {
    let left = scale(this.#word(key, nth), 1_000_000);
    for (let i = 0; i < perMillion.length; i++) {
      left -= perMillion[i]!;
      if (left < 0) return i + 1;
    }
    return 0;
  }

  #word(key: number, nth: number): number {
    return scramble(scramble(key ^ this.#first) + Math.imul(nth + 1, 0x9e3779b1) + this.#second);
  }
}

/**
 * All choices of one seed. The scenario's name does not enter: variants of a scenario share their randomness.
 * @throws InputError CLI002 if the seed is empty
 */
export function seedSource(seed: string): RecordingSource {
  const root = rootPrng(seed);
  return new KeyedSource('seed', seed, (path) => new SeedAnswers(root.child(path)));
}
