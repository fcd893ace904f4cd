// The other process of `doctor`: another heap, another hash seed, another moment. It runs what it is told and answers
// with the hash, or with the whole trace where the hashes differ.
import type { TraceEvent } from '../sim/kernel/trace.ts';
import { traceTask, type HashTask } from './worker-tasks.ts';

/** An answer, in the order of the questions. */
export interface ChildAnswer {
  readonly hash: string;
  readonly trace: readonly TraceEvent[] | null;
  readonly error: string | null;
}

async function answer(task: HashTask): Promise<ChildAnswer> {
  try {
    const { hash, trace } = await traceTask(task);
    return { hash, trace: task.record ? trace : null, error: null };
  } catch (error) {
    return { hash: '', trace: null, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (task: HashTask) => void answer(task).then((done) => process.send?.(done)));
