// mulberry32, the generator both benchmark programs draw from. It is written out here and not taken from the simulator's
// streams because the reference program fixes it to the bit: one draw more or less and no counter would be equal again.

/** A mulberry32 stream; its whole state is one 32-bit number. @source bench workloads section 3 */
export class Mulberry {
  private state: number;

  /** @param state any number; its low 32 bits count */
  constructor(state: number) {
    this.state = state | 0;
  }

  /** The next draw, 0 to 2^32 - 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    const s = this.state;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A draw modulo n. Unsigned on both sides, or the engine divides as floating point. */
  modulo(n: number): number {
    return (this.next() % (n >>> 0)) >>> 0;
  }
}

/** State of the network stream. */
export function networkState(seed: number): number {
  return Math.imul(seed, 0x9e3779b1);
}

/** State of the election stream of replica `id` (from 1) of group `group` (from 0). */
export function electionState(seed: number, group: number, id: number): number {
  return (Math.imul(seed, 0x85ebca6b) + Math.imul(group, 0xc2b2ae35) + Math.imul(id, 0x27d4eb2f)) | 0;
}

/** A draw in 0..9 as the reference makes it: four bits at a time, refused until they are below ten. */
export function electionDraw(stream: Mulberry): number {
  let v = stream.next() & 15;
  while (v >= 10) v = stream.next() & 15;
  return v;
}
