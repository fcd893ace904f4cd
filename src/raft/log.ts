// The whole log: the unstable tail laid over the durable storage, with the three cursors applied <= applying <=
// committed. Everything the protocol proves rests on the few rules here: what is committed is never overwritten, the
// cursors never run backwards or past the end, and a page of committed entries is handed out only while the host keeps
// up with applying them. Breaking one of them is a panic in every run, since a log that went on would lose acknowledged
// writes without a word.
import { LogLevel, panic, type LogPort } from './log-port.ts';
import { NO_ENTRIES } from './message.ts';
import { UnstableLog } from './log-unstable.ts';
import { COMPACTED, entriesSize, limitEnd, storageErrorText, UNAVAILABLE, type Storage } from './storage.ts';
import { NO_LIMIT, type Entry, type Index, type Snapshot, type Term } from './types.ts';

/** maybeAppend's answer when the log does not contain the entry before the new ones. */
export const NO_MATCH = -1;

/** The log of one replica. @source etcd raftLog */
export class RaftLog extends UnstableLog {
  /** Whether the host must apply what it has before it gets more. */
  private applyingEntsPaused = false;
  /** Highest index the host has applied. */
  applied: Index = 0;
  /** Encoded bytes handed out and not yet applied, and their limit. */
  private applyingEntsSize = 0;
  readonly maxApplyingEntsSize: number;
  readonly storage: Storage;

  constructor(storage: Storage, logger: LogPort | null, maxApplyingEntsSize: number) {
    super(storage.lastIndex() + 1, logger);
    this.storage = storage;
    this.maxApplyingEntsSize = maxApplyingEntsSize;
    this.committed = storage.firstIndex() - 1;
    this.applying = this.committed;
    this.applied = this.committed;
  }

  /** Encoded bytes handed out to be applied and not acknowledged yet. */
  applyingSize(): number {
    return this.applyingEntsSize;
  }

  firstIndex(): Index {
    return this.snapshotPending !== null ? this.snapshotPending.index + 1 : this.storage.firstIndex();
  }

  /**
   * Term of the entry at an index, or of the one just before the first; negative if it is compacted or does not exist.
   */
  term(index: Index): Term | typeof COMPACTED | typeof UNAVAILABLE {
    if (index >= this.offset || this.snapshotPending !== null) {
      const term = this.unstableTerm(index);
      if (term !== UNAVAILABLE || index >= this.offset) return term;
    }
    if (index + 1 < this.firstIndex()) return COMPACTED;
    return this.storage.term(index);
  }

  /** Term of an index, 0 where there is none. @source etcd zeroTermOnOutOfBounds */
  termOrZero(index: Index): Term {
    const term = this.term(index);
    return term < 0 ? 0 : term;
  }

  /** Term of the last entry. */
  lastTerm(): Term {
    const index = this.lastIndex();
    const term = this.term(index);
    if (term === COMPACTED || term === UNAVAILABLE) {
      panic(this.logger, `unexpected error when getting the last term at ${index}: ${storageErrorText(term)}`);
    }
    return term;
  }

  /** Whether a log that ends in (term, index) holds everything this one may have committed. */
  isUpToDate(term: Term, index: Index): boolean {
    const ourTerm = this.lastTerm();
    return term > ourTerm || (term === ourTerm && index >= this.lastIndex());
  }

  matchTerm(term: Term, index: Index): boolean {
    return this.term(index) === term;
  }

  /**
   * Takes entries that follow (prevTerm, prevIndex) if this log contains that one, and commits what they cover.
   * @returns the index of the last new entry, or NO_MATCH
   */
  maybeAppend(prevTerm: Term, prevIndex: Index, entries: readonly Entry[], committed: Index): Index {
    if (!this.matchTerm(prevTerm, prevIndex)) return NO_MATCH;
    const lastNew = prevIndex + entries.length;
    const conflict = this.findConflict(entries);
    if (conflict !== 0) {
      if (conflict <= this.committed) {
        panic(this.logger, `entry ${conflict} conflict with committed entry [committed(${this.committed})]`);
      }
      const known = conflict - (prevIndex + 1);
      if (known > entries.length) panic(this.logger, `index, ${known}, is out of range [${entries.length}]`);
      this.append(known === 0 ? entries : entries.slice(known));
    }
    this.commitTo(Math.min(committed, lastNew));
    return lastNew;
  }

