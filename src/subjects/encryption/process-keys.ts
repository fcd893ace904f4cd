// What all groups of one process share about keys: the KEK, the unwrapped DEKs, the mirror of the sidecar, the epochs
// this load was pinned to, and the point in the log behind which proposals are wrapped. The sharing is the hazard: one
// group's log moves them under every other group of the process.
import { plain, Failure, failure } from '../../fsm/failure.ts';
import type { FullNodeId } from '../../base/ids.ts';
import {
  Cipher,
  Keystore,
  NonceFactory,
  StateCache,
  decodeRegistryRow,
  nodeId16,
  readSidecar,
  registryKey,
  taggedPayload,
  encodeRegistration,
  unwrapRaftPayload,
  wrapRaftPayload,
} from '../../fsm/encryption/index.ts';
import type { EmitGates, Files, KekWrapper, RawStore, Sidecar, WrapInstaller } from '../../fsm/encryption/index.ts';
import { equalBytes } from '../../base/bytes.ts';
import { CLEARTEXT_GATES } from '../../fsm/encryption/storage-envelope.ts';
import { Opcode } from '../../fsm/opcodes.ts';
import { deriveNodeId } from '../../admin/index.ts';
import type { Stage, StartPlan } from '../../admin/index.ts';
import { tripleGate } from './flags.ts';
import type { Flags } from './flags.ts';

/** The keys of one process load. */
export class ProcessKeys {
  readonly flags: Flags;
  readonly stage: Stage;
  readonly files: Files;
  /** Identity of the process as a writer: derived from its raft id in every stage. */
  readonly me: FullNodeId;
  readonly keystore = new Keystore();
  readonly cache = new StateCache();
  /** Set by the start-up guards; null without a KEK. */
  kek: KekWrapper | null = null;
  /** This load's pinned epochs; 0 where nothing is bootstrapped yet. */
  storageEpoch = 0;
  raftEpoch = 0;
  /** Index of the raft cutover this process knows of; 0 while inactive. */
  cutoverIndex = 0;
  /** The DEK proposals are wrapped under. */
  raftDekId = 0;
  /** The registry that proves this load's registration: the default group's. */
  registry: RawStore | null = null;
  #raftNonces: NonceFactory | null = null;

  constructor(node: string, flags: Flags, stage: Stage, files: Files) {
    this.flags = flags;
    this.stage = stage;
    this.files = files;
    this.me = deriveNodeId(node);
  }

  /** Whether this build encrypts at rest under these flags. */
  get encryptsStorage(): boolean {
    return this.stage.storageCipher && tripleGate(this.flags);
  }

  /** Whether this build wraps and unwraps raft entries under these flags. */
  get wrapsRaft(): boolean {
    return this.stage.raftEnvelope && tripleGate(this.flags);
  }

  /** The switches of a store's write path. */
  storageGates(): EmitGates {
    if (!this.encryptsStorage) return CLEARTEXT_GATES;
    const { cache } = this;
    return {
      cipher: new Cipher(this.keystore),
      nonces: new NonceFactory(nodeId16(this.me), this.storageEpoch),
      activeDekId: () => cache.activeStorageDekId,
      envelopeActive: () => cache.storageEnvelopeActive,
      registered: () => cache.registered,
    };
  }

  /** Takes over what the start-up guards decided. */
  adopt(plan: StartPlan): void {
    this.kek = plan.kekFile;
    this.storageEpoch = plan.storageEpoch;
    this.raftEpoch = plan.raftEpoch;
    const sidecar = this.#sidecar();
    if (sidecar === null) return;
    this.cache.refresh(sidecar);
    if (plan.raftCutoverIndex !== 0n) this.installWrap(Number(plan.raftCutoverIndex), sidecar.active.raft);
  }

  /** Publishes the raft cutover on this process; the applier, the service and the start-up all do. */
  readonly installWrap: WrapInstaller = (cutoverIndex, raftDekId) => {
    this.cutoverIndex = cutoverIndex;
    this.raftDekId = raftDekId;
    return null;
  };

  /** What is proposed for a payload: wrapped behind the cutover, as it is before. */
  wrap(payload: Uint8Array): Uint8Array | Failure {
    if (this.cutoverIndex === 0 || !this.wrapsRaft) return payload;
    if (!this.raftRegistered() && !equalBytes(payload, this.ownRaftRow())) {
      return plain(
        `raft envelope runtime: writer registration not committed for raft dek_id ${this.raftDekId} ` +
          `local_epoch ${this.raftEpoch}`,
      );
    }
    this.#raftNonces ??= new NonceFactory(nodeId16(this.me), this.raftEpoch);
    const nonce = this.#raftNonces.next();
    return nonce instanceof Failure
      ? nonce
      : wrapRaftPayload(new Cipher(this.keystore), payload, this.raftDekId, nonce);
  }

  /** The payload inside an entry past the cutover. */
  unwrap(envelope: Uint8Array): Uint8Array | Failure {
    if (!this.wrapsRaft) {
      return failure(
        'ErrRaftUnwrapFailed',
        'raftengine/etcd: entry past raft envelope cutover but no raft cipher wired',
      );
    }
    const clear = unwrapRaftPayload(new Cipher(this.keystore), envelope);
    return clear instanceof Failure ? clear.within('raftengine/etcd: raft envelope unwrap') : clear;
  }

  #sidecar(): Sidecar | null {
    const { sidecarPath } = this.flags;
    if (sidecarPath === null) return null;
    const sidecar = readSidecar(this.files, sidecarPath);
    return sidecar instanceof Failure ? null : sidecar;
  }

  /** Whether the default group's registry shows this load as a writer of the active raft DEK. */
  raftRegistered(): boolean {
    return this.registeredEpoch(this.raftDekId) === this.raftEpoch;
  }

  /** The last epoch the registry saw of this node under a DEK; null for none, or for another node's row. */
  registeredEpoch(dekId: number): number | null {
    const raw = this.registry?.get(registryKey(dekId, nodeId16(this.me))) ?? null;
    if (raw === null || raw instanceof Failure) return null;
    const row = decodeRegistryRow(raw);
    return row instanceof Failure || row.fullNodeId !== this.me ? null : row.lastSeenLocalEpoch;
  }

  /** The payload that registers this load under the active raft DEK. */
  ownRaftRow(): Uint8Array {
    const row = { dekId: this.raftDekId, fullNodeId: this.me, localEpoch: this.raftEpoch };
    return taggedPayload(Opcode.Registration, encodeRegistration(row));
  }
}
