// A lease promises that nobody else is elected while it lasts, and so lets a leader answer reads without asking anyone. A
// leader that tells another to campaign breaks that promise itself: its voters let such a campaign pass, lease or not. If it
// goes on answering, a client reads what its successor has long overwritten, and no log shows it. The reference has this
// gap, so this is no invariant that every run is held to; a scenario that wants more than the reference gives asks for it.
import { MessageType, Role, type Index, type Message, type Term } from '../../raft/index.ts';
import type { CommitLedger } from './commit-ledger.ts';
import type { CheckContext, Checker } from './probe.ts';

/** An order to campaign that reached its node in time. */
interface Order {
  readonly from: number;
  readonly to: number;
  readonly group: number;
  readonly term: Term;
  /** The node that was told leads the next term. */
  won: boolean;
}

/** A read asked at a leader. */
interface Asked {
  readonly term: Term;
  readonly committed: Index;
}

/** @source Raft thesis 6.4.1, invariant I9 */
export class LeaseReads implements Checker {
  readonly name = 'lease-reads';
  readonly says =
    'a leader that told another to campaign answers no read under its lease once that one has committed more';
  readonly #ctx: CheckContext;
  readonly #ledger: CommitLedger;
  #orders: Order[] = [];
  readonly #asked = new Map<number, Asked>();

  constructor(ctx: CheckContext, ledger: CommitLedger) {
    this.#ctx = ctx;
    this.#ledger = ledger;
  }

  onReceive(node: number, group: number, m: Message): void {
    if (m.type !== MessageType.MsgTimeoutNow || !this.#ctx.leaseReads) return;
    const replica = this.#ctx.replica(node, group);
    // Only who follows in that very term does as it is told.
    if (replica === null || replica.term() !== m.term || replica.role() !== Role.Follower) return;
    this.#orders.push({ from: m.from, to: node, group, term: m.term, won: false });
  }

  onRole(node: number, group: number, role: Role, term: Term): void {
    if (role !== Role.Leader) return;
    // What it ordered in an earlier term is over.
    this.#orders = this.#orders.filter((order) => order.group !== group || order.from !== node);
    for (const order of this.#orders) {
      if (order.group === group && order.to === node && order.term + 1 === term) order.won = true;
    }
  }

  onReadAsked(node: number, group: number, read: number): void {
    const replica = this.#ctx.replica(node, group);
    if (!this.#ctx.leaseReads || replica === null || replica.role() !== Role.Leader) return;
    this.#asked.set(read, { term: replica.term(), committed: this.#ledger.frontier(group) });
  }

  onReadIndex(node: number, group: number, read: number, index: Index): void {
    const asked = this.#asked.get(read);
    if (asked === undefined) return;
    this.#asked.delete(read);
    if (index >= asked.committed) return;
    const order = this.#orders.find(
      ({ won, from, group: g, term }) => won && from === node && g === group && term === asked.term,
    );
    if (order === undefined) return;
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, 'handed-over', node, group, () => {
      return `${nodes[node]!} told ${nodes[order.to]!} to campaign in term ${order.term}, and still answers a read of ${groups[group]!} under its lease, at index ${index}; ${asked.committed} was committed when it was asked for`;
    });
  }
}
