// The admin service of one process as its listeners serve it: one server per group listener at first, one shared by all
// in the end. What each is wired with is the build's profile and the decision of its wire gate; nothing here judges a
// wiring, for the wrong ones are what is studied.
import { Code, StatusError } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import type { FullNodeId } from '../../base/ids.ts';
import { encryptionAdmin } from '../../admin/encryption-admin.ts';
import type { EncryptionRpc } from '../../admin/encryption-admin.ts';
import type { CapabilityReport } from '../../admin/messages.ts';
import { NO_NODE } from '../../admin/node-id.ts';
import type { CallContext, Clock, CutoverBarrier, LeaderView, Proposer } from '../../admin/ports.ts';
import { ENCRYPTION_ADMIN, bindEncryptionAdmin, unknownMethod, unknownService } from '../../admin/service.ts';
import type { BoundMethod } from '../../admin/service.ts';
import { sidecarFile } from '../../admin/sidecar-file.ts';
import { bareWiring } from '../../admin/wiring.ts';
import type { Wiring } from '../../admin/wiring.ts';
import type { SelfView } from '../../gate/atom.ts';
import type { GroupPort, ProcessPort } from '../../scenario/program.ts';
import { leaderViewOf, rawProposer, wrappingProposer } from './engine-ports.ts';
import type { Admission } from './engine-ports.ts';
import { ENDLESS_MS, fanoutOf } from './fanout.ts';
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
    const answer = yield* this.#answer(method, rpc, body, context);
    if (rpc === 'GetCapability') this.#tellIdentity(group, method, answer);
    if (rpc !== 'GetCapability') return answer;
    if (profile.wrong.has('capable-after-bootstrap')) return this.#onceBootstrapped(method, answer);
    return profile.sketch ? this.#truthful(method, answer) : answer;
  }

  /** What a handler answers, late or in other words where this build deviates. */
  *#answer(method: BoundMethod, rpc: EncryptionRpc, body: Uint8Array, context: CallContext): Task<Uint8Array> {
    const { profile, port } = this.#parts;
    if (rpc === 'GetCapability' && profile.wrong.has('unanswered-probes')) yield* port.sleep(ENDLESS_MS);
    try {
      const answer = yield* method.call(body, context);
      if (rpc === 'RegisterEncryptionWriter' && profile.wrong.has('unanswered-writers')) yield* port.sleep(ENDLESS_MS);
      return answer;
    } catch (error) {
      const isLost = error instanceof StatusError && error.message.includes('rejected by raft engine');
      if (!isLost || !profile.wrong.has('lost-leadership-unmapped')) throw error;
      throw new StatusError(Code.Unknown, error.message);
    }
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

  #onceBootstrapped(method: BoundMethod, answer: Uint8Array): Uint8Array {
    const report = method.method.decodeResponse(answer) as CapabilityReport;
    const encryption_capable = report.encryption_capable && this.#parts.keys.cache.activeStorageDekId !== 0;
    return method.method.encodeResponse({ ...report, encryption_capable });
  }

  #server(listener: string): readonly BoundMethod[] {
    const { port, profile } = this.#parts;
    const own = port.groups.find((group) => group.name === listener);
    const group = profile.stage.service === 'shared' ? port.groups[0] : own;
    const name = group?.name ?? '';
    const known = this.#servers.get(name);
    if (known !== undefined && !profile.wrong.has('server-per-call')) return known;
    const server = bindEncryptionAdmin(encryptionAdmin(this.#wiring(group ?? null)));
    this.#servers.set(name, server);
    return server;
  }

  /** The options of the server of a group; with nothing to wire where the process hosts none. */
  #wiring(group: GroupPort | null): Wiring {
    const { port, profile, keys, clock, me, barrier } = this.#parts;
    const { stage, wrong } = profile;
    const bare = bareWiring(this.#identity(group), clock);
    if (group === null) return bare;
    const engine = stage.proposesInto === 'defaultGroup' ? (port.groups[0] ?? group) : group;
    const { sidecarPath } = keys.flags;
    const path = isOpen(stage.capability, port.build, me) ? sidecarPath : null;
    const wired = this.#parts.isWired(group.name);
    const view = wrong.has('no-verify') ? unverified(leaderViewOf(engine), engine) : leaderViewOf(engine);
    return {
      ...bare,
      buildSha: stage.commits[0] ?? '',
      sidecar: path === null ? null : sidecarFile(keys.files, path),
      proposer: wired ? this.#rawProposer(engine) : null,
      leaderView: wired && !wrong.has('no-leader-view') ? view : null,
      postCutoverProposer:
        wired && stage.raftEnvelope && !wrong.has('raw-admin')
          ? wrappingProposer(engine, (payload) => keys.wrap(payload), barrier)
          : null,
      registry: stage.registryProjection && path !== null ? registryOf(storeOf(port, engine.name)) : null,
      registryLeaderView: stage.registryProjection && path !== null && !wrong.has('no-leader-view') ? view : null,
      registryFence: stage.registryProjection ? 'linearizableRead' : 'verifyLeader',
      capabilityFanout: wired && isOpen(stage.fanout, port.build, me) ? fanoutOf(port, clock, wrong) : null,
      cutoverBarrier: wired && stage.raftEnvelope ? barrier : null,
      latestAppliedIndex: stage.raftEnvelope ? () => engine.appliedIndex() : null,
      raftWrapGate: stage.raftWrapGate,
      uncheckedFields: wrong.has('unchecked-fields'),
    };
  }

  #rawProposer(engine: GroupPort): Proposer {
    const raw = rawProposer(engine);
    const { profile, barrier } = this.#parts;
    if (!profile.wrong.has('barrier-stops-marker')) return raw;
    return {
      ...raw,
      *proposeAdmin(payload) {
        barrier.enter();
        return yield* raw.proposeAdmin(payload);
      },
    };
  }

  #identity(group: GroupPort | null): FullNodeId {
    const { keys, profile } = this.#parts;
    return profile.stage.fullNodeId === 'groupId' ? (String(group?.id ?? 0) as FullNodeId) : keys.me;
  }
}

/** A leader view that asks nobody whether it still leads. */
function unverified(view: LeaderView, engine: GroupPort): LeaderView {
  return {
    ...view,
    *verifyLeader() {},
    *linearizableRead() {
      return engine.appliedIndex();
    },
  };
}
