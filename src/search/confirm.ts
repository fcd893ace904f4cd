// A witness of the essential-event model is a claim about the simulator; here it is put to the test. The operators' part is
// forced as the witness has it, deliveries and timers are drawn; a run that breaks the same property confirms the witness
// and leaves a tape. Where none does within the tries, the claim stands unconfirmed, and is reported so.
import type { Scenario } from '../scenario/scenario.ts';
import { overrideSource } from '../sim/kernel/override-source.ts';
import { run } from '../sim/run.ts';
import { direct } from './director.ts';
import { sourceOf } from './strategies/sources.ts';
import type { Witness } from './witness.ts';

export interface ConfirmOptions {
  /** Runs that are tried; default 400. */
  readonly tries?: number;
  readonly stop?: () => boolean;
}

const STRATEGIES = ['swarm', 'pos', 'pct:3'] as const;
/** Which of the driver's pauses are tried between steps that overlap. */
const PAUSES = [0, 1, 2, 3, 4, 5];

/** Looks for a run of the simulator that breaks the property as the witness says. */
export function confirm(scenario: Scenario, witness: Witness, options: ConfirmOptions = {}): Witness {
  const scripts = PAUSES.map((pause) => direct(scenario, witness.steps, pause));
  for (let i = 0; i < (options.tries ?? 400) && !(options.stop?.() ?? false); i++) {
    const strategy = STRATEGIES[i % STRATEGIES.length]!;
    const script = scripts[Math.trunc(i / STRATEGIES.length) % scripts.length]!;
    const result = run(scenario, overrideSource(sourceOf(strategy, `confirm-${i}`), script));
    if (!result.violations.some((violation) => violation.property === witness.property)) continue;
    return { ...witness, confirmed: 'confirmed', tape: { ...result.tape, strategy: `confirm:${strategy}` } };
  }
  return { ...witness, confirmed: 'not confirmed' };
}
