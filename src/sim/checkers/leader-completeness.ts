// A committed entry that a later leader lacks will be overwritten. It is checked where it can break: when a leader is
// elected (its log must hold what was committed before its term) and when an older leader still commits something (every
// leader of a later term must hold that). By log matching the last committed entry stands for all before it.
import { Role, type Index, type Term } from '../../raft/index.ts';
import type { CommitLedger } from './commit-ledger.ts';
import type { CheckContext, Checker, ReplicaLens } from './probe.ts';

/** @source Raft Figure 3, Leader Completeness */
export class LeaderCompleteness implements Checker {
  readonly name = 'leader-completeness';
  readonly says = 'every committed entry is in the log of every later leader';
  readonly #ctx: CheckContext;
  readonly #ledger: CommitLedger;

  constructor(ctx: CheckContext, ledger: CommitLedger) {
    this.#ctx = ctx;
    this.#ledger = ledger;
  }

  onRole(node: number, group: number, role: Role, term: Term): void {
    if (role !== Role.Leader || term <= this.#ledger.frontierTerm(group)) return;
    const replica = this.#ctx.replica(node, group);
    if (replica !== null) this.#mustHold(node, group, replica, this.#ledger.frontier(group));
  }

  /** Told after the ledger. */
  onCommit(node: number, group: number, index: Index): void {
    const replica = this.#ctx.replica(node, group);
    if (replica === null || replica.role() !== Role.Leader || index !== this.#ledger.frontier(group)) return;
    for (let other = 1; other < this.#ctx.nodes.length; other++) {
      const leader = other === node ? null : this.#ctx.replica(other, group);
      if (leader === null || leader.role() !== Role.Leader || leader.term() <= replica.term()) continue;
      this.#mustHold(other, group, leader, index);
    }
  }

  #mustHold(node: number, group: number, leader: ReplicaLens, index: Index): void {
    const committed = this.#ledger.termAt(group, index);
    if (committed === 0 || index < leader.raft.firstIndex()) return;
    const held = leader.raft.termAt(index);
    if (held === committed) return;
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, 'committed-entry-missing', node, group, () => {
      const instead = held === 0 ? 'nothing' : `one of term ${held}`;
      return `${nodes[node]!} leads ${groups[group]!} in term ${leader.term()} with ${instead} at index ${index}, where an entry of term ${committed} is committed`;
    });
  }
}
