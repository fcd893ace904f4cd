// The disk under one replica's log. It keeps two truths: what the replica reads back while it runs (`storage`), and what a
// crash would leave. Writes join a tail of records in the order of a write-ahead log (snapshot, entries, hard state) and
// become durable with the next sync; a crash keeps the tail, or loses its end, as drawn. A simulator whose disk keeps
// everything would call a core correct that answers before it writes.
import { assert } from '../../base/assert.ts';
import {
  EMPTY_HARD_STATE,
  EMPTY_SNAPSHOT,
  MemoryStorage,
  type ConfState,
  type Entry,
  type HardState,
  type Index,
  type Snapshot,
  type Term,
} from '../../raft/index.ts';
import type { DurableLens } from '../checkers/probe.ts';
import type { ChoiceStream } from '../kernel/choices.ts';
import { mix } from '../kernel/fingerprint.ts';

/** One record of the unsynced tail. `save` numbers the call that wrote it: without torn writes a call is kept whole or not. */
type WalRecord =
  | { readonly save: number; readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly save: number; readonly kind: 'entry'; readonly entry: Entry }
  | { readonly save: number; readonly kind: 'hard'; readonly hard: HardState };

/** What a disk does when its machine goes down: the choices it draws, under which key, and whether writes may tear. */
export interface CrashDraw {
  readonly stream: ChoiceStream;
  readonly key: number;
  /** Whether a write of several records, or a file's unsynced end, may survive in part. */
  readonly torn: boolean;
}

/** Log, hard state and snapshot of one replica, over all its incarnations. */
export class LogDisk implements DurableLens {
  /** What a running replica reads. A restart makes a new one from what is durable. */
  storage = new MemoryStorage();
  /** While true, a sync reports success and makes nothing durable. */
  loseSync = false;
  #hard: HardState = EMPTY_HARD_STATE;
  #snapshot: Snapshot = EMPTY_SNAPSHOT;
  /** Durable entries from `#snapshot.index + 1` on. */
  #log: Entry[] = [];
  #tail: WalRecord[] = [];
  #saves = 0;

  /** The durable hard state. */
  get hardState(): HardState {
    return this.#hard;
  }

  /** The durable snapshot; index 0 if there is none. */
  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Index of the last durable entry, or of the durable snapshot. */
  lastIndex(): Index {
    return this.#snapshot.index + this.#log.length;
  }

  /** Term of a durable entry, the snapshot's own index included; 0 if unknown. */
  termAt(index: Index): Term {
    const at = index - this.#snapshot.index - 1;
    if (at === -1) return this.#snapshot.term;
    return this.#log[at]?.term ?? 0;
  }

  /** Records written and not synced. */
  get unsynced(): number {
    return this.#tail.length;
  }

  /** Whether anything was ever written. */
  isEmpty(): boolean {
    return this.#hard === EMPTY_HARD_STATE && this.#snapshot.index === 0 && this.#log.length === 0;
  }

  /** Lays the first snapshot of a founding member on an empty disk, durably. */
  found(snapshot: Snapshot): void {
    assert(this.isEmpty(), 'DISK_NOT_EMPTY', () => `a log was founded on a disk that holds ${this.lastIndex()}`);
    this.#writeSnapshot(snapshot);
    this.#reopen();
  }

  /**
   * Writes what a Ready asks for.
   * @param mustSync whether it has to be durable before the replica goes on; with a snapshot it has to in any case
   */
  save(hard: HardState | null, entries: readonly Entry[], snapshot: Snapshot | null, mustSync: boolean): void {
    if (snapshot !== null) this.storage.applySnapshot(snapshot);
    this.storage.append(entries);
    if (hard !== null) this.storage.setHardState(hard);
    if (snapshot === null && mustSync && !this.loseSync && this.#tail.length === 0) {
      this.#writeEntries(entries);
      if (hard !== null) this.#hard = hard;
      return;
    }
    const save = ++this.#saves;
    if (snapshot !== null) this.#tail.push({ save, kind: 'snapshot', snapshot });
    for (let i = 0; i < entries.length; i++) this.#tail.push({ save, kind: 'entry', entry: entries[i]! });
    if (hard !== null) this.#tail.push({ save, kind: 'hard', hard });
    if (mustSync || snapshot !== null) this.sync();
  }

