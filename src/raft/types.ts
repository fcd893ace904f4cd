// The nouns of the Raft layer: entries, states, snapshots, roles, message kinds. Everything counted is a small integer,
// so that the hot path compares and stores machine words; ids of other systems (uint64 hashes) stay outside and are
// mapped to 1, 2, 3 … before they come in. All values handed across the surface are immutable by contract: two nodes of
// one process share entries and snapshots by reference, and one that changed them would corrupt the other's log in
// silence.

/** A term: a safe integer, 0 before the first election. */
export type Term = number;
/** A log index: a safe integer; the first entry has index 1. */
export type Index = number;
/**
 * A node inside the core: a small positive integer, or one of {@link NONE}, {@link APPEND_THREAD}, {@link
 * APPLY_THREAD}.
 */
export type RaftId = number;

/** No node. @source etcd None */
export const NONE: RaftId = 0;
/** Target of MsgStorageAppend: the thread that persists. @source etcd LocalAppendThread */
export const APPEND_THREAD: RaftId = -1;
/** Target of MsgStorageApply: the thread that applies. @source etcd LocalApplyThread */
export const APPLY_THREAD: RaftId = -2;
/** A limit that never bites: sizes, counts and indexes all stay below it. */
export const NO_LIMIT: number = Number.MAX_SAFE_INTEGER;

/** What a node is. @source etcd StateType */
export const Role = { Follower: 0, Candidate: 1, Leader: 2, PreCandidate: 3 } as const;
export type Role = (typeof Role)[keyof typeof Role];

/** How an entry's data is to be read. @source raftpb EntryType */
export const EntryType = { Normal: 0, ConfChange: 1, ConfChangeV2: 2 } as const;
export type EntryType = (typeof EntryType)[keyof typeof EntryType];

/** The kinds of message, with etcd's names and numbers. @source raftpb MessageType */
export const MessageType = {
  MsgHup: 0,
  MsgBeat: 1,
  MsgProp: 2,
  MsgApp: 3,
  MsgAppResp: 4,
  MsgVote: 5,
  MsgVoteResp: 6,
  MsgSnap: 7,
  MsgHeartbeat: 8,
  MsgHeartbeatResp: 9,
  MsgUnreachable: 10,
  MsgSnapStatus: 11,
  MsgCheckQuorum: 12,
  MsgTransferLeader: 13,
  MsgTimeoutNow: 14,
  MsgReadIndex: 15,
  MsgReadIndexResp: 16,
  MsgPreVote: 17,
  MsgPreVoteResp: 18,
  MsgStorageAppend: 19,
  MsgStorageAppendResp: 20,
  MsgStorageApply: 21,
  MsgStorageApplyResp: 22,
  MsgForgetLeader: 23,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/**
 * One log entry. Build it with {@link entry}: limits count protobuf bytes, so each entry carries its encoded size.
 * @source raftpb Entry
 */
export interface Entry {
  readonly term: Term;
  readonly index: Index;
  readonly type: EntryType;
  /** The payload; {@link NO_DATA} where protobuf has no such field. */
  readonly data: Uint8Array;
  /** Bytes of the protobuf encoding of this entry. */
  readonly size: number;
}

/** The absent payload (of a leader's empty entry): encodes to nothing, where an empty payload encodes to two bytes. */
export const NO_DATA: Uint8Array = new Uint8Array(0);

/** Bytes of a protobuf varint of n, a safe integer >= 0. */
export function varintSize(n: number): number {
  let size = 1;
  for (let rest = n; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/**
 * Builds an entry. `explicitType` counts the two bytes of a type that is present although it is the default, as in the
 * empty entry that takes the place of a refused configuration change.
 */
export function entry(term: Term, index: Index, type: EntryType, data: Uint8Array, explicitType = false): Entry {
  let size = 2 + varintSize(term) + varintSize(index);
  if (type !== EntryType.Normal || explicitType) size += 2;
  if (data !== NO_DATA) size += 1 + varintSize(data.length) + data.length;
  return { term, index, type, data, size };
}

/** What must be on disk before a node speaks. @source raftpb HardState */
export interface HardState {
  readonly term: Term;
  readonly vote: RaftId;
  readonly commit: Index;
}

/** What a host may want to know and need not keep. @source etcd SoftState */
export interface SoftState {
  readonly lead: RaftId;
  readonly role: Role;
}

/** Who is in the group. Lists are in ascending id when computed by the core. @source raftpb ConfState */
export interface ConfState {
  readonly voters: readonly RaftId[];
  readonly votersOutgoing: readonly RaftId[];
  readonly learners: readonly RaftId[];
  readonly learnersNext: readonly RaftId[];
  readonly autoLeave: boolean;
}

/** Application state up to an index; index 0 is the empty snapshot. @source raftpb Snapshot */
export interface Snapshot {
  readonly index: Index;
  readonly term: Term;
  readonly confState: ConfState;
  readonly data: Uint8Array;
}

/** A confirmed read: applied state at or beyond `index` answers the request `requestCtx`. @source etcd ReadState */
export interface ReadState {
  readonly index: Index;
  readonly requestCtx: Uint8Array;
}

/** No members. */
export const EMPTY_CONF_STATE: ConfState = {
  voters: [],
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
};
/** The snapshot of nothing. */
export const EMPTY_SNAPSHOT: Snapshot = { index: 0, term: 0, confState: EMPTY_CONF_STATE, data: NO_DATA };
/** The state of a node that never ran. */
export const EMPTY_HARD_STATE: HardState = { term: 0, vote: NONE, commit: 0 };

/** What one change does. @source raftpb ConfChangeType */
export const ConfChangeType = { AddNode: 0, RemoveNode: 1, UpdateNode: 2, AddLearnerNode: 3 } as const;
export type ConfChangeType = (typeof ConfChangeType)[keyof typeof ConfChangeType];

/** How a group passes from one configuration to the next. @source raftpb ConfChangeTransition */
export const ConfChangeTransition = { Auto: 0, JointImplicit: 1, JointExplicit: 2 } as const;
export type ConfChangeTransition = (typeof ConfChangeTransition)[keyof typeof ConfChangeTransition];

/** One member added, removed, updated or made a learner. @source raftpb ConfChangeSingle */
export interface ConfChangeSingle {
  readonly type: ConfChangeType;
  readonly nodeId: RaftId;
}

/** The old form: one change, never joint. @source raftpb ConfChange */
export interface ConfChange {
  readonly version: 1;
  readonly type: ConfChangeType;
  readonly nodeId: RaftId;
  readonly context: Uint8Array;
}

/** The new form: any number of changes; none at all leaves a joint configuration. @source raftpb ConfChangeV2 */
export interface ConfChangeV2 {
  readonly version: 2;
  readonly transition: ConfChangeTransition;
  readonly changes: readonly ConfChangeSingle[];
  readonly context: Uint8Array;
}

/** Either form; `version` tells them apart. @source raftpb ConfChangeI */
export type AnyConfChange = ConfChange | ConfChangeV2;
