// A witness of the essential-event model is a claim about the simulator; here it is put to the test. The operators' part is
// forced as the witness has it, deliveries and timers are drawn; a run that breaks the same property confirms the witness
// and leaves a tape. Where none does within the tries, the claim stands unconfirmed, and is reported so.
import type { Scenario } from '../scenario/scenario.ts';
import { overrideSource } from '../sim/kernel/override-source.ts';
import { run } from '../sim/run.ts';
import { direct } from './director.ts';
import { retrace } from './retrace.ts';
import { sourceOf } from './strategies/sources.ts';
import type { EssentialStep, Witness } from './witness.ts';

export interface ConfirmOptions {
  /** Runs that are tried; default 400. */
  readonly tries?: number;
  readonly stop?: () => boolean;
  /** Go on after the first run that breaks the property, for one that takes no more essential steps than the witness. */
  readonly exact?: boolean;
}

const STRATEGIES = ['swarm', 'pos', 'pct:3'] as const;
/** Which of the driver's pauses are tried between steps that overlap. */
const PAUSES = [1, 2, 3, 4, 5, 7, 0];

/** Looks for a run of the simulator that breaks the property as the witness says; the shortest one that was found. */
export function confirm(scenario: Scenario, witness: Witness, options: ConfirmOptions = {}): Witness {
  const { tries = 400, stop = () => false, exact = false } = options;
  const scripts = orders(witness.steps).flatMap((steps) => PAUSES.map((pause) => direct(scenario, steps, pause)));
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

/**
 * The witness's own order of steps; and one in which members change last. A change that waits in a log while a gate asks is
 * short, and hard to hit; after the entry it guards against it may take a step more, and every run gets there.
 */
function orders(steps: readonly EssentialStep[]): (readonly EssentialStep[])[] {
  const members = steps.filter(({ kind }) => kind === 'member');
  const lastMember = steps.findLastIndex(({ kind }) => kind === 'member');
  const lastAdmission = steps.findLastIndex(({ kind }) => kind === 'admit');
  if (members.length === 0 || lastAdmission < lastMember) return [steps];
  const later = [...steps.filter(({ kind }) => kind !== 'member'), ...members];
  return [steps, later.map((step, i) => ({ ...step, n: i + 1 }))];
}

/** Runs after the first confirmation that are tried for a shorter one. */
const TRIES_FOR_SHORTER = 60;
