// Linearizable reads waiting for a quorum to confirm the leader. Reads of one leadership are numbered 1, 2, 3 …; a
// heartbeat carries the number of the newest, and an answer to it confirms that read and all before it. The number runs
// on over the whole term: were it the length of the queue, an old answer could confirm a read that came later, and the
// read would be stale.
import type { Message } from './message.ts';
import { jointIndex } from './quorum.ts';
import type { TrackerConfig } from './tracker.ts';
import type { Index, RaftId } from './types.ts';

/** A read and the commit index when it came in. */
export interface PendingRead {
  readonly request: Message;
  readonly index: Index;
}

/** The reads of one leadership. @source etcd readOnly */
export class ReadOnly {
  private unconfirmed: PendingRead[] = [];
  private confirmed = 0;
  private readonly ackers: RaftId[] = [];
  private readonly acks: number[] = [];

  /** Queues a read at the current commit index. */
  addRequest(index: Index, request: Message): void {
    this.unconfirmed.push({ request, index });
  }

  /** Number of the newest waiting read, 0 if none waits: the context of the next heartbeat. */
  heartbeatContext(): number {
    return this.unconfirmed.length === 0 ? 0 : this.confirmed + this.unconfirmed.length;
  }

  /** Someone answered a heartbeat with this context. */
  recvAck(from: RaftId, context: number): void {
    if (context === 0) return;
    const at = this.ackers.indexOf(from);
    if (at < 0) {
      this.ackers.push(from);
      this.acks.push(context);
    } else if (context > this.acks[at]!) {
      this.acks[at] = context;
    }
  }

  private ackOf(id: RaftId): number {
    const at = this.ackers.indexOf(id);
    return at < 0 ? 0 : this.acks[at]!;
  }

  /** The reads a quorum of both halves has newly confirmed, oldest first. */
  maybeAdvance(config: TrackerConfig): readonly PendingRead[] {
    const acksOf = (ids: readonly RaftId[]): number[] => ids.map((id) => this.ackOf(id));
    const confirmed = jointIndex(acksOf(config.incoming), acksOf(config.outgoing));
    if (confirmed <= this.confirmed) return [];
    const released = this.unconfirmed.splice(0, confirmed - this.confirmed);
    this.confirmed = confirmed;
    return released;
  }
}
