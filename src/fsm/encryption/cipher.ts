// AES-256-GCM under the keys of a keystore: the one place plaintext and ciphertext meet. It takes the nonce from its
// caller and never invents one; a second nonce source here is how two writers would come to share a nonce. An
// authentication failure is a value of its own class, because "wrong key or tampered" must not read as "not found".
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Failure, failure, sentinel } from '../failure.ts';
import type { Keystore } from './keystore.ts';

/** Bytes of a nonce. */
export const NONCE_BYTES = 12;
/** Bytes of the authentication tag behind the ciphertext. */
export const TAG_BYTES = 16;

const ALGORITHM = 'aes-256-gcm';

/** Seals bytes: ciphertext, then tag. @param aad authenticated, not encrypted */
export function seal(key: KeyObject, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  cipher.setAAD(aad);
  const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
  // GCM is a stream: update yields exactly as many bytes as it is given, and final none.
  sealed.set(cipher.update(plaintext));
  cipher.final();
  sealed.set(cipher.getAuthTag(), plaintext.length);
  return sealed;
}

/** Opens what `seal` made; null if the tag does not verify, or if there are not even bytes for one. */
export function open(key: KeyObject, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | null {
  const length = sealed.length - TAG_BYTES;
  if (length < 0) return null;
  const decipher = createDecipheriv(ALGORITHM, key, nonce);
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(length));
  const plaintext = new Uint8Array(length);
  plaintext.set(decipher.update(sealed.subarray(0, length)));
  try {
    decipher.final();
  } catch {
    // The only thing final() of a GCM decipher can object to is the tag.
    return null;
  }
  return plaintext;
}

/** Seals and opens under the DEK of an id. @source elastickv encryption.Cipher */
export class Cipher {
  readonly keystore: Keystore;

  constructor(keystore: Keystore) {
    this.keystore = keystore;
  }

  /** Ciphertext and tag; ErrBadNonceSize, ErrReservedKeyID, ErrUnknownKeyID. */
  encrypt(plaintext: Uint8Array, aad: Uint8Array, keyId: number, nonce: Uint8Array): Uint8Array | Failure {
    const bad = checkNonce(nonce);
    if (bad !== null) return bad;
    const key = this.keystore.key(keyId);
    return key instanceof Failure ? key : seal(key, nonce, plaintext, aad);
  }

  /** Plaintext; additionally ErrIntegrity when the tag does not verify. */
  decrypt(sealed: Uint8Array, aad: Uint8Array, keyId: number, nonce: Uint8Array): Uint8Array | Failure {
    const bad = checkNonce(nonce);
    if (bad !== null) return bad;
    const key = this.keystore.key(keyId);
    if (key instanceof Failure) return key;
    return open(key, nonce, sealed, aad) ?? sentinel('ErrIntegrity').within('encryption: aead.Open');
  }
}

/** ErrBadNonceSize unless the nonce has 12 bytes. */
export function checkNonce(nonce: Uint8Array): Failure | null {
  if (nonce.length === NONCE_BYTES) return null;
  return failure('ErrBadNonceSize', `got ${nonce.length} bytes, want ${NONCE_BYTES}`);
}
