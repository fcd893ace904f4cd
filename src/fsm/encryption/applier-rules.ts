// What the applier refuses, apart from what it does: pure judgements over a payload and what is already there, each with
// the real store's text. Every refusal here halts the replica, so none may depend on anything two replicas could
// disagree about.
import { equalBytes } from '../../base/bytes.ts';
import { failure } from '../failure.ts';
import type { Failure } from '../failure.ts';
import { Purpose } from '../opcodes.ts';
import { fullIdHex } from './node-id16.ts';
import type { Bootstrap, Registration, Rotation } from './ports.ts';
import type { RegistryRow } from './registry.ts';
import type { SidecarKey } from './sidecar-format.ts';

/** A refusal of the applier itself. */
export function halt(detail: string): Failure {
  return failure('ErrEncryptionApply', `applier: ${detail}`);
}

/** The proposer's row must be for the DEK of the entry, or the DEK would have no writer. */
export function judgeProposer(p: Rotation, what: string): Failure | null {
  if (p.proposer.dekId === p.dekId) return null;
  return halt(`${what} proposer_registration.dek_id=${p.proposer.dekId} does not match rotation dek_id=${p.dekId}`);
}

/** Whether a writer may take the row it finds: same identity, then an epoch no lower. */
export function judgeEpoch(row: Registration, previous: RegistryRow): Failure | null {
  // Identity comes before epochs: the epochs of two different nodes say nothing about each other.
  if (previous.fullNodeId !== row.fullNodeId) {
    const who = `(existing full_node_id=${fullIdHex(previous.fullNodeId)}, incoming=${fullIdHex(row.fullNodeId)})`;
    return halt(`writer-registry uint16 collision at dek_id=${row.dekId} ${who}`);
  }
  if (row.localEpoch >= previous.lastSeenLocalEpoch) return null;
  const where = `dek_id=${row.dekId} full_node_id=${fullIdHex(row.fullNodeId)}`;
  const epochs = `(existing last_seen=${previous.lastSeenLocalEpoch}, incoming=${row.localEpoch})`;
  return halt(`writer-registry local_epoch rollback at ${where} ${epochs}`);
}

/** Two different DEKs, and no row for a third. */
export function judgeBootstrap(p: Bootstrap): Failure | null {
  if (p.storageDekId === p.raftDekId) {
    return halt(`bootstrap requires distinct storage and raft DEK IDs (got ${p.storageDekId} for both)`);
  }
  for (const [i, row] of p.batch.entries()) {
    if (row.dekId === p.storageDekId || row.dekId === p.raftDekId) continue;
    const pair = `storage=${p.storageDekId} or raft=${p.raftDekId}`;
    return halt(`bootstrap BatchRegistry[${i}].dek_id=${row.dekId} does not match ${pair}`);
  }
  return null;
}

/** The row after a registration. */
export function seen(row: Registration, firstSeenLocalEpoch: number): RegistryRow {
  return { fullNodeId: row.fullNodeId, firstSeenLocalEpoch, lastSeenLocalEpoch: row.localEpoch };
}

/** True if a key of the sidecar holds exactly these bytes. */
export function sameWrapped(key: SidecarKey, wrapped: Uint8Array): boolean {
  // Go compares a nil slice and an empty one as equal.
  return key.wrapped === null ? wrapped.length === 0 : equalBytes(key.wrapped, wrapped);
}

/** A key entry as the applier writes it. The bytes are copied: the payload is a view into a log entry. */
export function sidecarKey(purpose: Purpose, wrapped: Uint8Array, created: string, localEpoch: number): SidecarKey {
  return {
    purpose: purpose === Purpose.Raft ? 'raft' : 'storage',
    // Go's copy of an empty slice is nil, and nil is written as null.
    wrapped: wrapped.length === 0 ? null : wrapped.slice(),
    created,
    localEpoch,
  };
}
