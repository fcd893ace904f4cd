// The byte-exact feature in one process: guards, stores and state machines, envelopes, servers and background tasks,
// composed as the build's release composes them. It decides nothing by itself; every fact comes from the stage table or
// from the build's own gates.
import { Code, StatusError } from '../../base/errors.ts';
import { assert } from '../../base/assert.ts';
import { drive } from '../../base/task.ts';
import type { Task } from '../../base/task.ts';
import type { Answer, SelfView } from '../../gate/atom.ts';
import { Hlc, KvFsm, del, encodeKvPayload, engineError, put, rawRequest } from '../../fsm/index.ts';
import type { Mutation } from '../../fsm/index.ts';
import type { Halt, StateMachine } from '../../fsm/state-machine.ts';
import { Failure } from '../../fsm/failure.ts';
import { BACKGROUND, ENCRYPTION_ADMIN, EngineError, ROTATION_PENDING, unknownMethod } from '../../admin/index.ts';
import type { Clock, EncryptionRpc } from '../../admin/index.ts';
import { GateRuntime } from '../../scenario/gate-runtime.ts';
import type { CallContext, EngineCodec, GroupPort, KvCodec, ProcessPort, Program } from '../../scenario/program.ts';
import { selfView } from '../../scenario/self-view.ts';
import { readAnswer, requestFor } from './answers.ts';
import { Background } from './background.ts';
import { Barrier } from './barrier.ts';
import { clockOf, contextOf } from './engine-ports.ts';
import type { Inspection } from './facts.ts';
import { flagsOf, installKek } from './flags.ts';
import { StartupGuards } from './guards.ts';
import { filesOf } from './old-files.ts';
import { ProcessKeys } from './process-keys.ts';
import { isOpen, isOwnGate, profileOf, rpcOf } from './profile.ts';
import type { Profile } from './profile.ts';
import { Engine, openReplica } from './replica.ts';
import type { GroupId, Replica } from './replica.ts';
import { Servers } from './servers.ts';
import { StateViews, replicaOf } from './state-view.ts';
import { toldCall } from './told-call.ts';
import { readAsMarked } from './wrong-store.ts';

/** What waits for the rotation at start. */
const NOT_YET: readonly EncryptionRpc[] = [
  'ResyncSidecar',
  'BootstrapEncryption',
  'RotateDEK',
  'RegisterEncryptionWriter',
  'EnableStorageEnvelope',
  'EnableRaftEnvelope',
];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One process of the store. */
export class EncryptionProgram implements Program {
  readonly kv: KvCodec;
  readonly connect: Program['connect'];
  readonly #port: ProcessPort;
  readonly #profile: Profile;
  readonly #me: SelfView;
  readonly #keys: ProcessKeys;
  readonly #hlc = new Hlc();
  readonly #clock: Clock;
  readonly #guards: StartupGuards;
  readonly #gates: GateRuntime;
  readonly #replicas = new Map<string, Replica>();
  readonly #byNumber: (Replica | undefined)[] = [];
  readonly #engines = new Map<string, Engine>();
  readonly #barrier: Barrier;
  readonly #servers: Servers;
  readonly #background: Background;
  readonly #views = new StateViews();
  readonly #wired = new Map<string, boolean>();
  #calls = 0;
  /** Whether flags alone decided the startup gate, before anything was opened. */
  #startupDecided = false;

