// Who waits for what at one replica: proposals for their entry to be applied, reads for their index. A waiter is resolved
// exactly once, whatever happens to the replica: a waiter that a halt or a lost leadership forgot would hang its RPC for
// ever, and a hung call looks like a liveness bug of the gate under test.
import type { Task } from '../../base/task.ts';
import type { ProposalFailure, Proposed } from '../../scenario/program.ts';
import { READS_PER_INCARNATION } from './read-context.ts';

/** What the waiters need of the world: a place to resume tasks from, and alarms in virtual time. */
export interface WaitHost {
  nowMs(): number;
  /** Runs after the event in progress is over. */
  soon(resume: () => void): void;
  /** Calls back at a time; the returned function calls that off. */
  alarm(atMs: number, ring: () => void): () => void;
}

/** A value that arrives once; tasks wait for it. */
export class Pending<T> {
  private value: T | undefined = undefined;
  private settled = false;
  private resume: (() => void) | null = null;
  private readonly host: WaitHost;
  private callOff: (() => void) | null = null;

  constructor(host: WaitHost) {
    this.host = host;
  }

  get done(): boolean {
    return this.settled;
  }

  /** Settles once; later calls change nothing. */
  settle(value: T): void {
    if (this.settled) return;
    this.settled = true;
    this.value = value;
    this.callOff?.();
    this.callOff = null;
    const resume = this.resume;
    this.resume = null;
    if (resume !== null) this.host.soon(resume);
  }

  /** Settles with `value` at a time, unless something else came first. */
  orAt(atMs: number | undefined, value: T): this {
    if (atMs !== undefined && !this.settled) this.callOff = this.host.alarm(atMs, () => this.settle(value));
    return this;
  }

  *wait(): Task<T> {
    while (!this.settled) {
      yield (resume) => {
        if (this.settled) this.host.soon(resume);
        else this.resume = resume;
      };
    }
    return this.value as T;
  }
}

/** A proposal that came to nothing. */
export type FailedProposal = Extract<Proposed, { readonly ok: false }>;

interface ProposalWaiter {
  readonly index: number;
  readonly term: number;
  readonly pending: Pending<Proposed>;
}

interface ReadWaiter {
  readonly id: number;
  /** The read index once confirmed, else 0. */
  index: number;
  /** Resolve at confirmation (a leadership check) or only when applied (a read). */
  readonly untilApplied: boolean;
  readonly pending: Pending<number | ProposalFailure>;
}

/** All waiters of one replica. */
export class Waiters {
  private proposals: ProposalWaiter[] = [];
  private reads: ReadWaiter[] = [];
  private lastRead: number;
  private readonly host: WaitHost;

  /** @param incarnation of the process: reads of two of them never bear the same number */
  constructor(host: WaitHost, incarnation: number) {
    this.host = host;
    this.lastRead = incarnation * READS_PER_INCARNATION;
  }

  proposal(index: number, term: number, deadlineMs: number | undefined): Pending<Proposed> {
    const pending = new Pending<Proposed>(this.host).orAt(deadlineMs, failed('deadline', 'context deadline exceeded'));
    this.proposals.push({ index, term, pending });
    return pending;
  }

  /** Registers a read; its number is what the core confirms. */
  read(
    untilApplied: boolean,
    deadlineMs: number | undefined,
  ): { id: number; pending: Pending<number | ProposalFailure> } {
    const pending = new Pending<number | ProposalFailure>(this.host).orAt(deadlineMs, 'deadline');
    const id = ++this.lastRead;
    this.reads.push({ id, index: 0, untilApplied, pending });
    return { id, pending };
  }

  /** An entry was applied: its proposer learns the result, or that another entry took its place. */
  applied(index: number, term: number, response: Uint8Array | null, error: string | null): void {
    while (this.proposals.length > 0 && this.proposals[0]!.index <= index) {
      const waiter = this.proposals.shift()!;
      const mine = waiter.index === index && waiter.term === term;
      waiter.pending.settle(mine ? { ok: true, index, response, error } : failed('leadership-lost', 'leadership lost'));
    }
    if (this.reads.length > 0) this.releaseReads(index);
  }

  /** The core confirmed a read at an index. */
  confirmed(id: number, index: number, appliedIndex: number): void {
    for (const read of this.reads) {
      if (read.id !== id) continue;
      read.index = index;
      if (!read.untilApplied) read.pending.settle(index);
    }
    this.releaseReads(appliedIndex);
  }

  /** Leadership is gone: nothing more is known of what was proposed under it. */
  leadershipLost(): void {
    this.failAll('leadership-lost', 'leadership lost');
  }

  /** The replica will never resolve anything again. */
  failAll(why: ProposalFailure, detail: string): void {
    const proposals = this.proposals;
    const reads = this.reads;
    this.proposals = [];
    this.reads = [];
    for (const { pending } of proposals) pending.settle(failed(why, detail));
    for (const { pending } of reads) pending.settle(why);
  }

  private releaseReads(appliedIndex: number): void {
    for (const read of this.reads) {
      if (read.index !== 0 && read.untilApplied && read.index <= appliedIndex) read.pending.settle(read.index);
    }
    this.reads = this.reads.filter((read) => !read.pending.done);
  }
}

/** A proposal that came to nothing, as far as this node can tell. */
export function failed(why: ProposalFailure, detail: string): FailedProposal {
  return { ok: false, why, detail };
}
