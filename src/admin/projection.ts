// The two RPCs that show what the log knows of a caller as a writer. A stale last-seen epoch shipped here becomes a
// reused nonce after the caller's restart, so the registry is projected only on a replica that proves, before and after
// it reads the sidecar, that it has applied what the cluster committed.
import { Code, StatusError } from '../base/errors.ts';
import type { FullNodeId } from '../base/ids.ts';
import type { Task } from '../base/task.ts';
import { nodeId16 } from '../fsm/encryption/node-id16.ts';
import { decodeRegistryRow } from '../fsm/encryption/registry.ts';
import { Failure } from '../fsm/failure.ts';
import { readSidecar } from './admin-state.ts';
import type { AdminState } from './admin-state.ts';
import { isRegistryLeader, requireRegistryLeader } from './leader-checks.ts';
import type { ResyncSidecarRequest, ResyncSidecarResponse, SidecarStateReport } from './messages.ts';
import { NO_NODE, hex16 } from './node-id.ts';
import type { CallContext, Index, RegistryReader, SidecarState } from './ports.ts';
import { NO_PATH, failedPrecondition, invalidArgument } from './refusals.ts';
import type { Wiring } from './wiring.ts';

type Projection = Record<string, number>;

/** GetSidecarState: a follower answers too, with an empty projection. @source admin.md §4 */
export function* getSidecarState({ wiring: w }: AdminState, ctx: CallContext): Task<SidecarStateReport> {
  if (w.sidecar === null) throw failedPrecondition(NO_PATH);
  let allowed = w.registry !== null && w.fullNodeId !== NO_NODE && (yield* isRegistryLeader(w, ctx));
  const sidecar = readSidecar(w);
  if (allowed) allowed = yield* isRegistryLeader(w, ctx);
  return {
    wrapped_deks_by_id: wrappedDeks(sidecar),
    active_storage_id: sidecar.activeStorage,
    active_raft_id: sidecar.activeRaft,
    storage_envelope_active: sidecar.storageEnvelopeActive,
    raft_envelope_cutover_index: String(sidecar.raftCutoverIndex),
    latest_applied_index: String(latestApplied(w, sidecar)),
    writer_registry_for_caller: allowed ? projectRegistry(w.registry, sidecar, w.fullNodeId) : {},
  };
}

/** ResyncSidecar: the leader's key set and the caller's own rows. @source admin.md §4 */
export function* resyncSidecar(
  { wiring: w }: AdminState,
  request: ResyncSidecarRequest,
  ctx: CallContext,
): Task<ResyncSidecarResponse> {
  yield* requireRegistryLeader(w, ctx);
  if (request.caller_full_node_id === NO_NODE) throw invalidArgument('caller_full_node_id must be non-zero');
  const sidecar = readSidecar(w);
  yield* requireRegistryLeader(w, ctx);
  return {
    wrapped_deks_by_id: wrappedDeks(sidecar),
    active_storage_id: sidecar.activeStorage,
    active_raft_id: sidecar.activeRaft,
    leader_latest_applied_index: String(latestApplied(w, sidecar)),
    writer_registry_for_caller: projectRegistry(w.registry, sidecar, request.caller_full_node_id as FullNodeId),
  };
}

function latestApplied(w: Wiring, sidecar: SidecarState): bigint | Index {
  return w.latestAppliedIndex === null ? sidecar.appliedIndex : w.latestAppliedIndex();
}

function wrappedDeks(sidecar: SidecarState): Record<string, Uint8Array> {
  const byId: Record<string, Uint8Array> = {};
  for (const key of sidecar.keys) byId[String(key.id)] = key.wrapped;
  return byId;
}

/** The caller's last seen epoch under every key of the sidecar; the lowest faulty key is the one reported. */
function projectRegistry(registry: RegistryReader | null, sidecar: SidecarState, caller: FullNodeId): Projection {
  const projection: Projection = {};
  if (registry === null) return projection;
  for (const key of sidecar.keys) {
    const epoch = lastSeen(registry, key.id, caller);
    if (epoch !== null) projection[String(key.id)] = epoch;
  }
  return projection;
}

function lastSeen(registry: RegistryReader, dekId: number, caller: FullNodeId): number | null {
  const node16 = nodeId16(caller);
  const where = `writer registry for dek_id=${dekId} caller_full_node_id=${caller}`;
  const raw = registry.row(dekId, node16);
  if (raw instanceof Failure) throw internal(`read ${where}: ${raw.text}`);
  if (raw === null) return null;
  const row = decodeRegistryRow(raw);
  if (row instanceof Failure) throw internal(`decode ${where}: ${row.text}`);
  if (row.fullNodeId !== caller) {
    throw internal(
      `writer registry node-id collision for dek_id=${dekId} node_id16=${hex16(node16)} ` +
        `(row full_node_id=${row.fullNodeId}, caller_full_node_id=${caller})`,
    );
  }
  return row.lastSeenLocalEpoch;
}

function internal(text: string): StatusError {
  return new StatusError(Code.Internal, `encryption: ${text}`);
}
