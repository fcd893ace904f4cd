// The part of the log that is not on disk yet: entries above `offset`, and perhaps a snapshot below it. It is the base
// of the log rather than a member, so that the most frequent questions (what is the last index, the term of a recent
// entry) stay within one object. What was handed out to be written is remembered as "in progress"; an acknowledgement
// counts only if index and term still agree, for the entries may have been overwritten in the meantime (the ABA race of
// asynchronous writes). Lists handed out never change afterwards: the next append copies a list that someone else may
// hold.
import { LogLevel, panic, type LogPort } from './log-port.ts';
import { NO_ENTRIES } from './message.ts';
import { UNAVAILABLE } from './storage.ts';
import type { Entry, Index, Snapshot, Term } from './types.ts';

/** Entries and snapshot that still have to reach the disk. @source etcd unstable */
export class UnstableLog {
  // Numbers start as numbers, so that the engine keeps them unboxed; the commit index stands here because every
  // heartbeat reads it.
  committed: Index = 0;
  /** Index of `tail[0]`, whether or not it exists yet. */
  offset: Index = 0;
  tail: readonly Entry[] = NO_ENTRIES;
  /** Entries below this index have been handed out to be written. */
  offsetInProgress: Index = 0;
  snapshotPending: Snapshot | null = null;
  /** Highest index handed out to be applied. */
  applying: Index = 0;
  snapshotInProgress = false;
  /** Whether `tail` is also held by others and must be copied before it grows. */
  private shared = true;
  protected readonly logger: LogPort | null;

  constructor(offset: Index, logger: LogPort | null) {
    this.offset = offset;
    this.offsetInProgress = offset;
    this.logger = logger;
  }

  /**
   * Last index of the whole log: entries, snapshot and storage never overlap, so it follows from where this part ends. Only
   * while a snapshot is pending may entries above it have been acknowledged by a storage that had no place for them.
   */
  lastIndex(): Index {
    if (this.tail.length === 0 && this.snapshotPending !== null) return this.snapshotPending.index;
    return this.offset + this.tail.length - 1;
  }

  /** Term of an index at or above offset, or of the snapshot's; UNAVAILABLE for the rest. */
  protected unstableTerm(index: Index): Term | typeof UNAVAILABLE {
    const at = index - this.offset;
    if (at >= 0) return at < this.tail.length ? this.tail[at]!.term : UNAVAILABLE;
    const snapshot = this.snapshotPending;
    return snapshot !== null && snapshot.index === index ? snapshot.term : UNAVAILABLE;
  }

  /** Whether there are entries to hand out. */
  hasNextUnstableEntries(): boolean {
    return this.offset + this.tail.length > this.offsetInProgress;
  }

  hasNextOrInProgressUnstableEntries(): boolean {
    return this.tail.length > 0;
  }

  /** Entries that were not handed out yet. */
  nextUnstableEntries(): readonly Entry[] {
    if (!this.hasNextUnstableEntries()) return NO_ENTRIES;
    const inProgress = this.offsetInProgress - this.offset;
    if (inProgress > 0) return this.tail.slice(inProgress);
    this.shared = true;
    return this.tail;
  }

  nextUnstableSnapshot(): Snapshot | null {
    return this.snapshotInProgress ? null : this.snapshotPending;
  }

  hasNextOrInProgressSnapshot(): boolean {
    return this.snapshotPending !== null;
  }

  /** Everything has been handed out. @source etcd unstable.acceptInProgress */
  acceptUnstable(): void {
    this.offsetInProgress = this.offset + this.tail.length;
    if (this.snapshotPending !== null) this.snapshotInProgress = true;
  }

  /** Entries up to (term, index) are durable: drops them, unless they are no longer the ones that were written. */
  stableTo(term: Term, index: Index): void {
    const ourTerm = this.unstableTerm(index);
    if (ourTerm === UNAVAILABLE) {
      this.logger?.log(LogLevel.Info, `entry at index ${index} missing from unstable log; ignoring`);
      return;
    }
    if (index < this.offset) {
      this.logger?.log(LogLevel.Info, `entry at index ${index} matched unstable snapshot; ignoring`);
      return;
    }
    if (ourTerm !== term) {
      const ours = `mismatched with entry at (${index},${ourTerm}) in unstable log; ignoring`;
      this.logger?.log(LogLevel.Info, `entry at (index,term)=(${index},${term}) ${ours}`);
      return;
    }
    const count = index + 1 - this.offset;
    if (count === this.tail.length) {
      this.tail = NO_ENTRIES;
      this.shared = true;
    } else {
      this.tail = this.tail.slice(count);
      this.shared = false;
    }
    this.offset = index + 1;
    if (this.offsetInProgress < this.offset) this.offsetInProgress = this.offset;
  }

  /** The snapshot at an index is durable. */
  stableSnapTo(index: Index): void {
    if (this.snapshotPending !== null && this.snapshotPending.index === index) {
      this.snapshotPending = null;
      this.snapshotInProgress = false;
    }
  }

  /** Replaces everything by a snapshot. */
  protected restoreUnstable(snapshot: Snapshot): void {
    this.offset = snapshot.index + 1;
    this.offsetInProgress = this.offset;
    this.tail = NO_ENTRIES;
    this.shared = true;
    this.snapshotPending = snapshot;
    this.snapshotInProgress = false;
  }

  /** Puts entries, at least one, at their indexes; whatever stood there and after is gone. */
  protected truncateAndAppend(entries: readonly Entry[]): void {
    const from = entries[0]!.index;
    if (from === this.offset + this.tail.length) {
      this.extend(entries);
    } else if (from <= this.offset) {
      this.logger?.log(LogLevel.Info, `replace the unstable entries from index ${from}`);
      this.tail = entries;
      this.shared = true;
      this.offset = from;
      this.offsetInProgress = this.offset;
    } else {
      this.logger?.log(LogLevel.Info, `truncate the unstable entries before index ${from}`);
      this.tail = this.unstableSlice(this.offset, from);
      this.shared = false;
      this.extend(entries);
      this.offsetInProgress = Math.min(this.offsetInProgress, from);
    }
  }

  private extend(entries: readonly Entry[]): void {
    if (this.tail.length === 0) {
      this.tail = entries;
      this.shared = true;
      return;
    }
    if (this.shared) {
      this.tail = this.tail.slice();
      this.shared = false;
    }
    const tail = this.tail as Entry[];
    for (let i = 0; i < entries.length; i++) tail.push(entries[i]!);
  }

  /** Entries of [lo, hi), all of them in this part. */
  protected unstableSlice(lo: Index, hi: Index): readonly Entry[] {
    if (lo > hi) panic(this.logger, `invalid unstable.slice ${lo} > ${hi}`);
    const upper = this.offset + this.tail.length;
    if (lo < this.offset || hi > upper) {
      panic(this.logger, `unstable.slice[${lo},${hi}) out of bound [${this.offset},${upper}]`);
    }
    return this.tail.slice(lo - this.offset, hi - this.offset);
  }
}
