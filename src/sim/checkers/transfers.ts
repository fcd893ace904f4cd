// A leader that hands over stops taking proposals until the transfer has come to something, so every transfer has to end,
// and soon: by another leader, or by going on. It is offered to voters that hold the whole log and to nobody else, and
// nobody refuses it for the sake of a lease. A transfer that breaks one of these rules is an outage nobody ordered.
import {
  MessageType,
  Role,
  type ConfState,
  type Entry,
  type Index,
  type Message,
  type Term,
} from '../../raft/index.ts';
import { peerOf } from './monotonic.ts';
import type { CheckContext, Checker, ReplicaLens } from './probe.ts';

/** Least election timeouts after which a transfer must have been given up, clocks that run slow included. */
const GIVE_UP = 3;
/** Least election timeouts of undisturbed links before and after an order to campaign, for it to be held to succeed. */
const UNDISTURBED = 3;

interface Order {
  readonly node: number;
  readonly group: number;
  readonly to: number;
  readonly term: Term;
  readonly atMs: number;
}

/** @source Raft thesis 3.10, etcd MsgTransferLeader and MsgTimeoutNow, invariants I10 and I11 */
export class Transfers implements Checker {
  readonly name = 'transfers';
  readonly says =
    'leadership is handed over to a voter that has the whole log, or not at all, within an election timeout';
  readonly #ctx: CheckContext;
  /** By node and group: since when a transfer may have been under way, and whether there was one at the last look. */
  readonly #sinceMs: number[] = [];
  #orders: Order[] = [];
  /** By group: when somebody was ordered last. */
  readonly #orderedMs: number[] = [];
  #disturbedMs = 0;

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
  }

  onRole(node: number, group: number, role: Role, term: Term): void {
    if (role !== Role.Leader) return;
    this.#orders = this.#orders.filter((order) => order.group !== group || order.to !== node || order.term >= term);
  }

  onTransfer(node: number, group: number): void {
    // Who was ordered before may now meet a rival.
    this.#orders = this.#orders.filter((order) => order.group !== group);
    this.#sinceMs[this.#at(node, group)] = this.#ctx.nowMs();
  }

  onLinks(): void {
    this.#disturbedMs = this.#ctx.nowMs();
  }

  onStart(): void {
    this.onLinks();
  }

  onStop(): void {
    this.onLinks();
  }

  onHalt(): void {
    this.onLinks();
  }

  onAppend(node: number, group: number, entry: Entry, leads: boolean): void {
    const replica = leads ? this.#ctx.replica(node, group) : null;
    if (replica === null || replica.raft.leadTransferee === 0) return;
    this.#violated('proposal-taken', node, group, () => `takes a proposal at index ${entry.index} while it hands over`);
  }

  onConf(node: number, group: number, _index: Index, _conf: ConfState): void {
    // A change of members may keep whoever was ordered to campaign from it.
    this.#orders = this.#orders.filter((order) => order.group !== group);
    const replica = this.#ctx.replica(node, group);
    if (replica !== null && replica.role() === Role.Leader) this.#mustBeVoter(node, group, replica);
  }

  onSend(node: number, group: number, m: Message): void {
    if (m.type !== MessageType.MsgTimeoutNow) return;
    const leader = this.#ctx.replica(node, group);
    if (leader === null || leader.role() !== Role.Leader || leader.term() !== m.term) return;
    const match = peerOf(leader, m.to)?.match ?? 0;
    const last = leader.raft.lastIndex();
    if (match !== last) {
      this.#violated('not-caught-up', node, group, () => {
        return `tells ${this.#ctx.nodes[m.to]!} to campaign, which is known to hold ${match} of ${last} entries`;
      });
    }
    const nowMs = this.#ctx.nowMs();
    const longMs = UNDISTURBED * this.#ctx.electionMs[0];
    const hasRival = nowMs - (this.#orderedMs[group] ?? -longMs) < longMs;
    this.#orderedMs[group] = nowMs;
    if (hasRival) this.#orders = this.#orders.filter((order) => order.group !== group);
    if (hasRival || nowMs - this.#disturbedMs < longMs || !this.#canCampaign(node, group, m.to)) return;
    this.#orders.push({ node, group, to: m.to, term: m.term, atMs: nowMs });
  }

  onTick(nowMs: number): void {
    for (let node = 1; node < this.#ctx.nodes.length; node++) {
      for (let group = 1; group < this.#ctx.groups.length; group++) this.#mustEnd(node, group, nowMs);
    }
    if (this.#orders.length > 0) this.#judgeOrders(nowMs);
  }

  /** Whether an ordered node has no reason of its own not to campaign. */
  #canCampaign(node: number, group: number, to: number): boolean {
    const replica = this.#ctx.replica(to, group);
    if (replica === null || replica.role() !== Role.Follower || replica.raft.lead !== node) return false;
    const { incoming, outgoing } = replica.raft.tracker().config;
    const hears = (voter: number): boolean =>
      voter === to || (this.#ctx.replica(voter, group) !== null && this.#ctx.links.steady(voter, to));
    const isVoter = incoming.includes(to) || outgoing.includes(to);
    const hasQuorum = [incoming, outgoing].every(
      (half) => 2 * half.filter(hears).length > half.length || half.length === 0,
    );
    return isVoter && hears(node) && hasQuorum;
  }

  #mustEnd(node: number, group: number, nowMs: number): void {
    const leader = this.#ctx.replica(node, group);
    const at = this.#at(node, group);
    // Time stands still for a process that is paused.
    if (leader === null || leader.raft.leadTransferee === 0 || !this.#ctx.links.reaches(node, node)) {
      this.#sinceMs[at] = nowMs;
      return;
    }
    this.#mustBeVoter(node, group, leader);
    const sinceMs = (this.#sinceMs[at] ??= nowMs);
    if (nowMs - sinceMs <= GIVE_UP * this.#ctx.electionMs[0]) return;
    this.#violated('never-ends', node, group, () => {
      return `has been handing over to ${this.#ctx.nodes[leader.raft.leadTransferee]!} for ${nowMs - sinceMs} ms`;
    });
  }

  #mustBeVoter(node: number, group: number, leader: ReplicaLens): void {
    const to = leader.raft.leadTransferee;
    const { incoming, outgoing } = leader.raft.tracker().config;
    const isVoter = (id: number): boolean => incoming.includes(id) || outgoing.includes(id);
    // A leader that was removed itself is left as it is until its host stops it.
    if (to === 0 || isVoter(to) || !isVoter(node)) return;
    this.#violated('no-voter', node, group, () => `hands over to ${this.#ctx.nodes[to]!}, which is no voter`);
  }

  #judgeOrders(nowMs: number): void {
    const dueMs = UNDISTURBED * this.#ctx.electionMs[0];
    this.#orders = this.#orders.filter((order) => {
      if (order.atMs <= this.#disturbedMs) return false;
      if (nowMs - order.atMs < dueMs) return true;
      const { node, group, to, term, atMs } = order;
      const leader = this.#ctx.replica(node, group);
      const still = leader !== null && leader.role() === Role.Leader && leader.term() === term;
      // Slow disks may hold votes back until somebody else's turn comes.
      if (!still && this.#ctx.asyncStorage) return false;
      this.#violated('refused', node, group, () => {
        return `${still ? 'still leads' : 'led'} term ${term}, and ${nowMs - atMs} ms after it told ${this.#ctx.nodes[to]!} to campaign over steady links, that one does not lead`;
      });
      return false;
    });
  }

  #at(node: number, group: number): number {
    return node * this.#ctx.groups.length + group;
  }

  #violated(code: string, node: number, group: number, says: () => string): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, code, node, group, () => `${nodes[node]!} in ${groups[group]!} ${says()}`);
  }
}
