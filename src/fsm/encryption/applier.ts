// Applies the encryption payloads of one group. Nothing is rolled back: a failure leaves behind what was done before it
// (a key in the keystore, a sidecar on disk, a row in the registry), the replica halts, and the replay of the same entry
// must pass over those remains. That is why the steps stand in this order and no other: the writer's row before the
// cutover it belongs to, the already-active test before the stale one, the equal epoch as a replay and not a rollback.
import { Failure, failure } from '../failure.ts';
import { Purpose, SubTag } from '../opcodes.ts';
import { applyEnableRaftEnvelope, applyEnableStorageEnvelope } from './applier-cutover.ts';
import { halt, judgeBootstrap, judgeEpoch, judgeProposer, sameWrapped, seen, sidecarKey } from './applier-rules.ts';
import type { Files } from './files.ts';
import type { Keystore } from './keystore.ts';
import { fullIdHex, nodeId16 } from './node-id16.ts';
import type {
  Bootstrap,
  EncryptionApplier,
  KeyUnwrapper,
  RawStore,
  Registration,
  Rotation,
  WrapInstaller,
} from './ports.ts';
import { decodeRegistryRow, encodeRegistryRow, registryKey } from './registry.ts';
import { emptySidecar } from './sidecar-format.ts';
import type { Sidecar, SidecarKey } from './sidecar-format.ts';
import { isMissing, readSidecar, writeSidecar } from './sidecar.ts';
import type { StateCache } from './state-cache.ts';
import { goHex } from './wire.ts';

/** What an applier is built from; null where this process has not configured it. */
export interface ApplierOptions {
  /** This group's raw keys. */
  readonly registry: RawStore;
  readonly kek: KeyUnwrapper | null;
  /** Shared by all groups of the process, as are the cache and the sidecar path. */
  readonly keystore: Keystore | null;
  readonly files: Files;
  /** Empty when not configured. */
  readonly sidecarPath: string;
  readonly cache: StateCache;
  /** RFC 3339 UTC seconds: what a key's `created` is set to. */
  readonly now: () => string;
  /** This process load's pinned storage epoch; 0 when none is pinned. */
  readonly localEpoch: number;
  /** The same for raft. */
  readonly raftLocalEpoch: number;
  readonly installWrap: WrapInstaller | null;
}

/** The parts of an applier whose absence makes it refuse; see `configured`. */
export interface Configured {
  readonly kek: KeyUnwrapper;
  readonly keystore: Keystore;
}

/** One group's applier. @source elastickv encryption.Applier */
export class Applier implements EncryptionApplier {
  readonly options: ApplierOptions;

  /** Use `createApplier`, which primes the cache. */
  constructor(options: ApplierOptions) {
    this.options = options;
  }

  /** Inserts the row or raises its epoch; a replay of the same epoch changes nothing. */
  applyRegistration(row: Registration): Failure | null {
    const { registry } = this.options;
    const key = registryKey(row.dekId, nodeId16(row.fullNodeId));
    const present = registry.get(key);
    if (present instanceof Failure) return present.within('applier: get registry row');
    if (present === null) {
      const inserted = registry.set(key, encodeRegistryRow(seen(row, row.localEpoch)));
      return inserted?.within('applier: insert registry row') ?? null;
    }
    const previous = decodeRegistryRow(present);
    if (previous instanceof Failure) return previous.within('applier: decode existing registry row');
    const refusal = judgeEpoch(row, previous);
    if (refusal !== null) return refusal;
    if (row.localEpoch === previous.lastSeenLocalEpoch) return null;
    const advanced = registry.set(key, encodeRegistryRow(seen(row, previous.firstSeenLocalEpoch)));
    return advanced?.within('applier: update registry row') ?? null;
  }

