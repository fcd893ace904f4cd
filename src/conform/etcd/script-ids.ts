// Ids of a script: uint64 where they are written, safe integers inside. Ids below 2^52 are themselves. Of those above, no
// double holds each, so the script is read once, and each gets the next free integer from 2^52 on, in ascending order: the
// core sorts members, and their order must not change. Read as numbers, two of them could be one, and a quorum with them.
// One thing differs: a membership change is a byte or two shorter where it names an id above 2^56.
import type { IdNames } from '../../raft/index.ts';
import { parseUint, UINT64_MAX, type Parsed } from './go-values.ts';
import type { Directive } from './script.ts';

/** From here on an id stands for another. */
const WIDE = 2 ** 52;
/** The reference keeps the two highest ids for its storage threads. */
const THREADS = [UINT64_MAX, UINT64_MAX - 1n];

/** How the ids of one script are written and what they are inside; also the names the core and its descriptions print. */
export class ScriptIds implements IdNames {
  /** The one at `i` is `WIDE + i` inside: ascending, and behind them what the script does not write as such. */
  readonly #wide: bigint[];

  /** @param directives the whole script: what it never writes can be no member */
  constructor(directives: readonly Directive[]) {
    const wide = new Set<bigint>();
    for (const { text, input } of directives) {
      for (const [digits] of `${text}\n${input}`.matchAll(/[0-9]{16,}/g)) {
        const id = BigInt(digits);
        if (id >= WIDE && id <= UINT64_MAX) wide.add(id);
      }
    }
    this.#wide = [...wide].sort((a, b) => (a < b ? -1 : 1));
  }

  /** The id that a text writes; what is none gets Go's words. */
  parse(text: string): Parsed<number> {
    const parsed = parseUint(text);
    return parsed.ok ? { ok: true, value: this.inside(parsed.value) } : parsed;
  }

  /** What an id is inside. */
  inside(id: bigint): number {
    if (id < WIDE) return Number(id);
    const at = this.#wide.indexOf(id);
    return WIDE + (at >= 0 ? at : this.#wide.push(id) - 1);
  }

  hex(id: number): string {
    return this.#outside(id).toString(16);
  }

  dec(id: number): string {
    return this.#outside(id).toString();
  }

  /** Whether an id is one that the reference would take for a storage thread's. */
  isThread(id: number): boolean {
    return id >= WIDE && THREADS.includes(this.#wide[id - WIDE]!);
  }

  #outside(id: number): number | bigint {
    return id < WIDE ? id : this.#wide[id - WIDE]!;
  }
}
