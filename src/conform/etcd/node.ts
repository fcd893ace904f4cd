// One node of an interaction script: the core, the storage it reads, the work queued for its storage threads and the
// history of what its state machine looked like after each applied entry. The history is not a convenience: a snapshot a
// node offers is always its newest element, so a node restored from a snapshot later offers a stale one, and scripts
// depend on it.
import type { Config, ConfState, Entry, HardState, Message, RawNode, Snapshot } from '../../raft/index.ts';
import { decodeConfChange, EntryType, MemoryStorage, storageErrorText } from '../../raft/index.ts';

/** Memory storage that offers the newest application snapshot. @source rafttest snapOverrideStorage */
export class HistoryStorage extends MemoryStorage {
  history: Snapshot[];

  constructor(first: Snapshot) {
    super();
    this.history = [first];
  }

  override snapshot(): Snapshot {
    return this.history[this.history.length - 1] as Snapshot;
  }

  /** The snapshot the log was last cut at, whatever the state machine has since become. */
  ownSnapshot(): Snapshot {
    return super.snapshot() as Snapshot;
  }
}

/** A node under script control. */
export interface ScriptNode {
  raw: RawNode;
  config: Config;
  readonly storage: HistoryStorage;
  appendWork: Message[];
  applyWork: Message[];
}

/**
 * Makes a write durable: HardState, then a snapshot or entries.
 * @returns the reference's error text, or null
 * @source rafttest processAppend
 */
export function persist(
  node: ScriptNode,
  hardState: HardState | null,
  entries: readonly Entry[],
  snapshot: Snapshot | null,
): string | null {
  if (hardState !== null && (hardState.term !== 0 || hardState.vote !== 0 || hardState.commit !== 0)) {
    node.storage.setHardState(hardState);
  }
  if (snapshot === null || snapshot.index === 0) {
    node.storage.append(entries);
    return null;
  }
  if (entries.length > 0) return "can't apply snapshot and entries at the same time";
  const error = node.storage.applySnapshot(snapshot);
  return error === 0 ? null : storageErrorText(error);
}

/** Applies committed entries: the state machine appends their payload to what it holds. @source rafttest processApply */
export function apply(node: ScriptNode, entries: readonly Entry[]): void {
  const { history } = node.storage;
  for (const entry of entries) {
    const last = history[history.length - 1] as Snapshot;
    const { payload, confState } = applyOne(node, entry);
    history.push({
      index: entry.index,
      term: entry.term,
      confState: confState ?? last.confState,
      data: concat(last.data, payload),
    });
  }
}

function applyOne(node: ScriptNode, entry: Entry): { payload: Uint8Array; confState: ConfState | null } {
  if (entry.type === EntryType.Normal) return { payload: entry.data, confState: null };
  const change = decodeConfChange(entry);
  return { payload: change.context, confState: node.raw.applyConfChange(change) };
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (b.length === 0) return a;
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
