// A call that tells its steps. Whether a refused call left an entry in the log cannot be seen from its answer, nor from the
// log: so each stretch of a handler that runs without waiting is marked, and what its process appends meanwhile is its own.
import { Code, StatusError } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import { methodOf } from './answers.ts';
import type { Observe } from './facts.ts';

/** Runs a handler's task and tells each of its steps, and how it was answered. */
export function* toldCall(
  task: Task<Uint8Array>,
  call: number,
  rpc: string,
  observe: NonNullable<Observe>,
): Task<Uint8Array> {
  try {
    for (;;) {
      observe({ kind: 'step', call });
      const next = task.next();
      observe({ kind: 'stepped', call });
      if (next.done === true) {
        const answer = methodOf(rpc).decodeResponse(next.value);
        observe({ kind: 'answered', call, rpc, code: Code.Ok, text: '', answer });
        return next.value;
      }
      yield next.value;
    }
  } catch (error) {
    observe({ kind: 'stepped', call });
    if (error instanceof StatusError) {
      observe({ kind: 'answered', call, rpc, code: error.code, text: error.message, answer: null });
    }
    throw error;
  } finally {
    task.return(undefined as never);
  }
}
