// The scenarios of the rollout as the tests see them, and the tables of scenarios/README.md made of their names.
import { readdirSync } from 'node:fs';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { UNSHOWN } from '../../scenarios/rollout/_unshown.ts';

const FOLDER = new URL('../../scenarios/rollout/', import.meta.url);

/** Every scenario of a folder below scenarios/rollout, in the order of files. */
export async function scenariosIn(folder: '.' | 'head'): Promise<Scenario[]> {
  const url = new URL(`${folder}/`, FOLDER);
  const files = readdirSync(url)
    .filter((name) => name.endsWith('.ts') && !name.startsWith('_'))
    .sort((a, b) => (a < b ? -1 : 1));
  const found: Scenario[] = [];
  for (const file of files) {
    const module = (await import(new URL(file, url).href)) as Record<string, Scenario | Scenario[]>;
    for (const name of Object.keys(module)) found.push(...[module[name]!].flat());
  }
  return found;
}

/** Ids a scenario shows, `H-01 …` in its name. */
export function idsOf({ name }: Scenario): string[] {
  return name.match(/H-\d\d/g) ?? [];
}

/** One row for each hazard, as Markdown. */
export function hazardTable(scenarios: readonly Scenario[]): string {
  const rows = Array.from({ length: 80 }, (_, i) => `H-${String(i + 1).padStart(2, '0')}`).map((id) => {
    const wrong = scenarios.find((one) => idsOf(one).includes(id) && one.name.endsWith('/wrong'));
    if (wrong === undefined) return `| ${id} | not shown: ${UNSHOWN[id] ?? '?'} | |`;
    const rule = wrong.name.replace(/^rollout\/(H-\d\d ?)+/, '').replace(/\/wrong$/, '');
    return `| ${id} | ${rule} | ${wrong.expect === 'holds' ? '' : wrong.expect.violates} |`;
  });
  return ['| hazard | the rule | what breaks without it |', '|---|---|---|', ...rows].join('\n');
}
