// What a process of the store tells its properties, and what they may look at. Each fact is one line of code at the place
// where it happens: a seal, an entry that reaches the apply loop, an applied encryption entry, a step of an RPC. Were
// properties to infer these from bytes on disk they would have to be as clever as an attacker.
import { Cipher } from '../../fsm/encryption/index.ts';
import type { Keystore } from '../../fsm/encryption/index.ts';
import { Failure } from '../../fsm/failure.ts';
import { bytesToKey } from '../../base/bytes.ts';
import type { Stage } from '../../admin/index.ts';
import type { Flags } from './flags.ts';
import type { Replica } from './replica.ts';

/** Something was sealed. `dek` is the key material itself, `nonce` its 12 bytes, both as text. */
export interface Sealed {
  readonly kind: 'sealed';
  readonly dek: string;
  readonly dekId: number;
  readonly nonce: string;
}

/** An entry with a proposal header reached the apply loop of a group. */
export interface EntrySeen {
  readonly kind: 'entry';
  readonly group: number;
  readonly index: number;
  /** Whether its payload stands in a raft envelope. */
  readonly wrapped: boolean;
}

/** An applier took the entry that its replica is about to report as applied. */
export interface Applied {
  readonly kind: 'applied';
  readonly group: number;
  readonly opcode: number;
  readonly subTag: number;
  readonly dekId: number;
  /** Whether the sidecar (its applied index aside) or the registry changed. */
  readonly effect: boolean;
}

/** The handler of a call goes on until `stepped`; what the process proposes meanwhile is this call's. */
export interface Step {
  readonly kind: 'step' | 'stepped';
  readonly call: number;
}

/** A call was answered. */
export interface Answered {
  readonly kind: 'answered';
  readonly call: number;
  readonly rpc: string;
  /** gRPC code. */
  readonly code: number;
  readonly text: string;
  /** The answer's fields; null for a refusal. */
  readonly answer: object | null;
}

export type EncryptionFact = Sealed | EntrySeen | Applied | Step | Answered;

/** What properties may look at in a process that serves. */
export interface Inspection {
  readonly stage: Stage;
  readonly flags: Flags;
  /** What it answers to GetCapability. */
  readonly capable: boolean;
  /** Whether its appliers have all they need for a bootstrap or rotation. */
  readonly configured: boolean;
  /** Whether user proposals are held back for a raft cutover. */
  readonly barrierOpen: boolean;
  /** By group number. */
  readonly replicas: readonly (Replica | undefined)[];
}

/** Tells a fact; null where nobody listens. */
export type Observe = ((fact: EncryptionFact) => void) | null;

/** A cipher that tells what it seals. */
export class ToldCipher extends Cipher {
  readonly #tell: NonNullable<Observe>;

  constructor(keystore: Keystore, tell: NonNullable<Observe>) {
    super(keystore);
    this.#tell = tell;
  }

  override encrypt(plaintext: Uint8Array, aad: Uint8Array, keyId: number, nonce: Uint8Array): Uint8Array | Failure {
    const sealed = super.encrypt(plaintext, aad, keyId, nonce);
    const dek = this.keystore.bytes(keyId);
    if (!(sealed instanceof Failure) && dek !== null) {
      this.#tell({ kind: 'sealed', dek: bytesToKey(dek), dekId: keyId, nonce: bytesToKey(nonce) });
    }
    return sealed;
  }
}

/** A cipher over a keystore; it tells what it seals if anybody listens. */
export function cipherOf(keystore: Keystore, observe: Observe): Cipher {
  return observe === null ? new Cipher(keystore) : new ToldCipher(keystore, observe);
}
