// Values of a user's feature as small integers. A state of the search must fit a few bytes and be compared by them, while
// a feature's state is any data: each distinct value is kept once and named by its number. Keys are put in order
// first, since two objects that differ in nothing else are the same state.
import { canonicalJson } from '../../scenario/canonical.ts';
import { ModelLimit } from './limit.ts';

/** Numbers distinct values from 0, in order of first appearance. */
export class Interner<T = unknown> {
  readonly #ids = new Map<string, number>();
  readonly #values: T[] = [];
  readonly #what: string;
  readonly #most: number;

  /** @param what plural, for the message when more than `most` values appear */
  constructor(what: string, most: number) {
    this.#what = what;
    this.#most = most;
  }

  get size(): number {
    return this.#values.length;
  }

  /** @throws ModelLimit when there are too many */
  id(value: T): number {
    const text = canonicalJson(value);
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (this.#values.length >= this.#most) throw new ModelLimit(`more than ${this.#most} distinct ${this.#what}`);
    this.#ids.set(text, this.#values.length);
    return this.#values.push(value) - 1;
  }

  value(id: number): T {
    return this.#values[id] as T;
  }
}
