// Leaders that a quorum hears stay, and leaders that none hears go. With pre-vote and check-quorum a node that comes back
// from a partition must not depose a leader in the middle of its work, and a leader that is cut off must step down before
// anyone believes it for long. Both are timing rules: they are judged only where links have been steady for so long that
// no delay, pause or lost heartbeat can be an excuse.
import { MessageType, Role, type Message, type RaftId, type Term } from '../../raft/index.ts';
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
  /** By peer: when its last answer came, in ms; when it became a member, if it did under this leader. */
  readonly answeredMs: number[];
  readonly addedMs: number[];
  members: readonly RaftId[];
  /** When its process stood still last. */
  pausedMs: number;
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
      if (role === Role.Follower && term === ended!.term) this.#gaveUp(ended!);
    }
    if (role !== Role.Leader) return;
    const sinceMs = this.#ctx.nowMs();
    this.#leaderships.push({
      group,
      node,
      term,
      sinceMs,
      steadySinceMs: [],
      cutOffSinceMs: -1,
      answeredMs: [],
      addedMs: [],
      members: this.#membersOf(node, group),
      pausedMs: -Infinity,
      excused: false,
    });
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

  onConf(node: number, group: number): void {
    this.#excuse(group);
    const l = this.#leaderships.find((one) => one.node === node && one.group === group);
    if (l === undefined) return;
    const members = this.#membersOf(node, group);
    for (const member of members) if (!l.members.includes(member)) l.addedMs[member] = this.#ctx.nowMs();
    l.members = members;
  }

  onReceive(node: number, group: number, m: Message): void {
    if (m.type !== MessageType.MsgAppResp && m.type !== MessageType.MsgHeartbeatResp) return;
    const l = this.#leaderships.find((one) => one.node === node && one.group === group);
    // It may have stepped down with the tick that this very answer found due.
    const leads = this.#ctx.replica(node, group)?.raft.lead === node;
    if (l !== undefined && leads && l.term === m.term) l.answeredMs[m.from] = this.#ctx.nowMs();
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
      if (!runs) l.pausedMs = nowMs;
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

  /**
   * It steps down in its own term: because it heard no quorum from one check of its quorum to the next, an election
   * timeout later, and not a tick after that. Who became a member since the last check counts as heard.
   */
  #gaveUp(l: Leadership): void {
    const nowMs = this.#ctx.nowMs();
    const leader = this.#ctx.replica(l.node, l.group);
    const { checkQuorum, electionMs, tickMs, skewedClocks, parking } = this.#ctx;
    // The core counts ticks of its own clock, and none while its process stands still.
    if (leader === null || !checkQuorum || skewedClocks || nowMs - l.pausedMs < 2 * this.#patienceMs) return;
    const { incoming, outgoing } = leader.raft.tracker().config;
    if (!incoming.includes(l.node) && !outgoing.includes(l.node)) return;
    const heardMs = (peer: RaftId): number =>
      peer === l.node ? nowMs : Math.max(l.answeredMs[peer] ?? l.sinceMs, l.addedMs[peer] ?? l.sinceMs);
    const isHeard = (peer: RaftId): boolean => heardMs(peer) > Math.max(l.sinceMs, nowMs - electionMs[0] + tickMs);
    const { nodes, groups } = this.#ctx;
    if (this.#hasQuorum(leader, (peer) => peer === l.node || isHeard(peer))) {
      this.#ctx.violated(this.name, 'gave-up', l.node, l.group, () => {
        return `${nodes[l.node]!} steps down in ${groups[l.group]!} in its own term ${l.term}, in which a quorum answers it`;
      });
    }
    const isRecent = (peer: RaftId): boolean => nowMs - heardMs(peer) <= 2 * electionMs[0];
    // A group that rests hears nobody, and no tick of its leader passes meanwhile.
    if (l.excused || parking || this.#hasQuorum(leader, isRecent)) return;
    this.#ctx.violated(this.name, 'gave-up-late', l.node, l.group, () => {
      return `${nodes[l.node]!} leads ${groups[l.group]!} in term ${l.term} for more than two election timeouts after it last heard a quorum`;
    });
  }

  #membersOf(node: number, group: number): readonly RaftId[] {
    return (
      this.#ctx
        .replica(node, group)
        ?.raft.tracker()
        .progress.map((peer) => peer.id) ?? []
    );
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