  constructor(port: ProcessPort) {
    this.#port = port;
    this.#profile = profileOf(port.build);
    this.#me = selfView(port);
    const { wrong } = this.#profile;
    const flags = flagsOf(port.build.config);
    const files = filesOf(port.files, flags.sidecarPath, this.#profile);
    this.#keys = new ProcessKeys(port.node, flags, this.#profile, files, port.observe ?? null);
    this.#clock = clockOf(port);
    this.#guards = new StartupGuards(port, this.#keys, wrong);
    this.#gates = new GateRuntime(port, {
      read: { readAnswer, requestFor },
      self: () => this.#me,
      state: (group) => this.#stateOf(group),
      answerLocally: (rpc, group) => this.#answerLocally(rpc, group),
    });
    this.#barrier = new Barrier(port, this.#keys, this.#engines, wrong);
    this.#servers = new Servers({
      port,
      profile: this.#profile,
      keys: this.#keys,
      clock: this.#clock,
      me: this.#me,
      barrier: this.#barrier,
      isWired: (group) => this.#isWired(group),
    });
    this.#background = new Background(port, this.#keys, this.#clock, this.#barrier, wrong);
    this.kv = {
      ready: (deadlineMs) => this.#mayWrite(deadlineMs),
      put: (key, value) => this.#writePayload(put(encoder.encode(key), encoder.encode(value))),
      delete: (key) => this.#writePayload(del(encoder.encode(key))),
      get: (machine, key) => this.#read(machine, key),
    };
    this.connect = this.#gates.has('connect') ? (peer) => this.#accepts(peer) : null;
  }

  beforeOpen(): string | null {
    const decision = this.#gates.decideBySelf('startup');
    this.#startupDecided = decision !== null;
    if (decision !== null && !decision.open) return `startup gate is closed: ${decision.blockers.join(', ')}`;
    installKek(this.#port.files, this.#keys.flags);
    return this.#guards.beforeOpen();
  }

  machine(group: GroupId): StateMachine {
    const replica = openReplica(this.#port, this.#profile, this.#keys, this.#hlc, group);
    this.#byNumber[group.id] = replica;
    this.#replicas.set(group.name, replica);
    return replica.fsm;
  }

  engine(group: GroupId): EngineCodec {
    const engine = new Engine(this.#keys, group.id, this.#profile.wrong);
    this.#engines.set(group.name, engine);
    return engine;
  }

  *afterReplay(): Task<string | null> {
    const { groups } = this.#port;
    const refusal = this.#guards.afterReplay(groups, this.#replicas);
    if (refusal !== null) return refusal;
    for (const group of this.#startupDecided ? [] : groups) {
      const decision = yield* this.#gates.decide('startup', scene(group));
      if (!decision.open) return `startup gate is closed: ${decision.blockers.join(', ')}`;
    }
    for (const group of groups) this.#wired.set(group.name, (yield* this.#gates.decide('wire', scene(group))).open);
    this.#servers.rewire();
    return null;
  }

  opened(): void {
    this.#background.start();
  }

  *serve(group: string, method: string, body: Uint8Array, context: CallContext): Task<Uint8Array> {
    const rpc = rpcOf(method);
    if (rpc === null) throw unknownMethod(ENCRYPTION_ADMIN.service, method);
    const task = this.#call(group, method, rpc, body, context);
    const { observe } = this.#keys;
    return yield* observe === null ? task : toldCall(task, ++this.#calls, rpc, observe);
  }

  *#call(group: string, method: string, rpc: EncryptionRpc, body: Uint8Array, context: CallContext): Task<Uint8Array> {
    if (NOT_YET.includes(rpc) && this.#mustRotateFirst()) throw ROTATION_PENDING;
    yield* this.#passGate(group, method, rpc, context);
    return yield* this.#servers.call(group, rpc, body, contextOf(context, this.#clock));
  }

  *admit(group: string, step: 'join' | 'promote', joiner: string): Task<string | null> {
    if (this.#mustRotateFirst()) return ROTATION_PENDING.message;
    const decision = yield* this.#gates.decide(step, { group, joiner, deadlineMs: null });
    if (!decision.open) return `${step} gate is closed: ${decision.blockers.join(', ')}`;
    const hosted = this.#port.groups.find((candidate) => candidate.name === group);
    return step === 'join' && hosted !== undefined ? yield* this.#background.beforeJoin(hosted, joiner) : null;
  }

  haltText(halt: Halt): string {
    return engineError(halt);
  }

  state(machine: StateMachine): unknown {
    return this.#views.of(replicaOf(fsmOf(machine), this.#replicas));
  }

  self(): SelfView {
    return this.#me;
  }

  inspect(): Inspection {
    const { stage } = this.#profile;
    const { flags } = this.#keys;
    const wired = stage.applier === 'full' && stage.kekWired && this.#keys.kek !== null;
    return {
      stage,
      flags,
      capable: flags.sidecarPath !== null && isOpen(stage.capability, this.#port.build, this.#me),
      configured: wired && flags.sidecarPath !== null,
      barrierOpen: this.#barrier.isOpen,
      replicas: this.#byNumber,
    };
  }

  #mustRotateFirst(): boolean {
    return this.#background.blocksMutators() && !this.#profile.wrong.has('mutators-while-rotating');
  }

  /** A gate at an RPC is asked where its proposal would be made: on a wired leader. Others answer for themselves. */
  *#passGate(group: string, method: string, rpc: EncryptionRpc, context: CallContext): Task<void> {
    const { build } = this.#port;
    const points = [method, rpc].filter((name) => this.#gates.has(name));
    const hosted = this.#port.groups.find((candidate) => candidate.name === group);
    if (points.length === 0 || hosted === undefined || !this.#isWired(group) || hosted.role() !== 'leader') return;
    const at = points.find((name) => !isOwnGate(this.#profile, build, name));
    if (at === undefined) return this.#port.asksItself?.(points[0]!);
    const decision = yield* this.#gates.decide(at, { group, joiner: null, deadlineMs: context.deadlineMs });
    if (decision.open) return;
    const blockers = decision.blockers.join(', ');
    throw new StatusError(Code.FailedPrecondition, `encryption: ${method} gate is closed: ${blockers}`);
  }

  /** The wire gate is decided when the process starts; a group that came later is wired as the first one is. */
  #isWired(group: string): boolean {
    return this.#wired.get(group) ?? this.#wired.get(this.#port.groups[0]?.name ?? '') ?? false;
  }

  *#accepts(peer: string): Task<boolean> {
    const group = this.#port.groups[0]?.name ?? '';
    return (yield* this.#gates.decide('connect', { group, joiner: peer, deadlineMs: null })).open;
  }

  /** What this process itself answers; nothing where its answer would have to wait. */
  #answerLocally(name: string, group: string): Answer {
    const rpc = rpcOf(name);
    if (rpc === null) return {};
    let answer: Answer = {};
    drive(this.#servers.call(group, rpc, requestFor(name), BACKGROUND), (outcome) => {
      if ('value' in outcome) answer = readAnswer(name, outcome.value);
      else if (!(outcome.error instanceof StatusError)) throw outcome.error;
    });
    return answer;
  }

  #stateOf(group: string): unknown {
    const replica = this.#replicas.get(group);
    return replica === undefined ? undefined : this.#views.of(replica);
  }

  *#mayWrite(deadlineMs: number): Task<void> {
    if (this.#mustRotateFirst()) throw ROTATION_PENDING;
    if (yield* this.#background.registered(deadlineMs)) return;
    throw new StatusError(Code.FailedPrecondition, 'kv: writer registration of this process is not committed yet');
  }

  #writePayload(mutation: Mutation): Uint8Array {
    try {
      this.#barrier.enter();
    } catch (error) {
      if (error instanceof EngineError) throw new StatusError(Code.FailedPrecondition, error.message);
      throw error;
    }
    this.#hlc.next(this.#port.nowMs());
    const { lastHigh, lastLow } = this.#hlc;
    const request = rawRequest([mutation], lastHigh, lastLow);
    const { wrong } = this.#profile;
    // Two requests make a batch, and a batch without its tag is what stood in the log before there were tags.
    const payload = encodeKvPayload(
      wrong.has('legacy-framing') || wrong.has('batched-writes') ? [request, request] : [request],
    );
    if (payload === null) throw new StatusError(Code.InvalidArgument, 'kv: request of 64 MiB or more');
    if (wrong.has('legacy-framing')) return payload.subarray(1);
    if (wrong.has('raw-writes')) return payload;
    const wrapped = this.#keys.wrap(payload);
    if (wrapped instanceof Failure)
      throw new StatusError(Code.FailedPrecondition, `kv: raft payload wrap: ${wrapped.text}`);
    return wrapped;
  }

  #read(machine: StateMachine, key: string): string | null {
    const replica = replicaOf(fsmOf(machine), this.#replicas);
    if (this.#profile.wrong.has('trusts-state-bits')) return readAsMarked(replica.store, encoder.encode(key));
    const found = replica.store.read(encoder.encode(key));
    if (found.kind === 'failed') throw new StatusError(Code.Internal, found.failure.text);
    return found.kind === 'found' ? decoder.decode(found.value) : null;
  }
}

function scene(group: GroupPort): { group: string; joiner: null; deadlineMs: null } {
  return { group: group.name, joiner: null, deadlineMs: null };
}

function fsmOf(machine: StateMachine): KvFsm {
  assert(machine instanceof KvFsm, 'OTHER_MACHINE', () => 'a machine of another feature');
  return machine;
}