  applyBootstrap(index: number, p: Bootstrap): Failure | null {
    const ready = this.configured('bootstrap');
    if (ready instanceof Failure) return ready;
    const refusal = judgeBootstrap(p) ?? this.#judgeReplay(p);
    if (refusal !== null) return refusal;

    const storageDek = ready.kek.unwrap(p.wrappedStorage);
    if (storageDek instanceof Failure) return storageDek.within('applier: kek-unwrap storage DEK');
    const raftDek = ready.kek.unwrap(p.wrappedRaft);
    if (raftDek instanceof Failure) return raftDek.within('applier: kek-unwrap raft DEK');
    const failed =
      ready.keystore.set(p.storageDekId, storageDek)?.within('applier: keystore set storage DEK') ??
      ready.keystore.set(p.raftDekId, raftDek)?.within('applier: keystore set raft DEK') ??
      this.#writeBootstrap(index, p);
    if (failed !== null) return failed;

    // From here on the cluster is bootstrapped, whatever becomes of the rows.
    for (const [i, row] of p.batch.entries()) {
      const at = `at index ${i} (dek_id=${row.dekId}, full_node_id=${fullIdHex(row.fullNodeId)})`;
      const refused = this.applyRegistration(row);
      if (refused !== null) return refused.within(`applier: bootstrap batch registry insert ${at}`);
    }
    return null;
  }

  applyRotation(index: number, p: Rotation): Failure | null {
    const ready = this.configured('rotation');
    if (ready instanceof Failure) return ready;
    switch (p.subTag) {
      case SubTag.RotateDek:
        return this.#rotateDek(ready, index, p);
      case SubTag.EnableStorageEnvelope:
        return applyEnableStorageEnvelope(this, index, p);
      case SubTag.EnableRaftEnvelope:
        return applyEnableRaftEnvelope(this, index, p);
      default:
        return failure('ErrEncryptionApply', `applier: rotation sub_tag ${goHex(p.subTag)} not recognised`);
    }
  }

  /** KEK and keystore, if those and the sidecar path are all there; ErrKEKNotConfigured otherwise. */
  configured(what: string): Configured | Failure {
    const { kek, keystore, sidecarPath } = this.options;
    if (kek !== null && keystore !== null && sidecarPath !== '') return { kek, keystore };
    return failure('ErrKEKNotConfigured', `applier: ${what} requires WithKEK + WithKeystore + WithSidecarPath`);
  }

  /** The sidecar, which must exist: a rotation before the bootstrap halts. */
  readSidecar(what: string): Sidecar | Failure {
    const sidecar = readSidecar(this.options.files, this.options.sidecarPath);
    return sidecar instanceof Failure ? sidecar.within(`applier: read sidecar for ${what}`) : sidecar;
  }

  /** Notes the index, writes durably, and only then lets the storage path see the change. */
  commitSidecar(sidecar: Sidecar, index: number, what: string): Failure | null {
    // Index 0 means that the engine told none; the mark never moves down.
    if (BigInt(index) > sidecar.raftAppliedIndex) sidecar.raftAppliedIndex = BigInt(index);
    const failed = writeSidecar(this.options.files, this.options.sidecarPath, sidecar);
    if (failed !== null) return failed.within(`applier: write sidecar for ${what}`);
    this.options.cache.refresh(sidecar);
    return null;
  }

  /** Switches this process to wrapping; without an installer there is nothing to switch. */
  installWrap(cutoverIndex: bigint, raftDekId: number, when: string): Failure | null {
    const { installWrap } = this.options;
    if (installWrap === null) return null;
    return (
      installWrap(Number(cutoverIndex), raftDekId)?.within(`applier: install raft-cutover wrap on ${when}`) ?? null
    );
  }

