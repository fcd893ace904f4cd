// A linearizable read must see everything that was committed when it was asked for. It fails without a trace in any log: a
// deposed leader simply answers from what it last knew. So the frontier is noted with each question and compared with the
// index of its answer.
import { MessageType, Role, type Index, type Message, type Term } from '../../raft/index.ts';
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
  /** Counts answers to heartbeats. */
  #events = 0;
  /** By read asked at a leader: how many answers had come before it. */
  readonly #askedAt = new Map<number, number>();
  /** By leader, group and peer: number of its last answer. */
  readonly #answered: number[] = [];
  /** By leader and group: when its members changed last. */
  readonly #changedMs: number[] = [];
  /** By node and group: reads asked at the leader in its present term, oldest first. */
  readonly #queues = new Map<number, { readonly term: Term; readonly reads: number[] }>();

  constructor(ctx: CheckContext, ledger: CommitLedger) {
    this.#ctx = ctx;
    this.#ledger = ledger;
  }

  onReadAsked(node: number, group: number, read: number): void {
    this.#asked.set(read, this.#ledger.frontier(group));
    const replica = this.#ctx.replica(node, group);
    if (replica === null || replica.role() !== Role.Leader) return;
    this.#queue(node, group, replica.term()).push(read);
    this.#askedAt.set(read, this.#events);
  }

  onReceive(node: number, group: number, m: Message): void {
    if (m.type === MessageType.MsgHeartbeatResp && m.context !== 0)
      this.#answered[this.#at(node, group, m.from)] = ++this.#events;
  }

  onConf(node: number, group: number): void {
    this.#changedMs[this.#at(node, group, 0)] = this.#ctx.nowMs();
  }

  onReadIndex(node: number, group: number, read: number, index: Index): void {
    const committed = this.#asked.get(read);
    this.#asked.delete(read);
    this.#inOrder(node, group, read);
    this.#mustBeConfirmed(node, group, read);
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
    // Whoever decides alone answers at once, and leaves those waiting that it once asked others about: as the reference does.
    const config = this.#ctx.replica(node, group)?.raft.tracker().config;
    if (config !== undefined && config.incoming.length === 1 && config.outgoing.length === 0) return;
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, 'overtaken-read', node, group, () => {
      return `${nodes[node]!} answers a read of ${groups[group]!} and leaves ${at} earlier ones waiting`;
    });
  }

  /** Unless a lease covers it, a quorum has to answer a heartbeat after a read was asked for. */
  #mustBeConfirmed(node: number, group: number, read: number): void {
    const askedAt = this.#askedAt.get(read);
    this.#askedAt.delete(read);
    const leader = this.#ctx.replica(node, group);
    if (askedAt === undefined || leader === null || leader.role() !== Role.Leader || this.#ctx.leaseReads) return;
    // Members that change with the answer were not those who gave it.
    if (this.#changedMs[this.#at(node, group, 0)] === this.#ctx.nowMs()) return;
    const { incoming, outgoing } = leader.raft.tracker().config;
    // So the reference has it: whoever was removed and leads on asks nobody if one voter is left.
    if (!incoming.includes(node) && !outgoing.includes(node)) return;
    for (const half of [incoming, outgoing]) {
      const heard = half.filter(
        (voter) => voter === node || (this.#answered[this.#at(node, group, voter)] ?? 0) > askedAt,
      );
      if (half.length === 0 || 2 * heard.length > half.length) continue;
      const { nodes, groups } = this.#ctx;
      this.#ctx.violated(this.name, 'unconfirmed-read', node, group, () => {
        return `${nodes[node]!} answers a read of ${groups[group]!}, for which ${heard.length} of ${half.length} voters said that it leads`;
      });
    }
  }

  #at(node: number, group: number, peer: number): number {
    const { nodes, groups } = this.#ctx;
    return (node * groups.length + group) * nodes.length + peer;
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
