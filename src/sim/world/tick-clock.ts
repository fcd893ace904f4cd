// How a replica's core sees time: whole ticks of its node's own clock, handed over in one go when somebody looks. Between
// two looks the core may have slept through any number of ticks in which it had nothing to do; it must never see one twice,
// and none that fell into a time in which it stood still.
import type { NodeClock } from './replica-parts.ts';

/** Ticks of one incarnation of a replica. */
export class TickClock {
  readonly #clock: NodeClock;
  readonly #tickMs: number;
  /** Local time up to which ticks were handed over. */
  #seenMs: number;

  /** @param tickMs local ms per tick */
  constructor(clock: NodeClock, tickMs: number) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#seenMs = clock.localMs();
  }

  /** The ticks that have passed since this was last asked. */
  take(): number {
    const ticks = Math.trunc((this.#clock.localMs() - this.#seenMs) / this.#tickMs);
    this.#seenMs += ticks * this.#tickMs;
    return ticks;
  }

  /** True virtual time at which so many more ticks will have passed; never, for a number that means it. */
  atMs(ticks: number): number {
    return ticks > 1_000_000 ? Number.MAX_SAFE_INTEGER : this.#clock.trueMsAt(this.#seenMs + ticks * this.#tickMs);
  }

  /** Time has stood still up to now. */
  skip(): void {
    this.#seenMs = this.#clock.localMs();
  }
}
