// Measures whether blame and repair are right: gates of scenarios that hold are spoilt one at a time, each mutant that
// breaks is explained, and the explanation is held against what was spoilt. A repair counts when the repaired scenario is
// searched to its end and holds, and runs of the simulator break nothing in it either.
import fc from 'fast-check';
import { fileURLToPath } from 'node:url';
import type { Formula } from '../../src/gate/formula.ts';
import type { Blame, Scenario } from '../../src/scenario/scenario.ts';
import {
  explain,
  meets,
  search,
  sourceOf,
  withGate,
  type Culprit,
  type Explanation,
  type Repair,
} from '../../src/search/index.ts';
import { run } from '../../src/sim/run.ts';
import { recipes, scenarioOf } from '../../test/search/random-scenario.ts';
import { corpus, timed } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';
import { gateMutants, type GateMutant } from './gate-mutants.ts';

/** How many mutants are explained: the number given, else this. */
const WANTED = 60;
/** States that a base, a mutant and a repaired mutant may have. */
const LIMITS = { maxStates: 200_000 } as const;
/** Features made at random, and from which seed. */
const HELD_OUT_FEATURES = 80;
const HELD_OUT_SEED = 77_310_426;
/** Runs that a repaired scenario has to pass. */
const SEEDS = 20;

/** What came of one mutant. */
export interface Outcome {
  readonly mutant: GateMutant;
  readonly property: string;
  /** The culprit is among those named; it is named first. */
  readonly right: boolean;
  readonly first: boolean;
  readonly named: readonly string[];
  /** How many of those named only shut their gate for good, and are told after all others. */
  readonly aside: number;
  readonly repaired: boolean;
  readonly cpuSeconds: number;
}

/** Whether a culprit is the part that was taken away, or at least one of several. */
function isRight(mutant: GateMutant, { blame, suspect }: Culprit): boolean {
  if (!suspect.builds.some((build) => build.name === mutant.build)) return false;
  const isPoint = meets([blame].flat()[0] as Blame, { gatePoint: mutant.at, build: mutant.build }, []);
  if (mutant.culprits.length === 0) return suspect.at === mutant.at;
  const atoms = [blame].flat() as Blame[];
  const named = atoms.some((one) => mutant.culprits.some((atom) => meets(one, { atom, at: mutant.at }, [])));
  return named || isPoint;
}

/** Whether what a repair suggests holds, searched to the end and run. */
function holdsWith(scenario: Scenario, repair: Repair): boolean {
  const repaired = repair.changes.reduce(
    (changed, { build, at, formula }) => withGate(changed, build, at, formula),
    scenario,
  );
  const searched = search(repaired, LIMITS);
  if (searched.broken.length > 0 || !searched.complete) return false;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = run(repaired, sourceOf('swarm', String(seed)));
    const judged = searched.checks.safety.map((property) => property.name);
    if (violations.some((violation) => judged.includes(violation.property))) return false;
  }
  return true;
}

/** What is named, each once. */
function namedBy(culprits: readonly Culprit[]): string[] {
  const names = culprits.map(({ blame, suspect }) =>
    blame === 'no admission gate'
      ? blame
      : `${JSON.stringify(blame)} in ${suspect.builds.map((build) => build.name).join(' and ')}`,
  );
  return [...new Set(names)];
}

/** Explains one mutant and judges the explanation; null if it breaks nothing. */
export function judgeMutant(mutant: GateMutant): Outcome | null {
  const { result, cpuSeconds } = timed((): Explanation | null => explain(mutant.scenario, LIMITS));
  if (result === null) return null;
  return {
    mutant,
    property: result.witness.property,
    right: result.culprits.some((culprit) => isRight(mutant, culprit)),
    first: result.culprits[0] !== undefined && isRight(mutant, result.culprits[0]),
    named: namedBy(result.culprits),
    aside: namedBy(result.culprits.filter(({ aside }) => aside === true)).length,
    repaired: result.repairs.length > 0 && holdsWith(mutant.scenario, result.repairs[0]!),
    cpuSeconds,
  };
}

/** Mutants in turn: one of each kind at each gate before a second of any, so that no gate fills the table alone. */
export function inTurn(mutants: readonly GateMutant[]): GateMutant[] {
  const kinds = new Map<string, GateMutant[]>();
  for (const mutant of mutants) {
    const kind = JSON.stringify([mutant.base, mutant.build, mutant.at, mutant.operator]);
    const same = kinds.get(kind);
    if (same === undefined) kinds.set(kind, [mutant]);
    else same.push(mutant);
  }
  const queues = [...kinds.values()];
  const most = Math.max(0, ...queues.map((queue) => queue.length));
  return Array.from({ length: most }, (_, round) => queues.flatMap((queue) => queue[round] ?? [])).flat();
}

