// From a witness to the choices of a run: which nodes are upgraded in which order, who goes back, which optional step is
// taken, and in which order the driver picks what is on offer. The plan is walked with the driver's own cursors, so that
// what is forced is what the driver will ask. Deliveries and timers stay free: they are what a search still has to draw.
import type { Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { partsOf, walkPlan } from '../scenario/validate-plan.ts';
import type { ChoiceStream, TapeChoice } from '../sim/kernel/choices.ts';
import { hashText } from '../sim/kernel/fingerprint.ts';
import { onOffer, openPlan, type Leaf } from '../sim/world/plan-cursor.ts';
import { PAUSES_MS, pauseKey, pickKey } from '../sim/world/plan-driver.ts';
import type { Cue } from './cues.ts';
import type { Hold, Phase } from './directed-source.ts';
import type { Witness } from './witness.ts';

/** Steps of operators in one plan, at most. */
const MOST_STEPS = 200;

/** What operators are to do, and who is to be elected. */
export type Script = Pick<Witness, 'cues' | 'steps'>;

/** How far two steps that overlap are apart: one of the driver's pauses, and how often it then waits. */
export interface Pace {
  readonly pause: number;
  readonly waits: number;
}

/** A plan that is forced. */
export interface Direction {
  readonly choices: readonly TapeChoice[];
  /** The cues, as choices. */
  readonly phases: readonly Phase[];
  /** From the first step that is not over when the next begins until the last such next one; null where none overlaps. */
  readonly overlap: Hold | null;
}

/** The plan's choices that follow a script. */
export function direct(scenario: Scenario, script: Script, pace: Pace): Direction {
  const forced = new Forced();
  shape(scenario.plan, '0', script, forced);
  const walk = new Walk(scenario.plan, script.cues, forced, pace);
  walk.go();
  return { choices: forced.choices, phases: walk.phases, overlap: walk.overlap };
}

/** Choices of the plan's stream by name, each occurrence once. */
class Forced implements ChoiceStream {
  readonly choices: TapeChoice[] = [];
  readonly #next = new Map<number, number>();

  /** A decision with a name. */
  add(name: string, value: number, of: number): void {
    this.force(hashText(name), value, of);
  }

  force(key: number, value: number, of: number): TapeChoice {
    const nth = this.#next.get(key) ?? 0;
    this.#next.set(key, nth + 1);
    const choice = { stream: 'plan', key, nth, value, of };
    this.choices.push(choice);
    return choice;
  }

  choose(key: number, n: number): number {
    const value = this.choices.find((choice) => choice.key === key)?.value ?? 0;
    return value < n ? value : 0;
  }

  weigh(): number {
    return 0;
  }
}

/** Picks leaves in the order of the cues. */
class Walk {
  readonly #plan: Plan;
  readonly #root;
  readonly #cues: readonly Cue[];
  readonly #forced: Forced;
  readonly #pace: Pace;
  readonly phases: Phase[] = [];
  overlap: Hold | null = null;

  constructor(plan: Plan, cues: readonly Cue[], forced: Forced, pace: Pace) {
    this.#plan = plan;
    this.#root = openPlan(plan, '0', forced);
    this.#cues = cues;
    this.#forced = forced;
    this.#pace = pace;
  }

  go(): void {
    let at = 0;
    let running: Leaf | null = null;
    let from: TapeChoice | null = null;
    for (let i = 0; i < MOST_STEPS; i++) {
      const cue = this.#cues[at];
      const ready = onOffer(this.#root);
      const wanted = cue === undefined ? undefined : ready.find((leaf) => isMeant(leaf, cue));
      if (wanted === undefined && running !== null) {
        running.state = 'done';
        running = null;
        continue;
      }
      const leaf = wanted ?? this.#other(ready, at);
      if (leaf === undefined) return;
      const mayWait = ready.length > 1 || running !== null;
      if (running !== null) for (let k = 0; k < this.#pace.waits; k++) this.#pick(ready, ready.length, mayWait);
      this.#pick(ready, ready.indexOf(leaf), mayWait);
      leaf.state = 'running';
      if (running !== null) running.state = 'done';
      const overlaps = wanted !== undefined && cue!.overlaps;
      if (wanted !== undefined) at++;
      const pause = this.#forced.force(pauseKey(leaf), overlaps ? this.#pace.pause : 0, PAUSES_MS.length);
      if (from !== null && wanted !== undefined && this.#cues[at - 2]?.overlaps) this.overlap = { from, until: pause };
      if (overlaps) from ??= pause;
      if (wanted !== undefined) this.phases.push({ begins: pause, leads: cue!.leads });
      running = overlaps ? leaf : null;
      if (!overlaps) leaf.state = 'done';
    }
  }

  /** Where the next cue is not on offer: what stands before it, else what has no cue of its own. */
  #other(ready: readonly Leaf[], at: number): Leaf | undefined {
    const cue = this.#cues[at];
    if (cue === undefined) return ready.find(({ step }) => step.plan === 'start');
    const before = ready.find(({ path }) => precedes(this.#plan, path, cue.path));
    return before ?? ready.find((leaf) => !this.#cues.slice(at).some((later) => isMeant(leaf, later)));
  }

  /** Picks one of what is on offer; behind the last stands waiting. */
  #pick(ready: readonly Leaf[], choice: number, mayWait: boolean): void {
    this.#forced.force(pickKey(ready), choice, ready.length + (mayWait ? 1 : 0));
  }
}

/** Whether a leaf of the plan is the step of a cue. */
function isMeant({ path, step }: Leaf, cue: Cue): boolean {
  if (step.plan === 'upgrade' || step.plan === 'rollBack') {
    return cue.what === step.plan && cue.node === step.node && isWithin(path, cue.path);
  }
  return cue.node === '' && path.split('.').length === cue.path.split('.').length && isWithin(path, cue.path);
}

/** Whether a place in the plan lies within another, which stands for every round of what is repeated. */
function isWithin(path: string, outer: string): boolean {
  const parts = path.split('.');
  return outer.split('.').every((part, i) => part === '*' || parts[i] === '*' || part === parts[i]);
}

/** Whether one place of the plan has to be over before another one is reached: where they part, steps follow each other. */
function precedes(plan: Plan, one: string, other: string): boolean {
  const [a, b] = [one.split('.'), other.split('.')];
  let at = plan;
  for (let i = 1; i < Math.min(a.length, b.length); i++) {
    if (b[i] !== '*' && a[i] !== b[i]) return at.plan !== 'par';
    const parts = partsOf(at);
    // A repeated part stands once in the plan, and goes by its rounds here.
    const next = at.plan === 'times' ? parts[0] : parts[Number(a[i])];
    if (next === undefined) return true;
    at = next[1];
  }
  return false;
}

/** The draws that give a plan the shape a script has. */
function shape(plan: Plan, path: string, script: Script, forced: Forced): void {
  switch (plan.plan) {
    case 'seq':
      return plan.steps.forEach((step, i) => shape(step, `${path}.${i}`, script, forced));
    case 'anyOrder':
      forceOrder(path, orderOf(plan.steps.length, path, script.cues), plan.steps.length, forced);
      return plan.steps.forEach((step, i) => shape(step, `${path}.${i}`, script, forced));
    case 'par':
      return plan.branches.forEach((branch, i) => shape(branch, `${path}.${i}`, script, forced));
    case 'maybe':
      forced.add(`${path} maybe`, isTaken(plan.step, path, script) ? 1 : 0, 2);
      return shape(plan.step, `${path}.0`, script, forced);
    case 'times': {
      const rounds = Math.min(plan.most, Math.max(plan.least, roundsOf(path, script.cues)));
      forced.add(`${path} times`, rounds - plan.least, plan.most - plan.least + 1);
      for (let i = 0; i < rounds; i++) shape(plan.step, `${path}.${i}`, script, forced);
      return;
    }
    case 'rolling':
      return shapeRolling(plan, path, script.cues, forced);
    default:
  }
}

/** Whether an optional part occurs in a script. A transfer that any election may stand for has no cue. */
function isTaken(plan: Plan, path: string, { cues, steps }: Script): boolean {
  if (cues.some((cue) => isWithin(cue.path, path))) return true;
  let isElected = false;
  walkPlan(plan, (step) => {
    if (step.plan !== 'transferLeadership') return;
    if (steps.some(({ kind, group }) => kind === 'elect' && group === step.group)) isElected = true;
  });
  return isElected;
}

/** How often a repeated part comes up: as often as the one of its steps that comes up most. */
function roundsOf(path: string, cues: readonly Cue[]): number {
  const own = cues.filter((cue) => isWithin(cue.path, path)).map(({ path: at, what, node }) => `${at} ${what} ${node}`);
  return Math.max(0, ...own.map((name) => own.filter((other) => other === name).length));
}

/** In which order parts come up; those that do not come up keep theirs, behind. */
function orderOf(count: number, path: string, cues: readonly Cue[]): number[] {
  const first = (i: number): number => {
    const at = cues.findIndex((cue) => isWithin(cue.path, `${path}.${i}`));
    return at < 0 ? cues.length : at;
  };
  return Array.from({ length: count }, (_, i) => i).sort((a, b) => first(a) - first(b) || a - b);
}

function forceOrder(path: string, order: readonly number[], count: number, forced: Forced): void {
  const left = Array.from({ length: count }, (_, i) => i);
  for (const [i, wanted] of order.entries()) {
    const at = left.indexOf(wanted);
    forced.add(`${path} order ${i}`, at, left.length);
    left.splice(at, 1);
  }
}

/** Upgrades in the order of the script and no further than it goes, and its roll-backs. */
function shapeRolling(plan: Plan & { plan: 'rolling' }, path: string, cues: readonly Cue[], forced: Forced): void {
  const own = cues.filter((cue) => isWithin(cue.path, path));
  const upgraded = own.filter(({ what }) => what === 'upgrade').map(({ node }) => node);
  const wanted = [...upgraded, ...plan.nodes.filter((node) => !upgraded.includes(node))];
  if (plan.order === 'any') {
    const order = wanted.map((node) => plan.nodes.indexOf(node));
    forceOrder(path, order, plan.nodes.length, forced);
  }
  const [least, most] = plan.stopAfter;
  const fewer = Math.max(0, Math.min(most - least, most - upgraded.length));
  forced.add(`${path} stopAfter`, fewer, most - least + 1);
  const backs = own.filter(({ what }) => what === 'rollBack').map(({ node }) => node);
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
