// The one message of the Raft layer. All kinds share one shape, set in one order by one function: the engine that runs us then
// compiles every access to a fixed offset, and a message costs a single allocation. A second shape, or a field added later,
// would make each `step` guess which of them it holds and lose most of the speed of the simulator.
import type { Entry, Index, MessageType as Type, RaftId, Snapshot, Term } from './types.ts';
import { MessageType } from './types.ts';

/** A message between nodes, to or from a storage thread, or of a host to its own node. Unset fields are 0, false, empty or null. */
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
  /** The next in its sender's queue; null in every message that was handed out. */
  next: Message | null;
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

/** The context of a vote request that ignores leases: the campaign was asked for by the leader. @source etcd campaignTransfer */
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
    next: null,
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

/** A set of message kinds as bits: one shift and one mask to ask. */
function kinds(...types: readonly Type[]): number {
  return types.reduce<number>((bits, type) => bits | (1 << type), 0);
}

const RECYCLED = kinds(
  MessageType.MsgApp,
  MessageType.MsgAppResp,
  MessageType.MsgHeartbeat,
  MessageType.MsgHeartbeatResp,
);

/**
 * Messages of finished deliveries, to be used again, and the list in which a Ready shows its messages. In a run of many idle replicas
 * each message lives for one tick, long enough to be copied by the collector twice; with a pool a steady state allocates none.
 * One pool serves all nodes of one world: a host that passes it (Config.pool) must take the messages out of a Ready before it
 * asks any node of that world for the next one.
 */
export class MessagePool {
  private readonly free: Message[] = [];
  private readonly shown: Message[] = [];

  /** Takes back a message that was stepped or dropped, and that nobody will look at again. */
  recycle(m: Message): void {
    // Only the frequent kinds, which share what they leave unset: a read, for one, waits inside the leader.
    if (((RECYCLED >> m.type) & 1) !== 0) this.free.push(m);
  }

  /** A message without vote, snapshot and responses: a used one, or a new one. */
  take(
    type: Type,
    from: RaftId,
    to: RaftId,
    group: number,
    term: Term,
    logTerm: Term,
    index: Index,
    commit: Index,
    reject: boolean,
    rejectHint: Index,
    context: number,
    entries: readonly Entry[],
  ): Message {
    if (this.free.length === 0) {
      return message(
        type,
        from,
        to,
        group,
        term,
        logTerm,
        index,
        commit,
        0,
        reject,
        rejectHint,
        context,
        entries,
        null,
        NO_MESSAGES,
      );
    }
    const m: { -readonly [K in keyof Message]: Message[K] } = this.free.pop()!;
    m.type = type;
    m.from = from;
    m.to = to;
    m.group = group;
    m.term = term;
    m.commit = commit;
    m.context = context;
    m.index = index;
    m.logTerm = logTerm;
    m.entries = entries;
    m.reject = reject;
    m.rejectHint = rejectHint;
    return m;
  }

  /** The list of the next Ready, emptied: setting its length would give its room up. */
  list(): Message[] {
    const { shown } = this;
    while (shown.length > 0) shown.pop();
    return shown;
  }
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