  /** Puts entries at their indexes, which must be above the commit index. Returns the last index. */
  append(entries: readonly Entry[]): Index {
    if (entries.length === 0) return this.lastIndex();
    const after = entries[0]!.index - 1;
    if (after < this.committed) {
      panic(this.logger, `after(${after}) is out of range [committed(${this.committed})]`);
    }
    this.truncateAndAppend(entries);
    return this.lastIndex();
  }

  /** The first index whose entry differs or is missing here; 0 if all are known. */
  private findConflict(entries: readonly Entry[]): Index {
    for (let i = 0; i < entries.length; i++) {
      const { term, index } = entries[i]!;
      if (this.matchTerm(term, index)) continue;
      if (index <= this.lastIndex() && this.logger !== null) {
        const terms = `[existing term: ${this.termOrZero(index)}, conflicting term: ${term}]`;
        this.logger.log(LogLevel.Info, `found conflict at index ${index} ${terms}`);
      }
      return index;
    }
    return 0;
  }

  /**
   * The highest index at or below `index` whose term is at most `term`, or is unknown: where two logs may still agree.
   */
  findConflictByTerm(index: Index, term: Term): Index {
    let at = index;
    // An unknown term is negative, so it ends the search as well.
    while (at > 0 && this.term(at) > term) at--;
    return at;
  }

  /** The last index that may be applied. In asynchronous mode only what is durable here counts. */
  private maxAppliableIndex(allowUnstable: boolean): Index {
    return allowUnstable ? this.committed : Math.min(this.committed, this.offset - 1);
  }

  hasNextCommittedEntries(allowUnstable: boolean): boolean {
    // A pending snapshot comes first: entries and a snapshot in one Ready have no order.
    if (this.applyingEntsPaused || this.snapshotPending !== null) return false;
    return this.applying < this.maxAppliableIndex(allowUnstable);
  }

  /** The next page of committed entries to apply. */
  nextCommittedEntries(allowUnstable: boolean): readonly Entry[] {
    if (!this.hasNextCommittedEntries(allowUnstable)) return NO_ENTRIES;
    const maxSize = this.maxApplyingEntsSize - this.applyingEntsSize;
    if (maxSize <= 0) {
      const sizes = `(${this.maxApplyingEntsSize}-${this.applyingEntsSize})=${maxSize}`;
      panic(this.logger, `applying entry size ${sizes} not positive`);
    }
    const entries = this.slice(this.applying + 1, this.maxAppliableIndex(allowUnstable) + 1, maxSize);
    if (entries === COMPACTED) {
      panic(this.logger, `unexpected error when getting unapplied entries (${storageErrorText(entries)})`);
    }
    return entries;
  }

  /** Moves the commit index forward, never back. */
  commitTo(to: Index): void {
    if (this.committed >= to) return;
    if (this.lastIndex() < to) {
      const range = `tocommit(${to}) is out of range [lastIndex(${this.lastIndex()})]`;
      panic(this.logger, `${range}. Was the raft log corrupted, truncated, or lost?`);
    }
    this.committed = to;
  }

  /** Commits up to an index whose entry has the given term; false if that is no progress or another term's entry. */
  maybeCommit(term: Term, index: Index): boolean {
    // Only an entry of the leader's own term may be committed by counting; older ones follow it.
    if (term !== 0 && index > this.committed && this.matchTerm(term, index)) {
      this.commitTo(index);
      return true;
    }
    return false;
  }

  /** Entries up to an index have been handed out to be applied. */
  acceptApplying(to: Index, size: number, allowUnstable: boolean): void {
    if (this.committed < to) {
      const range = `[prevApplying(${this.applying}), committed(${this.committed})]`;
      panic(this.logger, `applying(${to}) is out of range ${range}`);
    }
    this.applying = to;
    this.applyingEntsSize += size;
    // What did not fit the page waits until some of it is applied.
    this.applyingEntsPaused =
      this.applyingEntsSize >= this.maxApplyingEntsSize || to < this.maxAppliableIndex(allowUnstable);
  }

