// Values at rest. Each is bound to its place: the associated data hold the value header and the key with its version, so
// that no ciphertext can be moved, hidden behind a tombstone bit, or made to expire. Each replica seals with its own
// nonces, so the bytes differ from node to node. A value that merely claims to be cleartext is tried against every
// loaded key: if one opens it, somebody rebadged an envelope, and the read is refused instead of serving ciphertext.
import { concatBytes, readU32le, writeU32, writeU32le } from '../../base/bytes.ts';
import { Failure, failure, plain, sentinel } from '../failure.ts';
import type { Cipher } from './cipher.ts';
import { ENVELOPE_VERSION, OVERHEAD_BYTES, decodeEnvelope, encodeEnvelope, headerAad } from './envelope.ts';
import type { NonceSource } from './nonce-factory.ts';

/** Bytes of the header in front of every stored value. */
export const VALUE_HEADER_BYTES = 9;
/** How a body is stored. */
export const EncState = { Cleartext: 0, Encrypted: 1 } as const;

const TOMBSTONE = 0x01;
const STATE_SHIFT = 1;
const STATE_MASK = 0x06;
const RESERVED_MASK = 0xf8;

/** The header, taken apart. `expireAt` in halves: uint64, 0 for never. */
export interface ValueHeader {
  readonly tombstone: boolean;
  /** See EncState. */
  readonly encState: number;
  readonly expireHigh: number;
  readonly expireLow: number;
}

/** A body and how it is stored. */
export interface SealedBody {
  readonly encState: number;
  readonly body: Uint8Array;
}

/** Header bytes: flags, then `expireAt` in little-endian. */
export function encodeValueHeader(h: ValueHeader): Uint8Array {
  const bytes = new Uint8Array(VALUE_HEADER_BYTES);
  bytes[0] = (h.tombstone ? TOMBSTONE : 0) | (h.encState << STATE_SHIFT);
  writeU32le(bytes, 1, h.expireLow);
  writeU32le(bytes, 5, h.expireHigh);
  return bytes;
}

/** Reads the header of a stored value; ErrEncryptedValueReservedState for any bit a newer build may have set. */
export function decodeValueHeader(stored: Uint8Array): ValueHeader | Failure {
  if (stored.length < VALUE_HEADER_BYTES) return plain('invalid value length');
  const flags = stored[0]!;
  if ((flags & RESERVED_MASK) !== 0) {
    const bits = flags.toString(2).padStart(8, '0');
    return failure('ErrEncryptedValueReservedState', `value header byte = 0b${bits}`);
  }
  const encState = (flags & STATE_MASK) >> STATE_SHIFT;
  if (encState > EncState.Encrypted) {
    return failure('ErrEncryptedValueReservedState', `encryption_state=0x${encState.toString(16)} is reserved`);
  }
  return {
    tombstone: (flags & TOMBSTONE) !== 0,
    encState,
    expireHigh: readU32le(stored, 5),
    expireLow: readU32le(stored, 1),
  };
}

/** Key of one version: user key, then the bitwise-not of its commit timestamp, so that newer versions sort first. */
export function versionedKey(userKey: Uint8Array, tsHigh: number, tsLow: number): Uint8Array {
  const key = new Uint8Array(userKey.length + 8);
  key.set(userKey);
  writeU32(key, userKey.length, ~tsHigh >>> 0);
  writeU32(key, userKey.length + 4, ~tsLow >>> 0);
  return key;
}

/** Associated data of a value. */
export function valueAad(flag: number, keyId: number, header: Uint8Array, versioned: Uint8Array): Uint8Array {
  return headerAad(ENVELOPE_VERSION, flag, keyId, concatBytes([header, versioned]));
}

/** The switches of the write path. Null is "not wired", which each gate reads in its own way. */
export interface EmitGates {
  readonly cipher: Cipher | null;
  readonly nonces: NonceSource | null;
  /** The active storage DEK, 0 for none. */
  readonly activeDekId: (() => number) | null;
  /** Not wired: always on. */
  readonly envelopeActive: (() => boolean) | null;
  /** Not wired: always registered. Asked for direct writes only. */
  readonly registered: (() => boolean) | null;
}

/** No encryption at all: what builds before the storage layer write. */
export const CLEARTEXT_GATES: EmitGates = {
  cipher: null,
  nonces: null,
  activeDekId: null,
  envelopeActive: null,
  registered: null,
};

