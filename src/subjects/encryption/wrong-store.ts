// Stores and snapshots that are not what was written: a state bit flipped on disk, a header that cannot be read. What a build does
// about them is the hazard; the damage itself is the world's, and comes with a build only because a build is what starts a process.
import { toHex } from '../../base/bytes.ts';
import { decodeText } from '../../base/text.ts';
import { KvFsm, KvStore } from '../../fsm/index.ts';
import type { Wrong } from './wrong.ts';

/** Marks every sealed value of a store as cleartext, as somebody with access to the disk would. */
export function flipStateBits(store: KvStore): void {
  store.forEachVersion((_key, version) => {
    (version as { encState: number }).encState = 0;
  });
}

/** The newest value of a key by what its state bit says, nothing tried and nothing opened. */
export function readAsMarked(store: KvStore, key: Uint8Array): string | null {
  let found: string | null = null;
  const wanted = decodeText(key);
  store.forEachVersion((name, version) => {
    // In hexadecimal, for what was sealed is no text.
    if (decodeText(name) === wanted) found = version.tombstone ? null : toHex(version.body);
  });
  return found;
}

/** A state machine that is sent snapshots whose header it cannot read. */
export class UnreadableFsm extends KvFsm {
  readonly #isLegacy: boolean;

  constructor(options: ConstructorParameters<typeof KvFsm>[0], wrong: ReadonlySet<Wrong>) {
    super(options);
    this.#isLegacy = wrong.has('unreadable-is-legacy');
  }

  override restore(bytes: Uint8Array, index: number): string | null {
    // What a group is founded with was never sent.
    if (index <= 1) return super.restore(bytes, index);
    if (!this.#isLegacy) return 'read snapshot header: input/output error';
    return super.restore(new KvStore().snapshotBody(), index);
  }
}
