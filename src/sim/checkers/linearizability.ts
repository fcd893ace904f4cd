// Whether a history of reads and writes of one register could have happened one operation at a time, each between its call
// and its return. The search runs along the history (just-in-time linearisation): it keeps every state the register may be
// in together with the calls that have already taken effect, and lets a call take effect only when a return forces it to.
// An operation whose outcome is unknown may take effect at any later time or never; a search that cannot finish says so.
// @source Wing & Gong 1993; Lowe, Testing for linearizability, 2017

/** One operation on one register. Times are positions in the run's order; a value of null is "nothing there". */
export interface Operation {
  readonly kind: 'read' | 'write';
  readonly calledAt: number;
  /** Infinity: the outcome is unknown. An operation that failed for certain is left out of a history. */
  readonly returnedAt: number;
  /** What was written, or read. */
  readonly value: string | null;
}

/** The answer: it could, it could not (and at which operation that shows), or the search met its bound. */
export type Judgement =
  { readonly is: 'linearizable' } | { readonly is: 'not'; readonly at: Operation } | { readonly is: 'unknown' };

/** A possible present: the register's value and, one bit a slot, which of the open calls have taken effect. */
interface Possible {
  readonly value: string | null;
  readonly done: number;
}

/** Calls open at once, at most: one bit each in an int32. */
const MAX_OPEN = 30;

interface Moment {
  readonly at: number;
  readonly call: boolean;
  readonly slotOf: Operation;
}

/**
 * Judges the history of one register, which holds null at first.
 * @param bound possible presents to visit before giving up
 */
export function judgeRegister(history: readonly Operation[], bound: number): Judgement {
  const search = new Search(bound);
  for (const moment of momentsOf(history)) {
    if (moment.call) {
      if (!search.call(moment.slotOf)) return { is: 'unknown' };
    } else {
      const outcome = search.return(moment.slotOf);
      if (outcome !== 'possible') return outcome === 'bound' ? { is: 'unknown' } : { is: 'not', at: moment.slotOf };
    }
  }
  return { is: 'linearizable' };
}

/** Calls and returns in order. Left out is what cannot matter: reads that told nothing, lost writes nobody ever read. */
function momentsOf(history: readonly Operation[]): Moment[] {
  const lastReadOf = new Map<string | null, number>();
  for (const op of history) {
    if (op.kind === 'read' && op.returnedAt < Infinity) {
      lastReadOf.set(op.value, Math.max(lastReadOf.get(op.value) ?? -1, op.returnedAt));
    }
  }
  const moments: Moment[] = [];
  for (const op of history) {
    const isOpen = op.returnedAt === Infinity;
    if (isOpen && (op.kind === 'read' || (lastReadOf.get(op.value) ?? -1) < op.calledAt)) continue;
    moments.push({ at: op.calledAt, call: true, slotOf: op });
    if (!isOpen) moments.push({ at: op.returnedAt, call: false, slotOf: op });
  }
  return moments.sort((a, b) => a.at - b.at || Number(b.call) - Number(a.call));
}

class Search {
  readonly #open: (Operation | null)[] = [];
  #possible: Possible[] = [{ value: null, done: 0 }];
  #left: number;

  constructor(bound: number) {
    this.#left = bound;
  }

  /** False if too many calls are open. */
  call(op: Operation): boolean {
    let slot = this.#open.indexOf(null);
    if (slot < 0) slot = this.#open.length;
    if (slot === MAX_OPEN) return false;
    this.#open[slot] = op;
    return true;
  }

  /** The operation has taken effect by now in every present that remains. */
  return(op: Operation): 'possible' | 'impossible' | 'bound' {
    const slot = this.#open.indexOf(op);
    const bit = 1 << slot;
    const seen = new Set<string>();
    const remaining: Possible[] = [];
    const keep = new Set<string>();
    const pending = [...this.#possible];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (this.#left-- <= 0) return 'bound';
      const here = this.#readAll(next);
      if ((here.done & bit) !== 0) {
        const present = { value: here.value, done: here.done & ~bit };
        const name = nameOf(present);
        if (!keep.has(name)) remaining.push(present);
        keep.add(name);
        continue;
      }
      for (const present of this.#writes(here)) {
        const name = nameOf(present);
        if (!seen.has(name)) pending.push(present);
        seen.add(name);
      }
    }
    this.#open[slot] = null;
    this.#possible = remaining;
    return remaining.length > 0 ? 'possible' : 'impossible';
  }

  /** Reads of the present value take effect as soon as they can: that never forbids anything later. */
  #readAll({ value, done }: Possible): Possible {
    let all = done;
    this.#open.forEach((op, slot) => {
      if (op !== null && op.kind === 'read' && op.value === value) all |= 1 << slot;
    });
    return { value, done: all };
  }

  /** The presents one write away. A lost write is only worth it for a read that waits for its value. */
  #writes({ done }: Possible): Possible[] {
    const presents: Possible[] = [];
    this.#open.forEach((op, slot) => {
      if (op === null || op.kind === 'read' || (done & (1 << slot)) !== 0) return;
      if (op.returnedAt === Infinity && !this.#isAwaited(op.value, done)) return;
      presents.push({ value: op.value, done: done | (1 << slot) });
    });
    return presents;
  }

  #isAwaited(value: string | null, done: number): boolean {
    return this.#open.some(
      (op, slot) => op !== null && op.kind === 'read' && op.value === value && (done & (1 << slot)) === 0,
    );
  }
}

function nameOf({ value, done }: Possible): string {
  return `${done} ${value === null ? '' : `=${value}`}`;
}
