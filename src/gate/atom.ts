// A named fact, typed by who can see it. Round after round of review has let one fact stand for another (a path flag
// for an applier, a local flag for the whole cluster): an atom says in its type whether a node knows it by itself, has
// to ask others, reads it in the replicated log, or cannot know it at all.

/** What a predicate about one process may look at. */
export interface SelfView {
  readonly id: string;
  readonly build: string;
  readonly maxVersion: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** What the node's side files hold now: kept over a restart, not shipped in snapshots. */
  readonly durable: Readonly<Record<string, unknown>>;
  /** Whether this binary can apply entries of the named opcode. */
  applies(op: string): boolean;
}

/** One replica, as properties see it. Indexes are log indexes; 0 means none. */
export interface ReplicaView<S = unknown> {
  readonly node: string;
  readonly group: string;
  readonly role: 'leader' | 'follower' | 'candidate' | 'learner';
  readonly build: string;
  readonly state: S;
  readonly appliedIndex: number;
  readonly commitIndex: number;
  readonly halted: null | { readonly index: number; readonly reason: string };
  readonly restarts: number;
}

export interface GroupView<S = unknown> {
  readonly replicas: readonly ReplicaView<S>[];
  readonly voters: readonly string[];
  readonly learners: readonly string[];
  readonly leader?: ReplicaView<S>;
}

export interface NodeView<S = unknown> {
  readonly up: boolean;
  readonly build: string;
  readonly replicas: readonly ReplicaView<S>[];
}

export interface CallView {
  readonly rpc: string;
  readonly outcome: 'ok' | 'refused' | 'unknown';
  /** gRPC code name of a refusal, as Go spells it (`FailedPrecondition`). */
  readonly code?: string;
}

/** The whole cluster, as properties and ghost atoms see it. */
export interface ClusterView<S = unknown> {
  readonly replicas: readonly ReplicaView<S>[];
  group(id: string): GroupView<S>;
  node(id: string): NodeView<S>;
  readonly calls: readonly CallView[];
  commits(op: string): readonly { readonly group: string; readonly index: number }[];
}

export type Duration = `${number}${'ms' | 's' | 'm' | 'h'}` | '1 election timeout';

export type Who = 'voters' | 'learners' | 'votersAndLearners' | 'quorumOfVoters' | 'joiner';
/** Whom an asking atom asks; `of` names a group other than the one addressed. */
export type Members = Who | 'votersAndLearnersOfEveryGroup' | { readonly of: string; readonly who: Who };

export interface AskOptions {
  readonly fresh?: Duration;
  readonly onSilence?: 'refuse' | 'lastAnswer';
}

/** An answer of a read-only RPC: plain data. */
export type Answer = Readonly<Record<string, unknown>>;

export type Atom =
  | { readonly seenBy: 'self'; readonly holds: (me: SelfView) => boolean }
  | {
      readonly seenBy: 'asking';
      readonly who: Members;
      readonly rpc: string;
      readonly holds: (answer: Answer) => boolean;
      readonly options: AskOptions;
    }
  | { readonly seenBy: 'log'; readonly holds: (state: never) => boolean }
  | { readonly seenBy: 'ghost'; readonly holds: (cluster: ClusterView<never>, who: string) => boolean };

/** A fact the node knows by itself: flags, binary, side files. */
export function self(holds: (me: SelfView) => boolean): Atom {
  return { seenBy: 'self', holds };
}

/** A fact read in the evaluating node's own replica of the group addressed. */
export function log<S>(holds: (state: S) => boolean): Atom {
  return { seenBy: 'log', holds: holds as (state: never) => boolean };
}

/** A fact only the simulator knows. Refused in a gate. */
export function ghost<S>(holds: (cluster: ClusterView<S>, who: string) => boolean): Atom {
  return { seenBy: 'ghost', holds: holds as (cluster: ClusterView<never>, who: string) => boolean };
}

/**
 * A fact that is asked of members over the network: every one of them has to answer, and to answer well.
 * Asked are the members of the configuration applied at the evaluating node; while joint, the union of both halves.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an answer's fields are the subject's own
export function every(who: Members, rpc: string, holds: (answer: any) => boolean, options: AskOptions = {}): Atom {
  return { seenBy: 'asking', who, rpc, holds, options };
}
