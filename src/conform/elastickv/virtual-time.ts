// A clock and caller contexts for recorded cases: time stands still until nothing else can happen, then jumps to the next
// timer. A recorded deadline of sixty milliseconds costs no time here, and a case that would wait for ever is found out
// instead of hanging the run.
import { drive } from '../../base/task.ts';
import type { Task } from '../../base/task.ts';
import type { CallContext, Clock, ContextEnd } from '../../admin/ports.ts';

interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Timers fire in order of time, and of arming within one millisecond. */
export class VirtualTime implements Clock {
  #nowMs = 0;
  #timers: Timer[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, wake: () => void): () => void {
    const timer: Timer = { atMs: this.#nowMs + ms, wake };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }

  /** Fires the next timer; false if there is none. */
  step(): boolean {
    let next: Timer | null = null;
    for (const timer of this.#timers) if (next === null || timer.atMs < next.atMs) next = timer;
    if (next === null) return false;
    this.#timers = this.#timers.filter((t) => t !== next);
    this.#nowMs = next.atMs;
    next.wake();
    return true;
  }

  /** Runs a task to its end. Throws what the task throws, and an Error if it can never end. */
  run<T>(task: Task<T>): T {
    const ends: ({ value: T } | { error: unknown })[] = [];
    drive(task, (end) => ends.push(end));
    while (ends.length === 0) if (!this.step()) throw new TypeError('the task waits for something that never happens');
    const [end] = ends as [(typeof ends)[number]];
    if ('error' in end) throw end.error;
    return end.value;
  }
}

/** A caller's context that the case can end by hand, and that a deadline ends. */
export class VirtualContext implements CallContext {
  #end: ContextEnd | null = null;
  #waiting: (() => void)[] = [];

  constructor(time: VirtualTime, deadlineMs: number) {
    time.after(deadlineMs, () => this.finish('deadline'));
  }

  end(): ContextEnd | null {
    return this.#end;
  }

  onEnd(wake: () => void): () => void {
    if (this.#end !== null) {
      wake();
      return () => undefined;
    }
    this.#waiting.push(wake);
    return () => {
      this.#waiting = this.#waiting.filter((w) => w !== wake);
    };
  }

  /** Ends the context; the first end counts. */
  finish(end: ContextEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
