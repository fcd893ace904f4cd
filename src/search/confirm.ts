// A witness of the essential-event model is a claim about the simulator; here it is put to the test. The plan's shape (which
// nodes are upgraded in which order, who goes back, which optional step is taken) is forced as the witness has it, the rest
// is drawn; a run that breaks the same property confirms the witness and leaves a tape. Where none does within the tries,
// the claim stands unconfirmed, and is reported so.
import type { Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Tape, TapeChoice } from '../sim/kernel/choices.ts';
import { hashText } from '../sim/kernel/fingerprint.ts';
import { overrideSource } from '../sim/kernel/override-source.ts';
import { run } from '../sim/run.ts';
import { sourceOf } from './strategies/sources.ts';
import type { EssentialStep, Witness } from './witness.ts';

export interface ConfirmOptions {
  /** Runs that are tried; default 200. */
  readonly tries?: number;
  readonly stop?: () => boolean;
}

/** Looks for a run of the simulator that breaks the property as the witness says. */
export function confirm(scenario: Scenario, witness: Witness, options: ConfirmOptions = {}): Witness {
  const forced = planChoices(scenario.plan, witness.steps);
  const strategies = ['swarm', 'pos', 'pct:3'] as const;
  for (let i = 0; i < (options.tries ?? 200) && !(options.stop?.() ?? false); i++) {
    const strategy = strategies[i % strategies.length]!;
    const source = overrideSource(sourceOf(strategy, `confirm-${i}`), i % 4 === 3 ? [] : forced);
    const result = run(scenario, source);
    const violation = result.violations.find((v) => v.property === witness.property);
    if (violation === undefined) continue;
    const tape: Tape = { ...result.tape, strategy: `confirm:${strategy}` };
    return { ...witness, confirmed: 'confirmed', tape };
  }
  return { ...witness, confirmed: 'not confirmed' };
}

/** The draws of the plan that give it the shape a witness has. */
function planChoices(plan: Plan, steps: readonly EssentialStep[]): TapeChoice[] {
  const choices: TapeChoice[] = [];
  const force = (name: string, value: number, of: number): void => {
    choices.push({ stream: 'plan', key: hashText(name), nth: 0, value, of });
  };
  const visit = (part: Plan, path: string): void => {
    switch (part.plan) {
      case 'seq':
      case 'anyOrder':
        return part.steps.forEach((step, i) => visit(step, `${path}.${i}`));
      case 'par':
        return part.branches.forEach((branch, i) => visit(branch, `${path}.${i}`));
      case 'maybe':
        force(`${path} maybe`, isTaken(part.step, steps) ? 1 : 0, 2);
        return visit(part.step, `${path}.0`);
      case 'rolling':
        return shapeRolling(part, path, steps, force);
      default:
    }
  };
  visit(plan, '0');
  return choices;
}

/** Whether an optional step occurs in the witness. */
function isTaken(step: Plan, steps: readonly EssentialStep[]): boolean {
  switch (step.plan) {
    case 'addLearner':
    case 'promote':
    case 'removeMember':
      return steps.some((s) => s.kind === 'member' && s.node === step.node);
    case 'transferLeadership':
      return steps.some((s) => s.kind === 'elect' && s.group === step.group);
    case 'restart':
      return steps.some((s) => s.node === step.node && (s.kind === 'restart' || s.kind === 'upgrade'));
    case 'seq':
    case 'anyOrder':
      return step.steps.some((part) => isTaken(part, steps));
    case 'par':
      return step.branches.some((part) => isTaken(part, steps));
    case 'maybe':
    case 'times':
      return isTaken(step.step, steps);
    default:
      return true;
  }
}

/** Upgrades in the order of the witness, no further than it goes, and its roll-backs. */
function shapeRolling(
  plan: Plan & { plan: 'rolling' },
  path: string,
  steps: readonly EssentialStep[],
  force: (name: string, value: number, of: number) => void,
): void {
  const upgraded = steps.filter((s) => s.kind === 'upgrade' && s.build === plan.to.name).map((s) => s.node);
  const wanted = [...upgraded, ...plan.nodes.filter((node) => !upgraded.includes(node))];
  if (plan.order === 'any') {
    const left = [...plan.nodes];
    for (const [i, node] of wanted.entries()) {
      const at = left.indexOf(node);
      force(`${path} order ${i}`, Math.max(0, at), left.length);
      left.splice(at, 1);
    }
  }
  const [least, most] = plan.stopAfter;
  force(`${path} stopAfter`, Math.max(0, Math.min(most - least, most - upgraded.length)), most - least + 1);
  const backs = steps.filter((s) => s.kind === 'rollBack').map((s) => s.node);
  const order = plan.order === 'any' ? wanted : plan.nodes;
  force(`${path} rollBacks`, Math.min(backs.length, plan.mayRollBack), plan.mayRollBack + 1);
  const left = [...order];
  for (const [k, node] of backs.entries()) {
    const at = left.indexOf(node);
    if (at < 0) continue;
    force(`${path} rollBack ${k}`, at, left.length);
    left.splice(at, 1);
  }
}
