// What a build becomes in one process: the state machines of its groups, its RPC handlers, its start-up guards. The
// simulated world offers ports and knows nothing of any feature; a feature knows nothing of clocks, wires or disks.
import type { Task } from '../base/task.ts';
import type { Answer, SelfView } from '../gate/atom.ts';
import type { AtomValue, GateDecision } from '../gate/gate-point.ts';
import type { Halt as MachineHalt, StateMachine } from '../fsm/state-machine.ts';
import type { Files } from '../fsm/encryption/files.ts';
import type { Build } from './build.ts';

/** Names of the members of a group, as applied at the asking replica; while joint, the union of both halves. */
export interface Membership {
  readonly voters: readonly string[];
  readonly learners: readonly string[];
}

export type ProposalFailure =
  'not-leader' | 'leadership-lost' | 'transfer-in-progress' | 'canceled' | 'deadline' | 'halted' | 'closed';

/** What became of a proposal at the engine. `response` and `error` are what the state machine returned for the entry. */
export type Proposed =
  | { readonly ok: true; readonly index: number; readonly response: Uint8Array | null; readonly error: string | null }
  | { readonly ok: false; readonly why: ProposalFailure; readonly detail: string };

/** One group on this process: the engine as a feature sees it. */
export interface GroupPort {
  readonly name: string;
  readonly id: number;
  /**
   * Proposes a payload and waits until it is applied here, or until it is known that it will not be. Never forwards.
   * @param deadlineMs virtual time at which to give up (`why: 'deadline'`); the entry may still commit later
   */
  propose(payload: Uint8Array, deadlineMs?: number): Task<Proposed>;
  role(): 'leader' | 'follower' | 'candidate' | 'learner' | 'shutdown';
  /** Name and address of the leader this replica knows; empty strings where none. */
  leader(): { readonly id: string; readonly address: string };
  /** A ReadIndex round trip. Null: still leader at that moment; else why not. */
  verifyLeader(deadlineMs?: number): Task<ProposalFailure | null>;
  /** The read index, once applied here; or why there is none. */
  linearizableRead(deadlineMs?: number): Task<number | ProposalFailure>;
  members(): Membership;
  appliedIndex(): number;
  /** Entry data at an index of this replica's log; null where compacted or beyond the end. */
  entry(index: number): Uint8Array | null;
  /** First index still in this replica's log. */
  firstIndex(): number;
  /** Bytes of the newest snapshot on this node's disk, before the group is open as well; null where there is none. */
  snapshot?(): Uint8Array | null;
  readonly machine: StateMachine;
}

export interface RpcReply {
  /** gRPC code; 0 is OK. Silence until the timeout is DeadlineExceeded, a dead or cut off node Unavailable. */
  readonly code: number;
  readonly message: string;
  readonly body: Uint8Array;
}

/** What the world offers to one incarnation of a process. */
export interface ProcessPort {
  readonly node: string;
  readonly build: Build;
  /** Hosted groups, ascending id. */
  readonly groups: readonly GroupPort[];
  /** Side files on the node's disk; unsynced writes may be lost in a crash. */
  readonly files: Files;
  /** What the node's side files hold for a feature given by `apply` alone; writes are synced. */
  readonly durable: { get(): Readonly<Record<string, unknown>>; put(fields: Readonly<Record<string, unknown>>): void };
  /** A group's own store on this node's disk (a Pebble directory): one value, kept over restarts and crashes. */
  store(group: string): { get(): unknown; put(value: unknown): void };
  /** What `'1 election timeout'` lasts in this cluster: its least election timeout, in ms. */
  readonly electionMs: number;
  nowMs(): number;
  sleep(ms: number): Task<void>;
  rpc(node: string, group: string, method: string, body: Uint8Array, timeoutMs: number): Task<RpcReply>;
  /** Starts a background task that dies with the process. */
  spawn(name: string, task: () => Task<void>): void;
  /** Records a gate decision in the trace; and, for what is told about a search, the values it was made on. */
  decided(decision: GateDecision, values: readonly AtomValue[]): void;
  /** A handler asks the gate of its RPC in its own words: which values its atoms had, nobody is told. */
  asksItself?(at: string): void;
  /** The process tells who it is, as a report on the listener of a group; checkers hold nodes to one identity each. */
  identified(group: string, fullNodeId: string): void;
  /** Tells the feature's own properties a fact; null or absent where nobody listens, so that facts nobody hears cost nothing. */
  readonly observe?: ((fact: object) => void) | null;
  /** A number in [0, n), from the tape. */
  choose(purpose: string, n: number): number;
  /** Stops the process, as an orderly exit with an error does. */
  exit(reason: string): void;
}

