// The two storage threads of a replica that writes asynchronously: one appends to the log, one applies. Each takes its jobs
// in order and spends a drawn time on each, so that a message of the core's can overtake the write it does not depend on,
// and a crash can fall between handing a write out and making it. That gap is where the promises of this mode are broken.
import { APPEND_THREAD, APPLY_THREAD, type Message } from '../../raft/index.ts';
import type { WaitHost } from './waiters.ts';

/** Draws how long a job takes. */
export interface StorageDelays {
  appendMs(): number;
  applyMs(): number;
}

/** One job: the core's message to a thread, and whether a write has to reach the disk. */
export interface StorageJob {
  readonly message: Message;
  readonly mustSync: boolean;
}

/** One queue, worked off in order. */
class Thread {
  readonly #host: WaitHost;
  readonly #takesMs: () => number;
  readonly #done: (job: StorageJob) => void;
  #queue: StorageJob[] = [];

  constructor(host: WaitHost, takesMs: () => number, done: (job: StorageJob) => void) {
    this.#host = host;
    this.#takesMs = takesMs;
    this.#done = done;
  }

  push(job: StorageJob): void {
    this.#queue.push(job);
    if (this.#queue.length === 1) this.#begin();
  }

  isIdle(): boolean {
    return this.#queue.length === 0;
  }

  stop(): void {
    this.#queue = [];
  }

  #begin(): void {
    const job = this.#queue[0]!;
    // `soon` keeps a paused process from working on.
    this.#host.alarm(this.#host.nowMs() + this.#takesMs(), () => this.#host.soon(() => this.#finish(job)));
  }

  #finish(job: StorageJob): void {
    if (this.#queue[0] !== job) return;
    this.#queue.shift();
    this.#done(job);
    if (this.#queue.length > 0) this.#begin();
  }
}

/** Both threads of one incarnation of a replica. */
export class StorageThreads {
  readonly #append: Thread;
  readonly #apply: Thread;

  /** @param written a write is on the disk's queue now; @param applied a page may be applied now */
  constructor(
    host: WaitHost,
    delays: StorageDelays,
    written: (job: StorageJob) => void,
    applied: (job: StorageJob) => void,
  ) {
    this.#append = new Thread(host, () => delays.appendMs(), written);
    this.#apply = new Thread(host, () => delays.applyMs(), applied);
  }

  /** Takes a message that is meant for a thread; false if it is meant for a peer. */
  take(message: Message, mustSync: boolean): boolean {
    if (message.to === APPEND_THREAD) this.#append.push({ message, mustSync });
    else if (message.to === APPLY_THREAD) this.#apply.push({ message, mustSync });
    else return false;
    return true;
  }

  /** Whether every write that was handed out is made. */
  hasWritten(): boolean {
    return this.#append.isIdle();
  }

  /** What was not begun, or not finished, never happens. */
  stop(): void {
    this.#append.stop();
    this.#apply.stop();
  }
}
