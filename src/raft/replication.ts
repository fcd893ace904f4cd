// Replication from the leader's side: appending its own entries, and sending each peer what it lacks as an append, a
// snapshot or a heartbeat, within what the flow control of that peer allows. The leader treats itself as one more peer,
// whose answer waits for its own disk: an entry counts towards a quorum nowhere before it is durable there.
import { LogLevel } from './log-port.ts';
import { RaftInvariantError } from './invariant.ts';
import { logPeer, logSnapshotSent } from './log-lines.ts';
import { NO_ENTRIES } from './message.ts';
import { ProgressState, type Progress } from './progress.ts';
import type { Raft } from './raft.ts';
import { traceReplicate } from './state-trace.ts';
import { COMPACTED, payloadsSize, SNAP_TEMPORARILY_UNAVAILABLE } from './storage.ts';
import { entry, EntryType, MessageType, NO_DATA, type Entry, type Index, type RaftId } from './types.ts';

/** What takes the place of a conf change that may not be proposed now: an empty entry whose type is written out. */
export const REFUSED_CONF_CHANGE: Entry = entry(0, 0, EntryType.Normal, NO_DATA, true);

/** Gives proposed entries their term and index and appends them; false if they exceed the uncommitted size. */
export function appendEntry(r: Raft, proposed: readonly Entry[]): boolean {
  if (!increaseUncommittedSize(r, payloadsSize(proposed))) {
    const why = 'appending new entries to log would exceed uncommitted entry size limit; dropping proposal';
    r.logger?.log(LogLevel.Warn, `${r.hex(r.id)} ${why}`);
    return false;
  }
  if (r.trace !== null) traceReplicate(r, proposed);
  const first = r.log.lastIndex() + 1;
  const first0 = proposed[0]!;
  const entries = [entry(r.term, first, first0.type, first0.data, first0 === REFUSED_CONF_CHANGE)];
  for (let i = 1; i < proposed.length; i++) {
    const e = proposed[i]!;
    entries.push(entry(r.term, first + i, e.type, e.data, e === REFUSED_CONF_CHANGE));
  }
  const last = r.log.append(entries);
  // The leader's own acknowledgement: it is stepped once the entries are on disk.
  r.sendPlain(MessageType.MsgAppResp, r.id, 0, last, 0, false, 0, 0);
  return true;
}

/** An empty payload, and the first proposal when nothing is outstanding, are always let through. */
function increaseUncommittedSize(r: Raft, size: number): boolean {
  if (r.uncommittedSize > 0 && size > 0 && r.uncommittedSize + size > r.maxUncommittedSize) return false;
  r.uncommittedSize += size;
  return true;
}

/** Payload that was applied no longer counts; a new leader may apply entries it never counted. */
export function reduceUncommittedSize(r: Raft, size: number): void {
  r.uncommittedSize = size > r.uncommittedSize ? 0 : r.uncommittedSize - size;
}

/** Sends a peer the next entries, or an empty append that carries the commit index. */
export function sendAppend(r: Raft, pr: Progress): void {
  maybeSendAppend(r, pr, true);
}

/**
 * Sends a peer the next entries or, if they are compacted, a snapshot; false if nothing was sent.
 * @source etcd maybeSendAppend
 */
export function maybeSendAppend(r: Raft, pr: Progress, sendIfEmpty: boolean): boolean {
  if (pr.isPaused()) return false;
  const prevIndex = pr.next - 1;
  const prevTerm = r.log.term(prevIndex);
  if (prevTerm < 0) return maybeSendSnapshot(r, pr);
  let entries: readonly Entry[] | typeof COMPACTED = NO_ENTRIES;
  // A full window sends empty appends only, so that the commit index still gets through and a lost window is noticed.
  if (pr.state !== ProgressState.Replicate || !pr.inflightFull()) entries = r.log.entries(pr.next, r.maxMsgSize);
  if (entries === COMPACTED) return sendIfEmpty && maybeSendSnapshot(r, pr);
  if (entries.length === 0 && !sendIfEmpty) return false;
  const commit = r.log.committed;
  r.sendLoaded(MessageType.MsgApp, pr.id, prevTerm, prevIndex, commit, entries, null);
  pr.sentEntries(entries.length, payloadsSize(entries));
  pr.sentCommit = commit;
  return true;
}

/** Sends a peer the newest snapshot and waits for it to arrive; false if there is none now or the peer is silent. */
function maybeSendSnapshot(r: Raft, pr: Progress): boolean {
  if (!pr.recentActive) {
    r.logger?.log(LogLevel.Debug, `ignore sending snapshot to ${r.hex(pr.id)} since it is not recently active`);
    return false;
  }
  const snapshot = r.log.snapshot();
  if (snapshot === SNAP_TEMPORARILY_UNAVAILABLE) {
    const why = 'because snapshot is temporarily unavailable';
    r.logger?.log(LogLevel.Debug, `${r.hex(r.id)} failed to send snapshot to ${r.hex(pr.id)} ${why}`);
    return false;
  }
  if (snapshot.index === 0) throw new RaftInvariantError('need non-empty snapshot');
  if (r.logger !== null) logSnapshotSent(r, snapshot, pr);
  pr.becomeSnapshot(snapshot.index);
  if (r.logger !== null) logPeer(r, 'paused sending replication messages to', pr);
  r.sendLoaded(MessageType.MsgSnap, pr.id, 0, 0, 0, NO_ENTRIES, snapshot);
  return true;
}

function sendHeartbeat(r: Raft, pr: Progress, context: number): void {
  // Only what the peer is known to have may be committed there: its log may still differ beyond.
  const commit = Math.min(pr.match, r.log.committed);
  r.sendPlain(MessageType.MsgHeartbeat, pr.id, 0, 0, commit, false, 0, context);
  pr.sentCommit = commit;
}

/** Sends an append to every peer that is not paused. */
export function bcastAppend(r: Raft): void {
  const all = r.peers;
  for (let i = 0; i < all.length; i++) {
    const pr = all[i]!;
    if (pr.id !== r.id) sendAppend(r, pr);
  }
}

/** Sends a heartbeat to every peer, with the number of the newest read that waits for one. */
export function bcastHeartbeat(r: Raft): void {
  const context = r.reads === null ? 0 : r.reads.heartbeatContext();
  const all = r.peers;
  for (let i = 0; i < all.length; i++) {
    const pr = all[i]!;
    if (pr.id !== r.id) sendHeartbeat(r, pr, context);
  }
}

/** Tells a peer to campaign at once. */
export function sendTimeoutNow(r: Raft, to: RaftId): void {
  r.sendPlain(MessageType.MsgTimeoutNow, to, 0, 0, 0, false, 0, 0);
}

/** Acknowledges everything up to an index to the leader. */
export function sendAppResp(r: Raft, to: RaftId, index: Index): void {
  r.sendPlain(MessageType.MsgAppResp, to, 0, index, 0, false, 0, 0);
}
