// The admin service of one process as its listeners serve it: one server per group listener at first, one shared by all
// in the end. What each is wired with is the build's profile and the decision of its wire gate; nothing here judges a
// wiring, for the wrong ones are what is studied.
import { Code, StatusError } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import type { FullNodeId } from '../../base/ids.ts';
import { FANOUT_TIMEOUT_MS, capabilityFanout, fanoutGroup } from '../../admin/capability.ts';
import type { CapabilityClient, ConfiguredServer } from '../../admin/capability.ts';
import { encryptionAdmin } from '../../admin/encryption-admin.ts';
import type { EncryptionRpc } from '../../admin/encryption-admin.ts';
import type { CapabilityReport } from '../../admin/messages.ts';
import { NO_NODE } from '../../admin/node-id.ts';
import type { CallContext, CapabilityFanout, Clock, CutoverBarrier } from '../../admin/ports.ts';
import { ENCRYPTION_ADMIN, bindEncryptionAdmin, unknownMethod, unknownService } from '../../admin/service.ts';
import type { BoundMethod } from '../../admin/service.ts';
import { sidecarFile } from '../../admin/sidecar-file.ts';
import { bareWiring } from '../../admin/wiring.ts';
import type { Wiring } from '../../admin/wiring.ts';
import type { SelfView } from '../../gate/atom.ts';
import type { GroupPort, ProcessPort } from '../../scenario/program.ts';
import { leaderViewOf, rawProposer, wrappingProposer } from './engine-ports.ts';
import type { Admission } from './engine-ports.ts';
import { registryOf } from './guards.ts';
import type { ProcessKeys } from './process-keys.ts';
import { isOpen } from './profile.ts';
import type { Profile } from './profile.ts';
import { storeOf } from './replica.ts';

/** What the servers of a process are made of. */
export interface ServerParts {
  readonly port: ProcessPort;
  readonly profile: Profile;
  readonly keys: ProcessKeys;
  readonly clock: Clock;
  readonly me: SelfView;
  readonly barrier: CutoverBarrier & Admission;
  /** Whether the wire gate was open for a group when the process started. */
  isWired(group: string): boolean;
}

/** Serves the contract on every listener of one process. */
export class Servers {
  readonly #parts: ServerParts;
  /** By the group whose server it is; a shared server is that of the default group. */
  readonly #servers = new Map<string, readonly BoundMethod[]>();

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  /** Makes the servers anew: what was asked of them before the wire gate was decided saw nothing wired. */
  rewire(): void {
    this.#servers.clear();
  }

  /** Answers one request. @throws StatusError with the text a client sees */
  *call(group: string, rpc: EncryptionRpc, body: Uint8Array, context: CallContext): Task<Uint8Array> {
    const { profile } = this.#parts;
    if (profile.stage.service === 'none') throw unknownService(ENCRYPTION_ADMIN.service);
    if (!profile.stage.handlers.includes(rpc)) throw unknownMethod(ENCRYPTION_ADMIN.service, rpc);
    const method = this.#server(group).find((bound) => bound.method.name === rpc)!;
    const answer = yield* method.call(body, context);
    if (rpc === 'GetCapability') this.#tellIdentity(group, method, answer);
    return profile.sketch && rpc === 'GetCapability' ? this.#truthful(method, answer) : answer;
  }

