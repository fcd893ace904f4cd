// One failing tape of each scenario that is expected to break, and what shrinking makes of it.
import type { Scenario } from '../../src/scenario/scenario.ts';
import { causeOf, confirm, ModelLimit, search, shortest, sourceOf, witnessOf } from '../../src/search/index.ts';
import type { Tape } from '../../src/sim/kernel/choices.ts';
import { tapeSource } from '../../src/sim/kernel/tape-source.ts';
import { run } from '../../src/sim/run.ts';
import { corpus, timed } from '../measure-kit/corpus.ts';
import { isFewest, type Fewest } from './fewest.ts';

/** Seeds that are drawn until one breaks the property. */
const SEEDS = 200;
/** The share of a tape's choices that should be gone. */
export const ENOUGH = 0.92;
/** States that the exhaustive search may take: the limit of the command line. */
export const LIMITS = { search: { maxStates: 200_000 } } as const;

/** A shrunk tape. */
export interface Case {
  readonly scenario: string;
  /** What drew the tape. */
  readonly tape: string;
  /** Choices that the run was asked for. */
  readonly asked: number;
  /** Of these, answered with something else than the plainest. */
  readonly disturbing: number;
  /** Not the plainest in the shrunk run. */
  readonly left: number;
  /** Whether fewer would not do; asked only where less is cut than should be. */
  readonly fewest: Fewest | null;
  /** Essential steps of the shrunk run; null where the model cannot follow it. */
  readonly steps: number | null;
  /** Essential steps of the shortest witness; null where the model knows none. */
  readonly optimum: number | null;
  /** The same property is broken for the same cause. */
  readonly isSame: boolean;
  readonly cpuSeconds: number;
}

/** Tapes that break a property, in the order of seeds. */
export function* failing(scenario: Scenario, property: string, seeds: number, from = 1): Generator<Tape> {
  for (let seed = from; seed < from + seeds; seed++) {
    const { violations, tape } = run(scenario, sourceOf('swarm', String(seed)));
    if (violations.some((violation) => violation.property === property)) yield tape;
  }
}

/** The property a scenario is expected to break; null if it is expected to hold. */
export function propertyOf({ expect }: Scenario): string | null {
  return expect === 'holds' ? null : expect.violates;
}

/** The tape of a directed run, where no seed finds what the exhaustive search knows. */
function confirmed(scenario: Scenario, property: string): Tape | null {
  try {
    const searched = search(scenario, { ...LIMITS.search, property });
    const broken = searched.broken.find((one) => searched.checks.safety[one.property]!.name === property);
    return broken === undefined ? null : confirm(scenario, witnessOf(searched, broken)).tape;
  } catch (error) {
    if (error instanceof ModelLimit) return null;
    throw error;
  }
}

/** Shrinks one failing tape. */
export function measure(scenario: Scenario, property: string, tape: Tape): Case {
  const { result, cpuSeconds } = timed(() => shortest(scenario, tape, { ...LIMITS, property }));
  if (result === null) throw new Error(`${scenario.name}: a failing tape does not fail again`);
  const before = run(scenario, tapeSource(tape), { record: true });
  const cause = causeOf(
    scenario,
    before.trace,
    before.violations.find((one) => one.property === property)!,
  );
  return {
    scenario: scenario.name,
    tape: tape.seed === null ? tape.strategy : `${tape.strategy} ${tape.seed}`,
    asked: result.asked,
    disturbing: result.from,
    left: result.to,
    fewest: result.to <= (1 - ENOUGH) * result.from ? null : isFewest(scenario, result),
    steps: result.steps?.length ?? null,
    optimum: result.witness?.steps.length ?? null,
    isSame: causeOf(scenario, result.run.trace, result.violation) === cause,
    cpuSeconds,
  };
}

/** Shrinks a tape of each scenario below the folders that is expected to break, or of those picked by number. */
export async function measureCases(
  folders: readonly string[],
  isPicked: (scenario: Scenario, i: number) => boolean = () => true,
): Promise<{ readonly cases: readonly Case[]; readonly without: readonly string[] }> {
  const { scenarios } = await corpus(folders);
  const cases: Case[] = [];
  const without: string[] = [];
  for (const [i, scenario] of scenarios.filter((one) => one.expect !== 'holds').entries()) {
    const property = propertyOf(scenario);
    if (property === null || !isPicked(scenario, i)) continue;
    const [drawn] = failing(scenario, property, SEEDS);
    const tape = drawn ?? confirmed(scenario, property);
    if (tape === null) without.push(scenario.name);
    else cases.push(measure(scenario, property, tape));
    process.stderr.write(`${scenario.name} ${cases.at(-1)?.cpuSeconds.toFixed(1) ?? ''}\n`);
  }
  return { cases, without };
}
