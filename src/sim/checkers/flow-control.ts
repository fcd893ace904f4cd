// A leader counts what is on its way to each peer and what is proposed and not committed, to bound both. A counter that
// drifts does no harm at once: it fills up over hours, and then replication stalls or every proposal is refused. So the
// counters are recounted from what they stand for: the entries between match and next, and the leader's own tail.
import { MessageType, type DropReason, type Entry, type Index, type Message, type Term } from '../../raft/index.ts';
import { Grid } from './grid.ts';
import { peerOf } from './monotonic.ts';
import type { CheckContext, Checker, ReplicaLens } from './probe.ts';

const REPLICATE = 1;

/** Appends sent to a peer in a term and not known to be answered. */
interface Sent {
  readonly term: Term;
  messages: { readonly last: Index; readonly bytes: number }[];
}

/** @source etcd Inflights and uncommittedSize, invariant I12 */
export class FlowControl implements Checker {
  readonly name = 'flow-control';
  readonly says = 'what a leader counts as in flight or uncommitted is what a recount gives, within the limits';
  readonly #ctx: CheckContext;
  /** By group, then index and term: payload bytes of an entry. */
  readonly #sizes: Map<number, number>[];
  /** By leader, group and peer: what was sent in the term at hand. */
  readonly #sentTo: (Sent | undefined)[] = [];
  /** Encoded bytes of entries handed out and not applied. */
  readonly #handedOut: Grid;

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    this.#sizes = ctx.groups.map(() => new Map<number, number>());
    this.#handedOut = new Grid(ctx.nodes.length, ctx.groups.length);
  }

  onStart(node: number, group: number): void {
    this.#handedOut.set(node, group, 0);
  }

  onSnapshot(node: number, group: number, did: 'take' | 'install'): void {
    if (did === 'install') this.#handedOut.set(node, group, 0);
  }

  onAppend(node: number, group: number, entry: Entry, leads: boolean): void {
    if (!leads) return;
    this.#sizes[group]!.set(nameOf(entry.index, entry.term), entry.data.length);
    this.#uncommitted(node, group);
  }

  onHandOut(node: number, group: number, entries: readonly Entry[]): void {
    const before = this.#handedOut.get(node, group);
    let bytes = before;
    for (const entry of entries) bytes += entry.size;
    this.#handedOut.set(node, group, bytes);
    const limit = this.#ctx.maxApplyingBytes;
    if (before < limit && (bytes <= limit || entries.length === 1)) return;
    this.#violated('applying-limit', node, group, () => {
      return `hands out ${bytes - before} bytes to apply with ${before} on their way, and a limit of ${limit}`;
    });
  }

  onApply(node: number, group: number, entry: Entry): void {
    this.#handedOut.set(node, group, Math.max(0, this.#handedOut.get(node, group) - entry.size));
  }

  onProgress(node: number, group: number, peer: number): void {
    const replica = this.#ctx.replica(node, group);
    const progress = replica === null ? null : peerOf(replica, peer);
    if (progress === null) return;
    const messages = progress.inflightCount();
    const bytes = progress.inflightBytes();
    // Each message in flight carries at least one of the entries that are sent and not acknowledged.
    const entries = progress.state === REPLICATE ? progress.next - progress.match - 1 : 0;
    const name = this.#ctx.nodes[peer]!;
    if (messages > entries || (entries > 0 && messages === 0)) {
      this.#violated('inflight-count', node, group, () => {
        return `counts ${messages} messages in flight to ${name}, with ${entries} entries on their way`;
      });
    }
    if (messages === 0 && bytes !== 0) {
      this.#violated('inflight-bytes', node, group, () => `counts ${bytes} bytes in flight to ${name} and no message`);
    }
    const sent = this.#unanswered(node, group, peer, progress.match);
    if (messages > 0 && bytes > sent) {
      this.#violated('inflight-bytes', node, group, () => {
        return `counts ${bytes} bytes in flight to ${name}, and sent ${sent} that are not answered`;
      });
    }
    if (messages > this.#ctx.maxInflightMsgs) {
      this.#violated('inflight-limit', node, group, () => {
        return `has ${messages} messages in flight to ${name}, more than ${this.#ctx.maxInflightMsgs}`;
      });
    }
  }

  onSend(node: number, group: number, m: Message): void {
    if (m.type !== MessageType.MsgApp || m.entries.length === 0) return;
    let bytes = 0;
    for (const entry of m.entries) bytes += entry.data.length;
    this.#sent(node, group, m.to).messages.push({ last: m.index + m.entries.length, bytes });
  }

  onDropped(node: number, group: number, why: DropReason, sizeBytes: number): void {
    const replica = this.#ctx.replica(node, group);
    if (why !== 'uncommittedSize' || replica === null) return;
    const tail = this.#tailBytes(group, replica, replica.applied() + 1);
    if (tail > 0 && tail + sizeBytes > this.#ctx.maxUncommittedBytes) return;
    this.#violated('uncommitted-size', node, group, () => {
      return `refuses a proposal of ${sizeBytes} bytes for the sake of ${tail} uncommitted ones, with room for ${this.#ctx.maxUncommittedBytes}`;
    });
  }

  /** The leader may have forgotten some of what it counted before, and never counts more than there is. */
  #uncommitted(node: number, group: number): void {
    const leader = this.#ctx.replica(node, group);
    if (leader === null) return;
    const { uncommittedSize, log } = leader.raft;
    const tail = this.#tailBytes(group, leader, log.applied + 1);
    if (uncommittedSize <= tail) return;
    this.#violated('uncommitted-count', node, group, () => {
      return `counts ${uncommittedSize} bytes as uncommitted, where ${tail} are proposed and not applied`;
    });
  }

  /** Payload bytes of all messages sent to a peer in this term that its match does not cover. */
  #unanswered(node: number, group: number, peer: number, match: Index): number {
    const sent = this.#sent(node, group, peer);
    let bytes = 0;
    sent.messages = sent.messages.filter((message) => message.last > match);
    for (const message of sent.messages) bytes += message.bytes;
    return bytes;
  }

  #sent(node: number, group: number, peer: number): Sent {
    const { nodes, groups } = this.#ctx;
    const at = (node * groups.length + group) * nodes.length + peer;
    const term = this.#ctx.replica(node, group)?.term() ?? 0;
    const known = this.#sentTo[at];
    if (known !== undefined && known.term === term) return known;
    return (this.#sentTo[at] = { term, messages: [] });
  }

  /** Payload bytes of the leader's own entries from an index to the end of its log. */
  #tailBytes(group: number, leader: ReplicaLens, from: Index): number {
    let bytes = 0;
    for (let i = leader.raft.lastIndex(); i >= from && leader.raft.termAt(i) === leader.term(); i--) {
      bytes += this.#sizes[group]!.get(nameOf(i, leader.term())) ?? 0;
    }
    return bytes;
  }

  #violated(code: string, node: number, group: number, says: () => string): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, code, node, group, () => `${nodes[node]!} in ${groups[group]!} ${says()}`);
  }
}

/** One number for an index and a term, both far below 2^26 in a simulation. */
function nameOf(index: Index, term: Term): number {
  return term * 0x4000000 + index;
}
