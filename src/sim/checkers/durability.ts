// A promise that left the node must survive the node. Votes and acknowledgements are compared with the disk at the moment
// they leave, not when a crash happens to expose them: the broken order of writing and answering is then seen in every
// run, whether or not the run has a crash.
import { MessageType, Role, type Index, type Message, type Term } from '../../raft/index.ts';
import { Grid } from './grid.ts';
import type { CheckContext, Checker, DurableLens, ReplicaLens } from './probe.ts';

/** @source Raft 5.1 and 5.2 (persistent state), invariant I5 */
export class Durability implements Checker {
  readonly name = 'durability';
  readonly says = 'votes and acknowledgements are on disk before they leave, and stay there';
  readonly #ctx: CheckContext;
  /** The last vote promised: its term, and for whom. */
  readonly #voteTerm: Grid;
  readonly #vote: Grid;
  /** The furthest acknowledgement: in which term, up to where. */
  readonly #ackTerm: Grid;
  readonly #ack: Grid;

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    const [nodes, groups] = [ctx.nodes.length, ctx.groups.length];
    this.#voteTerm = new Grid(nodes, groups);
    this.#vote = new Grid(nodes, groups);
    this.#ackTerm = new Grid(nodes, groups);
    this.#ack = new Grid(nodes, groups);
  }

  onStart(node: number, group: number, { disk }: ReplicaLens): void {
    const { term, vote } = disk.hardState;
    const promised = this.#voteTerm.get(node, group);
    const votedFor = this.#vote.get(node, group);
    if (term < promised || (term === promised && vote !== votedFor && promised > 0)) {
      this.#violated('vote-forgotten', node, group, () => {
        return `comes back with vote ${this.#name(vote)} in term ${term}, having voted for ${this.#name(votedFor)} in term ${promised}`;
      });
    }
    const ackTerm = this.#ackTerm.get(node, group);
    const ack = this.#ack.get(node, group);
    // A later term may have replaced what was acknowledged before.
    if (term <= ackTerm && disk.lastIndex() < ack) {
      this.#violated('entries-forgotten', node, group, () => {
        return `comes back with a log up to ${disk.lastIndex()}, having acknowledged ${ack} in term ${ackTerm}`;
      });
    }
  }

  onStop(node: number, group: number, wiped: boolean): void {
    if (!wiped) return;
    this.#voteTerm.set(node, group, 0);
    this.#ackTerm.set(node, group, 0);
    this.#ack.set(node, group, 0);
  }

  onRole(node: number, group: number, role: Role, term: Term): void {
    const disk = role === Role.Leader ? (this.#ctx.replica(node, group)?.disk ?? null) : null;
    if (disk === null || this.#hasVote(disk, term, node)) return;
    this.#violated('own-vote', node, group, () => `leads term ${term}, and its own vote is not on disk`);
  }

  onSend(node: number, group: number, m: Message): void {
    if (m.reject || (m.type !== MessageType.MsgVoteResp && m.type !== MessageType.MsgAppResp)) return;
    const replica = this.#ctx.replica(node, group);
    if (replica === null) return;
    if (m.type === MessageType.MsgVoteResp) this.#votes(node, group, m, replica.disk);
    else this.#acknowledges(node, group, m, replica);
  }

  onPersist(node: number, group: number): void {
    const replica = this.#ctx.replica(node, group);
    if (replica === null || replica.term() !== this.#ackTerm.get(node, group)) return;
    const ack = this.#ack.get(node, group);
    const last = replica.raft.lastIndex();
    if (last >= ack) return;
    this.#violated('entries-dropped', node, group, () => {
      return `cuts its log to ${last}, having acknowledged ${ack} in the same term ${replica.term()}`;
    });
  }

  #votes(node: number, group: number, m: Message, disk: DurableLens): void {
    this.#voteTerm.set(node, group, m.term);
    this.#vote.set(node, group, m.to);
    if (this.#hasVote(disk, m.term, m.to)) return;
    this.#violated('vote-not-durable', node, group, () => {
      return `votes for ${this.#name(m.to)} in term ${m.term}, and the vote is not on disk`;
    });
  }

  #acknowledges(node: number, group: number, m: Message, { disk, raft }: ReplicaLens): void {
    if (m.term !== this.#ackTerm.get(node, group)) {
      this.#ackTerm.set(node, group, m.term);
      this.#ack.set(node, group, m.index);
    } else if (m.index > this.#ack.get(node, group)) this.#ack.set(node, group, m.index);
    if (disk.snapshot.index >= m.index || this.#holds(disk, m.index, raft.termAt(m.index))) return;
    this.#violated('ack-not-durable', node, group, () => {
      return `acknowledges index ${m.index}, and its disk ends at ${disk.lastIndex()}`;
    });
  }

  #holds(disk: DurableLens, index: Index, term: Term): boolean {
    return disk.lastIndex() >= index && (term === 0 || disk.termAt(index) === term);
  }

  #hasVote({ hardState }: DurableLens, term: Term, vote: number): boolean {
    return hardState.term > term || (hardState.term === term && hardState.vote === vote);
  }

  #name(node: number): string {
    return node === 0 ? 'nobody' : (this.#ctx.nodes[node] ?? String(node));
  }

  #violated(code: string, node: number, group: number, says: () => string): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, code, node, group, () => `${nodes[node]!} ${says()} in ${groups[group]!}`);
  }
}
