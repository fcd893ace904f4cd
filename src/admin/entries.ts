// The log entries the service proposes, built from its requests. The one decision made here is the order of a
// bootstrap's rows: for each writer its storage row, then its raft row, because replicas apply them one by one and a row
// that fails leaves the earlier ones in place.
import type { FullNodeId } from '../base/ids.ts';
import type { Registration, Rotation } from '../fsm/encryption/ports.ts';
import { encodeBootstrap, encodeRegistration, encodeRotation, taggedPayload } from '../fsm/encryption/wire.ts';
import { Opcode } from '../fsm/opcodes.ts';
import type { BootstrapEncryptionRequest } from './messages.ts';

/** A 0x03 entry. */
export function registrationEntry(row: Registration): Uint8Array {
  return taggedPayload(Opcode.Registration, encodeRegistration(row));
}

/** A 0x04 entry. @source admin.md §4 BootstrapEncryption 11 */
export function bootstrapEntry(r: BootstrapEncryptionRequest): Uint8Array {
  const batch: Registration[] = [];
  for (const writer of r.writer_batch) {
    const fullNodeId = writer.full_node_id as FullNodeId;
    batch.push({ dekId: r.storage_dek_id, fullNodeId, localEpoch: writer.local_epoch });
    batch.push({ dekId: r.raft_dek_id, fullNodeId, localEpoch: writer.local_epoch });
  }
  const body = encodeBootstrap({
    storageDekId: r.storage_dek_id,
    wrappedStorage: r.wrapped_storage_dek,
    raftDekId: r.raft_dek_id,
    wrappedRaft: r.wrapped_raft_dek,
    batch,
  });
  return taggedPayload(Opcode.Bootstrap, body);
}

/** A 0x05 entry: a rotation or one of the two cutovers. */
export function rotationEntry(rotation: Rotation): Uint8Array {
  return taggedPayload(Opcode.Rotation, encodeRotation(rotation));
}
