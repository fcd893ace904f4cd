// Commands that are about one scenario: a pattern that means several is an error that names some of them, and a question is
// taken as the scenario with its gate left open.
import { InputError } from '../base/errors.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { discover } from './discover.ts';
import type { Loaded } from './load-scenarios.ts';

/** So many names are shown of what a pattern means. */
const FEW = 4;

/** The names of scenarios, or some of them where there are many. */
export function namesOf(loaded: readonly Loaded[]): string {
  const names = loaded.map((one) => one.scenario.name);
  const more = names.length - FEW;
  return more > 1 ? `${names.slice(0, FEW).join(', ')} and ${more} more` : names.join(', ');
}

/**
 * The one scenario or question that a pattern means.
 * @throws InputError CLI001 if it means several; whatever discovering throws
 */
export async function onlyOne(pattern: string, cwd: string): Promise<Loaded> {
  const found = await discover([pattern], cwd);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  throw new InputError('CLI001', `"${pattern}" means ${namesOf(found)}; name one`);
}

/** A scenario as it is; of a question, the one with its gate left open. */
export function scenarioOf({ scenario }: Loaded): Scenario {
  return scenario.kind === 'scenario' ? scenario : scenario.with('open');
}
