// From a witness to the choices of a run: which nodes are upgraded in which order, who goes back, which optional step is
// taken, and in which order the driver picks what is on offer. The plan is walked with the driver's own cursors, so that
// what is forced is what the driver will ask. Deliveries and timers stay free: they are what a search still has to draw.
import type { Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ChoiceStream, TapeChoice } from '../sim/kernel/choices.ts';
import { hashText } from '../sim/kernel/fingerprint.ts';
import { onOffer, openPlan, type Leaf, type Step } from '../sim/world/plan-cursor.ts';
import { PAUSES_MS, pauseKey, pickKey } from '../sim/world/plan-driver.ts';
import type { EssentialStep } from './witness.ts';

/** Steps of operators in one plan, at most. */
const MOST_STEPS = 200;

/** The plan's choices that follow a witness. @param pause which of the driver's pauses parts two steps that overlap */
export function direct(scenario: Scenario, steps: readonly EssentialStep[], pause: number): TapeChoice[] {
  const forced = new Forced();
  shape(scenario.plan, '0', steps, forced);
  new Walk(scenario.plan, steps, forced, pause).go();
  return forced.choices;
}

/** Choices of the plan's stream by name, each occurrence once. */
class Forced implements ChoiceStream {
  readonly choices: TapeChoice[] = [];
  readonly #next = new Map<number, number>();

  /** A decision with a name. */
  add(name: string, value: number, of: number): void {
    this.force(hashText(name), value, of);
  }

  force(key: number, value: number, of: number): void {
    const nth = this.#next.get(key) ?? 0;
    this.#next.set(key, nth + 1);
    this.choices.push({ stream: 'plan', key, nth, value, of });
  }

  choose(key: number, n: number): number {
    const value = this.choices.find((choice) => choice.key === key)?.value ?? 0;
    return value < n ? value : 0;
  }

  weigh(): number {
    return 0;
  }
}

/** Picks leaves in the order of the witness. */
class Walk {
  readonly #root;
  readonly #wanted: readonly EssentialStep[];
  readonly #steps: readonly EssentialStep[];
  readonly #forced: Forced;
  readonly #pause: number;

  constructor(plan: Plan, steps: readonly EssentialStep[], forced: Forced, pause: number) {
    this.#root = openPlan(plan, '0', forced);
    this.#wanted = steps.filter((step) => isOperators(step));
    this.#steps = steps;
    this.#forced = forced;
    this.#pause = pause;
  }

  go(): void {
    let at = 0;
    let running: Leaf | null = null;
    for (let i = 0; i < MOST_STEPS; i++) {
      const wanted = this.#wanted[at];
      const ready = onOffer(this.#root);
      let leaf = wanted === undefined ? undefined : ready.find((one) => matches(one.step, wanted));
      if (leaf === undefined && running !== null) {
        running.state = 'done';
        running = null;
        continue;
      }
      leaf ??= ready.find((one) => !this.#wanted.slice(at).some((later) => matches(one.step, later)));
      if (leaf === undefined || (wanted === undefined && leaf.step.plan !== 'start')) return;
      this.#pick(ready, leaf, running !== null);
      if (running !== null) running.state = 'done';
      const overlaps =
        wanted !== undefined && matches(leaf.step, wanted) && this.#overlaps(wanted, this.#wanted[at + 1]);
      if (wanted !== undefined && matches(leaf.step, wanted)) at++;
      this.#forced.force(pauseKey(leaf), overlaps ? this.#pause : 0, PAUSES_MS.length);
      running = overlaps ? leaf : null;
      if (!overlaps) leaf.state = 'done';
    }
  }

  #pick(ready: readonly Leaf[], leaf: Leaf, othersRun: boolean): void {
    const mayWait = ready.length > 1 || othersRun;
    this.#forced.force(pickKey(ready), ready.indexOf(leaf), ready.length + (mayWait ? 1 : 0));
    leaf.state = 'running';
  }

  /** Whether the next step of an operator begins before the entry of this one is applied where it was admitted. */
  #overlaps(step: EssentialStep, next: EssentialStep | undefined): boolean {
    if (next === undefined || (step.kind !== 'admit' && step.kind !== 'member')) return false;
    const between = this.#steps.filter((other) => other.n > step.n && other.n < next.n);
    return !between.some((other) => other.kind === 'apply' && other.node === step.node && other.index === step.index);
  }
}

