// When all faults are over, a cluster has no excuse: each group elects one leader, brings everyone up to date, leaves a
// joint configuration and writes down what it holds. The state has to be reached once, not kept: clients may go on. A
// group whose quorum is gone for good, stopped by the plan or halted, owes nothing.
import { Role, type Index, type RaftId } from '../../raft/index.ts';
import { peerOf } from './monotonic.ts';
import type { CheckContext, Checker, ReplicaLens } from './probe.ts';

const REPLICATE = 1;
/** Time a group has, in most election timeouts of the slowest clock, and at least in ms. */
const TIMEOUTS = 20;
const LEAST_MS = 5_000;

/** A property that is not yet decided at some moment. */
export interface Obligation {
  /** Until when a run has to go on for it, in virtual ms; -1 if it owes nothing. */
  unmetUntilMs(): number;
}

/** @source invariant I10 */
export class Liveness implements Checker, Obligation {
  readonly name = 'liveness';
  readonly says = 'after healing every group has one leader and all its members up to date';
  readonly #ctx: CheckContext;
  readonly #patienceMs: number;
  #healedMs = -1;
  /** By group: in order once since healing. */
  readonly #met: boolean[] = [];
  /** By group: a proposal and a read made after healing were answered. */
  readonly #served: boolean[] = [];
  /** By group and node: the apply loop stopped. */
  readonly #halted: boolean[][];

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    this.#patienceMs = Math.max(LEAST_MS, TIMEOUTS * ctx.electionMs[1]);
    this.#halted = ctx.groups.map(() => []);
  }

  onStart(node: number, group: number, _replica: ReplicaLens): void {
    this.#halted[group]![node] = false;
  }

  onHalt(node: number, group: number): void {
    this.#halted[group]![node] = true;
  }

  onHealed(nowMs: number): void {
    this.#healedMs = nowMs;
    this.#met.length = 0;
  }

  onServed(group: number): void {
    this.#served[group] = true;
  }

  onTick(nowMs: number): void {
    if (this.#healedMs < 0) return;
    for (let group = 1; group < this.#ctx.groups.length; group++) {
      if (this.#met[group] === true) continue;
      const wants = this.#wants(group);
      if (wants === null) this.#met[group] = true;
      else if (nowMs > this.#healedMs + this.#patienceMs) {
        this.#met[group] = true;
        if (this.#isDeaf(group)) continue;
        this.#ctx.violated(this.name, 'no-progress', 0, group, () => {
          return `${nowMs - this.#healedMs} ms after healing, ${this.#ctx.groups[group]!} is not in order: ${wants}`;
        });
      }
    }
  }

  unmetUntilMs(): number {
    if (this.#healedMs < 0) return -1;
    for (let group = 1; group < this.#ctx.groups.length; group++) {
      // One tick more, so that the verdict falls within the run.
      if (this.#met[group] !== true) return this.#healedMs + this.#patienceMs + 100;
    }
    return -1;
  }

  /** What is not in order with a group; null if it is, or owes nothing. */
  #wants(group: number): string | null {
    const live: number[] = [];
    for (let node = 1; node < this.#ctx.nodes.length; node++) if (this.#isLive(node, group)) live.push(node);
    const best = this.#best(group, live);
    if (best === null) return null;
    // Who was removed and not told may believe to lead for ever; it is nobody's leader.
    const { incoming, outgoing } = best.raft.tracker().config;
    const isVoter = (node: number): boolean => incoming.includes(node) || outgoing.includes(node);
    const leaders = live.filter((node) => isVoter(node) && this.#ctx.replica(node, group)!.role() === Role.Leader);
    if (leaders.length !== 1) return leaders.length === 0 ? 'it has no leader' : 'it has several leaders';
    const leader = this.#ctx.replica(leaders[0]!, group)!;
    const { config } = leader.raft.tracker();
    if (config.outgoing.length > 0 && config.autoLeave) return 'its configuration is still joint';
    const last = leader.raft.lastIndex();
    if (leader.commit() !== last) return `commit is ${leader.commit()} of ${last}`;
    return this.#wantsOfMembers(group, leader, last) ?? (this.#served[group] === true ? null : 'it serves nobody');
  }

  /**
   * Without pre-vote and quorum checks nobody answers who is of a lower term, leader or candidate. A node of a higher one
   * that by its own configuration never asks that one for a vote keeps its ears shut for ever: so it is in the reference.
   */
  #isDeaf(group: number): boolean {
    if (this.#ctx.preVote || this.#ctx.checkQuorum) return false;
    const live: number[] = [];
    for (let node = 1; node < this.#ctx.nodes.length; node++) if (this.#isLive(node, group)) live.push(node);
    const replicaOf = (node: number): ReplicaLens => this.#ctx.replica(node, group)!;
    const highest = live
      .filter((node) => replicaOf(node).role() === Role.Leader)
      .reduce((best, node) => (best === 0 || replicaOf(node).term() > replicaOf(best).term() ? node : best), 0);
    const best = this.#best(group, live);
    const speaker = highest !== 0 ? highest : (live.find((node) => replicaOf(node) === best) ?? 0);
    if (speaker === 0) return false;
    return live.some((node) => {
      const { incoming, outgoing } = replicaOf(node).raft.tracker().config;
      const asks = incoming.includes(speaker) || outgoing.includes(speaker);
      return !asks && replicaOf(node).term() > replicaOf(speaker).term();
    });
  }

  #wantsOfMembers(group: number, leader: ReplicaLens, last: Index): string | null {
    const { incoming, learners } = leader.raft.tracker().config;
    for (const member of [...incoming, ...learners]) {
      if (!this.#isLive(member, group)) continue;
      const name = this.#ctx.nodes[member] ?? String(member);
      const peer = peerOf(leader, member);
      const replica = this.#ctx.replica(member, group)!;
      if (peer === null || peer.match !== last)
        return `${name} is known to hold ${peer?.match ?? 0} of ${last} entries`;
      if (replica !== leader && peer.state !== REPLICATE) return `${name} is not replicated to`;
      if (replica.applied() !== last) return `${name} applied ${replica.applied()} of ${last}`;
      if (replica.raft.log.hasNextOrInProgressUnstableEntries()) return `${name} keeps entries that are on disk`;
      if (replica.disk.lastIndex() !== last) return `${name} has ${replica.disk.lastIndex()} of ${last} on disk`;
    }
    return null;
  }

  /**
   * Of the living voters that can win an election, the one with the longest log of the newest term. A newer configuration
   * that only a learner knows of helps nobody, and who knows of more than a candidate does not vote for it.
   */
  #best(group: number, live: readonly number[]): ReplicaLens | null {
    let best: ReplicaLens | null = null;
    for (const node of live) {
      const replica = this.#ctx.replica(node, group)!;
      if (this.#couldWin(node, group, replica, live) && (best === null || isLonger(replica, best))) best = replica;
    }
    return best;
  }

  /** Whether a voter has the quorums it counts among the living that would vote for it. */
  #couldWin(node: number, group: number, candidate: ReplicaLens, live: readonly number[]): boolean {
    const { incoming, outgoing } = candidate.raft.tracker().config;
    if (!incoming.includes(node) && !outgoing.includes(node)) return false;
    const wouldVote = (voter: RaftId): boolean =>
      live.includes(voter) && !isLonger(this.#ctx.replica(voter, group)!, candidate);
    return [incoming, outgoing].every((half) => half.length === 0 || 2 * half.filter(wouldVote).length > half.length);
  }

  #isLive(node: number, group: number): boolean {
    return this.#halted[group]![node] !== true && this.#ctx.replica(node, group) !== null;
  }
}

/** Whether one log would be preferred to another in a vote. */
function isLonger({ raft: a }: ReplicaLens, { raft: b }: ReplicaLens): boolean {
  const [lastA, lastB] = [a.lastIndex(), b.lastIndex()];
  const [termA, termB] = [a.termAt(lastA), b.termAt(lastB)];
  return termA > termB || (termA === termB && lastA > lastB);
}