  /** A second bootstrap is a replay of the first, or it halts. */
  #judgeReplay(p: Bootstrap): Failure | null {
    const sidecar = readSidecar(this.options.files, this.options.sidecarPath);
    if (sidecar instanceof Failure) {
      return isMissing(sidecar) ? null : sidecar.within('applier: read sidecar for bootstrap idempotency check');
    }
    const { storage, raft } = sidecar.active;
    if (storage === 0 && raft === 0) return null;
    if (storage !== p.storageDekId || raft !== p.raftDekId) {
      const present = `(Active.Storage=${storage}, Active.Raft=${raft})`;
      const wanted = `(${p.storageDekId}, ${p.raftDekId})`;
      return halt(`cluster already bootstrapped ${present}; cannot re-bootstrap to ${wanted} — use rotate-dek`);
    }
    const storageKey = sidecar.keys?.get(String(storage));
    const raftKey = sidecar.keys?.get(String(raft));
    if (storageKey === undefined || raftKey === undefined) {
      const active = `(${storage}, ${raft})`;
      return halt(`sidecar inconsistent — Active matches ${active} but keys map missing one or both entries`);
    }
    if (sameWrapped(storageKey, p.wrappedStorage) && sameWrapped(raftKey, p.wrappedRaft)) return null;
    return halt(
      'cluster already bootstrapped with different wrapped DEK material at the same DEK IDs — use rotate-dek',
    );
  }

  #writeBootstrap(index: number, p: Bootstrap): Failure | null {
    const found = readSidecar(this.options.files, this.options.sidecarPath);
    if (found instanceof Failure && !isMissing(found)) return found.within('applier: read sidecar for bootstrap');
    const sidecar = found instanceof Failure ? emptySidecar() : found;
    const keys = (sidecar.keys ??= new Map<string, SidecarKey>());
    const created = this.options.now();
    sidecar.active = { storage: p.storageDekId, raft: p.raftDekId };
    keys.set(String(p.storageDekId), sidecarKey(Purpose.Storage, p.wrappedStorage, created, 0));
    keys.set(String(p.raftDekId), sidecarKey(Purpose.Raft, p.wrappedRaft, created, 0));
    return this.commitSidecar(sidecar, index, 'bootstrap');
  }

  #rotateDek(ready: Configured, index: number, p: Rotation): Failure | null {
    const foreign = judgeProposer(p, 'rotation');
    if (foreign !== null) return foreign;
    const dek = ready.kek.unwrap(p.wrapped);
    if (dek instanceof Failure) return dek.within('applier: kek-unwrap rotation DEK');
    const conflict = ready.keystore.set(p.dekId, dek);
    if (conflict !== null) return conflict.within('applier: keystore set rotation DEK');
    const sidecar = this.readSidecar('rotation');
    if (sidecar instanceof Failure) return sidecar;
    const isRaft = p.purpose === Purpose.Raft;
    if (!isRaft && p.purpose !== Purpose.Storage) return halt(`rotation purpose ${goHex(p.purpose)} not recognised`);

    sidecar.active[isRaft ? 'raft' : 'storage'] = p.dekId;
    const keys = (sidecar.keys ??= new Map<string, SidecarKey>());
    // Each node records its own pinned epoch; a common 0 would let every node reuse nonces after a restart.
    const epoch = isRaft ? this.options.raftLocalEpoch : this.options.localEpoch;
    keys.set(String(p.dekId), sidecarKey(p.purpose, p.wrapped, this.options.now(), epoch));
    const failed =
      this.commitSidecar(sidecar, index, 'rotation') ??
      this.applyRegistration(p.proposer)?.within('applier: rotation proposer-registration insert') ??
      null;
    if (failed !== null || !isRaft || sidecar.raftEnvelopeCutoverIndex === 0n) return failed;
    return this.installWrap(sidecar.raftEnvelopeCutoverIndex, p.dekId, 'raft DEK rotation');
  }
}

/**
 * Builds an applier and primes the cache from an existing sidecar; a missing one is fine, an unreadable one is not.
 * @source elastickv encryption.NewApplier
 */
export function createApplier(options: ApplierOptions): Applier | Failure {
  if (options.sidecarPath !== '') {
    const sidecar = readSidecar(options.files, options.sidecarPath);
    if (!(sidecar instanceof Failure)) options.cache.refresh(sidecar);
    else if (!isMissing(sidecar)) {
      return sidecar.within('encryption: NewApplier: prime in-memory state from sidecar');
    }
  }
  return new Applier(options);
}
