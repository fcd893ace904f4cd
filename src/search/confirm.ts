// A witness of the essential-event model is a claim about the simulator; here it is put to the test. The operators' part is
// forced as the witness has it, deliveries and timers are drawn; a run that breaks the same property confirms the witness
// and leaves a tape. Where none does within the tries, the claim stands unconfirmed, and is reported so.
import { noFaults } from '../scenario/faults.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { overrideSource } from '../sim/kernel/override-source.ts';
import { run } from '../sim/run.ts';
import type { RunResult } from '../sim/verdict.ts';
import { PAUSES_MS } from '../sim/world/plan-driver.ts';
import { DirectedSource } from './directed-source.ts';
import { direct, type Direction, type Pace, type Script } from './director.ts';
import { retrace } from './retrace.ts';
import { sourceOf, type DrawingStrategy } from './strategies/sources.ts';
import type { Witness } from './witness.ts';

export interface ConfirmOptions {
  /** Runs that are tried; default 400. */
  readonly tries?: number;
  readonly stop?: () => boolean;
  /** Go on after the first run that breaks the property, for one that takes no more essential steps than the witness. */
  readonly exact?: boolean;
}

const STRATEGIES = ['swarm', 'pos', 'pct:3'] as const;
/** How far steps that overlap are parted: a pause of the driver by its number, and waits of 10 ms; coarse ones first. */
const PACES: readonly Pace[] = [
  ...PAUSES_MS.slice(1).map((_, i) => ({ pause: i + 1, waits: 0 })),
  ...[1, 2, 3, 4, 5].flatMap((waits) => [1, 2, 3].map((pause) => ({ pause, waits }))),
];

/** Looks for a run of the simulator that breaks the property as the witness says; the shortest one that was found. */
export function confirm(scenario: Scenario, witness: Witness, options: ConfirmOptions = {}): Witness {
  const { tries = 400, stop = () => false, exact = false } = options;
  const attempts = attemptsFor(scenario, witness);
  let best: Witness = { ...witness, confirmed: 'not confirmed' };
  let least = Infinity;
  let left = tries;
  for (let i = 0; left > 0 && !stop(); i++, left--) {
    const strategy = STRATEGIES[i % STRATEGIES.length]!;
    const attempt = attempts[Math.trunc(i / STRATEGIES.length) % attempts.length]!;
    const result = runDirected(scenario, strategy, `confirm-${i}`, attempt, exact);
    const violation = result.violations.find(({ property }) => property === witness.property);
    if (violation === undefined) continue;
    const steps = exact ? (retrace(scenario, result.trace, violation).steps?.length ?? null) : witness.steps.length;
    if (least === Infinity) left = Math.min(left, TRIES_FOR_SHORTER);
    if (steps !== null && steps >= least) continue;
    least = steps ?? 0;
    best = { ...witness, confirmed: 'confirmed', tape: { ...result.tape, strategy: `confirm:${strategy}` } };
    // A run that cannot be followed has no length to be compared.
    if (least <= witness.steps.length) break;
  }
  return best;
}

/** A direction, and what else follows the witness. */
interface Attempt extends Direction {
  readonly how: 'plan alone' | 'leaders too' | 'entries kept back';
}

/** Ways to bring a witness about, the plainest first. */
function attemptsFor(scenario: Scenario, witness: Witness): Attempt[] {
  const { lossPerMillion, delayMs } = scenario.faults ?? noFaults;
  const mayHold = lossPerMillion[1] > 0 || delayMs[1] > 0;
  return orders(witness).flatMap((script) =>
    (script.cues.some(({ overlaps }) => overlaps) ? PACES : PACES.slice(0, 1)).flatMap((pace): Attempt[] => {
      const direction = direct(scenario, script, pace);
      const hold = mayHold && direction.overlap !== null ? (['entries kept back'] as const) : [];
      return [...hold, 'leaders too' as const, 'plan alone' as const].map((how) => ({ ...direction, how }));
    }),
  );
}

function runDirected(
  scenario: Scenario,
  strategy: DrawingStrategy,
  seed: string,
  { choices, phases, overlap, how }: Attempt,
  record: boolean,
): RunResult {
  const drawn = sourceOf(strategy, seed);
  if (how === 'plan alone') return run(scenario, overrideSource(drawn, choices), { record });
  const directed = new DirectedSource(drawn, phases, how === 'leaders too' ? null : overlap);
  return run(scenario, overrideSource(directed.source, choices), {
    record,
    prepare: (world) => (directed.network = world.wire.network),
  });
}

/**
 * The witness's own order of steps; and one in which members change last. A change that waits in a log while a gate asks is
 * short, and hard to hit; after the entry it guards against it may take a step more, and every run gets there.
 */
function orders(witness: Witness): Script[] {
  const { cues } = witness;
  const members = cues.filter(({ what }) => what === 'member');
  if (members.length === 0 || cues.at(-1)?.what === 'member') return [witness];
  const later = [...cues.filter(({ what }) => what !== 'member'), ...members];
  return [witness, { steps: witness.steps, cues: later.map((cue) => ({ ...cue, overlaps: false })) }];
}

/** Runs after the first confirmation that are tried for a shorter one. */
const TRIES_FOR_SHORTER = 60;
