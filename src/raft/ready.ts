// What a host does next, and the two ways of putting it together. In synchronous mode the host persists, sends, applies
// and calls advance(); answers that promise durability leave with the same Ready, after the write. In asynchronous mode
// the work goes to two storage threads as messages that carry their answers with them, and only what has come back as
// durable is applied.
import { message, NO_MESSAGES, type Message } from './message.ts';
import type { Raft } from './raft.ts';
import { NO_ENTRIES } from './message.ts';
import {
  APPEND_THREAD,
  APPLY_THREAD,
  MessageType,
  NONE,
  type Entry,
  type HardState,
  type ReadState,
  type Snapshot,
  type SoftState,
} from './types.ts';

/**
 * Persist hardState, snapshot and entries; send messages; apply committedEntries; then advance(). null means unchanged.
 * All of it is the host's to keep and nobody's to change.
 * @source etcd Ready
 */
export interface Ready {
  readonly softState: SoftState | null;
  readonly hardState: HardState | null;
  readonly readStates: readonly ReadState[];
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | null;
  readonly committedEntries: readonly Entry[];
  readonly messages: readonly Message[];
  /** Whether the write must reach the disk before the messages leave: there are entries, or term or vote changed. */
  readonly mustSync: boolean;
}

/** What the append thread answers: how far the log is durable once this write is, at the current term. */
function appendResponse(r: Raft, snapshot: Snapshot | null): Message {
  const pending = r.log.hasNextOrInProgressUnstableEntries();
  const logTerm = pending ? r.log.lastTerm() : 0;
  const index = pending ? r.log.lastIndex() : 0;
  const type = MessageType.MsgStorageAppendResp;
  return message(
    type,
    APPEND_THREAD,
    r.id,
    r.group,
    r.term,
    logTerm,
    index,
    0,
    NONE,
    false,
    0,
    0,
    NO_ENTRIES,
    snapshot,
    NO_MESSAGES,
  );
}

/** The write of a Ready as a message to the append thread, with every answer that waits for it. */
export function storageAppend(
  r: Raft,
  hs: HardState | null,
  entries: readonly Entry[],
  snapshot: Snapshot | null,
): Message {
  const responses = r.msgsAfterAppend ?? [];
  // The index is attached whenever something is unstable, handed out before or not: a new term needs a fresh one to
  // drain it.
  if (r.log.hasNextOrInProgressUnstableEntries() || snapshot !== null) responses.push(appendResponse(r, snapshot));
  const { term, vote, commit } = hs ?? { term: 0, vote: NONE, commit: 0 };
  const type = MessageType.MsgStorageAppend;
  return message(
    type,
    r.id,
    APPEND_THREAD,
    r.group,
    term,
    0,
    0,
    commit,
    vote,
    false,
    0,
    0,
    entries,
    snapshot,
    responses,
  );
}

/** Committed entries as a message to the apply thread, with its answer. They apply under no particular term. */
export function storageApply(r: Raft, entries: readonly Entry[]): Message {
  const { id, group } = r;
  const plain = (type: MessageType, from: number, to: number, responses: readonly Message[]): Message =>
    message(type, from, to, group, 0, 0, 0, 0, NONE, false, 0, 0, entries, null, responses);
  const response = plain(MessageType.MsgStorageApplyResp, APPLY_THREAD, id, NO_MESSAGES);
  return plain(MessageType.MsgStorageApply, id, APPLY_THREAD, [response]);
}
