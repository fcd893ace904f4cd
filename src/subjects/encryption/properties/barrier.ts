// A raft cutover holds user proposals back and must let them go again. The barrier lives in the memory of one process: if the
// call that raised it dies in the wrong moment, that process refuses writes for as long as it runs, leader or not, and no
// answer to any operator says so.
import type { Watch, WatchContext } from '../../../scenario/watch.ts';
import { inspect, isFact } from './fact-of.ts';

/** How long a barrier may stand when nobody works on it and nothing is broken any more, ms. */
const PATIENCE_MS = 3_000;

/** No process goes on holding user proposals back. */
export class BarrierReleased implements Watch {
  readonly name = 'barrier-released';
  readonly says = 'a process that held user proposals back for a cutover lets them go again';
  readonly #ctx: WatchContext;
  #healedMs = -1;
  /** By node: since when its barrier has been seen standing; -1 if it is not. */
  readonly #sinceMs: number[] = [];
  /** By node: calls of EnableRaftEnvelope under way. */
  readonly #working: number[] = [];

  constructor(ctx: WatchContext) {
    this.#ctx = ctx;
  }

  onFact(node: number, fact: object): void {
    if (isFact(fact) && fact.kind === 'answered' && fact.rpc === 'EnableRaftEnvelope')
      this.#working[node] = this.#ctx.nowMs();
  }

  onHealed(nowMs: number): void {
    this.#healedMs = nowMs;
  }

  onTick(nowMs: number): void {
    if (this.#healedMs < 0) return;
    for (let node = 1; node < this.#ctx.nodes.length; node++) {
      const isOpen = inspect(this.#ctx, node)?.barrierOpen === true;
      if (!isOpen) this.#sinceMs[node] = -1;
      else if ((this.#sinceMs[node] ?? -1) < 0) this.#sinceMs[node] = nowMs;
      else if (nowMs > this.#dueMs(node)) {
        this.#ctx.violated(this.name, 'left-standing', node, 0, () => {
          return `${this.#ctx.nodes[node]!} still holds user proposals back, ${nowMs - this.#healedMs} ms after everything is over`;
        });
      }
    }
  }

  unmetUntilMs(): number {
    if (this.#healedMs < 0) return -1;
    let untilMs = -1;
    for (let node = 1; node < this.#ctx.nodes.length; node++) {
      if (inspect(this.#ctx, node)?.barrierOpen === true) untilMs = Math.max(untilMs, this.#dueMs(node) + 200);
    }
    return untilMs;
  }

  #dueMs(node: number): number {
    return Math.max(this.#healedMs, this.#sinceMs[node] ?? -1, this.#working[node] ?? -1) + PATIENCE_MS;
  }
}
