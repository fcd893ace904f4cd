// Worker threads for whole runs. One job is many runs: a message costs as much as a short run, so seeds travel in
// chunks. With one job, or where the sources run uncompiled, the work is done in this thread by the same functions.
import { availableParallelism } from 'node:os';
import type { Piscina } from 'piscina';
import { OWN_EXTENSION } from './compile-scenario.ts';
import * as tasks from './worker-tasks.ts';

type Tasks = typeof tasks;
/** The functions of worker-tasks.ts that take one task and answer with plain data. */
type TaskName = { [K in keyof Tasks]: Tasks[K] extends (task: infer _T) => Promise<unknown> ? K : never }[keyof Tasks];
type Input<K extends TaskName> = Parameters<Tasks[K]>[0];
type Output<K extends TaskName> = Awaited<ReturnType<Tasks[K]>>;

/** How many workers a command may use unless told. */
export function defaultJobs(): number {
  return availableParallelism();
}

/** Somebody who does tasks, one at a time or many at once. */
export class Pool {
  readonly jobs: number;
  #threads: Promise<Piscina> | null = null;

  constructor(jobs: number) {
    this.jobs = jobs;
  }

  /** Does one task, as soon as a worker is free; tasks begin in the order in which they were given. */
  async do<K extends TaskName>(name: K, task: Input<K>): Promise<Output<K>> {
    const inline = tasks[name] as (task: Input<K>) => Promise<Output<K>>;
    if (this.jobs === 1 || OWN_EXTENSION !== '.js') return await inline(task);
    this.#threads ??= this.#start();
    return (await (await this.#threads).run(task, { name })) as Output<K>;
  }

  async #start(): Promise<Piscina> {
    const { Piscina } = await import('piscina');
    const filename = new URL('./worker-tasks.js', import.meta.url).href;
    return new Piscina({ filename, minThreads: 1, maxThreads: this.jobs, idleTimeout: 1000, stricterFIFO: true });
  }

  /** Stops the workers; tasks not yet begun are dropped. */
  async close(): Promise<void> {
    await (await this.#threads)?.destroy();
  }
}
