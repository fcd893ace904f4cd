// Virtual time. An event is three small integers (kind, a, b) in typed arrays, handed to the handler of its kind: no
// closure and no object is made for the thousands of deliveries and ticks of a virtual second. What is rare may be
// scheduled as a function. Nothing here ever looks at the host's clock: time is what the next event says it is.
import { assert } from '../../base/assert.ts';
import { NONE_DUE, Wheel, WHEEL_HORIZON_MS } from './wheel.ts';

/** Called for an event of its kind. */
export type EventHandler = (a: number, b: number) => void;

/** Why `runUntil` returned: the time is reached (and nothing is left), `stop` was called, the limit of events is met. */
export type Stopped = 'time' | 'idle' | 'stop' | 'limit';

const CLOSURE = 0;

/** Runs events in the order of (time, arrival). */
export class Scheduler {
  /** Virtual ms since the start of the run, an int32. */
  nowMs = 0;
  /** Events run so far. */
  events = 0;
  readonly #maxEvents: number;
  readonly #wheel = new Wheel(256);
  readonly #handlers: EventHandler[] = [];
  #kind = new Int32Array(256);
  #a = new Int32Array(256);
  #b = new Int32Array(256);
  readonly #closures: ((() => void) | null)[] = [];
  readonly #freeClosures: number[] = [];
  #stop = false;

  /** @param maxEvents events after which `runUntil` returns 'limit' */
  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
    this.#handlers.push((slot) => this.#runClosure(slot));
  }

  /** Number of pending events. */
  get pending(): number {
    return this.#wheel.size;
  }

  /** Registers a kind of event. To be called while the world is built, in a fixed order. */
  kind(handler: EventHandler): number {
    return this.#handlers.push(handler) - 1;
  }

  /**
   * Schedules an event.
   * @param atMs not before now; later than the wheel's horizon (2^30 ms, 12 days) is the horizon
   * @param a int32, @param b int32: handed to the handler
   * @returns a handle for `cancel`, good until the event has run
   */
  at(atMs: number, kind: number, a: number, b: number): number {
    assert(atMs >= this.nowMs, 'SCHEDULE_PAST', () => `an event for ${atMs} ms scheduled at ${this.nowMs} ms`);
    const handle = this.#wheel.add(atMs < WHEEL_HORIZON_MS ? atMs : WHEEL_HORIZON_MS - 1);
    if (handle >= this.#kind.length) this.#grow();
    this.#kind[handle] = kind;
    this.#a[handle] = a;
    this.#b[handle] = b;
    return handle;
  }

  /** Schedules a function, for what is rare. */
  after(ms: number, run: () => void): number {
    const slot = this.#freeClosures.pop() ?? this.#closures.length;
    this.#closures[slot] = run;
    return this.at(this.nowMs + ms, CLOSURE, slot, 0);
  }

  /** Takes back an event that has not run. The caller forgets the handle. */
  cancel(handle: number): void {
    assert(this.#wheel.isPending(handle), 'CANCEL_DEAD', () => `event ${handle} is not pending`);
    if (this.#kind[handle] === CLOSURE) this.#freeClosure(this.#a[handle]!);
    this.#wheel.cancel(handle);
  }

  /** Whether a handle's event has still to run. Meaningless once the handle may have been given out again. */
  isPending(handle: number): boolean {
    return this.#wheel.isPending(handle);
  }

  /** Runs the next event if it is due by `untilMs`. */
  next(untilMs: number): boolean {
    const handle = this.#wheel.pop(untilMs);
    if (handle === NONE_DUE) return false;
    this.nowMs = this.#wheel.atMs(handle);
    this.events++;
    this.#handlers[this.#kind[handle]!]!(this.#a[handle]!, this.#b[handle]!);
    return true;
  }

  /** Runs events until the time is `untilMs` (inclusive), then sets the clock to it, unless something stops it before. */
  runUntil(untilMs: number): Stopped {
    this.#stop = false;
    while (this.events < this.#maxEvents) {
      if (!this.next(untilMs)) {
        this.nowMs = untilMs;
        return this.#wheel.size === 0 ? 'idle' : 'time';
      }
      if (this.#stop) return 'stop';
    }
    return 'limit';
  }

  /** Makes `runUntil` return after the event that is running. */
  stop(): void {
    this.#stop = true;
  }

  #runClosure(slot: number): void {
    const run = this.#closures[slot];
    this.#freeClosure(slot);
    run?.();
  }

  #freeClosure(slot: number): void {
    this.#closures[slot] = null;
    this.#freeClosures.push(slot);
  }

  #grow(): void {
    const capacity = this.#wheel.capacity;
    this.#kind = enlarge(this.#kind, capacity);
    this.#a = enlarge(this.#a, capacity);
    this.#b = enlarge(this.#b, capacity);
  }
}

function enlarge(array: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}
