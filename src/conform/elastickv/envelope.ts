// Drives the recorded raft envelopes, generic seals, keystore rules and nonces. Sealing is deterministic once the nonce is
// given, so every envelope is compared to the byte, and opened again.
import { InputError } from '../../base/errors.ts';
import { equalBytes } from '../../base/bytes.ts';
import { Cipher, NONCE_BYTES, TAG_BYTES } from '../../fsm/encryption/cipher.ts';
import {
  ENVELOPE_VERSION,
  FLAG_COMPRESSED,
  HEADER_BYTES,
  OVERHEAD_BYTES,
  RAFT_AAD_PURPOSE,
  decodeEnvelope,
  encodeEnvelope,
  headerAad,
  raftAad,
  unwrapRaftPayload,
  wrapRaftPayload,
} from '../../fsm/encryption/envelope.ts';
import { DEK_BYTES, Keystore, setKey } from '../../fsm/encryption/keystore.ts';
import { NonceFactory } from '../../fsm/encryption/nonce-factory.ts';
import { Failure } from '../../fsm/failure.ts';
import type { CaseResult } from './case-result.ts';
import { compareHex, compareJson, compareOutcome, hex } from './compare.ts';
import type { RecordedOutcome } from './compare.ts';
import { firstOf, runSections } from './sections.ts';

interface Sealed {
  readonly aad: string;
  readonly envelope: string;
  readonly flag?: number;
  readonly key_id: number;
  readonly nonce: string;
  readonly plaintext: string;
}
type Unwrap = RecordedOutcome & { readonly envelope: string; readonly plaintext?: string };
type WrapFailure = RecordedOutcome & { readonly name: string; readonly key_id: number; readonly nonce: string };
type EncodeFailure = RecordedOutcome & { readonly version: number; readonly body_len: number };
type SetKey = RecordedOutcome & { readonly name: string; readonly key_id: number; readonly dek: string };
interface Nonces {
  readonly node_id16: number;
  readonly local_epoch: number;
  readonly first_nonces: readonly string[];
}

const CONSTANTS: Readonly<Record<string, number>> = {
  flag_compressed: FLAG_COMPRESSED,
  header_aad_size: headerAad(0, 0, 0).length,
  header_size: HEADER_BYTES,
  key_size: DEK_BYTES,
  nonce_size: NONCE_BYTES,
  overhead: OVERHEAD_BYTES,
  raft_aad_purpose: RAFT_AAD_PURPOSE,
  tag_size: TAG_BYTES,
  version: ENVELOPE_VERSION,
};

/** A keystore as recorded: hexadecimal DEKs by decimal id. */
export function keystoreOf(recorded: unknown): Keystore {
  const keystore = new Keystore();
  for (const [id, dek] of Object.entries((recorded ?? {}) as Readonly<Record<string, string>>)) {
    const failed = keystore.set(Number(id), hex(dek));
    if (failed !== null) throw new InputError('CNF001', `the recorded keystore is refused: ${failed.text}`);
  }
  return keystore;
}

/** Runs every case of an `envelope.json`. */
export function runEnvelope(json: Readonly<Record<string, unknown>>): CaseResult[] {
  const cipher = new Cipher(keystoreOf(json['keystore']));
  // The cases of this section are calls on one keystore, one after the other.
  const keystore = new Keystore();
  return runSections(
    json,
    {
      constants: runConstants,
      encode_failures: runEncodeFailure,
      generic_seal: (c: Sealed) => runSeal(cipher, c),
      keystore_set_sequence: (c: SetKey) => runSetKey(keystore, c),
      nonce_factory: runNonces,
      raft_unwrap_cases: (c: Unwrap) => runUnwrap(cipher, c),
      raft_wrap: (c: Sealed) => runWrap(cipher, c),
      raft_wrap_failures: (c: WrapFailure) => runWrapFailure(cipher, c),
    },
    ['keystore'],
  );
}

function runConstants(recorded: Readonly<Record<string, number>>): string | null {
  const ours = Object.fromEntries(Object.keys(recorded).map((name) => [name, CONSTANTS[name] ?? null]));
  return compareJson('constants', recorded, ours);
}

function runEncodeFailure(c: EncodeFailure): string | null {
  const e = encodeEnvelope({
    version: c.version,
    flag: 0,
    keyId: 1,
    nonce: new Uint8Array(NONCE_BYTES),
    body: new Uint8Array(c.body_len),
  });
  return compareOutcome(c, e instanceof Failure ? e : null);
}

function runSeal(cipher: Cipher, c: Sealed): string | null {
  const aad = hex(c.aad);
  const nonce = hex(c.nonce);
  const flag = c.flag ?? 0;
  const body = cipher.encrypt(hex(c.plaintext), aad, c.key_id, nonce);
  if (body instanceof Failure) return body.text;
  const envelope = encodeEnvelope({ version: ENVELOPE_VERSION, flag, keyId: c.key_id, nonce, body });
  if (envelope instanceof Failure) return envelope.text;
  const decoded = decodeEnvelope(hex(c.envelope));
  if (decoded instanceof Failure) return decoded.text;
  const opened = cipher.decrypt(decoded.body, aad, decoded.keyId, decoded.nonce);
  const header = headerAad(ENVELOPE_VERSION, flag, c.key_id);
  return firstOf(
    compareHex('envelope', c.envelope, envelope),
    equalBytes(header, aad.subarray(0, header.length)) ? null : 'the associated data do not start with the header',
    opened instanceof Failure ? opened.text : compareHex('plaintext', c.plaintext, opened),
  );
}

function runSetKey(keystore: Keystore, c: SetKey): string | null {
  return compareOutcome(c, setKey(c.name.startsWith('nil') ? null : keystore, c.key_id, hex(c.dek)));
}

function runNonces(c: Nonces): string | null {
  const factory = new NonceFactory(c.node_id16, c.local_epoch);
  for (const want of c.first_nonces) {
    const nonce = factory.next();
    if (nonce instanceof Failure) return nonce.text;
    const problem = compareHex('nonce', want, nonce);
    if (problem !== null) return problem;
  }
  return null;
}

function runUnwrap(cipher: Cipher, c: Unwrap): string | null {
  const payload = unwrapRaftPayload(cipher, hex(c.envelope));
  if (payload instanceof Failure) return compareOutcome(c, payload);
  return firstOf(compareOutcome(c, null), compareHex('plaintext', c.plaintext ?? '', payload));
}

function runWrap(cipher: Cipher, c: Sealed): string | null {
  const envelope = wrapRaftPayload(cipher, hex(c.plaintext), c.key_id, hex(c.nonce));
  if (envelope instanceof Failure) return envelope.text;
  const payload = unwrapRaftPayload(cipher, envelope);
  return firstOf(
    compareHex('envelope', c.envelope, envelope),
    compareHex('associated data', c.aad, raftAad(ENVELOPE_VERSION, c.key_id)),
    payload instanceof Failure ? payload.text : compareHex('plaintext', c.plaintext, payload),
  );
}

function runWrapFailure(cipher: Cipher, c: WrapFailure): string | null {
  const wired = c.name.startsWith('nil') ? null : cipher;
  const envelope = wrapRaftPayload(wired, Uint8Array.of(0), c.key_id, hex(c.nonce));
  return compareOutcome(c, envelope instanceof Failure ? envelope : null);
}
