// Drives the recorded values at rest: what is written for a plaintext under a given nonce, what a tampered row reads as,
// and which combination of gates encrypts.
import { InputError } from '../../base/errors.ts';
import { Cipher } from '../../fsm/encryption/cipher.ts';
import type { NonceSource } from '../../fsm/encryption/nonce-factory.ts';
import {
  VALUE_HEADER_BYTES,
  decodeValueHeader,
  encodeValueHeader,
  openBody,
  sealBody,
  valueAad,
  versionedKey,
} from '../../fsm/encryption/storage-envelope.ts';
import type { EmitGates } from '../../fsm/encryption/storage-envelope.ts';
import { concatBytes, readU32, u64FromHalves } from '../../base/bytes.ts';
import { Failure } from '../../fsm/failure.ts';
import type { CaseResult } from './case-result.ts';
import { compareHex, compareJson, compareOutcome, hex } from './compare.ts';
import type { RecordedOutcome } from './compare.ts';
import { keystoreOf } from './envelope.ts';
import { firstOf, runSections } from './sections.ts';

interface Encrypt {
  readonly aad: string;
  readonly commit_ts: string;
  readonly dek_id: number;
  readonly envelope: string;
  readonly expire_at: string;
  readonly nonce: string;
  readonly pebble_key: string;
  readonly plaintext: string;
  readonly stored_value: string;
  readonly user_key: string;
}
type Decrypt = RecordedOutcome & {
  readonly name: string;
  readonly enc_state?: number;
  readonly tombstone?: boolean;
  readonly expire_at?: string;
  readonly pebble_key: string;
  readonly stored_value: string;
  readonly plaintext?: string;
};
type Gates = RecordedOutcome & {
  readonly active_dek: boolean;
  readonly direct_write: boolean;
  readonly encrypts?: boolean;
  readonly envelope_gate: string;
  readonly registration_gate: string;
  readonly key_id?: number;
};

/** Runs every case of a `storage-envelope.json`. */
export function runStorageEnvelope(json: Readonly<Record<string, unknown>>): CaseResult[] {
  const cipher = new Cipher(keystoreOf(json['keystore']));
  const gates = (json['emit_gates'] ?? []) as readonly Gates[];
  // Which DEK the recording had active shows wherever it encrypts; any loaded one serves where it never does.
  const activeDek = gates.find((c) => (c.key_id ?? 0) !== 0)?.key_id ?? cipher.keystore.ids()[0] ?? 0;
  return runSections(
    json,
    {
      decrypt: (c: Decrypt) => runDecrypt(cipher, c),
      emit_gates: (c: Gates) => runGates(cipher, activeDek, c),
      encrypt: (c: Encrypt) => runEncrypt(cipher, c),
    },
    ['keystore'],
  );
}

function runEncrypt(cipher: Cipher, c: Encrypt): string | null {
  const ts = halves(c.commit_ts);
  const expire = halves(c.expire_at);
  const key = versionedKey(hex(c.user_key), ts.high, ts.low);
  const gates = wired(cipher, { next: () => hex(c.nonce) }, c.dek_id);
  const sealed = sealBody(gates, key, hex(c.plaintext), false, expire.high, expire.low);
  if (sealed instanceof Failure) return sealed.text;
  const h = { tombstone: false, encState: sealed.encState, expireHigh: expire.high, expireLow: expire.low };
  const header = encodeValueHeader(h);
  const opened = openBody(cipher, key, h, sealed.body);
  return firstOf(
    compareHex('pebble key', c.pebble_key, key),
    compareHex('associated data', c.aad, valueAad(0, c.dek_id, header, key)),
    compareHex('envelope', c.envelope, sealed.body),
    compareHex('stored value', c.stored_value, concatBytes([header, sealed.body])),
    opened instanceof Failure ? opened.text : compareHex('plaintext', c.plaintext, opened),
  );
}

function runDecrypt(cipher: Cipher, c: Decrypt): string | null {
  const stored = hex(c.stored_value);
  const header = decodeValueHeader(stored);
  if (header instanceof Failure) return compareOutcome(c, header);
  const plaintext = openBody(
    c.name.includes('no-cipher') ? null : cipher,
    hex(c.pebble_key),
    header,
    stored.subarray(VALUE_HEADER_BYTES),
  );
  const seen = [header.encState, header.tombstone, u64FromHalves(header.expireHigh, header.expireLow)];
  return firstOf(
    compareJson('header', [c.enc_state, c.tombstone, c.expire_at], seen),
    compareOutcome(c, plaintext instanceof Failure ? plaintext : null),
    plaintext instanceof Failure ? null : compareHex('plaintext', c.plaintext ?? '', plaintext),
  );
}

function runGates(cipher: Cipher, activeDek: number, c: Gates): string | null {
  const gates: EmitGates = {
    ...wired(cipher, { next: () => new Uint8Array(12) }, c.active_dek ? activeDek : 0),
    envelopeActive: gate(c.envelope_gate),
    registered: gate(c.registration_gate),
  };
  const sealed = sealBody(gates, hex('00'), hex('01'), c.direct_write);
  if (sealed instanceof Failure) return compareOutcome(c, sealed);
  const encrypts = sealed.encState !== 0;
  return firstOf(
    compareOutcome(c, null),
    compareJson('encrypts', c.encrypts, encrypts),
    compareJson('key id', c.key_id, encrypts ? readU32(sealed.body, 2) : 0),
  );
}

function gate(word: string): (() => boolean) | null {
  if (word === 'unwired') return null;
  if (word !== 'true' && word !== 'false') throw new InputError('CNF001', `unknown gate ${JSON.stringify(word)}`);
  return () => word === 'true';
}

function wired(cipher: Cipher, nonces: NonceSource, activeDek: number): EmitGates {
  return { cipher, nonces, activeDekId: () => activeDek, envelopeActive: null, registered: null };
}

function halves(decimal: string): { readonly high: number; readonly low: number } {
  const value = BigInt(decimal);
  return { high: Number(value >> 32n), low: Number(value & 0xffff_ffffn) };
}
