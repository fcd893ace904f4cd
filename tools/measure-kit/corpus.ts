// The scenarios that the measurements of docs/search.md are made over. They are loaded as the command line loads them, so
// that a scenario added to one of the folders is measured from then on, and none is measured in a form nobody runs.
import { fileURLToPath } from 'node:url';
import { discover } from '../../src/cli/discover.ts';
import type { Scenario, WeakestQuestion } from '../../src/scenario/scenario.ts';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Folders of scenarios that are held against something known from outside. */
export const FOLDERS = ['scenarios/corpus', 'scenarios/encryption', 'scenarios/examples', 'scenarios/pr760'] as const;

/** Every scenario and question below the folders, in the order of paths. */
export async function corpus(
  folders: readonly string[] = FOLDERS,
): Promise<{ readonly scenarios: readonly Scenario[]; readonly questions: readonly WeakestQuestion[] }> {
  const all = await discover(folders, ROOT);
  const scenarios: Scenario[] = [];
  const questions: WeakestQuestion[] = [];
  for (const { scenario } of all) {
    if (scenario.kind === 'scenario') scenarios.push(scenario);
    else questions.push(scenario);
  }
  return { scenarios, questions };
}

/** CPU seconds that a piece of work takes, beside its result. */
export function timed<T>(work: () => T): { readonly result: T; readonly cpuSeconds: number } {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { result, cpuSeconds: (user + system) / 1e6 };
}
