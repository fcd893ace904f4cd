// What the EncryptionAdmin service needs of the world around it, and nothing more. The service once took whatever the
// process had at hand, and a group's id ended up as a node's identity, a follower's engine as a proposer. Every
// dependency is a narrow port here, null where a process has not wired it: absence is a state the service answers for.
// The simulated replica satisfies these ports, and so does any stub a test writes.
import type { FullNodeId, Ms } from '../base/ids.ts';
import type { Task } from '../base/task.ts';
import type { Failure } from '../fsm/failure.ts';

/** A Raft log index: a safe integer, 0 means none. */
export type Index = number;

/** What an engine says it is. `shutdown` is an engine whose apply loop halted. */
export type RoleName = 'leader' | 'follower' | 'candidate' | 'preCandidate' | 'learner' | 'shutdown';

/** Whom a replica believes to lead its group; both empty when it knows none. */
export interface LeaderInfo {
  readonly id: string;
  readonly address: string;
}

/** How a caller's context ends. */
export type ContextEnd = 'canceled' | 'deadline';

/** The classes of engine failure the service tells apart; everything else, halts included, is `other`. */
export type EngineErrorKind =
  'notLeader' | 'leadershipLost' | 'transferInProgress' | 'cutoverInProgress' | ContextEnd | 'other';

const ENGINE_TEXT: Readonly<Record<Exclude<EngineErrorKind, 'other'>, string>> = {
  notLeader: 'raft engine: not leader',
  leadershipLost: 'raft engine: leadership lost',
  transferInProgress: 'raft engine: leadership transfer in progress',
  cutoverInProgress: 'raft engine: envelope cutover in progress',
  canceled: 'context canceled',
  deadline: 'context deadline exceeded',
};

/** What `propose`, `verifyLeader`, `linearizableRead` and `waitDrained` may throw. */
export class EngineError extends Error {
  readonly kind: EngineErrorKind;
  /** @param text the engine's own words; the sentinel's text when left out */
  constructor(kind: EngineErrorKind, text?: string) {
    super(text ?? (kind === 'other' ? 'raft engine: unknown error' : ENGINE_TEXT[kind]));
    this.name = 'EngineError';
    this.kind = kind;
  }
}

/** What a proposal came to: its commit index, and what the state machine answered (an error text or nothing). */
export interface ProposalResult {
  readonly index: Index;
  readonly response: unknown;
}

/** Puts entry data into a group's log and waits until this replica has applied it. Throws EngineError. */
export interface Proposer {
  /** Null is a proposer that reports neither an index nor an error: the service answers Internal. */
  propose(data: Uint8Array): Task<ProposalResult | null>;
  /** As `propose`, past an open cutover barrier. */
  proposeAdmin(data: Uint8Array): Task<ProposalResult | null>;
}

/** A replica's view of its group's leadership. The two waiting calls throw EngineError. */
export interface LeaderView {
  state(): RoleName;
  leader(): LeaderInfo;
  verifyLeader(): Task<void>;
  linearizableRead(): Task<Index>;
}

/** One key entry of the sidecar. */
export interface SidecarKey {
  readonly id: number;
  readonly purpose: 'storage' | 'raft';
  readonly wrapped: Uint8Array;
  readonly localEpoch: number;
}

/** What the service and the start-up guards read in `keys.json`; keys in ascending id. */
export interface SidecarState {
  /** The file may hold any uint64; a cutover index of 0 means inactive, or unknown in an older file. */
  readonly appliedIndex: bigint;
  readonly storageEnvelopeActive: boolean;
  readonly storageCutoverIndex: bigint;
  readonly raftCutoverIndex: bigint;
  readonly activeStorage: number;
  readonly activeRaft: number;
  readonly keys: readonly SidecarKey[];
}

/** Reads the sidecar file; wired only when a path is configured. */
export interface SidecarReader {
  readonly path: string;
  /** The sidecar, or why it cannot be read (class `NotExist` when there is none). */
  read(): SidecarState | Failure;
  /** Whether anything is at the path, or why that cannot be told. */
  exists(): boolean | Failure;
}

/** The writer registry of a store. */
export interface RegistryReader {
  /** The raw row, null if there is none, or the store's failure. */
  row(dekId: number, nodeId16: number): Uint8Array | null | Failure;
}

/** What one member answered, or why it did not. */
export interface CapabilityVerdict {
  readonly fullNodeId: FullNodeId;
  readonly reachable: boolean;
  readonly encryptionCapable: boolean;
  readonly buildSha: string;
  readonly sidecarPresent: boolean;
  /** Empty when reachable. */
  readonly error: string;
}

/** The answer of a whole fan-out: ok when there is a member and all are reachable and capable. */
export interface FanoutResult {
  readonly ok: boolean;
  readonly verdicts: readonly CapabilityVerdict[];
}

/** Asks every member whether it is encryption-capable. Throws EngineError when the question could not be put at all. */
export interface CapabilityFanout {
  run(ctx: CallContext): Task<FanoutResult>;
}

/** Holds user proposals back on every group of this process while the raft cutover passes through the log. */
export interface CutoverBarrier {
  /** Null when the cutover may run in this topology, else the refusal's whole text. */
  scope(): string | null;
  begin(): void;
  /** Resumes when no proposal is in flight. Throws EngineError. */
  waitDrained(): Task<void>;
  /** Publishes the wrap closure for entries above the cutover. */
  installWrap(cutoverIndex: Index, raftDekId: number): void;
  end(): void;
}

/** Virtual time, as the service needs it. */
export interface Clock {
  nowMs(): Ms;
  /** Calls `wake` once, `ms` later (an integer >= 0); the returned function cancels. */
  after(ms: Ms, wake: () => void): () => void;
}

/** A caller's deadline and cancellation, in virtual time. */
export interface CallContext {
  /** How the context ended, null while it lives. */
  end(): ContextEnd | null;
  /** Calls `wake` once when the context ends, at once if it has; the returned function unsubscribes. */
  onEnd(wake: () => void): () => void;
}

/** The context of a call nobody can cancel. */
export const BACKGROUND: CallContext = { end: () => null, onEnd: () => () => undefined };
