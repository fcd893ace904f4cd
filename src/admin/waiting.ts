// How a handler waits: for a port, for time, for its turn, each until its caller gives up. A wait that ignores the
// caller's context hangs an operator's command for ever, and a wait that is abandoned but still running could propose
// after its caller was told it failed. So every wait here ends exactly once, and what it waited for is closed.
import type { Ms } from '../base/ids.ts';
import type { Task } from '../base/task.ts';
import { EngineError } from './ports.ts';
import type { CallContext, Clock, ContextEnd } from './ports.ts';

/** Calls `finish` once with a task's result or with what it threw; the returned function abandons the task. */
export function spawn<T>(task: Task<T>, finish: (outcome: { value: T } | { error: unknown }) => void): () => void {
  let live = true;
  const step = (): void => {
    if (!live) return;
    let next: IteratorResult<(resume: () => void) => void, T>;
    try {
      next = task.next();
    } catch (error) {
      live = false;
      finish({ error });
      return;
    }
    if (next.done === true) {
      live = false;
      finish({ value: next.value });
    } else {
      next.value(step);
    }
  };
  step();
  return () => {
    if (!live) return;
    live = false;
    task.return(undefined as never);
  };
}

/**
 * Runs a task until it ends or the caller's context does; then the task is closed.
 * A task that never waits runs to its end even under a context that is over, as the real calls do.
 * @throws EngineError canceled or deadline
 */
export function* orEnd<T>(ctx: CallContext, task: Task<T>): Task<T> {
  for (;;) {
    const next = task.next();
    if (next.done === true) return next.value;
    if (yield* endsFirst(ctx, next.value)) {
      task.return(undefined as never);
      throw contextError(ctx);
    }
  }
}

/** Waits for `start` to call back, or for the context's end, whichever comes first; true if it was the context. */
function* endsFirst(ctx: CallContext, start: (resume: () => void) => void): Task<boolean> {
  let first: 'none' | 'port' | 'context' = 'none';
  yield (resume) => {
    let unsubscribe: () => void = () => undefined;
    const settle = (who: 'port' | 'context') => () => {
      if (first !== 'none') return;
      first = who;
      unsubscribe();
      resume();
    };
    unsubscribe = ctx.onEnd(settle('context'));
    // A context that was over has resumed the caller by now; its port is not even asked.
    if (first === 'none') start(settle('port'));
  };
  return (first as 'none' | 'port' | 'context') === 'context';
}

/** Waits for `ms` of virtual time. @throws EngineError canceled or deadline */
export function* pause(ctx: CallContext, clock: Clock, ms: Ms): Task<void> {
  let cancel: () => void = () => undefined;
  try {
    yield* orEnd(
      ctx,
      once((resume) => void (cancel = clock.after(ms, resume))),
    );
  } finally {
    cancel();
  }
}

/** A task of a single wait. */
export function* once(start: (resume: () => void) => void): Task<void> {
  yield start;
}

/** The error a context that is over ends its waits with. */
export function contextError(ctx: CallContext): EngineError {
  return new EngineError(ctx.end() ?? 'canceled');
}

/** One permit, handed over in order of arrival. */
export class Semaphore {
  #taken = false;
  readonly #queue: (() => void)[] = [];

  /** Takes the permit, or waits for it. @throws EngineError canceled or deadline, before trying if the context is over */
  *acquire(ctx: CallContext): Task<void> {
    if (ctx.end() !== null) throw contextError(ctx);
    if (!this.#taken) {
      this.#taken = true;
      return;
    }
    let mine: (() => void) | null = null;
    const turn = once((resume) => {
      mine = resume;
      this.#queue.push(resume);
    });
    try {
      yield* orEnd(ctx, turn);
      mine = null;
    } finally {
      // Whoever leaves the queue early must not be handed the permit later.
      const place = mine === null ? -1 : this.#queue.indexOf(mine);
      if (place >= 0) this.#queue.splice(place, 1);
    }
  }

  /** Gives the permit to the first in the queue, or back. */
  release(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#taken = false;
    else next();
  }
}

/** A context that ends with its parent, or after a time of its own; `close` lets go of both. */
export interface BoundedContext extends CallContext {
  close(): void;
}

/** Bounds a context: the first of the parent's end and `ms` of virtual time ends it. */
export function withTimeout(parent: CallContext, clock: Clock, ms: Ms): BoundedContext {
  let end: ContextEnd | null = null;
  let waiting: (() => void)[] = [];
  let letGo: () => void = () => undefined;
  const finish = (why: ContextEnd): void => {
    if (end !== null) return;
    end = why;
    letGo();
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  const cancelTimer = clock.after(ms, () => finish('deadline'));
  letGo = cancelTimer;
  const unsubscribe = parent.onEnd(() => finish(parent.end() ?? 'canceled'));
  letGo = () => {
    cancelTimer();
    unsubscribe();
  };
  if (end !== null) letGo();
  return {
    end: () => end,
    onEnd: (wake) => {
      if (end !== null) {
        wake();
        return () => undefined;
      }
      waiting.push(wake);
      return () => {
        waiting = waiting.filter((w) => w !== wake);
      };
    },
    close: () => letGo(),
  };
}
