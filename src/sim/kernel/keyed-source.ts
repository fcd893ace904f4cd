// What every source of choices has in common: it counts how often a decision has come up, asks an answerer, and keeps what
// was not 0. The count makes (stream, key, nth) the name of a choice, which is how tapes, shrinkers and searches speak of
// it. Only answers other than 0 are kept, in one growing array of integers: a calm run costs nothing and its tape is empty.
import { scramble } from './fingerprint.ts';
import type { ChoiceStream, RecordingSource, Tape, TapeChoice } from './choices.ts';

/** Answers the choices of one stream. Results are in range, or the run is refused. */
export interface Answerer {
  choose(key: number, nth: number, n: number): number;
  weigh(key: number, nth: number, perMillion: Int32Array): number;
}

/** Answers nothing but 0. A stream with this answerer does not even count. */
export const PLAIN_ANSWERS: Answerer = { choose: () => 0, weigh: () => 0 };

const FIELDS = 5;

/** Counts occurrences of (stream, key): an open hash table of integers, as it is asked once a message in a storm. */
class Occurrences {
  #stream = new Int32Array(128);
  #key = new Int32Array(128);
  #count = new Int32Array(128);
  #used = 0;

  /** How often the pair came up before; counts this time. */
  next(stream: number, key: number): number {
    const at = this.#find(stream, key);
    const nth = this.#count[at]!;
    this.#count[at] = nth + 1;
    if (nth === 0) {
      this.#stream[at] = stream;
      this.#key[at] = key;
      if (2 * ++this.#used > this.#count.length) this.#grow();
    }
    return nth;
  }

  #find(stream: number, key: number): number {
    const mask = this.#count.length - 1;
    let at = scramble(key ^ Math.imul(stream, 0x9e3779b1)) & mask;
    while (this.#count[at] !== 0 && (this.#key[at] !== key || this.#stream[at] !== stream)) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [stream, key, count] = [this.#stream, this.#key, this.#count];
    const capacity = 4 * count.length;
    this.#stream = new Int32Array(capacity);
    this.#key = new Int32Array(capacity);
    this.#count = new Int32Array(capacity);
    for (let i = 0; i < count.length; i++) {
      if (count[i] === 0) continue;
      const at = this.#find(stream[i]!, key[i]!);
      this.#stream[at] = stream[i]!;
      this.#key[at] = key[i]!;
      this.#count[at] = count[i]!;
    }
  }
}

/** One named stream of a keyed source. */
class KeyedStream implements ChoiceStream {
  readonly #source: KeyedSource;
  readonly #id: number;
  readonly #answerer: Answerer;

  constructor(source: KeyedSource, id: number, answerer: Answerer) {
    this.#source = source;
    this.#id = id;
    this.#answerer = answerer;
  }

  choose(key: number, n: number): number {
    if (this.#answerer === PLAIN_ANSWERS) return 0;
    const nth = this.#source.occurrence(this.#id, key | 0);
    const value = this.#answerer.choose(key | 0, nth, n);
    if (value !== 0) this.#source.keep(this.#id, key | 0, nth, value, n);
    return value;
  }

  weigh(key: number, perMillion: Int32Array): number {
    if (this.#answerer === PLAIN_ANSWERS) return 0;
    const nth = this.#source.occurrence(this.#id, key | 0);
    const value = this.#answerer.weigh(key | 0, nth, perMillion);
    if (value !== 0) this.#source.keep(this.#id, key | 0, nth, value, perMillion.length + 1);
    return value;
  }
}

/** A source made of one answerer per stream. */
export class KeyedSource implements RecordingSource {
  readonly strategy: string;
  readonly #seed: string | null;
  readonly #open: (path: string) => Answerer;
  readonly #streams = new Map<string, KeyedStream>();
  readonly #paths: string[] = [];
  readonly #occurrences = new Occurrences();
  #kept = new Int32Array(64 * FIELDS);
  #length = 0;

  /** @param open called once for each stream that is used */
  constructor(strategy: string, seed: string | null, open: (path: string) => Answerer) {
    this.strategy = strategy;
    this.#seed = seed;
    this.#open = open;
  }

  stream(path: string): ChoiceStream {
    let stream = this.#streams.get(path);
    if (stream === undefined) {
      stream = new KeyedStream(this, this.#paths.push(path) - 1, this.#open(path));
      this.#streams.set(path, stream);
    }
    return stream;
  }

  tape(scenario: string): Tape {
    const choices: TapeChoice[] = [];
    for (let i = 0; i < this.#length; i += FIELDS) {
      choices.push({
        stream: this.#paths[this.#kept[i]!]!,
        key: this.#kept[i + 1]!,
        nth: this.#kept[i + 2]!,
        value: this.#kept[i + 3]!,
        of: this.#kept[i + 4]!,
      });
    }
    return { scenario, seed: this.#seed, strategy: this.strategy, choices };
  }

  /** For this file's streams: how often a decision came up before. */
  occurrence(stream: number, key: number): number {
    return this.#occurrences.next(stream, key);
  }

  /** For this file's streams: notes an answer that was not 0. */
  keep(stream: number, key: number, nth: number, value: number, of: number): void {
    const at = this.#length;
    if (at === this.#kept.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.#kept);
      this.#kept = larger;
    }
    this.#kept[at] = stream;
    this.#kept[at + 1] = key;
    this.#kept[at + 2] = nth;
    this.#kept[at + 3] = value;
    this.#kept[at + 4] = of;
    this.#length = at + FIELDS;
  }
}
