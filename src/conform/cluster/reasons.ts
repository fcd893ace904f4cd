// Why each node of a replay stopped, in the words its log would have: a recorder keeps those lines, and they say which guard or
// which entry it was.
import type { Halt } from '../../fsm/state-machine.ts';
import type { Build } from '../../scenario/build.ts';
import type { ProcessEvent } from '../../scenario/watch.ts';
import type { Checker } from '../../sim/index.ts';

/** Listens to a replay. It judges nothing. */
export class Reasons implements Checker {
  readonly name = 'reasons';
  readonly says = 'what nodes stop with is told';
  readonly #told: string[][] = [];

  /** What a node said since it was started last. */
  of(node: number): readonly string[] {
    return this.#told[node] ?? [];
  }

  onHalt(node: number, _group: number, halt: Halt): void {
    (this.#told[node] ??= []).push(halt.detail);
  }

  onProcess(node: number, what: ProcessEvent, _build: Build, detail: string): void {
    if (what === 'start') this.#told[node] = [];
    else if (what === 'refused' || what === 'exit') (this.#told[node] ??= []).push(detail);
  }
}
