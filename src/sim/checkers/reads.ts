// A linearizable read must see everything that was committed when it was asked for. It fails without a trace in any log: a
// deposed leader simply answers from what it last knew. So the frontier is noted with each question and compared with the
// index of its answer.
import { Role, type Index, type Term } from '../../raft/index.ts';
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
  /** By node and group: reads asked at the leader in its present term, oldest first. */
  readonly #queues = new Map<number, { readonly term: Term; readonly reads: number[] }>();

  constructor(ctx: CheckContext, ledger: CommitLedger) {
    this.#ctx = ctx;
    this.#ledger = ledger;
  }

  onReadAsked(node: number, group: number, read: number): void {
    this.#asked.set(read, this.#ledger.frontier(group));
    const replica = this.#ctx.replica(node, group);
    if (replica !== null && replica.role() === Role.Leader) this.#queue(node, group, replica.term()).push(read);
  }

  onReadIndex(node: number, group: number, read: number, index: Index): void {
    const committed = this.#asked.get(read);
    this.#asked.delete(read);
    this.#inOrder(node, group, read);
    // Under a lease the reference itself may answer late, if the last heartbeat came just behind a quorum check.
    if (this.#ctx.leaseReads) return;
    if (committed === undefined || index >= committed) return;
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, 'stale-read', node, group, () => {
      return `${nodes[node]!} answers a read of ${groups[group]!} at index ${index}; ${committed} was committed when it was asked for`;
    });
  }
  onForget(node: number, group: number, lead: number): void {
    const replica = this.#ctx.replica(node, group);
    if (!this.#ctx.leaseReads || lead === 0 || replica === null || replica.raft.lead === lead) return;
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, 'lease-broken', node, group, () => {
      return `${nodes[node]!} forgets ${nodes[lead]!}, which answers reads of ${groups[group]!} because it is not forgotten`;
    });
  }

  onStop(node: number, group: number): void {
    this.#queues.delete(node * this.#ctx.groups.length + group);
  }

  /** A leader confirms reads in the order in which it got them: one that is overtaken would wait for ever. */
  #inOrder(node: number, group: number, read: number): void {
    const term = this.#ctx.replica(node, group)?.term() ?? 0;
    const queue = this.#queue(node, group, term);
    const at = queue.indexOf(read);
    if (at < 0) return;
    queue.splice(0, at + 1);
    if (at === 0) return;
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, 'overtaken-read', node, group, () => {
      return `${nodes[node]!} answers a read of ${groups[group]!} and leaves ${at} earlier ones waiting`;
    });
  }

  #queue(node: number, group: number, term: Term): number[] {
    const key = node * this.#ctx.groups.length + group;
    const known = this.#queues.get(key);
    if (known?.term === term) return known.reads;
    const reads: number[] = [];
    this.#queues.set(key, { term, reads });
    return reads;
  }
}
