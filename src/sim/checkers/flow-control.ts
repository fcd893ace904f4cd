// A leader counts what is on its way to each peer and what is proposed and not committed, to bound both. A counter that
// drifts does no harm at once: it fills up over hours, and then replication stalls or every proposal is refused. So the
// counters are recounted from what they stand for: the entries between match and next, and the leader's own tail.
import type { DropReason, Entry, Index } from '../../raft/index.ts';
import { peerOf } from './monotonic.ts';
import type { CheckContext, Checker, ReplicaLens } from './probe.ts';

const REPLICATE = 1;

/** @source etcd Inflights and uncommittedSize, invariant I12 */
export class FlowControl implements Checker {
  readonly name = 'flow-control';
  readonly says = 'what a leader counts as in flight or uncommitted is what a recount gives, within the limits';
  readonly #ctx: CheckContext;
  /** By group, then index: payload bytes of the entry appended there last by a leader. */
  readonly #sizes: number[][];

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    this.#sizes = ctx.groups.map(() => []);
  }

  onAppend(_node: number, group: number, entry: Entry, leads: boolean): void {
    if (leads) this.#sizes[group]![entry.index] = entry.data.length;
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
    if (messages > this.#ctx.maxInflightMsgs) {
      this.#violated('inflight-limit', node, group, () => {
        return `has ${messages} messages in flight to ${name}, more than ${this.#ctx.maxInflightMsgs}`;
      });
    }
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

  /** Payload bytes of the leader's own entries from an index to the end of its log. */
  #tailBytes(group: number, leader: ReplicaLens, from: Index): number {
    let bytes = 0;
    for (let i = leader.raft.lastIndex(); i >= from && leader.raft.termAt(i) === leader.term(); i--) {
      bytes += this.#sizes[group]![i] ?? 0;
    }
    return bytes;
  }

  #violated(code: string, node: number, group: number, says: () => string): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, code, node, group, () => `${nodes[node]!} in ${groups[group]!} ${says()}`);
  }
}
