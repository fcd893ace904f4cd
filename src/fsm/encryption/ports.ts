// What the encryption dispatcher asks of an applier, and what an applier asks of the node it runs on. The ports are
// narrow on purpose: the simulator, the conformance runner and a test each satisfy them with a few lines, and none of
// them can reach past them into state that a real node would not share.
import type { FullNodeId } from '../../base/ids.ts';
import type { Index } from '../../raft/types.ts';
import type { Failure } from '../failure.ts';

/** One writer's row as it travels in a payload. */
export interface Registration {
  /** uint32. */
  readonly dekId: number;
  readonly fullNodeId: FullNodeId;
  /** 0–65535. */
  readonly localEpoch: number;
}

/** The first DEK pair of a cluster and the writers that may use it. */
export interface Bootstrap {
  readonly storageDekId: number;
  readonly wrappedStorage: Uint8Array;
  readonly raftDekId: number;
  readonly wrappedRaft: Uint8Array;
  /** At most 16384 rows. */
  readonly batch: readonly Registration[];
}

/** Rotation of a DEK, or one of the two cutovers. `subTag` and `purpose` are raw bytes: the applier judges them again. */
export interface Rotation {
  readonly subTag: number;
  readonly dekId: number;
  readonly purpose: number;
  readonly wrapped: Uint8Array;
  readonly proposer: Registration;
}

/**
 * Applies what the dispatcher decoded. Null: applied. A failure of any class halts the replica.
 * @source elastickv kv.EncryptionApplier
 */
export interface EncryptionApplier {
  applyRegistration(row: Registration): Failure | null;
  applyBootstrap(index: Index, payload: Bootstrap): Failure | null;
  applyRotation(index: Index, payload: Rotation): Failure | null;
}

/** Unwraps a DEK. The file wrapper is the real one; tests and stand-ins bring their own. */
export interface KeyUnwrapper {
  /** The 32 raw bytes, or why they cannot be had. */
  unwrap(wrapped: Uint8Array): Uint8Array | Failure;
}

/**
 * The raw key space of one group's store, outside MVCC. Writes are synchronous and do not move the durable applied
 * index. A failure is a store error with Go's text.
 */
export interface RawStore {
  /** The value, null if absent. */
  get(key: Uint8Array): Uint8Array | null | Failure;
  /** Null on success. */
  set(key: Uint8Array, value: Uint8Array): Failure | null;
}

/** Switches this process to wrapping proposals from `cutoverIndex` on. A failure halts the replica. */
export type WrapInstaller = (cutoverIndex: Index, raftDekId: number) => Failure | null;

/** Raft-envelope side of the apply loop: unwraps an entry past the cutover. */
export interface RaftUnwrapper {
  unwrap(envelope: Uint8Array): Uint8Array | Failure;
}
