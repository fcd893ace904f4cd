// What a leader believes of its peers must follow from what they said, in the order of what was asked: a late answer moves
// nothing, a snapshot that arrived need not be sent again, one that failed counts for nothing, and nobody is waited for in
// vain. None of this loses an entry; it shows as a peer that is probed without end or never spoken to again.
import { MessageType, Role, type Index, type Message, type RaftId, type Term } from '../../raft/index.ts';
import { peerOf } from './monotonic.ts';
import type { CheckContext, Checker, PeerLens, ReplicaLens } from './probe.ts';

const PROBE = 0;
const REPLICATE = 1;
const SNAPSHOT = 2;

/** A peer before a rejection that comes too late was stepped. */
interface Before {
  readonly rejected: Index;
  readonly match: Index;
  readonly next: Index;
  readonly state: number;
}

/** One leadership's view of one peer. */
interface View {
  readonly term: Term;
  /** The highest commit index sent to it. */
  told: Index;
  /** Since when it is probed with everything acknowledged, over a link that is steady; -1 while it is not. */
  idleSinceMs: number;
}

/** How long a peer that has everything may be probed over a steady link, virtual ms. */
const PROBED_MS = 1_000;

/** @source etcd tracker.Progress, invariants I6, I10 and I12 */
export class Peers implements Checker {
  readonly name = 'peers';
  readonly says = 'what a leader believes of a peer follows from its answers, late ones excepted';
  readonly #ctx: CheckContext;
  /** By leader, group and peer: what the leader has told and seen in its term. */
  readonly #views: (View | undefined)[] = [];
  /** The append in hand: by whom it is answered, and the term before its entries. */
  #append: { readonly node: number; readonly group: number; readonly logTerm: Term } | null = null;
  /** Match of the peer whose answer is in hand. */
  #matchBefore = Number.MAX_SAFE_INTEGER;
  /** What must not move while the message in hand is stepped; null if it may. */
  #before: Before | null = null;

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
  }

  onReceive(node: number, group: number, m: Message): void {
    this.#before = null;
    this.#append = m.type === MessageType.MsgApp ? { node, group, logTerm: m.logTerm } : null;
    if (m.type !== MessageType.MsgAppResp) return;
    const leader = this.#ctx.replica(node, group);
    if (leader === null || leader.role() !== Role.Leader || leader.term() !== m.term) return;
    const peer = peerOf(leader, m.from);
    if (peer === null) return;
    const { match, next, state } = peer;
    this.#matchBefore = match;
    if (!m.reject) return;
    const isLate = state === REPLICATE ? m.index <= match : m.index !== next - 1;
    if (isLate) this.#before = { rejected: m.index, match, next, state };
  }

  onProgress(node: number, group: number, id: RaftId): void {
    const leader = this.#ctx.replica(node, group);
    const peer = leader === null ? null : peerOf(leader, id);
    if (leader === null || peer === null) return;
    this.#mustNotHaveMoved(node, group, peer);
    this.#mustBeTold(node, group, peer, leader);
    const first = leader.raft.firstIndex();
    if (peer.state === SNAPSHOT && peer.match + 1 >= first) {
      this.#violated('waits-in-vain', node, group, peer.id, () => {
        return `for a snapshot, with match ${peer.match} and a log that begins at ${first}`;
      });
    }
  }

  onSend(node: number, group: number, m: Message): void {
    if (m.type === MessageType.MsgApp || m.type === MessageType.MsgHeartbeat || m.type === MessageType.MsgSnap) {
      const view = this.#view(node, group, m.to);
      view.told = Math.max(view.told, m.commit, m.snapshot?.index ?? 0);
    }
    if (m.type === MessageType.MsgAppResp && m.reject) this.#mustGiveHope(node, group, m);
    if (m.type !== MessageType.MsgSnap) return;
    const leader = this.#ctx.replica(node, group);
    const peer = leader === null ? null : peerOf(leader, m.to);
    if (peer === null || peer.recentActive) return;
    this.#violated('snapshot-to-nobody', node, group, m.to, () => 'is sent a snapshot, and was not heard of lately');
  }

  onTick(nowMs: number): void {
    for (let node = 1; node < this.#ctx.nodes.length; node++) {
      for (let group = 1; group < this.#ctx.groups.length; group++) {
        const leader = this.#ctx.replica(node, group);
        if (leader === null || leader.role() !== Role.Leader) continue;
        for (const peer of leader.raft.tracker().progress) {
          if (peer.id !== node) this.#mustBeTrusted(node, group, peer, leader.raft.lastIndex(), nowMs);
        }
      }
    }
  }

  onSnapshotReport(node: number, group: number, id: number, ok: boolean, waited: Index): void {
    const leader = this.#ctx.replica(node, group);
    const peer = leader === null || waited === 0 ? null : peerOf(leader, id);
    if (peer === null) return;
    const { match, next } = peer;
    if (ok && next <= waited) {
      this.#violated('snapshot-forgotten', node, group, id, () => `has the snapshot at ${waited}, and next is ${next}`);
    }
    if (!ok && next !== match + 1) {
      this.#violated(
        'snapshot-made-up',
        node,
        group,
        id,
        () => `did not get a snapshot, match is ${match}, next ${next}`,
      );
    }
  }

  /** A peer that has everything and answers is replicated to: a probe of it that is not believed goes on for ever. */
  #mustBeTrusted(node: number, group: number, peer: PeerLens, last: Index, nowMs: number): void {
    const view = this.#view(node, group, peer.id);
    const isHere = this.#ctx.replica(peer.id, group) !== null && this.#ctx.links.steady(node, peer.id);
    if (peer.state !== PROBE || peer.match !== last || !isHere) view.idleSinceMs = -1;
    else if (view.idleSinceMs < 0) view.idleSinceMs = nowMs;
    else if (nowMs - view.idleSinceMs > PROBED_MS) {
      this.#violated('probed-for-ever', node, group, peer.id, () => {
        return `has all ${last} entries, and has been probed for ${nowMs - view.idleSinceMs} ms over a steady link`;
      });
    }
  }

  /** An answer that moves match tells that there is room: whatever is committed is sent on at once. */
  #mustBeTold(node: number, group: number, peer: PeerLens, leader: ReplicaLens): void {
    const before = this.#matchBefore;
    this.#matchBefore = Number.MAX_SAFE_INTEGER;
    if (peer.match <= before || peer.state === SNAPSHOT || peer.id === node) return;
    const owed = Math.min(peer.match, leader.raft.log.committed);
    const { told } = this.#view(node, group, peer.id);
    if (told >= owed) return;
    this.#violated('not-told', node, group, peer.id, () => {
      return `acknowledges index ${peer.match}, and is told of commit ${told} only, where it is ${owed}`;
    });
  }

  /** What a refusal hints at may match: its term is not above that of the append that was refused. */
  #mustGiveHope(node: number, group: number, m: Message): void {
    const append = this.#append;
    if (this.#ctx.asyncStorage || append === null || append.node !== node || append.group !== group) return;
    this.#append = null;
    if (m.logTerm <= append.logTerm) return;
    this.#violated('hopeless-hint', node, group, node, () => {
      return `refuses an append behind term ${append.logTerm} and hints at index ${m.rejectHint} of term ${m.logTerm}`;
    });
  }

  #view(node: number, group: number, peer: RaftId): View {
    const { nodes, groups } = this.#ctx;
    const at = (node * groups.length + group) * nodes.length + peer;
    const term = this.#ctx.replica(node, group)?.term() ?? 0;
    const known = this.#views[at];
    if (known !== undefined && known.term === term) return known;
    return (this.#views[at] = { term, told: 0, idleSinceMs: -1 });
  }

  #mustNotHaveMoved(node: number, group: number, peer: PeerLens): void {
    const before = this.#before;
    this.#before = null;
    if (before === null) return;
    if (peer.match === before.match && peer.state === before.state && peer.next >= before.next) return;
    this.#violated('late-rejection', node, group, peer.id, () => {
      const was = `match ${before.match}, next ${before.next}, state ${before.state}`;
      return `refused index ${before.rejected} late, and is moved from ${was} to ${peer.match}, ${peer.next}, ${peer.state}`;
    });
  }

  #violated(code: string, node: number, group: number, peer: RaftId, says: () => string): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, code, node, group, () => {
      return `${nodes[node]!} in ${groups[group]!}: peer ${nodes[peer] ?? peer} ${says()}`;
    });
  }
}
