// This process's side of the raft cutover: the cell that says from which index on entries are wrapped, and what wraps
// them. It is published at start-up, by the applier on every replica, and by the admin handler, because whoever leads
// next must wrap at once: a single clear entry above the cutover halts every replica of the group. Before this process is
// known to be a registered writer of the active raft DEK nothing is wrapped but the one entry that registers it.
import { equalBytes } from '../../base/bytes.ts';
import type { FullNodeId } from '../../base/ids.ts';
import { Failure, failure } from '../failure.ts';
import { Opcode } from '../opcodes.ts';
import type { Cipher } from './cipher.ts';
import { unwrapRaftPayload, wrapRaftPayload } from './envelope.ts';
import type { NonceSource } from './nonce-factory.ts';
import type { RaftUnwrapper } from './ports.ts';
import { encodeRegistration, taggedPayload } from './wire.ts';

/** What a runtime is built from, once per process load. */
export interface WrapRuntimeParts {
  readonly cipher: Cipher;
  /** Separate from the storage factory, with an epoch of its own. */
  readonly nonces: NonceSource;
  readonly fullNodeId: FullNodeId;
  /** The raft epoch this load pinned. */
  readonly raftEpoch: number;
}

/** Wraps this process's proposals and unwraps what it applies. @source elastickv raft envelope runtime */
export class WrapRuntime implements RaftUnwrapper {
  readonly #parts: WrapRuntimeParts;
  #cutoverIndex = 0;
  #raftDekId = 0;
  #registeredDekId = 0;

  constructor(parts: WrapRuntimeParts) {
    this.#parts = parts;
  }

  /** Entries above this index are wrapped; 0 while the cutover is not known here. */
  get cutoverIndex(): number {
    return this.#cutoverIndex;
  }

  /** The DEK proposals are wrapped under, 0 while they are not. */
  get raftDekId(): number {
    return this.#raftDekId;
  }

  /** Makes the cutover known to this process, and later a rotated DEK. */
  publish(cutoverIndex: number, raftDekId: number): void {
    this.#cutoverIndex = cutoverIndex;
    this.#raftDekId = raftDekId;
  }

  /** Notes that the registration of (DEK, this node, this load's raft epoch) is committed. */
  markRegistered(raftDekId: number): void {
    this.#registeredDekId = raftDekId;
  }

  /** True if this load may wrap under the DEK that is active now. */
  get registered(): boolean {
    return this.#raftDekId !== 0 && this.#registeredDekId === this.#raftDekId;
  }

  /** The payload that registers this load under the DEK that is active now. */
  ownRegistration(): Uint8Array {
    const { fullNodeId, raftEpoch } = this.#parts;
    const row = { dekId: this.#raftDekId, fullNodeId, localEpoch: raftEpoch };
    return taggedPayload(Opcode.Registration, encodeRegistration(row));
  }

  /** What is proposed for a payload: as it is before the cutover; wrapped, or refused (ErrWriterNotRegistered), behind it. */
  wrap(payload: Uint8Array): Uint8Array | Failure {
    if (this.#cutoverIndex === 0) return payload;
    const { cipher, nonces, raftEpoch } = this.#parts;
    if (!this.registered && !equalBytes(payload, this.ownRegistration())) {
      const who = `raft dek_id ${this.#raftDekId} local_epoch ${raftEpoch}`;
      return failure('ErrWriterNotRegistered', `raft envelope runtime: writer registration not committed for ${who}`);
    }
    const nonce = nonces.next();
    if (nonce instanceof Failure) return nonce.within('raft envelope runtime: next nonce');
    return wrapRaftPayload(cipher, payload, this.#raftDekId, nonce);
  }

  unwrap(envelope: Uint8Array): Uint8Array | Failure {
    return unwrapRaftPayload(this.#parts.cipher, envelope);
  }
}

/**
 * Why a process of so many groups may not switch to wrapping: one cutover index cannot be right for two logs. Null if it may.
 * @source elastickv ValidateCutoverScope
 */
export function raftCutoverScope(groupCount: number): string | null {
  if (groupCount === 1) return null;
  const want = 'encryption: raft envelope cutover requires exactly one shard group';
  return `${want} until per-group raft cutover indexes are implemented (got ${groupCount})`;
}