  /** Makes everything written so far durable, unless the disk lies about it. */
  sync(): void {
    if (!this.loseSync) this.#flush();
  }

  /**
   * Takes a snapshot of the state applied up to `index` and drops the log up to `keep` entries before it.
   * @param data called only if a snapshot is taken
   * @returns null if there is one at or beyond the index already
   */
  compact(index: Index, conf: ConfState, data: () => Uint8Array, keep: number): Snapshot | null {
    const newest = this.storage.snapshot();
    if (typeof newest !== 'object' || index <= newest.index) return null;
    const made = this.storage.createSnapshot(index, conf, data());
    if (typeof made !== 'object') return null;
    const cutAt = index - keep;
    if (cutAt >= this.storage.firstIndex()) this.storage.compact(cutAt);
    this.#tail.push({ save: ++this.#saves, kind: 'snapshot', snapshot: made });
    this.sync();
    return made;
  }

  /** The process ends in good order: what was written is durable. */
  stop(): void {
    this.#flush();
    this.#reopen();
  }

  /**
   * The machine goes down without warning. Drawn is how much of the unsynced tail is lost: 0 nothing, 1 the last write …
   * @returns records lost
   */
  crash(draw: CrashDraw): number {
    const before = this.#tail.length;
    if (before > 0) this.#tail.length = draw.torn ? this.#cutRecords(draw) : this.#cutSaves(draw);
    const lost = before - this.#tail.length;
    this.#flush();
    this.#reopen();
    return lost;
  }

  /** Another disk that holds the same durable bytes. */
  copy(): LogDisk {
    const other = new LogDisk();
    other.#hard = this.#hard;
    other.#snapshot = this.#snapshot;
    other.#log = this.#log.slice();
    other.#reopen();
    return other;
  }

  /** The disk is replaced by an empty one. */
  wipe(): void {
    this.#hard = EMPTY_HARD_STATE;
    this.#snapshot = EMPTY_SNAPSHOT;
    this.#log = [];
    this.#tail = [];
    this.#reopen();
  }

  #cutRecords({ stream, key }: CrashDraw): number {
    const length = this.#tail.length;
    return length - stream.choose(mix(key, length), length + 1);
  }

  #cutSaves({ stream, key }: CrashDraw): number {
    const first = this.#tail[0]!.save;
    const saves = this.#tail[this.#tail.length - 1]!.save - first + 1;
    const kept = saves - stream.choose(mix(key, saves), saves + 1);
    const cut = this.#tail.findIndex((record) => record.save >= first + kept);
    return cut < 0 ? this.#tail.length : cut;
  }

  #flush(): void {
    for (const record of this.#tail) {
      if (record.kind === 'entry') this.#writeEntry(record.entry);
      else if (record.kind === 'hard') this.#hard = record.hard;
      else this.#writeSnapshot(record.snapshot);
    }
    this.#tail.length = 0;
  }

  #writeEntries(entries: readonly Entry[]): void {
    for (let i = 0; i < entries.length; i++) this.#writeEntry(entries[i]!);
  }

  #writeEntry(entry: Entry): void {
    const at = entry.index - this.#snapshot.index - 1;
    if (at < 0) return;
    assert(at <= this.#log.length, 'DISK_GAP', () => `entry ${entry.index} written behind ${this.lastIndex()}`);
    this.#log.length = at;
    this.#log.push(entry);
  }

  /** Entries a snapshot covers go; so does a log that does not agree with it. */
  #writeSnapshot(snapshot: Snapshot): void {
    const agrees = this.termAt(snapshot.index) === snapshot.term;
    this.#log = agrees ? this.#log.slice(snapshot.index - this.#snapshot.index) : [];
    this.#snapshot = snapshot;
  }

  #reopen(): void {
    // What a snapshot holds is committed, even if the write that says so was lost.
    const { index } = this.#snapshot;
    if (this.#hard.commit < index) this.#hard = { ...this.#hard, commit: index };
    this.storage = new MemoryStorage();
    if (this.#snapshot.index > 0) this.storage.applySnapshot(this.#snapshot);
    this.storage.append(this.#log);
    this.storage.setHardState(this.#hard);
  }
}
