// The scenarios that the measurements of docs/search.md are made over. They are loaded as the command line loads them, so
// that a scenario added to one of the folders is measured from then on, and none is measured in a form nobody runs.
import { fileURLToPath } from 'node:url';
import { discover } from '../../src/cli/discover.ts';
import type { Bound, Scenario, WeakestQuestion } from '../../src/scenario/scenario.ts';
import { ModelLimit, search } from '../../src/search/index.ts';

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

/** The scenario within the widest bound that can be searched to its end; its own where none of these can. */
export function searchable(scenario: Scenario, limits: { readonly maxStates: number }): Scenario {
  const within = (bound: Bound): Scenario => ({
    ...scenario,
    explore: { ...scenario.explore, bound: { ...scenario.explore.bound, ...bound } },
  });
  const narrower = [within({ crashes: 0 }), within({ crashes: 0, memberChanges: 0 })];
  const isSearched = (one: Scenario): boolean => {
    const { complete, broken } = search(one, limits);
    return complete || broken.length > 0;
  };
  try {
    return [scenario, ...narrower].find(isSearched) ?? scenario;
  } catch (error) {
    if (error instanceof ModelLimit) return scenario;
    throw error;
  }
}

/** CPU seconds that a piece of work takes, beside its result. */
export function timed<T>(work: () => T): { readonly result: T; readonly cpuSeconds: number } {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { result, cpuSeconds: (user + system) / 1e6 };
}
