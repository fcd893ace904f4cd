// What an operator's command does for each RPC: it finds out what it needs, fills the request and sends it to one
// listener. The defaults are those of the real command; each can be overridden, for the mistakes operators make are part
// of what is studied: a batch built from the wrong reports, a key wrapped under another KEK, an id used twice.
import { Code } from '../../base/errors.ts';
import type { FullNodeId } from '../../base/ids.ts';
import type { Task } from '../../base/task.ts';
import { KekWrapper } from '../../fsm/encryption/index.ts';
import { Failure } from '../../fsm/failure.ts';
import { NO_NODE, deriveNodeId } from '../../admin/index.ts';
import type { CapabilityReport, SidecarStateReport, WriterRegistryEntry } from '../../admin/index.ts';
import type { ClientPort, RpcReply } from '../../scenario/program.ts';
import { gather } from '../../scenario/gather.ts';
import { methodOf } from './answers.ts';
import { CLUSTER_KEK, keyBytes } from './flags.ts';
import { rpcOf } from './profile.ts';

type Args = Readonly<Record<string, string>>;

/** How long a command waits for its answer; a cutover's own fan-out takes up to 5 s of it. */
const CALL_TIMEOUT_MS = 10_000;
const PROBE_TIMEOUT_MS = 2_000;

/** One call of a plan. */
interface Call {
  readonly port: ClientPort;
  readonly args: Args;
  readonly node: string;
  readonly group: string;
}

/**
 * Runs one `call` step.
 *
 * BootstrapEncryption takes `batch` ('reports': one report of each node, default; 'listeners': one of every listener,
 * nothing deduplicated; 'fresh': identities derived from the node names), `writers` (`id:epoch` pairs, as given), `storageDekId`, `raftDekId`, `epoch`,
 * `material` (equal names wrap equal keys), `kek` and `blobBytes` (zeros instead of a wrapped key). RotateDEK takes `purpose`,
 * `dekId`, `epoch`, `material`, `kek`, `blobBytes`;
 * Every command takes `withinMs`, how long it waits. RegisterEncryptionWriter `writer`, `dekId`, `epoch`; the cutovers `epoch`; ResyncSidecar `writer`.
 */
export function* runClient(port: ClientPort, rpc: string, args: Args, node: string, group: string): Task<RpcReply> {
  const call: Call = { port, args, node, group };
  const request = yield* requestOf(call, rpc);
  const withinMs = Number(args['withinMs'] ?? CALL_TIMEOUT_MS);
  return yield* port.rpc(node, group, rpc, methodOf(rpc).encodeRequest(request), withinMs);
}

function* requestOf(call: Call, rpc: string): Task<object> {
  const { args, node } = call;
  const writer = proposerOf(args, node);
  switch (rpcOf(rpc)) {
    case 'BootstrapEncryption':
      return yield* bootstrapRequest(call);
    case 'RotateDEK':
      return yield* rotateRequest(call);
    case 'RegisterEncryptionWriter': {
      const dek_id = Number(args['dekId'] ?? 0) || (yield* sidecarOf(call))?.active_storage_id || 1;
      return { dek_id, writers: [{ full_node_id: args['fullNodeId'] ?? writer, local_epoch: epochOf(args) }] };
    }
    case 'EnableStorageEnvelope':
    case 'EnableRaftEnvelope':
      return { proposer_node_id: writer, proposer_local_epoch: epochOf(args) };
    case 'ResyncSidecar':
      return { caller_full_node_id: writer };
    default:
      return {};
  }
}

function* bootstrapRequest(call: Call): Task<object> {
  const { args } = call;
  return {
    wrapped_storage_dek: wrappedDek(args, 'storage'),
    wrapped_raft_dek: wrappedDek(args, 'raft'),
    storage_dek_id: Number(args['storageDekId'] ?? 1),
    raft_dek_id: Number(args['raftDekId'] ?? 2),
    writer_batch: yield* writerBatch(call),
  };
}

/** The next free key id is read off the target's sidecar, as an operator does. */
function* rotateRequest(call: Call): Task<object> {
  const { args, node } = call;
  const purpose = args['purpose'] === 'raft' ? 'raft' : 'storage';
  const given = Number(args['dekId'] ?? 0);
  const dekId = given !== 0 ? given : nextKeyId(yield* sidecarOf(call));
  return {
    purpose: purpose === 'raft' ? 'PURPOSE_RAFT' : 'PURPOSE_STORAGE',
    wrapped_new_dek: wrappedDek({ ...args, material: args['material'] ?? `rotated/${dekId}` }, purpose),
    new_dek_id: dekId,
    proposer_node_id: proposerOf(args, node),
    proposer_local_epoch: epochOf(args),
  };
}

