// What all groups of one process share about keys: the KEK, the unwrapped DEKs, the mirror of the sidecar, the epochs
// this load was pinned to, and the point in the log behind which proposals are wrapped. The sharing is the hazard: one
// group's log moves them under every other group of the process.
import { Failure, plain } from '../../fsm/failure.ts';
import type { FullNodeId } from '../../base/ids.ts';
import { Keystore, NonceFactory, StateCache, nodeId16, readSidecar } from '../../fsm/encryption/index.ts';
import type { EmitGates, Files, KekWrapper, NonceSource, Sidecar, WrapInstaller } from '../../fsm/encryption/index.ts';
import { CLEARTEXT_GATES } from '../../fsm/encryption/storage-envelope.ts';
import { WrapRuntime } from '../../fsm/encryption/wrap-runtime.ts';
import { deriveNodeId } from '../../admin/index.ts';
import type { Stage, StartPlan } from '../../admin/index.ts';
import { cipherOf } from './facts.ts';
import type { Observe } from './facts.ts';
import { tripleGate } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Profile } from './profile.ts';
import type { Wrong } from './wrong.ts';

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
  /** Wraps and unwraps raft entries; null where the release or the flags do not. */
  raft: WrapRuntime | null = null;

  /** One counter for all stores of the process: their values stand under one DEK. */
  #storageNonces: NonceSource | null = null;
  readonly observe: Observe;
  readonly #wrong: ReadonlySet<Wrong>;

  constructor(
    node: string,
    flags: Flags,
    { stage, wrong }: Pick<Profile, 'stage' | 'wrong'>,
    files: Files,
    observe: Observe,
  ) {
    this.flags = flags;
    this.stage = stage;
    this.files = files;
    this.observe = observe;
    this.#wrong = wrong;
    this.me = deriveNodeId(node);
  }

  /** Whether this build encrypts at rest under these flags. */
  get encryptsStorage(): boolean {
    return this.stage.storageCipher && tripleGate(this.flags);
  }

  /** Whether this build wraps and unwraps raft entries under these flags. */
  get wrapsRaft(): boolean {
    return this.stage.raftEnvelope && tripleGate(this.flags) && !this.#wrong.has('no-wrap');
  }

  /** The switches of a store's write path. */
  storageGates(cache: StateCache): EmitGates {
    if (!this.encryptsStorage) return CLEARTEXT_GATES;
    return {
      cipher: cipherOf(this.keystore, this.observe),
      nonces: (this.#storageNonces ??= this.#nonces(this.storageEpoch)),
      activeDekId: () => cache.activeStorageDekId,
      envelopeActive: () => cache.storageEnvelopeActive,
      registered: () => cache.registered,
    };
  }

  /** Takes over what the start-up guards decided. */
  adopt(plan: StartPlan): void {
    this.kek = plan.kekFile;
    const late = this.#wrong.has('bump-after-start') ? 1 : 0;
    this.storageEpoch = Math.max(0, plan.storageEpoch - late);
    this.raftEpoch = plan.raftEpoch;
    if (this.wrapsRaft) this.raft = this.#wrapRuntime();
    const sidecar = this.#sidecar();
    if (sidecar === null) return;
    this.cache.refresh(sidecar);
    if (plan.raftCutoverIndex !== 0n && !this.#wrong.has('silent-start'))
      this.installWrap(Number(plan.raftCutoverIndex), sidecar.active.raft);
  }

  /** Publishes the raft cutover on this process; the applier, the service and the start-up all do. */
  readonly installWrap: WrapInstaller = (cutoverIndex, raftDekId) => {
    this.raft?.publish(cutoverIndex, raftDekId);
    return null;
  };

  /** Takes an index for a cutover, whatever the sidecar says. */
  installRegardless(cutoverIndex: number): void {
    const sidecar = this.#sidecar();
    if (sidecar === null) return;
    this.raft?.markRegistered(sidecar.active.raft);
    this.installWrap(cutoverIndex, sidecar.active.raft);
  }

  /** Entries above this index are wrapped, as far as this process knows; 0 for none. */
  get cutoverIndex(): number {
    return this.raft?.cutoverIndex ?? 0;
  }

  /** What is proposed for a payload: wrapped behind the cutover, as it is before. */
  wrap(payload: Uint8Array): Uint8Array | Failure {
    return this.raft === null ? payload : this.raft.wrap(payload);
  }

  /** The payload inside an entry past the cutover. */
  unwrap(envelope: Uint8Array): Uint8Array | Failure {
    if (this.raft === null) return plain('raftengine/etcd: entry past raft envelope cutover but no raft cipher wired');
    const clear = this.raft.unwrap(envelope);
    return clear instanceof Failure ? clear.within('raftengine/etcd: raft envelope unwrap') : clear;
  }

  #wrapRuntime(): WrapRuntime {
    return new WrapRuntime({
      cipher: cipherOf(this.keystore, this.observe),
      nonces: this.#nonces(this.raftEpoch),
      fullNodeId: this.me,
      raftEpoch: this.raftEpoch,
    });
  }

  #nonces(epoch: number): NonceSource {
    const make = (): NonceFactory => {
      const factory = new NonceFactory(nodeId16(this.me), epoch);
      if (this.#wrong.has('counter-near-end')) factory.skipTo(LAST_COUNT - 2n);
      return factory;
    };
    return this.#wrong.has('counter-wraps') ? wrapping(make) : make();
  }

  #sidecar(): Sidecar | null {
    const { sidecarPath } = this.flags;
    if (sidecarPath === null) return null;
    const sidecar = readSidecar(this.files, sidecarPath);
    return sidecar instanceof Failure ? null : sidecar;
  }
}

const LAST_COUNT = 0xffff_ffff_ffff_ffffn;

/** Nonces of a factory and, when it is used up, the same ones again. */
function wrapping(make: () => NonceFactory): NonceSource {
  let factory = make();
  return {
    next() {
      const nonce = factory.next();
      if (!(nonce instanceof Failure)) return nonce;
      factory = make();
      return factory.next();
    },
  };
}
