// The hybrid clock commit timestamps come from: 48 bits of milliseconds, 16 bits of count. A leader may only hand out
// times up to the ceiling its group agreed on, and the next leader starts at that ceiling, so no two leaders commit the
// same timestamp even if their walls disagree. The ceiling lives in memory: it is what a lease entry, replayed as a
// duplicate after a cold start, has to bring back.

const LOGICAL_BITS = 16;
const LOGICAL_SPAN = 0x1_0000;
/** Largest physical part, in milliseconds. */
const MAX_MS = 0xffff_ffff_ffff;

/** A process's clock, shared by its groups. Halves are uint32. @source elastickv kv.HLC */
export class Hlc {
  /** Agreed upper bound of the physical part, in ms; 0 before the first lease. */
  #ceilingHigh = 0;
  #ceilingLow = 0;
  /** The last timestamp given or seen. */
  #lastMs = 0;
  #lastLogical = 0;

  /** Raises the ceiling to an int64 of milliseconds, given in halves; lower values and negative ones change nothing. */
  raiseCeiling(high: number, low: number): void {
    if (high > 0x7fff_ffff) return;
    if (high < this.#ceilingHigh || (high === this.#ceilingHigh && low <= this.#ceilingLow)) return;
    this.#ceilingHigh = high;
    this.#ceilingLow = low;
  }

  /** The ceiling in ms; exact up to 2^53 − 1. */
  get ceilingMs(): number {
    return this.#ceilingHigh * 0x1_0000_0000 + this.#ceilingLow;
  }

  /** The ceiling as a decimal int64. */
  get ceilingDecimal(): string {
    return String((BigInt(this.#ceilingHigh) << 32n) | BigInt(this.#ceilingLow));
  }

  /** Notes a timestamp committed by anyone, in halves, so that the next one given is greater. */
  observe(high: number, low: number): void {
    const ms = high * LOGICAL_SPAN + (low >>> LOGICAL_BITS);
    const logical = low & (LOGICAL_SPAN - 1);
    if (ms < this.#lastMs || (ms === this.#lastMs && logical <= this.#lastLogical)) return;
    this.#lastMs = ms;
    this.#lastLogical = logical;
  }

  /** Draws the next timestamp; read it with `lastHigh` and `lastLow`. @param nowMs this node's wall, 0 … 2^48 − 1 */
  next(nowMs: number): void {
    const physical = Math.min(MAX_MS, Math.max(nowMs, this.ceilingMs));
    if (physical > this.#lastMs) {
      this.#lastMs = physical;
      this.#lastLogical = 0;
    } else if (++this.#lastLogical === LOGICAL_SPAN) {
      this.#lastMs++;
      this.#lastLogical = 0;
    }
  }

  /** Upper half of the last timestamp. */
  get lastHigh(): number {
    return Math.floor(this.#lastMs / LOGICAL_SPAN);
  }

  /** Lower half of the last timestamp. */
  get lastLow(): number {
    return ((this.#lastMs % LOGICAL_SPAN) * LOGICAL_SPAN + this.#lastLogical) >>> 0;
  }
}
