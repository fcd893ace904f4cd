// Worker threads for whole runs. One job is many runs: a message costs as much as a short run, so seeds travel in
// chunks. The main thread is kept free even with one job: a search in it would leave an interrupt unheard until it ends.
// Only where the sources run uncompiled, in a test, the work is done there, by the same functions.
import { availableParallelism } from 'node:os';
import type { Piscina } from 'piscina';
import { OWN_EXTENSION } from './compile-scenario.ts';
import { valueOf, type Outcome } from './failures.ts';
import { perform, type Tasks } from './worker-tasks.ts';

type Input<K extends keyof Tasks> = Parameters<Tasks[K]>[0];
type Output<K extends keyof Tasks> = Awaited<ReturnType<Tasks[K]>>;

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

  /**
   * Does one task, as soon as a worker is free; tasks begin in the order in which they were given.
   * @throws InputError or InvariantError as the task did
   */
  async do<K extends keyof Tasks>(name: K, task: Input<K>): Promise<Output<K>> {
    if (OWN_EXTENSION !== '.js') return valueOf(await perform({ name, task }));
    this.#threads ??= this.#start();
    const outcome = (await (await this.#threads).run({ name, task }, { name: 'perform' })) as Outcome<Output<K>>;
    return valueOf(outcome);
  }

  async #start(): Promise<Piscina> {
    const { Piscina } = await import('piscina');
    const filename = new URL('./worker-tasks.js', import.meta.url).href;
    return new Piscina({ filename, minThreads: 1, maxThreads: this.jobs, idleTimeout: 1000, stricterFIFO: true });
  }

  /** Stops the workers; tasks not yet begun are dropped. */
  async close(): Promise<void> {
    const threads = await this.#threads;
    // An answer that comes after the last question is nobody's concern.
    threads?.on('error', () => undefined);
    await threads?.destroy();
  }
}

/** Does one task in a worker of its own. @throws InputError or InvariantError as the task did */
export async function alone<K extends keyof Tasks>(name: K, task: Input<K>): Promise<Output<K>> {
  const pool = new Pool(1);
  try {
    return await pool.do(name, task);
  } finally {
    await pool.close();
  }
}