  #tellIdentity(group: string, method: BoundMethod, answer: Uint8Array): void {
    const { full_node_id } = method.method.decodeResponse(answer) as CapabilityReport;
    if (full_node_id !== NO_NODE) this.#parts.port.identified(group, full_node_id);
  }

  /** A sketched binary answers for what it can apply; a release answers for its path flag alone. */
  #truthful(method: BoundMethod, answer: Uint8Array): Uint8Array {
    const { port, me } = this.#parts;
    const report = method.method.decodeResponse(answer) as CapabilityReport;
    const face = port.build.subject.rpcs['GetCapability']?.answers?.(me);
    return method.method.encodeResponse({ ...report, encryption_capable: face?.['encryptionCapable'] === true });
  }

  #server(listener: string): readonly BoundMethod[] {
    const { port, profile } = this.#parts;
    const own = port.groups.find((group) => group.name === listener);
    const group = profile.stage.service === 'shared' ? port.groups[0] : own;
    const name = group?.name ?? '';
    const known = this.#servers.get(name);
    if (known !== undefined) return known;
    const server = bindEncryptionAdmin(encryptionAdmin(this.#wiring(group ?? null)));
    this.#servers.set(name, server);
    return server;
  }

  /** The options of the server of a group; with nothing to wire where the process hosts none. */
  #wiring(group: GroupPort | null): Wiring {
    const { port, profile, keys, clock, me, barrier } = this.#parts;
    const { stage } = profile;
    const bare = bareWiring(this.#identity(group), clock);
    if (group === null) return bare;
    const engine = stage.proposesInto === 'defaultGroup' ? (port.groups[0] ?? group) : group;
    const { sidecarPath } = keys.flags;
    const path = isOpen(stage.capability, port.build, me) ? sidecarPath : null;
    const wired = this.#parts.isWired(group.name);
    const view = leaderViewOf(engine);
    return {
      ...bare,
      buildSha: stage.commits[0] ?? '',
      sidecar: path === null ? null : sidecarFile(port.files, path),
      proposer: wired ? rawProposer(engine) : null,
      leaderView: wired ? view : null,
      postCutoverProposer:
        wired && stage.raftEnvelope ? wrappingProposer(engine, (payload) => keys.wrap(payload), barrier) : null,
      registry: stage.registryProjection && path !== null ? registryOf(storeOf(port, engine.name)) : null,
      registryLeaderView: stage.registryProjection && path !== null ? view : null,
      registryFence: stage.registryProjection ? 'linearizableRead' : 'verifyLeader',
      capabilityFanout: wired && isOpen(stage.fanout, port.build, me) ? fanoutOf(port, clock) : null,
      cutoverBarrier: wired && stage.raftEnvelope ? barrier : null,
      latestAppliedIndex: stage.raftEnvelope ? () => engine.appliedIndex() : null,
      raftWrapGate: stage.raftWrapGate,
    };
  }

  #identity(group: GroupPort | null): FullNodeId {
    const { keys, profile } = this.#parts;
    return profile.stage.fullNodeId === 'groupId' ? (String(group?.id ?? 0) as FullNodeId) : keys.me;
  }
}

/** The production fan-out: every member of every group hosted here, each on the listener of its group. */
function fanoutOf(port: ProcessPort, clock: Clock): CapabilityFanout {
  const dial = (address: string): CapabilityClient | null => {
    const [node, group] = address.split('/');
    if (node === undefined || group === undefined) return null;
    return { getCapability: () => askCapability(port, node, group) };
  };
  const groups = (): ReturnType<typeof fanoutGroup>[] => port.groups.map((group) => fanoutGroup(serversOf(group)));
  return capabilityFanout({ groups, dial, timeoutMs: FANOUT_TIMEOUT_MS, clock });
}

function serversOf(group: GroupPort): ConfiguredServer[] {
  const { voters, learners } = group.members();
  const server = (suffrage: 'voter' | 'learner') => (id: string) => ({ id, address: `${id}/${group.name}`, suffrage });
  return [...voters.map(server('voter')), ...learners.map(server('learner'))];
}

/** @throws StatusError what the member's RPC failed with */
function* askCapability(port: ProcessPort, node: string, group: string): Task<CapabilityReport> {
  const method = ENCRYPTION_ADMIN.methods.find(({ name }) => name === 'GetCapability')!;
  const reply = yield* port.rpc(node, group, method.name, method.encodeRequest({}), FANOUT_TIMEOUT_MS);
  if (reply.code !== Code.Ok) throw new StatusError(reply.code as Code, reply.message);
  return method.decodeResponse(reply.body) as CapabilityReport;
}
