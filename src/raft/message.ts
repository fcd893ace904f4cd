// The one message of the Raft layer. All kinds share one shape, set in one order by one function: the engine that runs
// us then compiles every access to a fixed offset, and a message costs a single allocation. A second shape, or a field
// added later, would make each `step` guess which of them it holds and lose most of the speed of the simulator.
import type { Entry, Index, MessageType as Type, RaftId, Snapshot, Term } from './types.ts';
import { MessageType } from './types.ts';

/**
 * A message between nodes, to or from a storage thread, or of a host to its own node. Unset fields are 0, false, empty
 * or null.
 */
export interface Message {
  // In the order of use: a heartbeat and its answer are read without touching the end.
  readonly type: Type;
  readonly from: RaftId;
  readonly to: RaftId;
  /** The host's mark for routing (Config.group of the sender); never read by the core. */
  readonly group: number;
  readonly term: Term;
  readonly commit: Index;
  /** 0: none; {@link TRANSFER_CONTEXT}: forced campaign; else the number of the last read a heartbeat confirms. */
  readonly context: number;
  readonly index: Index;
  /** Term of the entry at `index`; in a rejection, of the entry at `rejectHint`. */
  readonly logTerm: Term;
  readonly entries: readonly Entry[];
  readonly reject: boolean;
  readonly rejectHint: Index;
  readonly vote: RaftId;
  readonly snapshot: Snapshot | null;
  /** What a storage thread answers once its work is done, and to whom. */
  readonly responses: readonly Message[];
}

/**
 * The context of a vote request that ignores leases: the campaign was asked for by the leader.
 * @source etcd campaignTransfer
 */
export const TRANSFER_CONTEXT = -1;

/** The shared empty list of entries. */
export const NO_ENTRIES: readonly Entry[] = [];
/** The shared empty list of messages. */
export const NO_MESSAGES: readonly Message[] = [];

/** Builds a message; the only place where one comes to be. */
export function message(
  type: Type,
  from: RaftId,
  to: RaftId,
  group: number,
  term: Term,
  logTerm: Term,
  index: Index,
  commit: Index,
  vote: RaftId,
  reject: boolean,
  rejectHint: Index,
  context: number,
  entries: readonly Entry[],
  snapshot: Snapshot | null,
  responses: readonly Message[],
): Message {
  return {
    type,
    from,
    to,
    group,
    term,
    commit,
    context,
    index,
    logTerm,
    entries,
    reject,
    rejectHint,
    vote,
    snapshot,
    responses,
  };
}

/** A message with the given fields, the rest unset: for hosts, decoders and tests, not for the hot path. */
export function messageOf(m: { readonly type: Type } & Partial<Message>): Message {
  return message(
    m.type,
    m.from ?? 0,
    m.to ?? 0,
    m.group ?? 0,
    m.term ?? 0,
    m.logTerm ?? 0,
    m.index ?? 0,
    m.commit ?? 0,
    m.vote ?? 0,
    m.reject ?? false,
    m.rejectHint ?? 0,
    m.context ?? 0,
    m.entries ?? NO_ENTRIES,
    m.snapshot ?? null,
    m.responses ?? NO_MESSAGES,
  );
}

/** A set of message kinds as bits: one shift and one mask to ask. */
function kinds(...types: readonly Type[]): number {
  return types.reduce<number>((bits, type) => bits | (1 << type), 0);
}

const LOCAL = kinds(
  MessageType.MsgHup,
  MessageType.MsgBeat,
  MessageType.MsgUnreachable,
  MessageType.MsgSnapStatus,
  MessageType.MsgCheckQuorum,
  MessageType.MsgStorageAppend,
  MessageType.MsgStorageAppendResp,
  MessageType.MsgStorageApply,
  MessageType.MsgStorageApplyResp,
);

const RESPONSE = kinds(
  MessageType.MsgAppResp,
  MessageType.MsgVoteResp,
  MessageType.MsgHeartbeatResp,
  MessageType.MsgUnreachable,
  MessageType.MsgReadIndexResp,
  MessageType.MsgPreVoteResp,
  MessageType.MsgStorageAppendResp,
  MessageType.MsgStorageApplyResp,
);

/** Whether a kind never crosses the network. @source etcd IsLocalMsg */
export function isLocalMsg(type: Type): boolean {
  return ((LOCAL >> type) & 1) !== 0;
}

/** Whether a kind answers another. @source etcd IsResponseMsg */
export function isResponseMsg(type: Type): boolean {
  return ((RESPONSE >> type) & 1) !== 0;
}

/** Whether an id is a storage thread of the node itself. @source etcd IsLocalMsgTarget */
export function isLocalMsgTarget(id: RaftId): boolean {
  return id < 0;
}
