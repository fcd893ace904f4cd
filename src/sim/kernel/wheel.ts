// A timing wheel: three levels of 1,024 slots, one virtual millisecond at the bottom. Each slot is a list in order of
// arrival, and a slot of an upper level is emptied downwards in that order before anything can enter the lower one
// directly: events due at one moment come out as they went in, by structure. A heap would need a tie-breaking sequence
// number and a comparator, and whoever forgot it once would have runs that depend on the heap's shape.

const BITS = 10;
const SLOTS = 1 << BITS;
const MASK = SLOTS - 1;
const LEVELS = 3;
const WORDS = SLOTS >> 5;
const NIL = -1;

/** First moment, in ms, that the wheel cannot hold. */
export const WHEEL_HORIZON_MS = 1 << (BITS * LEVELS);

/** What `pop` returns when nothing is due. */
export const NONE_DUE = -1;

/**
 * Pending moments, each with a small integer handle. A handle is the caller's until it is popped or cancelled and may be
 * given out again afterwards. `capacity` handles exist; it doubles when all are in use.
 */
export class Wheel {
  /** Handles lie in [0, capacity). */
  capacity: number;
  /** Number of pending moments. */
  size = 0;
  #cursorMs = 0;
  #at: Int32Array;
  #next: Int32Array;
  #previous: Int32Array;
  /** Slot a handle is in, NIL if the handle is free. */
  #slot: Int32Array;
  #free = 0;
  readonly #head = new Int32Array(LEVELS * SLOTS).fill(NIL);
  readonly #tail = new Int32Array(LEVELS * SLOTS);
  /** One bit a slot: not empty. */
  readonly #bits = new Int32Array(LEVELS * WORDS);
  /** One bit a word of `#bits` of one level: not zero. */
  readonly #summary = new Int32Array(LEVELS);

  constructor(capacity = 64) {
    this.capacity = capacity;
    this.#at = new Int32Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
    this.#slot = new Int32Array(capacity).fill(NIL);
    for (let i = 0; i < capacity; i++) this.#next[i] = i + 1;
    this.#next[capacity - 1] = NIL;
  }

  /** When a pending handle is due, in ms. */
  atMs(handle: number): number {
    return this.#at[handle]!;
  }

  /** Whether a handle is pending. */
  isPending(handle: number): boolean {
    return this.#slot[handle] !== NIL;
  }

  /**
   * Adds a moment behind all that are due at the same one.
   * @param atMs not before the last moment popped or popped up to, below WHEEL_HORIZON_MS
   */
  add(atMs: number): number {
    if (this.#free === NIL) this.#grow();
    const handle = this.#free;
    this.#free = this.#next[handle]!;
    this.#at[handle] = atMs;
    this.size++;
    this.#enter(handle, atMs);
    return handle;
  }

  /** Takes a pending handle out. */
  cancel(handle: number): void {
    const slot = this.#slot[handle]!;
    const next = this.#next[handle]!;
    const previous = this.#previous[handle]!;
    if (previous === NIL) this.#head[slot] = next;
    else this.#next[previous] = next;
    if (next === NIL) this.#tail[slot] = previous;
    else this.#previous[next] = previous;
    if (this.#head[slot] === NIL) this.#clearBit(slot);
    this.#release(handle);
  }

  /** The earliest handle that is due at `untilMs` or before, taken out; NONE_DUE if there is none. */
  pop(untilMs: number): number {
    for (;;) {
      const level = this.#lowestLevel();
      if (level === LEVELS) return NONE_DUE;
      const index = this.#firstIndex(level);
      const shift = level * BITS;
      // Cursor and slot agree in all digits above this level, so the slot's first moment follows from both.
      const startMs = ((this.#cursorMs >> (shift + BITS)) << (shift + BITS)) | (index << shift);
      if (startMs > untilMs) return NONE_DUE;
      this.#cursorMs = startMs;
      const slot = level * SLOTS + index;
      if (level === 0) return this.#popHead(slot);
      this.#cascade(slot);
    }
  }

  #popHead(slot: number): number {
    const handle = this.#head[slot]!;
    const next = this.#next[handle]!;
    this.#head[slot] = next;
    if (next === NIL) this.#clearBit(slot);
    else this.#previous[next] = NIL;
    this.#release(handle);
    return handle;
  }

  /** Moves a slot's list, in order, to the levels below. */
  #cascade(slot: number): void {
    let handle = this.#head[slot]!;
    this.#head[slot] = NIL;
    this.#clearBit(slot);
    while (handle !== NIL) {
      const next = this.#next[handle]!;
      this.#enter(handle, this.#at[handle]!);
      handle = next;
    }
  }

  /** Appends to the slot of the lowest level on which the moment differs from the cursor in no higher digit. */
  #enter(handle: number, atMs: number): void {
    const differs = atMs ^ this.#cursorMs;
    const level = differs < SLOTS ? 0 : differs < SLOTS << BITS ? 1 : 2;
    const index = (atMs >> (level * BITS)) & MASK;
    const slot = level * SLOTS + index;
    this.#slot[handle] = slot;
    this.#next[handle] = NIL;
    if (this.#head[slot] === NIL) {
      this.#head[slot] = handle;
      this.#previous[handle] = NIL;
      this.#bits[level * WORDS + (index >> 5)]! |= 1 << (index & 31);
      this.#summary[level]! |= 1 << (index >> 5);
    } else {
      const tail = this.#tail[slot]!;
      this.#next[tail] = handle;
      this.#previous[handle] = tail;
    }
    this.#tail[slot] = handle;
  }

  #lowestLevel(): number {
    for (let level = 0; level < LEVELS; level++) if (this.#summary[level] !== 0) return level;
    return LEVELS;
  }

  /** All slots of a level that are in use lie at or behind the cursor's, so the first bit set is the next slot. */
  #firstIndex(level: number): number {
    const word = lowestBit(this.#summary[level]!);
    return (word << 5) | lowestBit(this.#bits[level * WORDS + word]!);
  }

  #clearBit(slot: number): void {
    const word = slot >> 5;
    this.#bits[word]! &= ~(1 << (slot & 31));
    if (this.#bits[word] === 0) this.#summary[slot >> BITS]! &= ~(1 << (word & (WORDS - 1)));
  }

  #release(handle: number): void {
    this.#slot[handle] = NIL;
    this.#next[handle] = this.#free;
    this.#free = handle;
    this.size--;
  }

  #grow(): void {
    const from = this.capacity;
    const capacity = 2 * from;
    this.#at = grown(this.#at, capacity);
    this.#next = grown(this.#next, capacity);
    this.#previous = grown(this.#previous, capacity);
    this.#slot = grown(this.#slot, capacity).fill(NIL, from);
    for (let i = from; i < capacity; i++) this.#next[i] = i + 1;
    this.#next[capacity - 1] = NIL;
    this.#free = from;
    this.capacity = capacity;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function grown(array: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}
