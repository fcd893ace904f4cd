// What every task of a worker is made of: which scenario it is about, and when it should end. Tasks are plain data; a scenario
// holds functions, so that it goes by the name of its module.

/** A scenario by the module that exports it. */
export interface ScenarioRef {
  readonly url: string;
  /** Its name; that of a question may name the gate to put in. */
  readonly name: string;
}

/** When a task should end. */
export function stopper(stopAtMs: number | null, stopFlag: SharedArrayBuffer | null): () => boolean {
  const flag = stopFlag === null ? null : new Int32Array(stopFlag);
  return () => (stopAtMs !== null && Date.now() >= stopAtMs) || (flag !== null && Atomics.load(flag, 0) !== 0);
}