/** What the caller of an RPC granted: when it gives up, in virtual time. */
export interface CallContext {
  readonly deadlineMs: number;
  canceled(): 'canceled' | 'deadline' | null;
}

/** How the engine of a group dresses a proposal and undresses an entry (the proposal and raft envelopes of the real store). */
export interface EngineCodec {
  /** Entry data for a proposal of this payload. */
  wrap(payload: Uint8Array): Uint8Array;
  /** The payload for the state machine; null: the entry is applied as a no-op; a Halt: the apply loop stops here. */
  unwrap(index: number, data: Uint8Array): Uint8Array | null | MachineHalt;
}

/** One feature in one process. Texts returned as refusals end the start of the process. */
export interface Program {
  /** Guards before any group is opened. `port.groups` may be read only from `machine` on. */
  beforeOpen(): string | null;
  /** The state machine of one group, before its log is replayed. */
  machine(group: { readonly name: string; readonly id: number }): StateMachine;
  /** Envelopes of one group's engine; null where entry data is the payload. */
  engine(group: { readonly name: string; readonly id: number }): EngineCodec | null;
  /**
   * Guards after every group has replayed what its disk knows to be committed, and whatever else has to be over before
   * the listeners open. May ask other nodes; the process takes part in its groups meanwhile.
   */
  afterReplay(): Task<string | null>;
  /** The process serves: background tasks start here. */
  opened(): void;
  /** Serves one RPC on the listener of a group. Refusals are thrown as StatusError. */
  serve(group: string, method: string, body: Uint8Array, context: CallContext): Task<Uint8Array>;
  /** May a leader of this process propose the membership step now? Null: yes. Else the refusal's text. */
  admit(group: string, step: 'join' | 'promote', joiner: string): Task<string | null>;
  /** Does this process accept traffic from that peer? Asked once per incarnation of the peer; null: no such gate. */
  readonly connect: null | ((peer: string) => Task<boolean>);
  /** Encodes a KV write or read for this feature; null if the feature has no KV of its own. */
  readonly kv: KvCodec | null;
  /** What the engine tells proposers once the apply loop has stopped; by default the halt's own detail. */
  haltText?(halt: MachineHalt): string;
  /** The state a property sees for a replica. */
  state(machine: StateMachine): unknown;
  /** What the feature's own properties may look at; the shape is the feature's own. */
  inspect?(): unknown;
  self(): SelfView;
}

/** How KV operations become entries and how they are read back. */
export interface KvCodec {
  /** Waits until this process may write at all. Throws StatusError where it may not by the deadline. */
  ready?(deadlineMs: number): Task<void>;
  put(key: string, value: string): Uint8Array;
  /** Absent where the feature has no deletions. */
  delete?(key: string): Uint8Array;
  get(machine: StateMachine, key: string): string | null;
}

/** An operator's or client's procedure: from plan arguments to what was answered. */
export interface ClientPort {
  rpc(node: string, group: string, method: string, body: Uint8Array, timeoutMs: number): Task<RpcReply>;
  readonly nodes: readonly string[];
  readonly groups: readonly {
    readonly name: string;
    readonly voters: readonly string[];
    readonly learners: readonly string[];
  }[];
  nowMs(): number;
  sleep(ms: number): Task<void>;
  choose(purpose: string, n: number): number;
}

export interface ProgramFactory {
  /** Called at each process start. */
  create(port: ProcessPort): Program;
  /** Runs one `call` step of a plan against a listener and returns the final reply. */
  client(
    port: ClientPort,
    rpc: string,
    args: Readonly<Record<string, string>>,
    node: string,
    group: string,
  ): Task<RpcReply>;
  /** Opcode and short name of an entry's data, for traces and tables; null for a leader's empty entry. */
  describe(data: Uint8Array): { readonly opcode: number; readonly name: string } | null;
  /** Answers of a read-only RPC as fields, for `every` atoms. */
  readAnswer(rpc: string, body: Uint8Array): Answer;
  requestFor(rpc: string): Uint8Array;
}
