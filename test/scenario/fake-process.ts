// Processes without a simulator: a program of each node over ports that answer at once, for tests of what a program
// itself decides. Time stands still unless a test moves it; a silent node answers nothing.
import { Code, StatusError } from '../../src/base/errors.ts';
import { drive } from '../../src/base/task.ts';
import type { Task } from '../../src/base/task.ts';
import type { GateDecision } from '../../src/gate/gate-point.ts';
import { isHalt } from '../../src/fsm/state-machine.ts';
import type { Halt, StateMachine } from '../../src/fsm/state-machine.ts';
import { MemoryFiles } from '../../src/fsm/encryption/memory-files.ts';
import type { Build } from '../../src/scenario/build.ts';
import { genericProgram } from '../../src/scenario/generic-program.ts';
import type {
  GroupPort,
  Membership,
  ProcessPort,
  Program,
  ProgramFactory,
  Proposed,
  RpcReply,
} from '../../src/scenario/program.ts';

const NOTHING = new Uint8Array(0);

/** The result of a task that does not wait. */
export function now<T>(task: Task<T>): T {
  let outcome: { value: T } | { error: unknown } | null = null;
  drive(task, (ended) => void (outcome = ended));
  if (outcome === null) throw new StatusError(Code.Internal, 'the task waits');
  const ended = outcome as { value: T } | { error: unknown };
  if ('error' in ended) throw ended.error;
  return ended.value;
}

/** Several processes of any builds, one group each unless told otherwise. */
export class FakeCluster {
  nowMs = 0;
  readonly asked: string[] = [];
  readonly silent: string[] = [];
  readonly members = new Map<string, Membership>();
  readonly processes = new Map<string, FakeProcess>();

  /** Starts a node; null, or why it refused. */
  start(node: string, build: Build, groups: readonly string[] = ['g1']): string | null {
    const process = new FakeProcess(this, node, build, groups, this.processes.get(node)?.files ?? {});
    this.processes.set(node, process);
    return process.start();
  }

  /** Program of a node. */
  at(node: string): FakeProcess {
    return this.processes.get(node)!;
  }

  *rpc(node: string, group: string, method: string, body: Uint8Array): Task<RpcReply> {
    this.asked.push(`${method} ${node} ${group}`);
    const process = this.processes.get(node);
    if (process === undefined || this.silent.includes(node)) return reply(Code.Unavailable, 'connection refused');
    try {
      const context = { deadlineMs: this.nowMs + 100, canceled: () => null };
      return { code: Code.Ok, message: '', body: yield* process.program.serve(group, method, body, context) };
    } catch (error) {
      if (error instanceof StatusError) return reply(error.code, error.message);
      throw error;
    }
  }

  /** An operator's call with arguments. */
  call(node: string, rpc: string, args: Readonly<Record<string, string>> = {}, group = 'g1'): RpcReply {
    const factory = this.at(node).factory;
    const port = {
      rpc: (to: string, of: string, method: string, body: Uint8Array) => this.rpc(to, of, method, body),
      nodes: [...this.processes.keys()],
      groups: [],
      nowMs: () => this.nowMs,
      sleep: () => nothing(),
      identified: () => {},
      choose: () => 0,
    };
    return now(factory.client(port, rpc, args, node, group));
  }
}

function reply(code: Code, message: string): RpcReply {
  return { code, message, body: NOTHING };
}

function* nothing(): Task<void> {
  return;
}

/** One process of a fake cluster. */
export class FakeProcess {
  readonly cluster: FakeCluster;
  readonly node: string;
  readonly build: Build;
  readonly groupNames: readonly string[];
  readonly decisions: GateDecision[] = [];
  readonly machines = new Map<string, StateMachine>();
  readonly factory: ProgramFactory;
  readonly program: Program;
  files: Readonly<Record<string, unknown>>;
  readonly disk = new MemoryFiles();
  readonly stores = new Map<string, unknown>();
  role: 'leader' | 'follower' = 'leader';
  /** What the log holds, per group. */
  readonly log: { group: string; payload: Uint8Array }[] = [];
  halts: Halt[] = [];

  constructor(
    cluster: FakeCluster,
    node: string,
    build: Build,
    groups: readonly string[],
    files: Readonly<Record<string, unknown>>,
  ) {
    this.cluster = cluster;
    this.node = node;
    this.build = build;
    this.groupNames = groups;
    this.files = files;
    this.factory = build.subject.program ?? genericProgram(build.subject);
    this.program = this.factory.create(this.#port());
  }

  start(): string | null {
    const refusal = this.program.beforeOpen();
    if (refusal !== null) return refusal;
    this.groupNames.forEach((name, i) => this.machines.set(name, this.program.machine({ name, id: i + 1 })));
    return now(this.program.afterReplay());
  }

  /** Applies a payload to a replica of this process; the halt, or null. */
  apply(payload: Uint8Array, group = 'g1', index = this.log.length + 1): Halt | null {
    const machine = this.machines.get(group)!;
    const entry = { term: 1, index, type: 0, data: payload } as never;
    machine.setApplyIndex(index);
    const outcome = machine.apply(entry, payload);
    if (!isHalt(outcome)) return null;
    this.halts.push(outcome);
    return outcome;
  }

  state(group = 'g1'): unknown {
    return this.program.state(this.machines.get(group)!);
  }

  #port(): ProcessPort {
    const { cluster } = this;
    const groups = this.groupNames.map((name, i) => this.#group(name, i + 1));
    return {
      node: this.node,
      build: this.build,
      groups,
      files: this.disk,
      durable: { get: () => this.files, put: (fields) => void (this.files = { ...this.files, ...fields }) },
      store: (group) => ({ get: () => this.stores.get(group), put: (value) => void this.stores.set(group, value) }),
      electionMs: 150,
      nowMs: () => cluster.nowMs,
      sleep: () => nothing(),
      rpc: (node, group, method, body) => cluster.rpc(node, group, method, body),
      spawn: (_name, task) => now(task()),
      decided: (decision) => void this.decisions.push(decision),
      identified: () => {},
      choose: () => 0,
      exit: () => undefined,
    };
  }

  #group(name: string, id: number): GroupPort {
    const machine = (): StateMachine => this.machines.get(name)!;
    const propose = (payload: Uint8Array): Proposed => this.#propose(name, payload);
    return {
      name,
      id,

      *propose(payload) {
        return propose(payload);
      },
      role: () => this.role,
      leader: () => ({ id: this.role === 'leader' ? this.node : 'n2', address: '' }),

      *verifyLeader() {
        return null;
      },

      *linearizableRead() {
        return 1;
      },
      members: () => this.cluster.members.get(name) ?? { voters: [], learners: [] },
      appliedIndex: () => this.log.length,
      entry: () => null,
      firstIndex: () => 1,
      get machine() {
        return machine();
      },
    };
  }

  #propose(group: string, payload: Uint8Array): Proposed {
    this.log.push({ group, payload });
    const index = this.log.length;
    const halt = this.apply(payload, group, index);
    if (halt !== null) return { ok: false, why: 'halted', detail: halt.detail };
    return { ok: true, index, response: null, error: null };
  }
}
