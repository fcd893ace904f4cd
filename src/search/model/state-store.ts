// Every state of a search, each once. Records of a fixed width lie side by side in large typed arrays and are found by
// hash: no object per state, so that a million states cost what their bytes cost and no garbage collector walks them.

const CHUNK_BITS = 14;
const CHUNK = 1 << CHUNK_BITS;

/** A set of records of `words` 32-bit words, numbered from 0 in order of insertion. */
export class StateStore {
  readonly words: number;
  size = 0;
  readonly #chunks: Uint32Array[] = [];
  #slots = new Int32Array(1 << 12);

  constructor(words: number) {
    this.words = words;
  }

  /** Bytes held for each state, its slot in the hash table included. */
  get bytesPerState(): number {
    return 4 * this.words + 8;
  }

  /**
   * The number of a record: the known one if it is already there.
   * @returns its number, or `-1 - number` if it was not there and has been added
   */
  add(record: Uint32Array): number {
    if (2 * this.size >= this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    let at = hashWords(record, 0, this.words) & mask;
    for (;;) {
      const id = this.#slots[at]! - 1;
      if (id < 0) break;
      if (this.#equals(id, record)) return id;
      at = (at + 1) & mask;
    }
    const id = this.size++;
    if (id >> CHUNK_BITS === this.#chunks.length) this.#chunks.push(new Uint32Array(CHUNK * this.words));
    this.#chunks[id >> CHUNK_BITS]!.set(record, (id & (CHUNK - 1)) * this.words);
    this.#slots[at] = id + 1;
    return -1 - id;
  }

  /** The number of a record; -1 if it is not there. */
  find(record: Uint32Array): number {
    const mask = this.#slots.length - 1;
    let at = hashWords(record, 0, this.words) & mask;
    for (;;) {
      const id = this.#slots[at]! - 1;
      if (id < 0 || this.#equals(id, record)) return id;
      at = (at + 1) & mask;
    }
  }

  /** Copies a record out. */
  read(id: number, into: Uint32Array): void {
    const from = (id & (CHUNK - 1)) * this.words;
    const chunk = this.#chunks[id >> CHUNK_BITS]!;
    for (let i = 0; i < this.words; i++) into[i] = chunk[from + i]!;
  }

  #equals(id: number, record: Uint32Array): boolean {
    const chunk = this.#chunks[id >> CHUNK_BITS]!;
    const from = (id & (CHUNK - 1)) * this.words;
    for (let i = 0; i < this.words; i++) if (chunk[from + i] !== record[i]) return false;
    return true;
  }

  #grow(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let id = 0; id < this.size; id++) {
      let at = hashWords(this.#chunks[id >> CHUNK_BITS]!, (id & (CHUNK - 1)) * this.words, this.words) & mask;
      while (slots[at] !== 0) at = (at + 1) & mask;
      slots[at] = id + 1;
    }
    this.#slots = slots;
  }
}

/** A 32-bit hash of `count` words. @source MurmurHash3 mixing */
export function hashWords(words: Uint32Array, from: number, count: number): number {
  let h = 0x9747b28c;
  for (let i = 0; i < count; i++) {
    h = Math.imul(h ^ words[from + i]!, 0x9e3779b1);
    h ^= h >>> 15;
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
