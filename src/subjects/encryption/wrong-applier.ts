// An applier that deviates from the real one in one named way, for the hazards whose cause is a rule of the applier. Each
// deviation is decided in front of the real applier or instead of it; what it does not touch is the real code.
import { Failure, failure } from '../../fsm/failure.ts';
import { SubTag } from '../../fsm/opcodes.ts';
import { decodeRegistryRow, nodeId16, readSidecar, registryKey, writeSidecar } from '../../fsm/encryption/index.ts';
import type { Applier, EncryptionApplier, Registration, Rotation, Sidecar } from '../../fsm/encryption/index.ts';
import type { ProcessKeys } from './process-keys.ts';
import type { Wrong } from './wrong.ts';

/** Whether an installer is kept from doing anything for now. */
export interface Muting {
  muted: boolean;
}

/** The applier with the deviations of a build. */
export function wrongApplier(
  applier: Applier,
  wrong: ReadonlySet<Wrong>,
  keys: ProcessKeys,
  rotation: Muting,
): EncryptionApplier {
  return {
    applyRegistration: (row) =>
      (wrong.has('equal-is-rollback') ? seenBefore(applier, row) : null) ?? applier.applyRegistration(row),
    applyBootstrap: (index, payload) => {
      if (wrong.has('bootstrap-overwrites')) forget(keys);
      return applier.applyBootstrap(index, payload);
    },
    applyRotation: (index, payload) => {
      const sidecar = readSidecar(keys.files, keys.flags.sidecarPath ?? '');
      if (sidecar instanceof Failure) return applier.applyRotation(index, payload);
      if (payload.subTag === SubTag.RotateDek) {
        rotation.muted = wrong.has('rotation-installs-nothing');
        const failed = applier.applyRotation(index, payload);
        rotation.muted = false;
        return failed;
      }
      return cutover(applier, wrong, index, payload, sidecar);
    },
  };
}

function cutover(
  applier: Applier,
  wrong: ReadonlySet<Wrong>,
  index: number,
  p: Rotation,
  sidecar: Sidecar,
): Failure | null {
  const isRaft = p.subTag === SubTag.EnableRaftEnvelope;
  // What was decoded is never absent, and was tested for that instead of for its length.
  if (wrong.has('cutover-by-nil')) return failure('ErrEncryptionApply', 'a cutover carries no wrapped DEK');
  if (wrong.has('cutover-at-zero') && isRaft && index === 0) return null;
  const stale = p.dekId !== (isRaft ? sidecar.active.raft : sidecar.active.storage);
  if (stale && wrong.has('stale-is-error'))
    return failure('ErrEncryptionApply', 'cutover names a DEK that is not active');
  if (stale && isRaft && wrong.has('stale-first')) return applier.commitSidecar(sidecar, index, 'stale cutover');
  if (!wrong.has('record-before-row') || stale || isRaft || sidecar.storageEnvelopeActive)
    return applier.applyRotation(index, p);
  sidecar.storageEnvelopeActive = true;
  sidecar.storageEnvelopeCutoverIndex = BigInt(index);
  return applier.commitSidecar(sidecar, index, 'cutover') ?? applier.applyRegistration(p.proposer);
}

/** A registration whose epoch the registry holds already, as an error. */
function seenBefore({ options }: Applier, row: Registration): Failure | null {
  const raw = options.registry.get(registryKey(row.dekId, nodeId16(row.fullNodeId)));
  if (raw === null || raw instanceof Failure) return null;
  const known = decodeRegistryRow(raw);
  if (known instanceof Failure || known.lastSeenLocalEpoch !== row.localEpoch) return null;
  return failure('ErrEncryptionApply', `local_epoch rollback: ${row.localEpoch} <= ${known.lastSeenLocalEpoch}`);
}

/** Empties the sidecar, so that whatever comes next is the first of its kind. */
function forget({ files, flags }: ProcessKeys): void {
  const path = flags.sidecarPath ?? '';
  const sidecar = readSidecar(files, path);
  if (sidecar instanceof Failure) return;
  sidecar.active = { storage: 0, raft: 0 };
  sidecar.keys = new Map();
  writeSidecar(files, path, sidecar);
}