/**
 * Stores a body: sealed if every gate is open, as it is otherwise.
 * @param direct the write does not come out of the log; only such writes wait for the registration
 * @returns ErrWriterNotRegistered, ErrWriteCountExhausted, ErrUnknownKeyID
 * @source elastickv pebbleStore.encryptForKey
 */
export function sealBody(
  gates: EmitGates,
  versioned: Uint8Array,
  plaintext: Uint8Array,
  direct: boolean,
  expireHigh = 0,
  expireLow = 0,
): SealedBody | Failure {
  const cleartext: SealedBody = { encState: EncState.Cleartext, body: plaintext };
  const { cipher, nonces } = gates;
  if (cipher === null || nonces === null || gates.activeDekId === null) return cleartext;
  const keyId = gates.activeDekId();
  if (keyId === 0 || gates.envelopeActive?.() === false) return cleartext;
  if (direct && gates.registered?.() === false) return sentinel('ErrWriterNotRegistered');

  const nonce = nonces.next();
  if (nonce instanceof Failure) return nonce.within('store: nonce factory');
  // Only values are sealed, never tombstones.
  const header = encodeValueHeader({ tombstone: false, encState: EncState.Encrypted, expireHigh, expireLow });
  const sealed = cipher.encrypt(plaintext, valueAad(0, keyId, header, versioned), keyId, nonce);
  if (sealed instanceof Failure) return sealed.within('store: encrypt value');
  const body = encodeEnvelope({ version: ENVELOPE_VERSION, flag: 0, keyId, nonce, body: sealed });
  return body instanceof Failure ? body.within('store: encode envelope') : { encState: EncState.Encrypted, body };
}

/**
 * The plaintext of a stored body.
 * @returns ErrEncryptedReadIntegrity, ErrUnknownKeyID, the envelope's classes, or a failure of no class
 * @source elastickv pebbleStore.decryptForKey
 */
export function openBody(
  cipher: Cipher | null,
  versioned: Uint8Array,
  header: ValueHeader,
  body: Uint8Array,
): Uint8Array | Failure {
  if (header.encState === EncState.Cleartext) return rejectRebadged(cipher, versioned, header, body) ?? body;
  if (cipher === null) return plain('store: encrypted value present but no cipher configured');
  const e = decodeEnvelope(body);
  if (e instanceof Failure) return e.within('store: decode envelope');
  const plaintext = cipher.decrypt(
    e.body,
    valueAad(e.flag, e.keyId, encodeValueHeader(header), versioned),
    e.keyId,
    e.nonce,
  );
  if (!(plaintext instanceof Failure)) return plaintext;
  const seen = plaintext.code === 'ErrIntegrity' ? sentinel('ErrEncryptedReadIntegrity') : plaintext;
  return seen.within('store: decrypt value');
}

/** Refuses cleartext that opens as an envelope under any loaded key, whatever its outer bytes were changed to. */
function rejectRebadged(
  cipher: Cipher | null,
  versioned: Uint8Array,
  header: ValueHeader,
  body: Uint8Array,
): Failure | null {
  if (cipher === null || body.length < OVERHEAD_BYTES) return null;
  const nonce = body.subarray(6, 18);
  const sealed = body.subarray(18);
  for (const keyId of cipher.keystore.ids()) {
    for (const aad of originalAads(keyId, header, versioned)) {
      if (cipher.decrypt(sealed, aad, keyId, nonce) instanceof Failure) continue;
      const what = 'store: cleartext-labelled value verifies as a relabeled envelope under a loaded DEK';
      return failure('ErrEncryptedReadIntegrity', what);
    }
  }
  return null;
}

/** What the associated data may have been when the value was sealed: version, flag and tombstone are known, the rest
 * is as stored, except that an expiry may have been added afterwards. */
function originalAads(keyId: number, header: ValueHeader, versioned: Uint8Array): Uint8Array[] {
  const stored = { tombstone: false, encState: EncState.Encrypted, expireHigh: header.expireHigh };
  const aads = [valueAad(0, keyId, encodeValueHeader({ ...stored, expireLow: header.expireLow }), versioned)];
  if (header.expireHigh !== 0 || header.expireLow !== 0) {
    aads.push(valueAad(0, keyId, encodeValueHeader({ ...stored, expireHigh: 0, expireLow: 0 }), versioned));
  }
  return aads;
}
