// Where a node's durable log is read from, and the in-memory form of it. The core only reads through the port; the host
// writes, and tells the core when a write has become durable. Errors are small negative numbers instead of exceptions:
// "compacted" is an everyday answer that sends a follower a snapshot, and it must not cost a stack trace. Misuse
// panics, as in the reference.
import { RaftInvariantError } from './invariant.ts';
import {
  EMPTY_HARD_STATE,
  EMPTY_SNAPSHOT,
  type ConfState,
  type Entry,
  type HardState,
  type Index,
  type Snapshot,
  type Term,
} from './types.ts';

/** The index is at or below the snapshot: its entry is gone. @source etcd ErrCompacted */
export const COMPACTED = -1;
/** There is no entry at the index yet. @source etcd ErrUnavailable */
export const UNAVAILABLE = -2;
/** The snapshot is not newer than the stored one. @source etcd ErrSnapOutOfDate */
export const SNAP_OUT_OF_DATE = -3;
/** A snapshot is being made; ask later. @source etcd ErrSnapshotTemporarilyUnavailable */
export const SNAP_TEMPORARILY_UNAVAILABLE = -4;

/** Why a storage could not do what was asked. */
export type StorageError =
  typeof COMPACTED | typeof UNAVAILABLE | typeof SNAP_OUT_OF_DATE | typeof SNAP_TEMPORARILY_UNAVAILABLE;

/** The reference's words for an error. */
export function storageErrorText(error: StorageError): string {
  switch (error) {
    case COMPACTED:
      return 'requested index is unavailable due to compaction';
    case UNAVAILABLE:
      return 'requested entry at index is unavailable';
    case SNAP_OUT_OF_DATE:
      return 'requested index is older than the existing snapshot';
    case SNAP_TEMPORARILY_UNAVAILABLE:
      return 'snapshot is temporarily unavailable';
  }
}

/** What a node restarts from. */
export interface InitialState {
  readonly hardState: HardState;
  readonly confState: ConfState;
}

/** The durable log as the core reads it. @source etcd Storage */
export interface Storage {
  initialState(): InitialState;
  /**
   * Entries of [lo, hi), at least one, at most maxSize encoded bytes beyond the first; the array must not change later.
   */
  entries(lo: Index, hi: Index, maxSize: number): readonly Entry[] | typeof COMPACTED | typeof UNAVAILABLE;
  /** Term of the entry at an index in [firstIndex - 1, lastIndex]; else a negative error. */
  term(index: Index): Term | typeof COMPACTED | typeof UNAVAILABLE;
  lastIndex(): Index;
  firstIndex(): Index;
  snapshot(): Snapshot | typeof SNAP_TEMPORARILY_UNAVAILABLE;
}

/** Encoded bytes of some entries. @source etcd entsSize */
export function entriesSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += entries[i]!.size;
  return size;
}

/** Payload bytes of some entries. @source etcd payloadsSize */
export function payloadsSize(entries: readonly Entry[]): number {
  let size = 0;
  for (let i = 0; i < entries.length; i++) size += entries[i]!.data.length;
  return size;
}

/**
 * End of the longest run entries[from, …) of at most maxSize encoded bytes, but of one entry at least.
 * @source etcd limitSize
 */
export function limitEnd(entries: readonly Entry[], from: number, to: number, maxSize: number): number {
  if (from >= to) return from;
  let size = entries[from]!.size;
  for (let end = from + 1; end < to; end++) {
    size += entries[end]!.size;
    if (size > maxSize) return end;
  }
  return to;
}

/** A durable log that lives in memory. The host appends, compacts and takes snapshots. @source etcd MemoryStorage */
export class MemoryStorage implements Storage {
  /** Index and term of the entry before the first one: the snapshot the log was cut at. */
  private offset: Index = 0;
  private offsetTerm: Term = 0;
  private log: Entry[] = [];
  private hard: HardState = EMPTY_HARD_STATE;
  private snap: Snapshot = EMPTY_SNAPSHOT;

  initialState(): InitialState {
    return { hardState: this.hard, confState: this.snap.confState };
  }

  setHardState(state: HardState): void {
    this.hard = state;
  }

  entries(lo: Index, hi: Index, maxSize: number): readonly Entry[] | typeof COMPACTED | typeof UNAVAILABLE {
    if (lo <= this.offset) return COMPACTED;
    if (hi > this.lastIndex() + 1) {
      throw new RaftInvariantError(`entries' hi(${hi}) is out of bound lastindex(${this.lastIndex()})`);
    }
    if (this.log.length === 0) return UNAVAILABLE;
    const from = lo - this.offset - 1;
    return this.log.slice(from, limitEnd(this.log, from, hi - this.offset - 1, maxSize));
  }

  term(index: Index): Term | typeof COMPACTED | typeof UNAVAILABLE {
    const at = index - this.offset - 1;
    if (at < 0) return at === -1 ? this.offsetTerm : COMPACTED;
    return at < this.log.length ? this.log[at]!.term : UNAVAILABLE;
  }

  lastIndex(): Index {
    return this.offset + this.log.length;
  }

  firstIndex(): Index {
    return this.offset + 1;
  }

  snapshot(): Snapshot | typeof SNAP_TEMPORARILY_UNAVAILABLE {
    return this.snap;
  }

  /** Replaces the whole log by a snapshot; 0, or SNAP_OUT_OF_DATE if it is not newer than the stored one. */
  applySnapshot(snapshot: Snapshot): 0 | typeof SNAP_OUT_OF_DATE {
    if (this.snap.index !== 0 && this.snap.index >= snapshot.index) return SNAP_OUT_OF_DATE;
    this.snap = snapshot;
    this.offset = snapshot.index;
    this.offsetTerm = snapshot.term;
    this.log = [];
    return 0;
  }

  /** Makes a snapshot at an index of the log; a null confState keeps the stored one. The log is not cut. */
  createSnapshot(index: Index, confState: ConfState | null, data: Uint8Array): Snapshot | typeof SNAP_OUT_OF_DATE {
    if (index <= this.snap.index) return SNAP_OUT_OF_DATE;
    if (index > this.lastIndex()) {
      throw new RaftInvariantError(`snapshot ${index} is out of bound lastindex(${this.lastIndex()})`);
    }
    this.snap = { index, term: this.term(index), confState: confState ?? this.snap.confState, data };
    return this.snap;
  }

  /** Drops all entries up to and including an index, which must not be applied to later. 0, or COMPACTED. */
  compact(index: Index): 0 | typeof COMPACTED {
    if (index <= this.offset) return COMPACTED;
    if (index > this.lastIndex()) {
      throw new RaftInvariantError(`compact ${index} is out of bound lastindex(${this.lastIndex()})`);
    }
    const keep = index - this.offset;
    this.offsetTerm = this.log[keep - 1]!.term;
    this.log = this.log.slice(keep);
    this.offset = index;
    return 0;
  }

  /** Writes entries, replacing whatever stood at their indexes and after; what was compacted is skipped. */
  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const firstNew = entries[0]!.index;
    const first = this.offset + 1;
    if (firstNew + entries.length - 1 < first) return;
    const skip = firstNew < first ? first - firstNew : 0;
    const at = firstNew + skip - first;
    if (at > this.log.length) {
      throw new RaftInvariantError(`missing log entry [last: ${this.lastIndex()}, append at: ${firstNew}]`);
    }
    if (at < this.log.length) this.log.length = at;
    for (let i = skip; i < entries.length; i++) this.log.push(entries[i]!);
  }
}
