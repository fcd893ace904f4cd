// Several questions at once. A fan-out that asked one member after the other would take the sum of all delays, and time
// out where the real one does not.
import { drive } from '../base/task.ts';
import type { Task } from '../base/task.ts';

/** Starts all tasks in order and waits until each is over; the first error in that order is thrown when all are. */
export function* gather<T>(tasks: readonly Task<T>[]): Task<T[]> {
  const outcomes: ({ value: T } | { error: unknown })[] = [];
  let running = tasks.length;
  let wake: (() => void) | null = null;
  for (const [i, task] of tasks.entries()) {
    drive(task, (outcome) => {
      outcomes[i] = outcome;
      running--;
      if (running === 0 && wake !== null) wake();
    });
  }
  if (running > 0) yield (resume) => void (wake = resume);
  return outcomes.map((outcome) => {
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  });
}
