// CPU time of the calling thread where the runtime tells it, else the time that passed: a run never waits, so on a core
// of its own the two agree.

interface WithThreadCpu {
  readonly threadCpuUsage?: () => { readonly user: number; readonly system: number };
}

/** CPU time of this thread so far, ms. */
export function threadCpuMs(): number {
  const usage = (process as WithThreadCpu).threadCpuUsage?.();
  return usage === undefined ? performance.now() : (usage.user + usage.system) / 1000;
}

/** CPU time of the whole process so far, all threads, ms. */
export function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
