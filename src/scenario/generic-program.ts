// What a feature given by `apply` alone becomes in a process: its machines, its RPCs behind their gates, its start-up,
// join and connect gates. Everything a designer did not write is filled in here with the plainest meaning: an RPC that
// proposes asks its gate, needs the leader, and is over when its entry is applied where it was served.
import { Code, StatusError } from '../base/errors.ts';
import type { Task } from '../base/task.ts';
import type { Answer, SelfView } from '../gate/atom.ts';
import type { GateDecision } from '../gate/gate-point.ts';
import { assert } from '../base/assert.ts';
import type { StateMachine } from '../fsm/state-machine.ts';
import { decodeArgs, decodeEntry, encodeArgs, encodeEntry, opcodeName, putOpcode } from './entry-codec.ts';
import { askAnswer } from './ask-user.ts';
import { decodeData, encodeData } from './data-codec.ts';
import { GateRuntime } from './gate-runtime.ts';
import { GenericMachine } from './generic-machine.ts';
import type { CallContext, GroupPort, KvCodec, ProcessPort, Program, ProgramFactory, Proposed } from './program.ts';
import { selfView } from './self-view.ts';
import type { SubjectDefinition } from './subject.ts';

/** How long an operator waits for an answer, in ms. */
export const CALL_TIMEOUT_MS = 5_000;

/** The program of a subject without one of its own. */
export function genericProgram(subject: SubjectDefinition): ProgramFactory {
  const codec: Pick<ProgramFactory, 'readAnswer' | 'requestFor'> = {
    readAnswer: (_rpc, body) => (decodeData(body) ?? {}) as Answer,
    requestFor: () => encodeArgs({}),
  };
  return {
    ...codec,
    create: (port) => new GenericProgram(port, subject, codec),
    client: (port, rpc, args, node, group) => port.rpc(node, group, rpc, encodeArgs(args), CALL_TIMEOUT_MS),
    describe: (payload) => {
      const opcode = decodeEntry(payload)?.opcode ?? payload[0];
      return opcode === undefined ? null : { opcode, name: opcodeName(subject, opcode) };
    },
  };
}

class GenericProgram implements Program {
  readonly kv: KvCodec;
  readonly connect: Program['connect'];
  readonly #port: ProcessPort;
  readonly #subject: SubjectDefinition;
  readonly #me: SelfView;
  readonly #gates: GateRuntime;
  /** Whether flags and files alone decided the startup gate, before anything was opened. */
  #startupDecided = false;
  /** By group: are the RPCs that propose wired? */
  readonly #wired = new Map<string, boolean>();

  constructor(port: ProcessPort, subject: SubjectDefinition, read: Pick<ProgramFactory, 'readAnswer' | 'requestFor'>) {
    this.#port = port;
    this.#subject = subject;
    this.#me = selfView(port);
    const facts = {
      read,
      self: () => this.#me,
      state: (group: string) => this.#stateOf(group),
      answerLocally: (rpc: string) => this.#answer(rpc),
    };
    this.#gates = new GateRuntime(port, facts);
    const opcode = putOpcode(subject);
    this.kv = {
      put: (key, value) => encodeEntry(opcode, { key, value }),
      get: (machine, key) => generic(machine).read(key),
    };
    this.connect = this.#gates.has('connect') ? (peer) => this.#accepts(peer) : null;
  }

  beforeOpen(): string | null {
    const decision = this.#gates.decideBySelf('startup');
    if (decision === null) return null;
    this.#startupDecided = true;
    return decision.open ? null : startupRefusal(decision);
  }

