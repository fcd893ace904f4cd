// Runs a plan: again and again it picks one of the leaves on offer, or waits, starts what it picked, and goes on when that
// is over, or sooner. Only picks and pauses decide how operators' steps interleave with each other and with the cluster's
// own life. The plainest run has one step at a time: that two overlap is a choice, so whatever needs an overlap says so on
// its tape, and what does not never depends on how long a step happens to take.
import type { Task } from '../../base/task.ts';
import type { Plan } from '../../scenario/plan.ts';
import { hashText } from '../kernel/fingerprint.ts';
import type { ChoiceStream } from '../kernel/choices.ts';
import { onOffer, openPlan, type Cursor, type Leaf } from './plan-cursor.ts';
import { runStep } from './plan-steps.ts';
import { Pending } from './waiters.ts';
import type { World } from './world.ts';

/** When the driver goes on after the start of a step, virtual ms; the plainest is when that step is over. */
export const PAUSES_MS: readonly number[] = [Infinity, 1, 3, 8, 20, 50, 120, 300];
/** How long the driver waits when it picks nothing. */
const WAIT_MS = 10;

/** The driver of one run's plan. */
export class PlanDriver {
  readonly #world: World;
  readonly #draw: ChoiceStream;
  readonly #root: Cursor;
  #running = 0;
  #change: Pending<null> | null = null;

  constructor(world: World, plan: Plan, draw: ChoiceStream) {
    this.#world = world;
    this.#draw = draw;
    this.#root = openPlan(plan, '0', draw);
  }

  /** Runs to the end of the plan. */
  *run(): Task<void> {
    for (;;) {
      const ready = onOffer(this.#root);
      if (ready.length === 0) {
        if (this.#root.isDone()) return;
        yield* this.#untilChange();
        continue;
      }
      const leaf = this.#pick(ready);
      if (leaf === null) {
        yield* this.#world.sleep(WAIT_MS);
        continue;
      }
      this.#start(leaf);
      const pauseMs = PAUSES_MS[this.#draw.choose(pauseKey(leaf), PAUSES_MS.length)]!;
      if (pauseMs === Infinity) while (leaf.state !== 'done') yield* this.#untilChange();
      else yield* this.#world.sleep(pauseMs);
    }
  }

  /** One of the leaves, or null to wait: the last outcome, offered where another branch is under way or on offer. */
  #pick(ready: readonly Leaf[]): Leaf | null {
    const mayWait = ready.length > 1 || this.#running > 0;
    return ready[this.#draw.choose(pickKey(ready), ready.length + (mayWait ? 1 : 0))] ?? null;
  }

  #start(leaf: Leaf): void {
    leaf.state = 'running';
    this.#running++;
    const finish = function* (self: PlanDriver): Task<void> {
      yield* runStep(self.#world, leaf.step, leaf.path);
      leaf.state = 'done';
      self.#running--;
      self.#change?.settle(null);
    };
    this.#world.run(finish(this));
  }

  *#untilChange(): Task<void> {
    this.#change = new Pending<null>(this.#world.outside);
    yield* this.#change.wait();
    this.#change = null;
  }
}

/** The name of a pick: what is on offer. */
export function pickKey(ready: readonly Leaf[]): number {
  return hashText(ready.map((leaf) => leaf.path).join(' '));
}

/** The name of the pause after a leaf. */
export function pauseKey({ path }: Leaf): number {
  return hashText(`${path} pause`);
}