function isOperators({ kind }: EssentialStep): boolean {
  return ['upgrade', 'rollBack', 'restart', 'stop', 'replace', 'member', 'admit', 'start'].includes(kind);
}

/** Whether a leaf of the plan is what a step of the witness shows. */
function matches(leaf: Step, step: EssentialStep): boolean {
  switch (leaf.plan) {
    case 'upgrade':
    case 'rollBack':
      return step.kind === leaf.plan && step.node === leaf.node;
    case 'restart':
      if (step.node !== leaf.node) return false;
      return step.kind === 'restart' || (step.kind === 'upgrade' && (leaf.as?.name ?? step.build) === step.build);
    case 'crash':
    case 'stop':
      return step.kind === 'stop' && step.node === leaf.node;
    case 'replaceNode':
      return step.kind === 'replace' && step.node === leaf.node;
    case 'addLearner':
    case 'promote':
    case 'removeMember':
      return step.kind === 'member' && step.node === leaf.node;
    case 'call':
      return step.kind === 'admit' && step.rpc === leaf.rpc;
    case 'write':
      return step.kind === 'admit' && step.rpc === '' && step.group === leaf.group;
    default:
      return false;
  }
}

/** The draws that give a plan the shape a witness has. */
function shape(plan: Plan, path: string, steps: readonly EssentialStep[], forced: Forced): void {
  switch (plan.plan) {
    case 'seq':
    case 'anyOrder':
      return plan.steps.forEach((step, i) => shape(step, `${path}.${i}`, steps, forced));
    case 'par':
      return plan.branches.forEach((branch, i) => shape(branch, `${path}.${i}`, steps, forced));
    case 'maybe':
      forced.add(`${path} maybe`, isTaken(plan.step, steps) ? 1 : 0, 2);
      return shape(plan.step, `${path}.0`, steps, forced);
    case 'rolling':
      return shapeRolling(plan, path, steps, forced);
    default:
  }
}

/** Whether an optional step occurs in the witness. */
function isTaken(plan: Plan, steps: readonly EssentialStep[]): boolean {
  switch (plan.plan) {
    case 'transferLeadership':
      return steps.some((step) => step.kind === 'elect' && step.group === plan.group);
    case 'seq':
    case 'anyOrder':
      return plan.steps.some((part) => isTaken(part, steps));
    case 'par':
      return plan.branches.some((part) => isTaken(part, steps));
    case 'maybe':
    case 'times':
      return isTaken(plan.step, steps);
    case 'rolling':
      return steps.some((step) => step.kind === 'upgrade' && step.build === plan.to.name);
    case 'settle':
    case 'wait':
    case 'disk':
    case 'start':
    case 'compact':
      return true;
    default:
      return steps.some((step) => matches(plan, step));
  }
}

/** Upgrades in the order of the witness and no further than it goes, and its roll-backs. */
function shapeRolling(
  plan: Plan & { plan: 'rolling' },
  path: string,
  steps: readonly EssentialStep[],
  forced: Forced,
): void {
  const upgraded = steps.filter((s) => s.kind === 'upgrade' && s.build === plan.to.name).map((s) => s.node);
  const wanted = [...upgraded, ...plan.nodes.filter((node) => !upgraded.includes(node))];
  if (plan.order === 'any') {
    const left = [...plan.nodes];
    for (const [i, node] of wanted.entries()) {
      const at = left.indexOf(node);
      if (at < 0) continue;
      forced.add(`${path} order ${i}`, at, left.length);
      left.splice(at, 1);
    }
  }
  const [least, most] = plan.stopAfter;
  const fewer = Math.max(0, Math.min(most - least, most - upgraded.length));
  forced.add(`${path} stopAfter`, fewer, most - least + 1);
  const backs = steps.filter((s) => s.kind === 'rollBack').map((s) => s.node);
  forced.add(`${path} rollBacks`, Math.min(backs.length, plan.mayRollBack), plan.mayRollBack + 1);
  const left = (plan.order === 'any' ? wanted : [...plan.nodes])
    .slice(0, Math.min(most, plan.nodes.length) - fewer)
    .reverse();
  for (const [k, node] of backs.entries()) {
    const at = left.indexOf(node);
    if (at < 0) continue;
    forced.add(`${path} rollBack ${k}`, at, left.length);
    left.splice(at, 1);
  }
}
