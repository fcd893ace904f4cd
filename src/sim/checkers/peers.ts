// What a leader believes of its peers must follow from what they said, in the order of what was asked: a late answer moves
// nothing, a snapshot that arrived need not be sent again, one that failed counts for nothing, and nobody is waited for in
// vain. None of this loses an entry; it shows as a peer that is probed without end or never spoken to again.
import { MessageType, Role, type Index, type Message, type RaftId } from '../../raft/index.ts';
import { peerOf } from './monotonic.ts';
import type { CheckContext, Checker, PeerLens } from './probe.ts';

const REPLICATE = 1;
const SNAPSHOT = 2;

/** A peer before a rejection that comes too late was stepped. */
interface Before {
  readonly rejected: Index;
  readonly match: Index;
  readonly next: Index;
  readonly state: number;
}

/** @source etcd tracker.Progress, invariants I6, I10 and I12 */
export class Peers implements Checker {
  readonly name = 'peers';
  readonly says = 'what a leader believes of a peer follows from its answers, late ones excepted';
  readonly #ctx: CheckContext;
  /** What must not move while the message in hand is stepped; null if it may. */
  #before: Before | null = null;

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
  }

  onReceive(node: number, group: number, m: Message): void {
    this.#before = null;
    if (m.type !== MessageType.MsgAppResp || !m.reject) return;
    const leader = this.#ctx.replica(node, group);
    if (leader === null || leader.role() !== Role.Leader || leader.term() !== m.term) return;
    const peer = peerOf(leader, m.from);
    if (peer === null) return;
    const { match, next, state } = peer;
    const isLate = state === REPLICATE ? m.index <= match : m.index !== next - 1;
    if (isLate) this.#before = { rejected: m.index, match, next, state };
  }

  onProgress(node: number, group: number, id: RaftId): void {
    const leader = this.#ctx.replica(node, group);
    const peer = leader === null ? null : peerOf(leader, id);
    if (leader === null || peer === null) return;
    this.#mustNotHaveMoved(node, group, peer);
    const first = leader.raft.firstIndex();
    if (peer.state === SNAPSHOT && peer.match + 1 >= first) {
      this.#violated('waits-in-vain', node, group, peer.id, () => {
        return `for a snapshot, with match ${peer.match} and a log that begins at ${first}`;
      });
    }
  }

  onSend(node: number, group: number, m: Message): void {
    if (m.type !== MessageType.MsgSnap) return;
    const leader = this.#ctx.replica(node, group);
    const peer = leader === null ? null : peerOf(leader, m.to);
    if (peer === null || peer.recentActive) return;
    this.#violated('snapshot-to-nobody', node, group, m.to, () => 'is sent a snapshot, and was not heard of lately');
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