function summary(outcomes: readonly Outcome[]): string[] {
  const operators = [...new Set(outcomes.map(({ mutant }) => mutant.operator))].sort((a, b) => (a < b ? -1 : 1));
  const row = (name: string, of: readonly Outcome[]): (string | number)[] => [
    name,
    of.length,
    of.filter(({ right }) => right).length,
    of.filter(({ first }) => first).length,
    of.filter(({ repaired }) => repaired).length,
    Math.max(0, ...of.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1),
  ];
  const head = ['what was done to the gate', 'mutants', 'blame right', 'named first', 'repair holds', 'longest, CPU s'];
  const rows = operators.map((operator) =>
    row(
      operator,
      outcomes.filter(({ mutant }) => mutant.operator === operator),
    ),
  );
  const share = (of: (one: Outcome) => boolean): string =>
    `${((100 * outcomes.filter(of).length) / Math.max(1, outcomes.length)).toFixed(1)} %`;
  const bases = new Set(outcomes.map(({ mutant }) => mutant.base)).size;
  const average = (of: (one: Outcome) => number): string =>
    (outcomes.reduce((sum, one) => sum + of(one), 0) / Math.max(1, outcomes.length)).toFixed(1);
  return [
    ...table(head, [...rows, row('all', outcomes)]),
    '',
    `${outcomes.length} mutants of ${bases} scenarios: the spoilt part is blamed in ${share(({ right }) => right)}, the first`,
    `repair holds (searched to the end, and over ${SEEDS} runs) in ${share(({ repaired }) => repaired)}. An explanation names`,
    `${average(({ named }) => named.length)} alternatives on average, each of which would have prevented the violation by itself;`,
    `${average(({ aside }) => aside)} of them only shut their gate for good, and are told in one line after the others.`,
  ];
}

/** The scenario within a bound that can be searched to its end: its own, else one without crashes; null if it breaks. */
function searchable(scenario: Scenario): Scenario | null {
  const calm = { ...scenario, explore: { ...scenario.explore, bound: { ...scenario.explore.bound, crashes: 0 } } };
  for (const one of [scenario, calm]) {
    const { complete, broken } = search(one, LIMITS);
    if (complete) return broken.length === 0 ? one : null;
  }
  return null;
}

/** Features made at random, whose gates nobody had in mind when blame was written. */
function madeUp(): Scenario[] {
  const recipe = fc.sample(recipes(2), { seed: HELD_OUT_SEED, numRuns: HELD_OUT_FEATURES });
  const gates = ['groupReady', 'votersReady', 'flag'].map((name): Formula => ({ f: 'atom', name }));
  const both: Formula = { f: 'and', of: gates.slice(0, 1).concat(gates.slice(2)) };
  return recipe.map((one, i) => ({ ...scenarioOf(one, [...gates, both][i % 4]!), name: `made at random ${i + 1}` }));
}

/** Explains so many of the mutants of these scenarios as break something. */
function explained(scenarios: readonly Scenario[], wanted: number): Outcome[] {
  const bases = scenarios.filter(({ expect }) => expect === 'holds').flatMap((scenario) => searchable(scenario) ?? []);
  const outcomes: Outcome[] = [];
  for (const mutant of inTurn(bases.flatMap(gateMutants))) {
    if (outcomes.length === wanted) break;
    const outcome = judgeMutant(mutant);
    if (outcome === null) continue;
    outcomes.push(outcome);
    if (outcome.right && outcome.repaired) continue;
    const { base, build, at, operator, culprits } = mutant;
    const what = `${base}: ${operator} at ${build}@${at} (${culprits.join(', ')})`;
    process.stderr.write(`${what}: ${outcome.right ? '' : `blamed ${outcome.named.join('; ') || 'nobody'} `}`);
    process.stderr.write(`${outcome.repaired ? '' : 'no repair holds'}\n`);
  }
  return outcomes;
}

/** Explains the mutants and publishes what came of it. */
async function main(): Promise<void> {
  const wanted = Number(process.argv[2] ?? WANTED);
  const { scenarios } = await corpus();
  const lines = [
    ...summary(explained(scenarios, wanted)),
    '',
    `The same over features made at random, from seed ${HELD_OUT_SEED}, which nothing was tuned on:`,
    '',
    ...summary(explained(madeUp(), wanted)),
  ];
  if (wanted === WANTED) publish('measure:blame', lines);
  else process.stdout.write(`${lines.join('\n')}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
