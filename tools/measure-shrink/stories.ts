// A hundred tapes of one bug: into how many different tapes does shrinking turn them, and how many stories are told?
import { shortest, shrinkTape } from '../../src/search/index.ts';
import { corpus } from '../measure-kit/corpus.ts';
import { failing, LIMITS, propertyOf } from './cases.ts';

const TAPES = 100;
/** Seeds drawn for them, at most. */
const SEEDS = 10_000;

/** A row for each bug: its name, tapes, distinct tapes after the passes, distinct stories after the search. */
export async function measureStories(names: readonly string[]): Promise<(string | number)[][]> {
  const { scenarios } = await corpus();
  const rows: (string | number)[][] = [];
  for (const name of names) {
    const scenario = scenarios.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
    const property = propertyOf(scenario) ?? '';
    const passes = new Set<string>();
    const stories = new Set<string>();
    let tapes = 0;
    for (const tape of failing(scenario, property, SEEDS)) {
      passes.add(JSON.stringify(shrinkTape(scenario, tape, { ...LIMITS, property })?.tape.choices));
      stories.add(JSON.stringify(shortest(scenario, tape, { ...LIMITS, property })?.tape.choices));
      if (++tapes === TAPES) break;
    }
    rows.push([name, tapes, passes.size, stories.size]);
    process.stderr.write(`${name}\n`);
  }
  return rows;
}
