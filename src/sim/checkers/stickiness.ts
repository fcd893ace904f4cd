// Leaders that a quorum hears stay, and leaders that none hears go. With pre-vote and check-quorum a node that comes back
// from a partition must not depose a leader in the middle of its work, and a leader that is cut off must step down before
// anyone believes it for long. Both are timing rules: they are judged only where links have been steady for so long that
// no delay, pause or lost heartbeat can be an excuse.
import { Role, type RaftId, type Term } from '../../raft/index.ts';
import type { CheckContext, Checker, ReplicaLens } from './probe.ts';

/** Election timeouts after which steady links, or the want of them, must show. */
const TIMEOUTS = 3;

interface Leadership {
  readonly group: number;
  readonly node: number;
  readonly term: Term;
  readonly sinceMs: number;
  /** By peer: since when the link to it is steady, in ms; -1 while it is not. */
  readonly steadySinceMs: number[];
  /** Since when the leader has been without a quorum; -1 while it has one. */
  cutOffSinceMs: number;
  /** It was told to hand over, or its group's members changed: it may step down for that. */
  excused: boolean;
}

/** @source Raft thesis 6.2 and 9.6, etcd CheckQuorum and PreVote, invariant I11 */
export class Stickiness implements Checker {
  readonly name = 'stickiness';
  readonly says = 'a leader that a quorum hears is not deposed, and one that no quorum hears steps down';
  readonly #ctx: CheckContext;
  readonly #patienceMs: number;
  readonly #leaderships: Leadership[] = [];

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    this.#patienceMs = TIMEOUTS * ctx.electionMs[1];
  }

  onRole(node: number, group: number, role: Role, term: Term): void {
    const at = this.#leaderships.findIndex((l) => l.node === node && l.group === group);
    if (at >= 0) {
      const [ended] = this.#leaderships.splice(at, 1);
      if (role !== Role.Leader) this.#steppedDown(ended!, term);
    }
    if (role !== Role.Leader) return;
    const sinceMs = this.#ctx.nowMs();
    this.#leaderships.push({ group, node, term, sinceMs, steadySinceMs: [], cutOffSinceMs: -1, excused: false });
    this.onLinks();
  }

  onStop(node: number, group: number, _wiped: boolean): void {
    const at = this.#leaderships.findIndex((l) => l.node === node && l.group === group);
    if (at >= 0) this.#leaderships.splice(at, 1);
    this.onLinks();
  }

  onStart(): void {
    this.onLinks();
  }

  onHalt(_node: number, group: number): void {
    this.#excuse(group);
  }

  onTransfer(_node: number, group: number): void {
    this.#excuse(group);
  }

  onConf(_node: number, group: number): void {
    this.#excuse(group);
  }

  onLinks(): void {
    const nowMs = this.#ctx.nowMs();
    for (const l of this.#leaderships) {
      for (let peer = 1; peer < this.#ctx.nodes.length; peer++) {
        const isSteady = this.#ctx.replica(peer, l.group) !== null && this.#ctx.links.steady(l.node, peer);
        if (!isSteady) l.steadySinceMs[peer] = -1;
        else if ((l.steadySinceMs[peer] ?? -1) < 0) l.steadySinceMs[peer] = nowMs;
      }
      const leader = this.#ctx.replica(l.node, l.group);
      const runs = this.#ctx.links.reaches(l.node, l.node);
      if (leader === null || !runs || this.#hasQuorum(leader, (peer) => this.#hears(l, peer))) l.cutOffSinceMs = -1;
      else if (l.cutOffSinceMs < 0) l.cutOffSinceMs = nowMs;
    }
  }

  onTick(nowMs: number): void {
    if (!this.#ctx.checkQuorum) return;
    for (const l of this.#leaderships) {
      if (l.excused || l.cutOffSinceMs < 0 || nowMs - l.cutOffSinceMs <= this.#patienceMs) continue;
      const { nodes, groups } = this.#ctx;
      this.#ctx.violated(this.name, 'leads-without-quorum', l.node, l.group, () => {
        return `${nodes[l.node]!} still leads ${groups[l.group]!} in term ${l.term}, ${nowMs - l.cutOffSinceMs} ms after it lost its quorum`;
      });
    }
  }

  #steppedDown(l: Leadership, term: Term): void {
    const leader = this.#ctx.replica(l.node, l.group);
    if (!this.#ctx.checkQuorum || !this.#ctx.preVote || l.excused || leader === null) return;
    const longAgoMs = this.#ctx.nowMs() - this.#patienceMs;
    if (l.sinceMs > longAgoMs) return;
    const isSteady = (peer: RaftId): boolean => {
      const sinceMs = l.steadySinceMs[peer] ?? -1;
      return sinceMs >= 0 && sinceMs <= longAgoMs;
    };
    if (!this.#hasQuorum(leader, (peer) => peer === l.node || isSteady(peer))) return;
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, 'deposed', l.node, l.group, () => {
      return `${nodes[l.node]!} led ${groups[l.group]!} in term ${l.term} over steady links to a quorum and is deposed by term ${term}`;
    });
  }

  #hears(l: Leadership, peer: RaftId): boolean {
    if (peer === l.node) return true;
    return this.#ctx.replica(peer, l.group) !== null && this.#ctx.links.reaches(peer, l.node);
  }

  #hasQuorum(leader: ReplicaLens, has: (peer: RaftId) => boolean): boolean {
    const { incoming, outgoing } = leader.raft.tracker().config;
    return [incoming, outgoing].every((half) => half.length === 0 || 2 * half.filter(has).length > half.length);
  }

  #excuse(group: number): void {
    for (const l of this.#leaderships) if (l.group === group) l.excused = true;
  }
}
