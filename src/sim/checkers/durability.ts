// A promise that left the node must survive the node. Votes and acknowledgements are compared with the disk at the moment
// they leave, not when a crash happens to expose them: the broken order of writing and answering is then seen in every
// run, whether or not the run has a crash.
import { MessageType, Role, type Entry, type Index, type Message, type RaftId, type Term } from '../../raft/index.ts';
import { Grid } from './grid.ts';
import type { CheckContext, Checker, DurableLens, ReplicaLens } from './probe.ts';

/** @source Raft 5.1 and 5.2 (persistent state), invariant I5 */
export class Durability implements Checker {
  readonly name = 'durability';
  readonly says = 'votes and acknowledgements are on disk before they leave, and stay there';
  readonly #ctx: CheckContext;
  /** The last vote promised: its term, and for whom. */
  readonly #voteTerm: Grid;
  /** By node and group, then index: terms of the entries that came to stand there since the replica started. */
  readonly #terms: (Term[] | undefined)[] = [];
  /** What the disk held last. */
  readonly #diskTerm: Grid;
  readonly #diskVote: Grid;
  readonly #vote: Grid;
  /** The furthest acknowledgement: in which term, up to where. */
  readonly #ackTerm: Grid;
  readonly #ack: Grid;
  /** By node: its disk was replaced, so that its earlier votes cannot be looked up. */
  readonly #wiped: boolean[] = [];

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    const [nodes, groups] = [ctx.nodes.length, ctx.groups.length];
    this.#voteTerm = new Grid(nodes, groups);
    this.#diskTerm = new Grid(nodes, groups);
    this.#diskVote = new Grid(nodes, groups);
    this.#vote = new Grid(nodes, groups);
    this.#ackTerm = new Grid(nodes, groups);
    this.#ack = new Grid(nodes, groups);
  }

  onStart(node: number, group: number, { disk }: ReplicaLens): void {
    this.#appended(node, group).length = 0;
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
    // A later term may have replaced what was acknowledged before; a torn write may hold its entries without the term.
    if (term <= ackTerm && disk.lastIndex() < ack && disk.termAt(disk.lastIndex()) <= ackTerm) {
      this.#violated('entries-forgotten', node, group, () => {
        return `comes back with a log up to ${disk.lastIndex()}, having acknowledged ${ack} in term ${ackTerm}`;
      });
    }
  }

  onStop(node: number, group: number, wiped: boolean): void {
    if (!wiped) return;
    this.#wiped[node] = true;
    this.#diskTerm.set(node, group, 0);
    this.#voteTerm.set(node, group, 0);
    this.#ackTerm.set(node, group, 0);
    this.#ack.set(node, group, 0);
  }

  onRole(node: number, group: number, role: Role, term: Term): void {
    const replica = role === Role.Leader ? this.#ctx.replica(node, group) : null;
    if (replica === null) return;
    const { incoming, outgoing } = replica.raft.tracker().config;
    for (const half of [incoming, outgoing]) {
      if (half.length === 0 || this.#areElected(node, group, term, half)) continue;
      this.#violated('votes-not-durable', node, group, () => {
        return `leads term ${term}, and no quorum of ${half.map((voter) => this.#name(voter)).join(' ')} has its vote on disk`;
      });
    }
  }

  onApply(node: number, group: number, { index }: Entry): void {
    const disk = this.#ctx.replica(node, group)?.disk ?? null;
    if (disk === null || disk.lastIndex() >= index) return;
    this.#violated('applied-not-durable', node, group, () => {
      return `applies index ${index}, and its disk ends at ${disk.lastIndex()}`;
    });
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
    if (replica === null) return;
    this.#mustKeepVote(node, group, replica.disk);
    if (replica.term() !== this.#ackTerm.get(node, group)) return;
    const ack = this.#ack.get(node, group);
    const last = replica.raft.lastIndex();
    if (last >= ack) return;
    this.#violated('entries-dropped', node, group, () => {
      return `cuts its log to ${last}, having acknowledged ${ack} in the same term ${replica.term()}`;
    });
  }

  onStorageAck(node: number, group: number, m: Message, before: Index): void {
    const replica = this.#ctx.replica(node, group);
    if (replica === null || m.type !== MessageType.MsgStorageAppendResp || m.index === 0) return;
    const { raft } = replica;
    if (m.term < replica.term() && raft.log.offset !== before) {
      this.#violated('stale-write', node, group, () => {
        return `takes index ${m.index} for durable in term ${replica.term()} by a write of term ${m.term}`;
      });
    }
    const appended = this.#appended(node, group);
    for (let i = before; i < raft.log.offset; i++) {
      const term = appended[i] ?? 0;
      if (term === 0 || raft.termAt(i) === 0 || raft.termAt(i) === term) continue;
      this.#violated('other-write', node, group, () => {
        return `takes index ${i} of term ${term} for durable, where its disk has term ${raft.termAt(i)}`;
      });
    }
  }

  onStorageIdle(node: number, group: number): void {
    const replica = this.#ctx.replica(node, group);
    if (replica === null) return;
    const { log } = replica.raft;
    if (!log.hasNextOrInProgressUnstableEntries() && !log.hasNextOrInProgressSnapshot()) return;
    this.#violated('never-drained', node, group, () => `has written everything, and keeps it as not yet written`);
  }

  onAppend(node: number, group: number, entry: Entry): void {
    const appended = this.#appended(node, group);
    appended.length = Math.min(appended.length, entry.index);
    appended[entry.index] = entry.term;
  }

  onSnapshot(node: number, group: number, did: 'take' | 'install'): void {
    if (did === 'install') this.#appended(node, group).length = 0;
  }

  #appended(node: number, group: number): Term[] {
    return (this.#terms[node * this.#ctx.groups.length + group] ??= []);
  }

  #mustKeepVote(node: number, group: number, { hardState: { term, vote } }: DurableLens): void {
    const before = this.#diskTerm.get(node, group) === term ? this.#diskVote.get(node, group) : 0;
    this.#diskTerm.set(node, group, term);
    this.#diskVote.set(node, group, vote);
    if (before === 0 || before === vote) return;
    this.#violated('vote-changed', node, group, () => {
      return `changes its vote in term ${term} from ${this.#name(before)} to ${this.#name(vote)}`;
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

  #acknowledges(node: number, group: number, m: Message, replica: ReplicaLens): void {
    const { disk, raft } = replica;
    if (m.term !== this.#ackTerm.get(node, group)) {
      this.#ackTerm.set(node, group, m.term);
      this.#ack.set(node, group, m.index);
    } else if (m.index > this.#ack.get(node, group)) this.#ack.set(node, group, m.index);
    // In an older term the entry may have been replaced in memory since.
    const term = m.term === replica.term() ? raft.termAt(m.index) : 0;
    if (disk.snapshot.index >= m.index || this.#holds(disk, m.index, term)) return;
    this.#violated('ack-not-durable', node, group, () => {
      return `acknowledges index ${m.index}, and its disk ends at ${disk.lastIndex()}`;
    });
  }

  #holds(disk: DurableLens, index: Index, term: Term): boolean {
    return disk.lastIndex() >= index && (term === 0 || disk.termAt(index) === term);
  }

  #areElected(node: number, group: number, term: Term, voters: readonly RaftId[]): boolean {
    let votes = 0;
    for (const voter of voters) {
      const disk = this.#ctx.disk(voter, group);
      if (this.#wiped[voter] === true || (disk !== null && this.#hasVote(disk, term, node))) votes++;
    }
    return 2 * votes > voters.length;
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
