// Measures shrinking: for every scenario that breaks, a failing run is drawn and made short, and what is left is held
// against the tape it came of and against the shortest witness that the exhaustive search knows. Then a hundred seeds of one
// bug are shrunk: how many different stories are left?
import { votersOf } from '../../src/cli/tell.ts';
import { traceSteps } from '../../src/report/trace-steps.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { ModelLimit, search, shortest, shrinkTape, sourceOf, type ShrinkResult } from '../../src/search/index.ts';
import type { Tape } from '../../src/sim/kernel/choices.ts';
import { run } from '../../src/sim/run.ts';
import { corpus, timed } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';

/** Seeds that are drawn until one breaks the property. */
const SEEDS = 200;
/** Runs that shrinking may take: the limit of the command line. */
const LIMITS = { maxRuns: 600 } as const;
/** Seeds of one bug. */
const OF_ONE_BUG = 100;
const ONE_BUG = 'encryption/6A-6B/learner forgotten';

/** Tapes of a scenario that break a property, in the order of seeds. */
function* failing(scenario: Scenario, property: string, most: number): Generator<Tape> {
  for (let seed = 1; seed <= most; seed++) {
    const { violations, tape } = run(scenario, sourceOf('swarm', String(seed)));
    if (violations[0]?.property === property) yield tape;
  }
}

/** Essential steps of a shrunk run. */
function stepsOf(scenario: Scenario, { run: last, violation }: ShrinkResult): number {
  return traceSteps(last.trace, violation, votersOf(scenario, last)).length;
}

/** The length of the shortest witness; null where the model cannot tell. */
function optimum(scenario: Scenario, property: string): number | null {
  try {
    const { broken, checks } = search(scenario, { maxStates: 200_000, property });
    return broken.find((one) => checks.safety[one.property]!.name === property)?.depth ?? null;
  } catch (error) {
    if (error instanceof ModelLimit) return null;
    throw error;
  }
}

const { scenarios } = await corpus();
const rows: (string | number)[][] = [];
const cuts: number[] = [];
const ratios: number[] = [];
let longest = 0;
for (const scenario of scenarios) {
  const { expect } = scenario;
  if (expect === 'holds') continue;
  const [tape] = failing(scenario, expect.violates, SEEDS);
  if (tape === undefined) {
    rows.push([scenario.name, `none in ${SEEDS} runs`, '', '', '', '', '']);
    continue;
  }
  const { result, cpuSeconds } = timed(() => shrinkTape(scenario, tape, { ...LIMITS, property: expect.violates }));
  if (result === null) throw new Error(`${scenario.name}: a failing tape does not fail again`);
  const cut = result.from === 0 ? 100 : (100 * (result.from - result.to)) / result.from;
  const steps = stepsOf(scenario, result);
  const best = optimum(scenario, expect.violates);
  cuts.push(cut);
  longest = Math.max(longest, cpuSeconds);
  if (best !== null && best > 0) ratios.push(steps / best);
  rows.push([
    scenario.name,
    result.from,
    result.to,
    `${cut.toFixed(1)} %`,
    steps,
    best ?? 'unknown',
    cpuSeconds.toFixed(1),
  ]);
}

const bug = scenarios.find(({ name }) => name === ONE_BUG)!;
const property = bug.expect === 'holds' ? '' : bug.expect.violates;
const stories = new Set<string>();
let seeds = 0;
for (const tape of failing(bug, property, 20 * OF_ONE_BUG)) {
  if (seeds === OF_ONE_BUG) break;
  seeds++;
  const { witness, tape: left } = shortest(bug, tape, { ...LIMITS, property })!;
  stories.add(JSON.stringify(witness?.steps.map(({ node, text }) => [node, text]) ?? left.choices));
}

cuts.sort((a, b) => a - b);
const share = (of: (ratio: number) => boolean): string => `${ratios.filter(of).length} of ${ratios.length}`;
publish('measure:shrink', [
  ...table(['scenario', 'choices', 'left', 'cut', 'steps', 'optimum', 'CPU s'], rows),
  '',
  `Median cut ${cuts[cuts.length >> 1]!.toFixed(1)} %, worst ${cuts[0]!.toFixed(1)} %; the longest took ${longest.toFixed(1)} CPU seconds. Choices are those of a tape, all that`,
  'were not the plainest: a calm run has few, and what is left of it are steps of its plan. Steps are those of the shrunk',
  `run's trace, the optimum is the model's: equal in ${share((ratio) => ratio === 1)}, within 1.5 times in ${share((ratio) => ratio <= 1.5)}. In ${share((ratio) => ratio < 1)}`,
  'the trace counts fewer steps than the model, which is a difference in counting or in the plan that is not explained yet.',
  '',
  `${seeds} seeds of "${ONE_BUG}" end as ${stories.size} ${stories.size === 1 ? 'story' : 'stories'}.`,
]);
