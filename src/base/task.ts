// A computation that may wait in virtual time. Handlers are written once as generators and driven twice: by the
// simulator's scheduler and by a real gRPC server. Promises cannot serve here: the host's microtask queue would decide
// the order of events.

/** Yields what it waits for: a function that is given the callback to resume with. */
export type Task<T> = Generator<(resume: () => void) => void, T, void>;

/** A task that is over at once. */
export function* done<T>(value: T): Task<T> {
  return value;
}

/**
 * Runs a task until it ends, resuming it each time what it waits for calls back.
 * @param finish called once, with the result or with what the task threw
 */
export function drive<T>(task: Task<T>, finish: (outcome: { value: T } | { error: unknown }) => void): void {
  const step = (): void => {
    let next: IteratorResult<(resume: () => void) => void, T>;
    try {
      next = task.next();
    } catch (error) {
      finish({ error });
      return;
    }
    if (next.done === true) finish({ value: next.value });
    else next.value(step);
  };
  step();
}