/** In whose name a command proposes: a node's, or any identity. */
function proposerOf(args: Args, node: string): FullNodeId {
  return (args['proposer'] as FullNodeId | undefined) ?? deriveNodeId(args['writer'] ?? node);
}

function nextKeyId(sidecar: SidecarStateReport | null): number {
  const ids = Object.keys(sidecar?.wrapped_deks_by_id ?? {}).map(Number);
  return ids.reduce((most, id) => Math.max(most, id), 2) + 1;
}

function epochOf(args: Args): number {
  return Number(args['epoch'] ?? 0);
}

/** A DEK wrapped under the operator's KEK; the same for the same names, so that a retry sends the same bytes. */
function wrappedDek(args: Args, purpose: 'storage' | 'raft'): Uint8Array {
  if (args['blobBytes'] !== undefined) return new Uint8Array(Number(args['blobBytes']));
  const name = `${purpose}/${args['material'] ?? 'first'}`;
  const kek = new KekWrapper(keyBytes(`kek/${args['kek'] ?? CLUSTER_KEK}`), 'operator');
  const wrapped = kek.wrap(keyBytes(`dek/${name}`), { next: () => keyBytes(`nonce/${name}`).subarray(0, 12) });
  return wrapped instanceof Failure ? new Uint8Array(0) : wrapped;
}

function* writerBatch(call: Call): Task<WriterRegistryEntry[]> {
  const { port, args } = call;
  if (args['writers'] !== undefined) return args['writers'].split(',').map(writerOf);
  const local_epoch = epochOf(args);
  const fresh = (node: string): WriterRegistryEntry => ({ full_node_id: deriveNodeId(node), local_epoch });
  const members = membersOf(port);
  if (args['batch'] === 'fresh') return members.map(fresh);
  const listeners = args['batch'] === 'listeners' ? everyListener(port) : oneListener(port, members, call.group);
  const reports = yield* gather(listeners.map(([node, group]) => reportOf(port, node, group)));
  return reports.map((report, i) => {
    // A node that reports no identity has none to be registered under but the one its name derives to.
    const reported = report !== null && report.full_node_id !== NO_NODE;
    return reported ? { full_node_id: report.full_node_id, local_epoch } : fresh(listeners[i]![0]);
  });
}

/** A writer as the command line takes it: `id:epoch`. */
function writerOf(pair: string): WriterRegistryEntry {
  const [id = '', epoch = '0'] = pair.split(':');
  return { full_node_id: id as FullNodeId, local_epoch: Number(epoch) };
}

/** Nodes that are a member of a group, in the order of the cluster. */
function membersOf(port: ClientPort): string[] {
  return port.nodes.filter((node) => port.groups.some((group) => isMember(group, node)));
}

function isMember(group: ClientPort['groups'][number], node: string): boolean {
  return group.voters.includes(node) || group.learners.includes(node);
}

function everyListener(port: ClientPort): [node: string, group: string][] {
  return port.nodes.flatMap((node) =>
    port.groups.filter((group) => isMember(group, node)).map((group): [string, string] => [node, group.name]),
  );
}

/** One listener of each node: that of the group addressed where the node is a member of it, else of its first group. */
function oneListener(port: ClientPort, nodes: readonly string[], addressed: string): [node: string, group: string][] {
  return nodes.map((node) => {
    const own = port.groups.filter((group) => isMember(group, node)).map((group) => group.name);
    return [node, own.includes(addressed) ? addressed : (own[0] ?? addressed)];
  });
}

function* reportOf(port: ClientPort, node: string, group: string): Task<CapabilityReport | null> {
  const reply = yield* ask(port, node, group, 'GetCapability');
  return reply as CapabilityReport | null;
}

function* sidecarOf({ port, node, group }: Call): Task<SidecarStateReport | null> {
  return (yield* ask(port, node, group, 'GetSidecarState')) as SidecarStateReport | null;
}

/** The answer of a read-only RPC; null where there is none. */
function* ask(port: ClientPort, node: string, group: string, rpc: string): Task<object | null> {
  const method = methodOf(rpc);
  const reply = yield* port.rpc(node, group, rpc, method.encodeRequest({}), PROBE_TIMEOUT_MS);
  return reply.code === Code.Ok ? method.decodeResponse(reply.body) : null;
}
