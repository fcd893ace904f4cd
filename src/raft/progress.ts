// What a leader knows of a peer, and how it may send to it: Probe (one append at a time, until it learns where the
// peer's log ends), Replicate (a pipeline, bounded by what is in flight) and Snapshot (nothing until the snapshot has
// arrived). Match never falls within a term and stays below next; a leader that broke this would count an entry as
// replicated that is not.
import { Inflights } from './inflights.ts';
import { RaftInvariantError } from './invariant.ts';
import type { Index, RaftId } from './types.ts';

/** How a leader sends to a peer. @source etcd tracker.StateType */
export const ProgressState = { Probe: 0, Replicate: 1, Snapshot: 2 } as const;
export type ProgressState = (typeof ProgressState)[keyof typeof ProgressState];

/** A peer as its leader sees it; followers keep one per member as well, unused. @source etcd tracker.Progress */
export class Progress {
  // What a heartbeat and its answer read comes first.
  readonly id: RaftId = 0;
  /** Last index known to be on the peer's disk. */
  match: Index = 0;
  state: ProgressState = ProgressState.Probe;
  /** Whether the peer was heard since the last quorum check. */
  recentActive = false;
  /** Whether appends wait for an answer, a heartbeat's included. */
  msgAppFlowPaused = false;
  /** Highest commit index in flight to the peer; an append is worth sending when ours is higher. */
  sentCommit: Index = 0;
  /** First index of the next append. */
  next: Index = 1;
  isLearner = false;
  /** Index of the snapshot under way in state Snapshot; 0 for none. */
  pendingSnapshot: Index = 0;
  private inflights: Inflights | null = null;
  private readonly maxInflight: number;
  private readonly maxInflightBytes: number;

  constructor(id: RaftId, next: Index, isLearner: boolean, maxInflight: number, maxInflightBytes: number) {
    this.id = id;
    this.next = next;
    this.isLearner = isLearner;
    this.maxInflight = maxInflight;
    this.maxInflightBytes = maxInflightBytes;
  }

  /** A copy that shares the window: configuration changes work on copies and drop the originals. */
  clone(): Progress {
    const copy = new Progress(this.id, this.next, this.isLearner, this.maxInflight, this.maxInflightBytes);
    copy.match = this.match;
    copy.sentCommit = this.sentCommit;
    copy.state = this.state;
    copy.recentActive = this.recentActive;
    copy.msgAppFlowPaused = this.msgAppFlowPaused;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.inflights = this.inflights;
    return copy;
  }

  /** Forgets everything but whether the peer is a learner. */
  restart(match: Index, next: Index): void {
    this.match = match;
    this.next = next;
    this.sentCommit = 0;
    this.state = ProgressState.Probe;
    this.recentActive = false;
    this.msgAppFlowPaused = false;
    this.pendingSnapshot = 0;
    this.inflights = null;
  }

  inflightCount(): number {
    return this.inflights === null ? 0 : this.inflights.count;
  }

  inflightBytes(): number {
    return this.inflights === null ? 0 : this.inflights.bytes;
  }

  inflightFull(): boolean {
    return this.inflights !== null && this.inflights.full();
  }

  /** Answers up to an index arrived: makes room in the window. */
  freeInflights(to: Index): void {
    if (this.inflights !== null) this.inflights.freeLE(to);
  }

  private resetState(state: ProgressState): void {
    this.msgAppFlowPaused = false;
    this.pendingSnapshot = 0;
    this.state = state;
    if (this.inflights !== null) this.inflights.reset();
  }

  /** Next starts after what is known to match, or after a snapshot that was delivered. */
  becomeProbe(): void {
    // A pending snapshot counts as received: a failed one has been cleared by now.
    const pendingSnapshot = this.state === ProgressState.Snapshot ? this.pendingSnapshot : 0;
    this.resetState(ProgressState.Probe);
    this.next = Math.max(this.match + 1, pendingSnapshot + 1);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }

  becomeReplicate(): void {
    this.resetState(ProgressState.Replicate);
    this.next = this.match + 1;
  }

  becomeSnapshot(index: Index): void {
    this.resetState(ProgressState.Snapshot);
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /** An append of some entries has been queued for the peer. */
  sentEntries(count: number, bytes: number): void {
    switch (this.state) {
      case ProgressState.Replicate:
        if (count > 0) {
          this.next += count;
          if (this.inflights === null) this.inflights = new Inflights(this.maxInflight, this.maxInflightBytes);
          this.inflights.add(this.next - 1, bytes);
        }
        // A full window still lets one empty append out: its answer, or a heartbeat's, opens the flow again.
        this.msgAppFlowPaused = this.inflightFull();
        return;
      case ProgressState.Probe:
        if (count > 0) this.msgAppFlowPaused = true;
        return;
      default:
        throw new RaftInvariantError('sending append in unhandled state StateSnapshot');
    }
  }

  /** Whether an append that carries a commit index would tell the peer something. */
  canBumpCommit(index: Index): boolean {
    return index > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** The peer acknowledged everything up to an index; false if that is old news. */
  maybeUpdate(index: Index): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.msgAppFlowPaused = false;
    return true;
  }

  /** The peer rejected an append at an index; false if the rejection is stale and must not move anything. */
  maybeDecrTo(rejected: Index, matchHint: Index): boolean {
    if (this.state === ProgressState.Replicate) {
      // What the peer once acknowledged it cannot reject: the answer is late.
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.sentCommit = Math.min(this.sentCommit, this.next - 1);
      return true;
    }
    // While probing only the answer to the latest probe counts.
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, matchHint + 1), this.match + 1);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    this.msgAppFlowPaused = false;
    return true;
  }

  /** Whether appends must not be sent now. */
  isPaused(): boolean {
    return this.state === ProgressState.Snapshot || this.msgAppFlowPaused;
  }
}
