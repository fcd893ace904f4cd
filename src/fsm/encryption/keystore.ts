// Unwrapped DEKs, in memory only. An id is set once: the same bytes again are a replay, other bytes are refused, because
// replacing a live key would make everything written under it unreadable without a single error at the time.
import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { equalBytes } from '../../base/bytes.ts';
import { failure, sentinel } from '../failure.ts';
import type { Failure } from '../failure.ts';

/** Bytes of a DEK. */
export const DEK_BYTES = 32;
/** The id that means "not bootstrapped". */
export const RESERVED_KEY_ID = 0;

interface Slot {
  readonly bytes: Uint8Array;
  readonly key: KeyObject;
}

/** DEKs by id; shared by every group of a process. @source elastickv encryption.Keystore */
export class Keystore {
  readonly #slots = new Map<number, Slot>();

  /**
   * Loads a DEK.
   * @param keyId uint32
   * @returns null, or ErrReservedKeyID, ErrBadKeySize, ErrKeyConflict
   */
  set(keyId: number, dek: Uint8Array): Failure | null {
    if (keyId === RESERVED_KEY_ID) return sentinel('ErrReservedKeyID');
    if (dek.length !== DEK_BYTES) return failure('ErrBadKeySize', `got ${dek.length} bytes, want ${DEK_BYTES}`);
    const present = this.#slots.get(keyId);
    if (present === undefined) {
      this.#slots.set(keyId, { bytes: dek.slice(), key: createSecretKey(dek) });
      return null;
    }
    return equalBytes(present.bytes, dek) ? null : failure('ErrKeyConflict', `key_id=${keyId}`);
  }

  /** The key object of an id; ErrReservedKeyID or ErrUnknownKeyID. */
  key(keyId: number): KeyObject | Failure {
    if (keyId === RESERVED_KEY_ID) return sentinel('ErrReservedKeyID');
    return this.#slots.get(keyId)?.key ?? failure('ErrUnknownKeyID', `key_id=${keyId}`);
  }

  /** The raw bytes of an id, null if it is not loaded. */
  bytes(keyId: number): Uint8Array | null {
    return this.#slots.get(keyId)?.bytes ?? null;
  }

  /** Loaded ids, ascending. */
  ids(): number[] {
    return [...this.#slots.keys()].sort((a, b) => a - b);
  }
}

/** Loads a DEK into a keystore that may not be wired: null is ErrNilKeystore. */
export function setKey(keystore: Keystore | null, keyId: number, dek: Uint8Array): Failure | null {
  return keystore === null ? sentinel('ErrNilKeystore') : keystore.set(keyId, dek);
}
