// What is known to be committed, as leaders announce it: the frontier of each group, and the term of each index up to it. It
// judges nothing. The properties about committed entries share it, so that all of them mean the same by "committed".
import type { Index, Term } from '../../raft/index.ts';
import { Role } from '../../raft/index.ts';
import type { CheckContext, Checker, ReplicaLens } from './probe.ts';

/** Committed entries of all groups. To be told of an event before those who read it, except by `onCommit`. */
export class CommitLedger implements Checker {
  readonly name = 'commit-ledger';
  readonly says = 'keeps what is committed';
  readonly #ctx: CheckContext;
  readonly #frontier: Index[];
  readonly #leaderTerm: Term[];
  /** By group, then index; 0 where the index was compacted before it was seen. */
  readonly #terms: Term[][];

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    this.#frontier = ctx.groups.map(() => 0);
    this.#leaderTerm = ctx.groups.map(() => 0);
    this.#terms = ctx.groups.map(() => []);
  }

  /** Highest index committed anywhere in a group, 0 if none. */
  frontier(group: number): Index {
    return this.#frontier[group]!;
  }

  /** Term of the leader that moved the frontier last. */
  frontierTerm(group: number): Term {
    return this.#leaderTerm[group]!;
  }

  /** Term of a committed entry; 0 if it is not known to be committed, or was compacted when it was seen. */
  termAt(group: number, index: Index): Term {
    return this.#terms[group]![index] ?? 0;
  }

  onStart(_node: number, group: number, replica: ReplicaLens): void {
    // The founding snapshot is committed by decree; later restarts know nothing that a leader did not announce.
    if (this.#frontier[group] === 0) this.#advance(group, replica, replica.commit(), 0);
  }

  onCommit(node: number, group: number, index: Index): void {
    const replica = this.#ctx.replica(node, group);
    if (replica === null || replica.role() !== Role.Leader || index <= this.#frontier[group]!) return;
    this.#advance(group, replica, index, replica.term());
  }

  #advance(group: number, replica: ReplicaLens, index: Index, leaderTerm: Term): void {
    const terms = this.#terms[group]!;
    for (let i = this.#frontier[group]! + 1; i <= index; i++) terms[i] = replica.raft.termAt(i);
    this.#frontier[group] = index;
    this.#leaderTerm[group] = leaderTerm;
  }
}
