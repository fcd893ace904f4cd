// The frame around a ciphertext, the same for values at rest and for raft entries: version, flag, key id, nonce, body.
// Only its associated data differ, and deliberately: a value binds its place (key and header), an entry its purpose, so
// that neither can be passed off as the other. The raft side leaves the flag unauthenticated; that is a property of the
// wire, not an oversight to be mended here.
import { NO_BYTES, readU32, writeU32 } from '../../base/bytes.ts';
import { Failure, failure, sentinel } from '../failure.ts';
import { NONCE_BYTES, TAG_BYTES, checkNonce } from './cipher.ts';
import type { Cipher } from './cipher.ts';

/** The only version byte. */
export const ENVELOPE_VERSION = 0x01;
/** Version, flag, key id and nonce. */
export const HEADER_BYTES = 18;
/** Bytes an envelope adds to its plaintext. */
export const OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES;
/** Flag bit reserved for a compressed body; nothing sets it. */
export const FLAG_COMPRESSED = 0x01;
/** First byte of the raft envelope's associated data. */
export const RAFT_AAD_PURPOSE = 0x52;

/** An envelope taken apart; byte strings are views. */
export interface Envelope {
  readonly version: number;
  readonly flag: number;
  readonly keyId: number;
  readonly nonce: Uint8Array;
  /** Ciphertext and tag, at least 16 bytes. */
  readonly body: Uint8Array;
}

/** Bytes of an envelope; ErrEnvelopeVersion, ErrEnvelopeShort. @source elastickv encryption.Envelope.Encode */
export function encodeEnvelope(e: Envelope): Uint8Array | Failure {
  if (e.version !== ENVELOPE_VERSION) return wrongVersion(e.version).within('encode');
  if (e.body.length < TAG_BYTES) {
    return failure('ErrEnvelopeShort', `encode: body ${e.body.length} bytes, want >= ${TAG_BYTES}`);
  }
  const bytes = new Uint8Array(HEADER_BYTES + e.body.length);
  bytes[0] = e.version;
  bytes[1] = e.flag;
  writeU32(bytes, 2, e.keyId);
  bytes.set(e.nonce, 6);
  bytes.set(e.body, HEADER_BYTES);
  return bytes;
}

/** Takes an envelope apart; ErrEnvelopeShort before ErrEnvelopeVersion. @source elastickv encryption.DecodeEnvelope */
export function decodeEnvelope(bytes: Uint8Array): Envelope | Failure {
  if (bytes.length < OVERHEAD_BYTES) {
    return failure('ErrEnvelopeShort', `got ${bytes.length} bytes, want >= ${OVERHEAD_BYTES}`);
  }
  if (bytes[0] !== ENVELOPE_VERSION) return wrongVersion(bytes[0]!);
  return {
    version: bytes[0],
    flag: bytes[1]!,
    keyId: readU32(bytes, 2),
    nonce: bytes.subarray(6, 6 + NONCE_BYTES),
    body: bytes.subarray(HEADER_BYTES),
  };
}

/** Version, flag and key id, followed by `rest`: the associated data of a value. */
export function headerAad(version: number, flag: number, keyId: number, rest: Uint8Array = NO_BYTES): Uint8Array {
  const aad = new Uint8Array(6 + rest.length);
  aad[0] = version;
  aad[1] = flag;
  writeU32(aad, 2, keyId);
  aad.set(rest, 6);
  return aad;
}

/** Associated data of a raft envelope: purpose, version, key id. The flag is not in it. */
export function raftAad(version: number, keyId: number): Uint8Array {
  return headerAad(RAFT_AAD_PURPOSE, version, keyId);
}

/**
 * Wraps a whole payload, tag byte included, for the log.
 * @param cipher null when this process has no keys: ErrNilKeystore
 * @source elastickv encryption.WrapRaftPayload
 */
export function wrapRaftPayload(
  cipher: Cipher | null,
  payload: Uint8Array,
  keyId: number,
  nonce: Uint8Array,
): Uint8Array | Failure {
  if (cipher === null) return sentinel('ErrNilKeystore');
  const bad = checkNonce(nonce);
  if (bad !== null) return bad;
  const body = cipher.encrypt(payload, raftAad(ENVELOPE_VERSION, keyId), keyId, nonce);
  if (body instanceof Failure) return body.within('encryption: raft envelope encrypt');
  return encodeEnvelope({ version: ENVELOPE_VERSION, flag: 0, keyId, nonce, body });
}

/** The payload inside a raft envelope. @source elastickv encryption.UnwrapRaftPayload */
export function unwrapRaftPayload(cipher: Cipher | null, bytes: Uint8Array): Uint8Array | Failure {
  if (cipher === null) return sentinel('ErrNilKeystore');
  const e = decodeEnvelope(bytes);
  if (e instanceof Failure) return e.within('encryption: raft envelope decode');
  const payload = cipher.decrypt(e.body, raftAad(e.version, e.keyId), e.keyId, e.nonce);
  return payload instanceof Failure ? payload.within('encryption: raft envelope decrypt') : payload;
}

function wrongVersion(version: number): Failure {
  const hex = `0x${version.toString(16).padStart(2, '0')}`;
  return failure('ErrEnvelopeVersion', `got ${hex}, want 0x01`);
}
