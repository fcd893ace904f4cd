// Makes the table of what the current release is known to break: every plan is run over its seeds, and over more of them for what is
// rare, and judged by everything at once.
import { readFileSync, writeFileSync } from 'node:fs';
import { builtin } from '../../src/scenario/properties.ts';
import type { Property } from '../../src/scenario/properties.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { seedSource } from '../../src/sim/kernel/seed-source.ts';
import { run } from '../../src/sim/run.ts';
import { property } from '../../src/subjects/encryption.ts';
import { JUDGED, KNOWN, type Judged } from '../../scenarios/rollout/head/_known.ts';

const FILE = new URL('../../scenarios/rollout/head/_known.ts', import.meta.url);
const PREFIX = 'rollout/head/';
/** How many times the seeds of a plan are looked at. */
const MORE = 3;
/** A break found by then is found by the first four seeds of most runs; any other is noted with its seed. */
const SOON = 4;

/** What a plan breaks, each with the first seed that does. */
export function breaksOf(plan: Scenario, without: readonly Judged[], most = MORE): Map<Judged, number> {
  const [from, to] = plan.explore.seeds ?? [1, 1];
  const judged = JUDGED.filter((name) => !without.includes(name));
  const scenario = { ...plan, properties: judged.map(propertyOf) };
  const known = (KNOWN[plan.name.slice(PREFIX.length)] ?? []).map((one) => one.from);
  const seeds = new Set(Array.from({ length: (to - from + 1) * most }, (_, i) => from + i));
  for (const seed of known) for (let i = 0; i < SOON; i++) seeds.add(seed + i);
  const found = new Map<Judged, number>();
  for (const seed of [...seeds].sort((a, b) => a - b)) {
    for (const { property: name } of run(scenario, seedSource(String(seed))).violations) {
      const broken = judged.find((one) => one === name);
      if (broken !== undefined && !found.has(broken)) found.set(broken, seed);
    }
  }
  return found;
}

function propertyOf(name: Judged): Property {
  return name === 'no-apply-halt' || name === 'state-machine-safety' ? builtin(name) : property(name);
}

/** Writes the rows of the table anew. */
export function writeTable(plans: readonly Scenario[], without: (plan: Scenario) => readonly Judged[]): void {
  const rows = plans.flatMap((plan) => {
    const found = [...breaksOf(plan, without(plan))].sort(([, a], [, b]) => a - b);
    const texts = found.map(([name, seed]) => (seed <= SOON ? name : `${name}@${seed}`));
    return texts.length === 0 ? [] : [`${plan.name.slice(PREFIX.length)} | ${texts.join(' ')}`];
  });
  const text = readFileSync(FILE, 'utf8');
  writeFileSync(FILE, text.replace(/const TABLE = `[^`]*`/, `const TABLE = \`\n${rows.join('\n')}\n\``));
}