  /** The host has applied everything up to an index. */
  appliedTo(to: Index, size: number): void {
    if (this.committed < to || to < this.applied) {
      const range = `[prevApplied(${this.applied}), committed(${this.committed})]`;
      panic(this.logger, `applied(${to}) is out of range ${range}`);
    }
    this.applied = to;
    if (this.applying < to) this.applying = to;
    this.applyingEntsSize = this.applyingEntsSize > size ? this.applyingEntsSize - size : 0;
    this.applyingEntsPaused = this.applyingEntsSize >= this.maxApplyingEntsSize;
  }

  /** The newest snapshot there is, one that is still on its way to the disk included. */
  snapshot(): ReturnType<Storage['snapshot']> {
    return this.snapshotPending ?? this.storage.snapshot();
  }

  /** Starts over from a snapshot. */
  restore(snapshot: Snapshot): void {
    const { index, term } = snapshot;
    const target = `[index: ${index}, term: ${term}]`;
    this.logger?.log(LogLevel.Info, `log [${this.describe()}] starts to restore snapshot ${target}`);
    this.committed = index;
    this.restoreUnstable(snapshot);
  }

  /** Entries from an index to the end, at most maxSize encoded bytes but at least one; none if the log ends before. */
  entries(from: Index, maxSize: number): readonly Entry[] | typeof COMPACTED {
    const last = this.lastIndex();
    return from > last ? NO_ENTRIES : this.slice(from, last + 1, maxSize);
  }

  /** Whether some entry of [lo, hi) satisfies a test, reading pages of at most pageSize bytes. */
  some(lo: Index, hi: Index, pageSize: number, test: (e: Entry) => boolean): boolean | typeof COMPACTED {
    for (let from = lo; from < hi;) {
      const page = this.slice(from, hi, pageSize);
      if (page === COMPACTED) return page;
      if (page.some(test)) return true;
      from += page.length;
    }
    return false;
  }

  /** Entries of [lo, hi), at most maxSize encoded bytes but at least one. */
  slice(lo: Index, hi: Index, maxSize: number): readonly Entry[] | typeof COMPACTED {
    if (lo > hi) panic(this.logger, `invalid slice ${lo} > ${hi}`);
    const first = this.firstIndex();
    if (lo < first) return COMPACTED;
    if (hi > this.lastIndex() + 1) {
      panic(this.logger, `slice[${lo},${hi}) out of bound [${first},${this.lastIndex()}]`);
    }
    if (lo === hi) return NO_ENTRIES;
    if (lo >= this.offset) return this.limited(lo, hi, maxSize);

    const cut = Math.min(hi, this.offset);
    const stored = this.storage.entries(lo, cut, maxSize);
    if (stored === COMPACTED) return stored;
    if (stored === UNAVAILABLE) panic(this.logger, `entries[${lo}:${cut}) is unavailable from storage`);
    if (hi <= this.offset || stored.length < cut - lo) return stored;
    const size = maxSize === NO_LIMIT ? 0 : entriesSize(stored);
    if (size >= maxSize) return stored;
    const rest = this.limited(this.offset, hi, maxSize - size);
    // The limit lets one entry through; here that one is not the first of the answer.
    if (rest.length === 1 && size + rest[0]!.size > maxSize) return stored;
    return stored.concat(rest);
  }

  /** Entries of [lo, hi) of the unstable part, cut at maxSize. */
  private limited(lo: Index, hi: Index, maxSize: number): readonly Entry[] {
    const from = lo - this.offset;
    const end = limitEnd(this.tail, from, hi - this.offset, maxSize);
    return this.unstableSlice(lo, this.offset + end);
  }

  private describe(): string {
    const cursors = `committed=${this.committed}, applied=${this.applied}, applying=${this.applying}`;
    const tail = `unstable.offset=${this.offset}, unstable.offsetInProgress=${this.offsetInProgress}`;
    return `${cursors}, ${tail}, len(unstable.Entries)=${this.tail.length}`;
  }
}
