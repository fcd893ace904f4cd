// The two cutovers, after which replicas write ciphertext. Everything that can go wrong here goes wrong late: two
// handlers that both saw "not yet active", a rotation that moves the key between the check and the entry, a proposal
// reported as failed that commits later. So a cutover holds the permit from the first check to the last read, and the
// raft cutover keeps user proposals out until it knows what became of its marker; what it cannot know it latches.
import { Code, StatusError } from '../base/errors.ts';
import type { FullNodeId } from '../base/ids.ts';
import type { Task } from '../base/task.ts';
import { SubTag, Purpose } from '../fsm/opcodes.ts';
import { proposeEntry, rawProposer, readSidecar, withPermit, wrappingProposer } from './admin-state.ts';
import type { AdminState } from './admin-state.ts';
import { requireCapableMembers } from './capability.ts';
import { rotationEntry } from './entries.ts';
import { requireLeader } from './leader-checks.ts';
import type { EnableEnvelopeRequest, EnableRaftEnvelopeResponse, EnableStorageEnvelopeResponse } from './messages.ts';
import type { CallContext, CutoverBarrier, Index, SidecarState } from './ports.ts';
import { NO_PATH, barrierRefusal, failedPrecondition } from './refusals.ts';
import { orEnd, pause } from './waiting.ts';
import { checkProposer } from './writer-batch.ts';
import type { Wiring } from './wiring.ts';

const NONE = new Uint8Array(0);

/** How often the barrier looks at the applied index, in virtual milliseconds (the real one looks every half). */
const APPLIED_POLL_MS = 1;

const WRAP_GATE_OFF =
  'enable-raft-envelope is administratively gated; accepting the cutover without wrap-on-propose / unwrap-on-apply / ' +
  '§7.1 proposal-quiescence-barrier would make the cluster unsafe';
const NO_BARRIER =
  'cutover barrier controller is not wired — wire WithEncryptionAdminCutoverBarrier before enabling the raft envelope cutover';
const NO_APPLIED_INDEX =
  'latest-applied-index callback is not wired — wire WithEncryptionAdminLatestAppliedIndex before enabling the raft envelope cutover';
const STALE_MARKER =
  'cutover marker applied as stale-DEK no-op (concurrent RotateDEK race) — retry against the now-updated Active.Raft';

/** EnableStorageEnvelope. @source admin.md §4 */
export function enableStorageEnvelope(
  state: AdminState,
  request: EnableEnvelopeRequest,
  ctx: CallContext,
): Task<EnableStorageEnvelopeResponse> {
  return withPermit(state, ctx, function* () {
    const w = state.wiring;
    const sidecar = yield* cutoverPreconditions(w, request, ctx);
    if (sidecar.activeStorage === 0) throw notBootstrapped('Storage');
    if (sidecar.storageEnvelopeActive) return storageAlreadyActive(sidecar);
    const capability_summary = yield* requireCapableMembers(w, ctx);
    const entry = cutoverEntry(SubTag.EnableStorageEnvelope, Purpose.Storage, sidecar.activeStorage, request);
    const index = yield* proposeEntry(wrappingProposer(w), ctx, entry);
    const after = readSidecar(w);
    if (!after.storageEnvelopeActive) throw raced('Storage');
    return {
      applied_index: String(after.storageCutoverIndex === 0n ? index : after.storageCutoverIndex),
      capability_summary,
      cutover_index_unknown: false,
      was_already_active: false,
    };
  });
}

/** An older sidecar knows that the envelope is active but not since when. */
function storageAlreadyActive(sidecar: SidecarState): EnableStorageEnvelopeResponse {
  const unknown = sidecar.storageCutoverIndex === 0n;
  return {
    applied_index: String(unknown ? sidecar.appliedIndex : sidecar.storageCutoverIndex),
    capability_summary: [],
    cutover_index_unknown: unknown,
    was_already_active: true,
  };
}

/** EnableRaftEnvelope. @source admin.md §4 */
export function enableRaftEnvelope(
  state: AdminState,
  request: EnableEnvelopeRequest,
  ctx: CallContext,
): Task<EnableRaftEnvelopeResponse> {
  return withPermit(state, ctx, function* () {
    const w = state.wiring;
    const sidecar = yield* cutoverPreconditions(w, request, ctx);
    if (sidecar.activeRaft === 0) throw notBootstrapped('Raft');
    if (sidecar.raftCutoverIndex !== 0n) return raftResponse(sidecar.raftCutoverIndex, [], true);
    const { barrier, applied } = cutoverMachinery(w);
    const verdicts = yield* requireCapableMembers(w, ctx);
    const marker = cutoverEntry(SubTag.EnableRaftEnvelope, Purpose.Raft, sidecar.activeRaft, request);
    yield* behindBarrier(state, barrier, applied, marker, ctx);
    const after = readSidecar(w);
    if (after.raftCutoverIndex === 0n) throw raced('Raft');
    return raftResponse(after.raftCutoverIndex, verdicts, false);
  });
}

