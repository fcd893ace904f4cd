// An applier that tells what it took: which entry, and whether anything came of it. A stale cutover and a repeated
// registration are taken without effect; properties about what was promised to a caller have to tell these apart.
import { Failure } from '../../fsm/failure.ts';
import { Opcode } from '../../fsm/opcodes.ts';
import type { KvStore } from '../../fsm/index.ts';
import { formatSidecar, readSidecar } from '../../fsm/encryption/index.ts';
import type { EncryptionApplier } from '../../fsm/encryption/index.ts';
import type { Applied } from './facts.ts';
import type { ProcessKeys } from './process-keys.ts';

type What = Pick<Applied, 'opcode' | 'subTag' | 'dekId'>;

/** The applier, telling; as it is where nobody listens. */
export function observed(
  applier: EncryptionApplier | null,
  keys: ProcessKeys,
  store: KvStore,
  group: number,
): EncryptionApplier | null {
  const { observe } = keys;
  if (applier === null || observe === null) return applier;
  const told = (what: What, apply: () => Failure | null): Failure | null => {
    const before = stateOf(keys, store);
    const failed = apply();
    if (failed === null) observe({ kind: 'applied', group, ...what, effect: stateOf(keys, store) !== before });
    return failed;
  };
  return {
    applyRegistration: (row) => {
      const what = { opcode: Opcode.Registration, subTag: 0, dekId: row.dekId };
      return told(what, () => applier.applyRegistration(row));
    },
    applyBootstrap: (index, payload) => {
      const what = { opcode: Opcode.Bootstrap, subTag: 0, dekId: payload.storageDekId };
      return told(what, () => applier.applyBootstrap(index, payload));
    },
    applyRotation: (index, payload) => {
      const what = { opcode: Opcode.Rotation, subTag: payload.subTag, dekId: payload.dekId };
      return told(what, () => applier.applyRotation(index, payload));
    },
  };
}

/** Everything an encryption entry can change, as text; the applied index is left out. */
function stateOf(keys: ProcessKeys, store: KvStore): string {
  const { sidecarPath } = keys.flags;
  if (sidecarPath === null) return String(store.digest);
  const sidecar = readSidecar(keys.files, sidecarPath);
  if (sidecar instanceof Failure) return `${store.digest} ${sidecar.code}`;
  sidecar.raftAppliedIndex = 0n;
  return `${store.digest} ${formatSidecar(sidecar)}`;
}
