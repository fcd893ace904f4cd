// Fail-closed is right for the replica and fatal for the cluster: an entry that halts one apply loop is committed, and
// comes back at every restart. Whatever a gate is for, this is what it must prevent.
import type { Halt } from '../../fsm/state-machine.ts';
import type { CheckContext, Checker } from './probe.ts';

/** @source elastickv ErrEncryptionApply */
export class NoApplyHalt implements Checker {
  readonly name = 'no-apply-halt';
  readonly says = 'no replica stops applying';
  readonly #ctx: CheckContext;

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
  }

  onHalt(node: number, group: number, halt: Halt): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, halt.code, node, group, () => {
      return `${nodes[node]!} halts in ${groups[group]!} at index ${halt.index}: ${halt.detail}`;
    });
  }
}
