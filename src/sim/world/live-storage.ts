// A replica's log as its core reads it, with snapshots made on demand: a follower that fell behind the log is sent the
// state as it is now, under the configuration as it is now. The newest snapshot on disk may predate the follower itself,
// and the core rightly refuses one that does not list its receiver.
import type { InitialState, MemoryStorage, Snapshot, Storage } from '../../raft/index.ts';

/** Reads through to the disk's log. */
export class LiveStorage implements Storage {
  /** Writes a snapshot of the applied state to the disk, unless there is one already; set by whoever applies. */
  take: () => void = () => {};
  readonly #log: MemoryStorage;

  constructor(log: MemoryStorage) {
    this.#log = log;
  }

  initialState(): InitialState {
    return this.#log.initialState();
  }

  entries(lo: number, hi: number, maxSize: number): ReturnType<Storage['entries']> {
    return this.#log.entries(lo, hi, maxSize);
  }

  term(index: number): ReturnType<Storage['term']> {
    return this.#log.term(index);
  }

  lastIndex(): number {
    return this.#log.lastIndex();
  }

  firstIndex(): number {
    return this.#log.firstIndex();
  }

  snapshot(): Snapshot | ReturnType<Storage['snapshot']> {
    this.take();
    return this.#log.snapshot();
  }
}