  machine(): StateMachine {
    return new GenericMachine(this.#subject, this.#me, this.#port.durable);
  }

  engine(): null {
    return null;
  }

  *afterReplay(): Task<string | null> {
    for (const group of this.#startupDecided ? [] : this.#port.groups) {
      const decision = yield* this.#gates.decide('startup', scene(group.name));
      if (!decision.open) return startupRefusal(decision);
    }
    for (const group of this.#port.groups) {
      const decision = yield* this.#gates.decide('wire', scene(group.name));
      this.#wired.set(group.name, decision.open);
    }
    return null;
  }

  opened(): void {
    // Nothing runs in the background.
  }

  *serve(group: string, method: string, body: Uint8Array, context: CallContext): Task<Uint8Array> {
    const rpc = this.#subject.rpcs[method];
    if (rpc === undefined || !this.#port.build.serves.includes(method)) {
      throw new StatusError(Code.Unimplemented, `unknown method ${method} for service ${this.#subject.name}`);
    }
    if (rpc.proposes === undefined) {
      yield* this.#pass(group, method, context.deadlineMs);
      return encodeData(this.#answer(method));
    }
    const index = yield* this.#propose(this.#hosted(group), method, rpc.proposes, body, context);
    return encodeData(rpc.answers === undefined ? { index } : { index, ...this.#answer(method) });
  }

  *admit(group: string, step: 'join' | 'promote', joiner: string): Task<string | null> {
    const decision = yield* this.#gates.decide(step, { group, joiner, deadlineMs: null });
    return decision.open ? null : `${step} gate is closed: ${decision.blockers.join(', ')}`;
  }

  state(machine: StateMachine): unknown {
    return generic(machine).state;
  }

  self(): SelfView {
    return this.#me;
  }

  *#propose(group: GroupPort, method: string, op: string, body: Uint8Array, context: CallContext): Task<number> {
    if (this.#wired.get(group.name) !== true) {
      throw new StatusError(Code.FailedPrecondition, 'proposer is not configured on this node: wire gate is closed');
    }
    if (group.role() !== 'leader') throw notLeader(group);
    const { deadlineMs } = context;
    yield* this.#pass(group.name, method, deadlineMs);
    const data = encodeEntry(this.#subject.opcodes[op]!, decodeArgs(body));
    const proposed = yield* group.propose(data, deadlineMs);
    if (!proposed.ok) throw refusal(proposed, group);
    return proposed.index;
  }

  /** Past the gate of an RPC, or refused. */
  *#pass(group: string, method: string, deadlineMs: number | null): Task<void> {
    const decision = yield* this.#gates.decide(method, { group, joiner: null, deadlineMs });
    if (decision.open) return;
    throw new StatusError(Code.FailedPrecondition, `${method} gate is closed: ${decision.blockers.join(', ')}`);
  }

  *#accepts(peer: string): Task<boolean> {
    const group = this.#port.groups[0]?.name ?? '';
    const decision = yield* this.#gates.decide('connect', { group, joiner: peer, deadlineMs: null });
    return decision.open;
  }

  #answer(rpc: string): Answer {
    const answers = this.#subject.rpcs[rpc]?.answers;
    return answers === undefined ? {} : askAnswer(this.#subject, rpc, this.#me);
  }

  #stateOf(group: string): unknown {
    const hosted = this.#port.groups.find((candidate) => candidate.name === group);
    return hosted === undefined ? undefined : this.state(hosted.machine);
  }

  #hosted(group: string): GroupPort {
    const hosted = this.#port.groups.find((candidate) => candidate.name === group);
    if (hosted === undefined) throw new StatusError(Code.Unavailable, `connection refused: no group ${group} here`);
    return hosted;
  }
}

function scene(group: string): { group: string; joiner: null; deadlineMs: null } {
  return { group, joiner: null, deadlineMs: null };
}

function generic(machine: StateMachine): GenericMachine {
  assert(machine instanceof GenericMachine, 'OTHER_MACHINE', () => 'a machine of another feature');
  return machine;
}

function startupRefusal(decision: GateDecision): string {
  return `startup gate is closed: ${decision.blockers.join(', ')}`;
}

function notLeader(group: GroupPort): StatusError {
  const { id } = group.leader();
  const who = id === '' ? 'no known leader' : `the leader is ${id}`;
  return new StatusError(Code.FailedPrecondition, `not leader of ${group.name} (${who})`);
}

/** Only a proposal that certainly never entered the log is refused; of any other the caller cannot know. */
function refusal(proposed: Extract<Proposed, { readonly ok: false }>, group: GroupPort): StatusError {
  switch (proposed.why) {
    case 'not-leader':
      return notLeader(group);
    case 'transfer-in-progress':
      return new StatusError(Code.FailedPrecondition, proposed.detail);
    case 'deadline':
      return new StatusError(Code.DeadlineExceeded, proposed.detail);
    case 'canceled':
      return new StatusError(Code.Canceled, proposed.detail);
    case 'leadership-lost':
    case 'halted':
    case 'closed':
      return new StatusError(Code.Unavailable, `${proposed.why}: ${proposed.detail}`);
  }
}
