// A group of one voter: our Raft core, log and state machine, driven as the engine under study drives them. Recorded
// cases ran on such an engine, so indexes come out equal: the founding snapshot at 1, a no-op at each election, then the
// proposals. Opening applies everything up to the persisted commit index before it answers, and a halt there fails it; a
// store whose durable mark is not beyond the newest snapshot is first replaced by that snapshot's body, the founding one
// included, which takes the writer rows with it.
import type { RaftUnwrapper } from '../../fsm/encryption/ports.ts';
import {
  ApplyLoop,
  KvStore,
  engineError,
  isHalt,
  isProposal,
  plain,
  proposalPayload,
  wrapProposal,
} from '../../fsm/index.ts';
import type { ApplyResult, Halt, Failure, KvFsm } from '../../fsm/index.ts';
import { assert } from '../../base/assert.ts';
import {
  COMPACTED,
  DEFAULT_CONFIG,
  EntryType,
  MemoryStorage,
  NO_LIMIT,
  RawNode,
  decodeConfChange,
} from '../../raft/index.ts';
import type { ConfState, Entry, Ready } from '../../raft/index.ts';

const VOTER = 1;
const CONF: ConfState = { voters: [VOTER], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
/** Index and term of the snapshot a group is founded with. */
const FOUNDING = 1;
/** Entries left in the log behind a local snapshot. */
const KEPT_ENTRIES = 5;

/** What a process leaves behind: log, store, newest snapshot file. */
export class OneVoterDisk {
  readonly log = new MemoryStorage();
  readonly store = new KvStore();
  snapshot: { readonly index: number; readonly bytes: Uint8Array } | null = null;

  /** Lays the first snapshot, of a store nothing was written to. */
  found(bytes: Uint8Array): void {
    this.log.applySnapshot({ index: FOUNDING, term: FOUNDING, confState: CONF, data: bytes });
    this.log.setHardState({ term: FOUNDING, vote: 0, commit: FOUNDING });
    this.snapshot = { index: FOUNDING, bytes };
  }
}

/** What an engine is opened with besides its disk. */
export interface EngineParts {
  readonly fsm: KvFsm;
  readonly cutover: () => number;
  readonly unwrapper: RaftUnwrapper | null;
  /** A local snapshot and a log compaction after so many entries; 0 for never. */
  readonly snapshotEvery: number;
}

/** How a proposal ended. */
export type ProposeOutcome =
  | { readonly ok: true; readonly index: number; readonly responseError: string | null }
  | { readonly ok: false; readonly error: string };

/** One open engine. */
export class OneVoterEngine {
  readonly #disk: OneVoterDisk;
  readonly #parts: EngineParts;
  readonly #node: RawNode;
  readonly #loop: ApplyLoop;
  #members: ConfState = CONF;
  #outcome: ApplyResult | Halt | null = null;
  #proposals = 0;
  #snapshotAt: number;

  private constructor(disk: OneVoterDisk, parts: EngineParts, applied: number) {
    this.#disk = disk;
    this.#parts = parts;
    this.#snapshotAt = disk.snapshot?.index ?? 0;
    this.#loop = new ApplyLoop(parts, applied);
    this.#node = new RawNode({
      ...DEFAULT_CONFIG,
      id: VOTER,
      storage: disk.log,
      applied: this.#snapshotAt,
      random: () => 0,
    });
  }

  /** Opens a disk, fresh or not: restores, replays up to the commit index, and fails on a halt there. */
  static open(disk: OneVoterDisk, parts: EngineParts): OneVoterEngine | Failure {
    if (disk.snapshot === null) disk.found(parts.fsm.snapshot(0));
    const { bytes, index } = disk.snapshot!;
    const have = disk.store.durableAppliedIndex;
    const refusal = have >= index ? parts.fsm.restoreHeader(bytes) : parts.fsm.restore(bytes, index);
    if (refusal !== null) return plain(refusal);
    const engine = new OneVoterEngine(disk, parts, Math.max(have, index));
    engine.#drain();
    return engine.error === null ? engine : plain(engine.error);
  }

  /** Wins the election, and applies its no-op. */
  lead(): void {
    this.#node.campaign();
    this.#drain();
  }

  /** The raft cutover in the header of the snapshot it was opened from, "0" for none. */
  get restoredCutover(): string {
    return this.#parts.fsm.restoredCutover;
  }

  get applied(): number {
    return this.#loop.applied;
  }

  /** Why the engine shut down, null while it runs. */
  get error(): string | null {
    const { halted } = this.#loop;
    return halted === null ? null : engineError(halted);
  }

  /** `leader`, or `shutdown` once the apply loop stopped. */
  get state(): string {
    return this.error === null ? 'leader' : 'shutdown';
  }

  /** Proposes a payload and applies it. */
  propose(payload: Uint8Array): ProposeOutcome {
    if (this.error !== null) return { ok: false, error: this.error };
    const proposed = this.#node.propose(wrapProposal(++this.#proposals, payload));
    assert(proposed.ok, 'ONE_VOTER', () => 'a lone leader refused a proposal');
    this.#outcome = null;
    this.#drain();
    const outcome = this.#outcome as ApplyResult | Halt | null;
    assert(outcome !== null, 'ONE_VOTER', () => 'a proposal of a lone leader was not applied');
    if (isHalt(outcome)) return { ok: false, error: engineError(outcome) };
    return { ok: true, index: this.applied, responseError: outcome.error };
  }

  /** First bytes of the payloads in (after, upTo], none for entries without one; a failure if the log lacks any of them. */
  opcodes(after: number, upTo: number): readonly number[] | Failure {
    if (after >= upTo) return [];
    const entries = this.#disk.log.entries(after + 1, upTo + 1, NO_LIMIT);
    if (typeof entries === 'number') {
      const why =
        entries === COMPACTED ? 'requested index is unavailable due to compaction' : 'requested entry is unavailable';
      return plain(`encryption scanner: read raft entries [${after + 1}, ${upTo + 1}) from MemoryStorage: ${why}`);
    }
    return entries.flatMap((e) => {
      const payload = e.type === EntryType.Normal && isProposal(e.data) ? proposalPayload(e.data) : null;
      return payload === null || payload.length === 0 ? [] : [payload[0]!];
    });
  }

  #drain(): void {
    while (this.error === null && this.#node.hasReady()) {
      const ready = this.#node.ready();
      this.#persist(ready);
      for (const entry of ready.committedEntries) this.#apply(entry);
      if (this.error === null) this.#node.advance();
      this.#maybeSnapshot();
    }
  }

  #persist(ready: Ready): void {
    this.#disk.log.append(ready.entries);
    if (ready.hardState !== null) this.#disk.log.setHardState(ready.hardState);
  }

  #apply(entry: Entry): void {
    if (entry.type === EntryType.Normal) {
      this.#outcome = this.#loop.apply(entry);
      return;
    }
    this.#members = this.#node.applyConfChange(decodeConfChange(entry));
    this.#loop.advanceTo(entry.index);
  }

  #maybeSnapshot(): void {
    const { snapshotEvery, fsm } = this.#parts;
    if (snapshotEvery === 0 || this.error !== null || this.applied - this.#snapshotAt < snapshotEvery) return;
    const index = this.applied;
    const bytes = fsm.snapshot(index);
    this.#disk.log.createSnapshot(index, this.#members, bytes);
    if (index > KEPT_ENTRIES) this.#disk.log.compact(index - KEPT_ENTRIES);
    this.#disk.snapshot = { index, bytes };
    this.#snapshotAt = index;
  }
}