function raftResponse(
  index: bigint,
  capability_summary: EnableRaftEnvelopeResponse['capability_summary'],
  was_already_active: boolean,
): EnableRaftEnvelopeResponse {
  return { applied_index: String(index), capability_summary, was_already_active };
}

/** Guards 2–6, shared by both cutovers. @throws StatusError */
function* cutoverPreconditions(w: Wiring, request: EnableEnvelopeRequest, ctx: CallContext): Task<SidecarState> {
  yield* requireLeader(w, ctx);
  rawProposer(w);
  if (w.sidecar === null) throw failedPrecondition(NO_PATH);
  checkProposer(request);
  return readSidecar(w);
}

function notBootstrapped(slot: 'Storage' | 'Raft'): StatusError {
  return failedPrecondition(`cluster not bootstrapped (Active.${slot} == 0) — call BootstrapEncryption first`);
}

function raced(slot: 'Storage' | 'Raft'): StatusError {
  return failedPrecondition(
    `cutover proposal raced a RotateDEK (sidecar.Active.${slot} moved); retry against the new active DEK`,
  );
}

function cutoverEntry(subTag: SubTag, purpose: Purpose, dekId: number, r: EnableEnvelopeRequest): Uint8Array {
  const proposer = { dekId, fullNodeId: r.proposer_node_id as FullNodeId, localEpoch: r.proposer_local_epoch };
  return rotationEntry({ subTag, dekId, purpose, wrapped: NONE, proposer });
}

/** Guards 9–12 of the raft cutover: all it needs is wired and its topology is allowed. @throws StatusError */
function cutoverMachinery(w: Wiring): { barrier: CutoverBarrier; applied: () => Index } {
  if (!w.raftWrapGate) throw failedPrecondition(WRAP_GATE_OFF);
  if (w.cutoverBarrier === null) throw failedPrecondition(NO_BARRIER);
  if (w.latestAppliedIndex === null) throw failedPrecondition(NO_APPLIED_INDEX);
  const outOfScope = w.cutoverBarrier.scope();
  if (outOfScope !== null) throw new StatusError(Code.FailedPrecondition, outOfScope);
  return { barrier: w.cutoverBarrier, applied: w.latestAppliedIndex };
}

/**
 * The six steps of the barrier. From the moment the marker may be in the log until its effect is seen, a failure leaves
 * the barrier open and the latch set: an entry let through now could stand in cleartext above the cutover.
 * @throws StatusError @source admin.md §8
 */
function* behindBarrier(
  state: AdminState,
  barrier: CutoverBarrier,
  applied: () => Index,
  marker: Uint8Array,
  ctx: CallContext,
): Task<void> {
  const w = state.wiring;
  let safeToRelease = true;
  barrier.begin();
  try {
    yield* drained(barrier, ctx);
    safeToRelease = false;
    const index = yield* proposeEntry(rawProposer(w), ctx, marker);
    yield* appliedAt(w, applied, index, ctx);
    const sidecar = readSidecar(w);
    if (sidecar.raftCutoverIndex === 0n) {
      safeToRelease = true;
      throw failedPrecondition(STALE_MARKER);
    }
    barrier.installWrap(Number(sidecar.raftCutoverIndex), sidecar.activeRaft);
    safeToRelease = true;
  } finally {
    if (safeToRelease) barrier.end();
    else state.unsafe = true;
  }
}

function* drained(barrier: CutoverBarrier, ctx: CallContext): Task<void> {
  try {
    yield* orEnd(ctx, barrier.waitDrained());
  } catch (error) {
    throw barrierRefusal(error, '§7.1 step-2 drain wait');
  }
}

function* appliedAt(w: Wiring, applied: () => Index, index: Index, ctx: CallContext): Task<void> {
  try {
    while (applied() < index) yield* pause(ctx, w.clock, APPLIED_POLL_MS);
  } catch (error) {
    throw barrierRefusal(error, `§7.1 step-4 await apply of index ${index}`);
  }
}
