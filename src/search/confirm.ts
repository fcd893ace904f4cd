// A witness of the essential-event model is a claim about the simulator; here it is put to the test. The operators' part is
// forced as the witness has it, deliveries and timers are drawn; a run that breaks the same property confirms the witness
// and leaves a tape. Where none does within the tries, the claim stands unconfirmed, and is reported so.
import type { Scenario } from '../scenario/scenario.ts';
import { overrideSource } from '../sim/kernel/override-source.ts';
import { run } from '../sim/run.ts';
import { direct } from './director.ts';
import { retrace } from './retrace.ts';
import { sourceOf } from './strategies/sources.ts';
import type { Witness } from './witness.ts';

export interface ConfirmOptions {
  /** Runs that are tried; default 400. */
  readonly tries?: number;
  readonly stop?: () => boolean;
  /** Go on after the first run that breaks the property, for one that takes no more essential steps than the witness. */
  readonly exact?: boolean;
}

const STRATEGIES = ['swarm', 'pos', 'pct:3'] as const;
/** Which of the driver's pauses are tried between steps that overlap. */
const PAUSES = [0, 1, 2, 3, 4, 5];

/** Looks for a run of the simulator that breaks the property as the witness says; the shortest one that was found. */
export function confirm(scenario: Scenario, witness: Witness, options: ConfirmOptions = {}): Witness {
  const { tries = 400, stop = () => false, exact = false } = options;
  const scripts = PAUSES.map((pause) => direct(scenario, witness.steps, pause));
  let best: Witness = { ...witness, confirmed: 'not confirmed' };
  let least = Infinity;
  let left = tries;
  for (let i = 0; left > 0 && !stop(); i++, left--) {
    const strategy = STRATEGIES[i % STRATEGIES.length]!;
    const script = scripts[Math.trunc(i / STRATEGIES.length) % scripts.length]!;
    const source = overrideSource(sourceOf(strategy, `confirm-${i}`), script);
    const result = run(scenario, source, { record: exact });
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

/** Runs after the first confirmation that are tried for a shorter one. */
const TRIES_FOR_SHORTER = 60;
