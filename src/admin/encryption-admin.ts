// The eight RPCs of EncryptionAdmin as tasks: each a list of guards, top to bottom, and one answer. The order of guards
// is the contract: a follower without a proposer says it is not the leader, and an empty request on a good leader is
// refused for its first field. None of them asks whether the cluster can apply what is proposed; that is what the gates
// around this service are for, and what this simulator is about.
import type { FullNodeId } from '../base/ids.ts';
import type { Task } from '../base/task.ts';
import { isMissing } from '../fsm/encryption/sidecar.ts';
import { Failure } from '../fsm/failure.ts';
import { Purpose, SubTag } from '../fsm/opcodes.ts';
import { adminState, proposeMutation, rawProposer } from './admin-state.ts';
import type { AdminState } from './admin-state.ts';
import { enableRaftEnvelope, enableStorageEnvelope } from './cutover.ts';
import { bootstrapEntry, registrationEntry, rotationEntry } from './entries.ts';
import { requireLeader } from './leader-checks.ts';
import type {
  AppliedIndexResponse,
  BootstrapEncryptionRequest,
  CapabilityReport,
  Empty,
  EnableEnvelopeRequest,
  EnableRaftEnvelopeResponse,
  EnableStorageEnvelopeResponse,
  RegisterEncryptionWriterRequest,
  ResyncSidecarRequest,
  ResyncSidecarResponse,
  RotateDEKRequest,
  SidecarStateReport,
} from './messages.ts';
import type { CallContext } from './ports.ts';
import { getSidecarState, resyncSidecar } from './projection.ts';
import { sidecarOrRefuse } from './refusals.ts';
import { checkBootstrap, checkRegistration, checkRotation } from './writer-batch.ts';
import type { Wiring } from './wiring.ts';

/** Answers one RPC, or throws the StatusError it is refused with (text without the wire's prefix). */
export type Handler<Request, Response> = (request: Request, ctx: CallContext) => Task<Response>;

/** The handlers of one server, by RPC name. */
export interface EncryptionAdmin {
  readonly GetCapability: Handler<Empty, CapabilityReport>;
  readonly GetSidecarState: Handler<Empty, SidecarStateReport>;
  readonly BootstrapEncryption: Handler<BootstrapEncryptionRequest, AppliedIndexResponse>;
  readonly RotateDEK: Handler<RotateDEKRequest, AppliedIndexResponse>;
  readonly RegisterEncryptionWriter: Handler<RegisterEncryptionWriterRequest, AppliedIndexResponse>;
  readonly ResyncSidecar: Handler<ResyncSidecarRequest, ResyncSidecarResponse>;
  readonly EnableStorageEnvelope: Handler<EnableEnvelopeRequest, EnableStorageEnvelopeResponse>;
  readonly EnableRaftEnvelope: Handler<EnableEnvelopeRequest, EnableRaftEnvelopeResponse>;
}

/** The RPCs in the order of the contract. */
export const ENCRYPTION_RPCS = [
  'GetCapability',
  'GetSidecarState',
  'BootstrapEncryption',
  'RotateDEK',
  'RegisterEncryptionWriter',
  'ResyncSidecar',
  'EnableStorageEnvelope',
  'EnableRaftEnvelope',
] as const satisfies readonly (keyof EncryptionAdmin)[];
export type EncryptionRpc = (typeof ENCRYPTION_RPCS)[number];

/**
 * One server over a wiring. Its permit and its latch live as long as it does: make one per process (or, for a build
 * that had one per listener, one per listener). A wiring is not validated here, as the real constructor does not.
 */
export function encryptionAdmin(wiring: Wiring): EncryptionAdmin {
  const state = adminState(wiring);
  return {
    GetCapability: () => getCapability(wiring),
    GetSidecarState: (_request, ctx) => getSidecarState(state, ctx),
    BootstrapEncryption: (request, ctx) => bootstrapEncryption(state, request, ctx),
    RotateDEK: (request, ctx) => rotateDek(state, request, ctx),
    RegisterEncryptionWriter: (request, ctx) => registerEncryptionWriter(state, request, ctx),
    ResyncSidecar: (request, ctx) => resyncSidecar(state, request, ctx),
    EnableStorageEnvelope: (request, ctx) => enableStorageEnvelope(state, request, ctx),
    EnableRaftEnvelope: (request, ctx) => enableRaftEnvelope(state, request, ctx),
  };
}

/** "Capable" says that a path is configured, whatever the other flags say. @source admin.md §4 */
function* getCapability(w: Wiring): Task<CapabilityReport> {
  if (w.sidecar === null) {
    return {
      encryption_capable: false,
      build_sha: w.buildSha,
      sidecar_present: false,
      full_node_id: '0',
      local_epoch: 0,
    };
  }
  const read = w.sidecar.read();
  const missing = read instanceof Failure && isMissing(read);
  if (!missing) sidecarOrRefuse(read);
  return {
    encryption_capable: true,
    build_sha: w.buildSha,
    sidecar_present: !missing,
    full_node_id: w.fullNodeId,
    local_epoch: 0,
  };
}

/** Nothing here asks the sidecar: a second bootstrap, or a peer without keys, is found out at apply. @source admin.md §4 */
function* bootstrapEncryption(
  state: AdminState,
  r: BootstrapEncryptionRequest,
  ctx: CallContext,
): Task<AppliedIndexResponse> {
  yield* mutatorPreconditions(state, ctx);
  if (!state.wiring.uncheckedFields) checkBootstrap(r);
  return yield* propose(state, ctx, bootstrapEntry(r));
}

/** @source admin.md §4 */
function* rotateDek(state: AdminState, r: RotateDEKRequest, ctx: CallContext): Task<AppliedIndexResponse> {
  yield* mutatorPreconditions(state, ctx);
  const purpose = checkRotation(r) === 'storage' ? Purpose.Storage : Purpose.Raft;
  const dekId = r.new_dek_id;
  const proposer = { dekId, fullNodeId: r.proposer_node_id as FullNodeId, localEpoch: r.proposer_local_epoch };
  const entry = rotationEntry({ subTag: SubTag.RotateDek, dekId, purpose, wrapped: r.wrapped_new_dek, proposer });
  return yield* propose(state, ctx, entry);
}

/** @source admin.md §4 */
function* registerEncryptionWriter(
  state: AdminState,
  r: RegisterEncryptionWriterRequest,
  ctx: CallContext,
): Task<AppliedIndexResponse> {
  yield* mutatorPreconditions(state, ctx);
  const writer = state.wiring.uncheckedFields ? r.writers[0]! : checkRegistration(r);
  const row = { dekId: r.dek_id, fullNodeId: writer.full_node_id as FullNodeId, localEpoch: writer.local_epoch };
  return yield* propose(state, ctx, registrationEntry(row));
}

function* mutatorPreconditions(state: AdminState, ctx: CallContext): Task<void> {
  yield* requireLeader(state.wiring, ctx);
  rawProposer(state.wiring);
}

function* propose(state: AdminState, ctx: CallContext, entry: Uint8Array): Task<AppliedIndexResponse> {
  return { applied_index: String(yield* proposeMutation(state, ctx, entry)) };
}
