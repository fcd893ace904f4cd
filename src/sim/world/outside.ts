// How those who stand outside a process use it: an operator's task runs in the process, but the operator is not of it. A
// process that dies with the task in hand takes the task along and leaves its operator an answer; without that, one crash
// at the wrong moment would hang a plan for ever, and a hung plan looks like a cluster that never comes to rest.
import { drive, type Task } from '../../base/task.ts';
import type { Process } from './process.ts';
import { Pending } from './waiters.ts';
import type { World } from './world.ts';

/** Runs a task of a process for somebody outside: if the process dies with it, the outside is told `ifItDies`. */
export function* within<T>(world: World, process: Process, task: Task<T>, ifItDies: T): Task<T> {
  const pending = new Pending<T>(world.outside);
  const forget = process.onBreak(() => pending.settle(ifItDies));
  drive(task, (outcome) => {
    // A machine that goes down in the middle of the task breaks the connection, which is the answer.
    if ('error' in outcome) return world.survive(outcome.error);
    forget();
    pending.settle(outcome.value);
  });
  return yield* pending.wait();
}
