// A linearizable read must see everything that was committed when it was asked for. It fails without a trace in any log: a
// deposed leader simply answers from what it last knew. So the frontier is noted with each question and compared with the
// index of its answer.
import type { Index } from '../../raft/index.ts';
import type { CommitLedger } from './commit-ledger.ts';
import type { CheckContext, Checker } from './probe.ts';

/** @source Raft thesis 6.4, invariant I9 */
export class Reads implements Checker {
  readonly name = 'reads';
  readonly says = 'a read index is not below what was committed when the read was asked for';
  readonly #ctx: CheckContext;
  readonly #ledger: CommitLedger;
  /** By read: the frontier when it was asked for. */
  readonly #asked = new Map<number, Index>();

  constructor(ctx: CheckContext, ledger: CommitLedger) {
    this.#ctx = ctx;
    this.#ledger = ledger;
  }

  onReadAsked(_node: number, group: number, read: number): void {
    this.#asked.set(read, this.#ledger.frontier(group));
  }

  onReadIndex(node: number, group: number, read: number, index: Index): void {
    const committed = this.#asked.get(read);
    this.#asked.delete(read);
    if (committed === undefined || index >= committed) return;
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, 'stale-read', node, group, () => {
      return `${nodes[node]!} answers a read of ${groups[group]!} at index ${index}; ${committed} was committed when it was asked for`;
    });
  }
}
