// What can go wrong inside the replicated state machine, as a value: a sentinel the operator can grep for, and the exact
// text the real store prints. The class decides who stops (a halt) and who merely refuses, the text is what a client or
// a log shows; losing either makes a simulated failure look like another one. Nothing here is thrown: a failure that
// escapes as an exception would skip the bookkeeping that says which side effects it left behind.

/**
 * The sentinels of the real store and their texts, by name.
 * @source elastickv: internal/encryption, internal/encryption/kek, kv, store, raftengine/etcd
 */
export const SENTINELS = {
  ErrBadKeySize: 'encryption: DEK size invalid',
  ErrBadNonceSize: 'encryption: nonce size invalid',
  ErrEncryptedReadIntegrity:
    'store: encrypted value failed integrity check (GCM tag mismatch); refusing to surface plaintext',
  ErrEncryptedValueReservedState:
    'store: value header carries reserved encryption_state; binary too old to read this entry',
  ErrEncryptionApply: 'encryption: FSM apply failed; halting apply (see design §6.3)',
  ErrEnvelopeShort: 'encryption: envelope shorter than header+tag',
  ErrEnvelopeVersion: 'encryption: unknown envelope version',
  ErrFSMWireMalformed: 'fsmwire: payload is malformed',
  ErrFSMWireSubtag: 'fsmwire: unknown rotation sub-tag',
  ErrFSMWireVersion: 'fsmwire: unknown wire version',
  ErrInsecureKEKFile: 'kek: file is group/world-accessible; require owner-only mode',
  ErrIntegrity: 'encryption: integrity check failed (GCM tag mismatch)',
  ErrKEKNotConfigured: 'encryption: KEK not configured on this node; cannot unwrap wrapped DEK material',
  ErrKeyConflict: 'encryption: key_id already loaded with different key material',
  ErrLocalEpochExhausted:
    'encryption: active DEK has reached local_epoch=0xFFFF saturation; refusing to start (rotate the affected DEK via `encryption rotate-dek` before the next startup or risk GCM nonce reuse — see §4.1)',
  ErrNilFileWrapper: 'kek: FileWrapper is nil or uninitialised; construct with NewFileWrapper',
  ErrNilKeystore: 'encryption: keystore is nil',
  ErrNodeIDCollision:
    'encryption: two distinct full_node_id values in the local route-catalog hash to the same 16-bit node_id, which would reuse GCM nonces under the active DEK; refusing to start (re-roll one of the colliding full_node_id values — use `elastickv-admin encryption probe-node-id --full-node-id=<u64>` to verify before joining — see §9.1 + §5.1 of the 6D design doc)',
  ErrRaftUnwrapFailed: 'raftengine/etcd: raft envelope unwrap failed; halting apply',
  ErrRegistryKeyMalformed: 'encryption: writer registry key is malformed',
  ErrRegistryValueMalformed: 'encryption: writer registry value is malformed',
  ErrReservedKeyID: 'encryption: key_id 0 is reserved as the not-bootstrapped sentinel',
  ErrSidecarActiveKeyMissing: 'encryption: sidecar active key_id has no entry in keys map',
  ErrSidecarActivePurposeMismatch: 'encryption: sidecar active key_id references a key with mismatched purpose',
  ErrSidecarKeyIDFormat: 'encryption: sidecar key_id is not a decimal uint32',
  ErrSidecarPurpose: 'encryption: unsupported sidecar key purpose',
  ErrSidecarReservedKeyID: 'encryption: sidecar key_id 0 is reserved',
  ErrSidecarVersion: 'encryption: unsupported sidecar version',
  ErrSnapshotHeaderInvalidLength: 'snapshot header: invalid v2 length prefix',
  ErrSnapshotHeaderUnknownMagic: 'snapshot header: unknown EKVTHLC* magic',
  ErrUnknownKeyID: 'encryption: unknown key_id',
  ErrUnsupportedFilesystem:
    'encryption: filesystem does not support durable directory sync (NFS, some FUSE mounts are unsupported)',
  ErrWriteCountExhausted: 'encryption: write_count exhausted for this process load',
  ErrWriterNotRegistered:
    'store: storage envelope active but writer not yet registered; refusing to emit nonce before registration',
} as const;

/** Name of a sentinel; `NotExist` is Go's os.ErrNotExist, and the empty string an error of no class. */
export type FailureCode = keyof typeof SENTINELS | 'NotExist' | '';

/** A failure as a value: its class and the full Go text. */
export class Failure {
  readonly code: FailureCode;
  readonly text: string;
  constructor(code: FailureCode, text: string) {
    this.code = code;
    this.text = text;
  }

  /** The same failure seen one call further out: `prefix` goes in front of the text, the class stays. */
  within(prefix: string): Failure {
    return new Failure(this.code, `${prefix}: ${this.text}`);
  }
}

/** A failure that is the bare sentinel. */
export function sentinel(code: keyof typeof SENTINELS): Failure {
  return new Failure(code, SENTINELS[code]);
}

/** A failure of no class: the text alone. */
export function plain(text: string): Failure {
  return new Failure('', text);
}

/** A failure with a detail in front of its sentinel (`<detail>: <text of the class>`). */
export function failure(code: keyof typeof SENTINELS, detail: string): Failure {
  return new Failure(code, `${detail}: ${SENTINELS[code]}`);
}
