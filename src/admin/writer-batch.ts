// What the three proposing RPCs require of their fields, before anything is proposed. Whatever passes here reaches the
// log, and an entry the applier cannot apply halts every replica: a duplicate writer, two identities that share their
// low 16 bits, an epoch over 16 bits or a blob no length prefix was meant for must be refused at the boundary. The order
// of the checks is part of the contract: an operator mends one fault at a time.
import { invalidArgument } from './refusals.ts';
import { hex16 } from './node-id.ts';
import type { FullNodeId } from '../base/ids.ts';
import { nodeId16 } from '../fsm/encryption/node-id16.ts';
import type {
  BootstrapEncryptionRequest,
  RegisterEncryptionWriterRequest,
  RotateDEKRequest,
  WriterRegistryEntry,
} from './messages.ts';

/** Largest wrapped DEK the boundary accepts, in bytes. */
export const MAX_WRAPPED_BYTES = 4096;
/** Most registry rows one bootstrap may write; every writer counts twice. */
export const MAX_REGISTRY_ROWS = 16_384;
const MAX_LOCAL_EPOCH = 0xffff;

const KEY_ID_RESERVED = 'must be non-zero (key id 0 is reserved per §5.1)';
const NODE_ID_RESERVED = 'must be non-zero (0 is reserved as the §6.1 not-capable sentinel)';

/** @throws StatusError InvalidArgument @source admin.md §4 BootstrapEncryption 3–8 */
export function checkBootstrap(r: BootstrapEncryptionRequest): void {
  if (r.storage_dek_id === 0) throw invalidArgument(`storage_dek_id ${KEY_ID_RESERVED}`);
  if (r.raft_dek_id === 0) throw invalidArgument(`raft_dek_id ${KEY_ID_RESERVED}`);
  if (r.storage_dek_id === r.raft_dek_id) {
    throw invalidArgument(`storage_dek_id and raft_dek_id must differ; got both ${r.storage_dek_id}`);
  }
  checkWrapped('wrapped_storage_dek', r.wrapped_storage_dek);
  checkWrapped('wrapped_raft_dek', r.wrapped_raft_dek);
  checkBatch(r.writer_batch);
}

/** @returns which DEK is rotated @throws StatusError InvalidArgument @source admin.md §4 RotateDEK 3–7 */
export function checkRotation(r: RotateDEKRequest): 'storage' | 'raft' {
  const purpose = purposeOf(r.purpose);
  if (r.new_dek_id === 0) throw invalidArgument(`new_dek_id ${KEY_ID_RESERVED}`);
  checkWrapped('wrapped_new_dek', r.wrapped_new_dek);
  checkEpoch('proposer_local_epoch', r.proposer_local_epoch);
  checkNodeId('proposer_node_id', r.proposer_node_id);
  return purpose;
}

/** @returns the one writer @throws StatusError InvalidArgument @source admin.md §4 RegisterEncryptionWriter 3–6 */
export function checkRegistration(r: RegisterEncryptionWriterRequest): WriterRegistryEntry {
  if (r.dek_id === 0) throw invalidArgument(`dek_id ${KEY_ID_RESERVED}`);
  const [writer, ...others] = r.writers;
  if (writer === undefined || others.length > 0) {
    const advice = others.length > 0 ? ' (use BootstrapEncryption for multi-writer batches)' : '';
    throw invalidArgument(`RegisterEncryptionWriter requires exactly one writer, got ${r.writers.length}${advice}`);
  }
  checkEpoch('writers[0].local_epoch', writer.local_epoch);
  checkNodeId('writers[0].full_node_id', writer.full_node_id);
  return writer;
}

/** @throws StatusError InvalidArgument @source admin.md §4 EnableStorageEnvelope 5 */
export function checkProposer(r: { readonly proposer_node_id: string; readonly proposer_local_epoch: number }): void {
  checkNodeId('proposer_node_id', r.proposer_node_id);
  checkEpoch('proposer_local_epoch', r.proposer_local_epoch);
}

function purposeOf(purpose: string | number): 'storage' | 'raft' {
  switch (purpose) {
    case 1:
    case 'PURPOSE_STORAGE':
      return 'storage';
    case 2:
    case 'PURPOSE_RAFT':
      return 'raft';
    default: {
      const got = purpose === 0 ? 'PURPOSE_UNSPECIFIED' : purpose;
      throw invalidArgument(`purpose must be PURPOSE_STORAGE or PURPOSE_RAFT, got ${got}`);
    }
  }
}

function checkWrapped(field: string, wrapped: Uint8Array): void {
  if (wrapped.length === 0) throw invalidArgument(`${field} is required`);
  if (wrapped.length > MAX_WRAPPED_BYTES) {
    throw invalidArgument(`${field} size ${wrapped.length} exceeds the ${MAX_WRAPPED_BYTES}-byte gRPC-boundary cap`);
  }
}

function checkEpoch(field: string, epoch: number): void {
  if (epoch <= MAX_LOCAL_EPOCH) return;
  throw invalidArgument(`${field}=${epoch} exceeds the §4.1 16-bit bound (max 0xFFFF)`);
}

function checkNodeId(field: string, id: string): void {
  if (id === '0') throw invalidArgument(`${field} ${NODE_ID_RESERVED}`);
}

function checkBatch(batch: readonly WriterRegistryEntry[]): void {
  if (batch.length === 0) {
    throw invalidArgument('writer_batch must contain at least one member (per §5.6 step 1a)');
  }
  const rows = 2 * batch.length;
  if (rows > MAX_REGISTRY_ROWS) {
    throw invalidArgument(`writer_batch produces ${rows} registry rows, exceeding the §4.1 bound ${MAX_REGISTRY_ROWS}`);
  }
  batch.forEach((entry, i) => {
    checkNodeId(`writer_batch[${i}].full_node_id`, entry.full_node_id);
    checkEpoch(`writer_batch[${i}].local_epoch`, entry.local_epoch);
  });
  checkDistinct(batch);
}

/** Rows are keyed by the low 16 bits, so two writers that share them would be one row. */
function checkDistinct(batch: readonly WriterRegistryEntry[]): void {
  const byId = new Map<string, number>();
  const byKey = new Map<number, string>();
  batch.forEach((entry, i) => {
    const id = entry.full_node_id;
    const earlier = byId.get(id);
    if (earlier !== undefined) {
      throw invalidArgument(`writer_batch[${i}] duplicates full_node_id ${id} already present at index ${earlier}`);
    }
    const key = nodeId16(id as FullNodeId);
    const other = byKey.get(key);
    if (other !== undefined) {
      throw invalidArgument(
        `writer_batch[${i}].full_node_id=${id} collides with ${other} on the uint16 narrowing ${hex16(key)} (registry key)`,
      );
    }
    byId.set(id, i);
    byKey.set(key, id);
  });
}
