// Replication from the follower's side: taking appends, heartbeats and snapshots. A log is extended only where it
// provably agrees with the leader's, and a rejection carries the best guess of where the two part, so that a long
// diverged tail is skipped in one exchange instead of one per entry. A snapshot is taken only if it is ahead of what is
// committed here and names this node.
import { describeConfState } from './describe.ts';
import { LogLevel } from './log-port.ts';
import { logRejectedAppend, logSnapshotHandled, logSnapshotRestored } from './log-lines.ts';
import { NO_MATCH } from './log.ts';
import { restoreConfig } from './membership.ts';
import type { Message } from './message.ts';
import type { Raft } from './raft.ts';
import { sendAppResp } from './replication.ts';
import { EMPTY_CONFIG } from './tracker.ts';
import { EMPTY_SNAPSHOT, MessageType, NONE, Role, type Snapshot } from './types.ts';

/** MsgApp: take the leader's entries if this log agrees with it at (m.index, m.logTerm). @source Raft §5.3 */
export function handleAppendEntries(r: Raft, m: Message): void {
  const committed = r.log.committed;
  if (m.index < committed) {
    // A late duplicate. What is committed cannot conflict: tell the leader how far we are.
    sendAppResp(r, m.from, committed);
    return;
  }
  const lastNew = r.log.maybeAppend(m.logTerm, m.index, m.entries, m.commit);
  if (lastNew !== NO_MATCH) {
    sendAppResp(r, m.from, lastNew);
    return;
  }
  if (r.logger !== null) logRejectedAppend(r, m);
  const hint = r.log.findConflictByTerm(Math.min(m.index, r.log.lastIndex()), m.logTerm);
  const hintTerm = hint === 0 ? 0 : r.log.termOrZero(hint);
  r.sendPlain(MessageType.MsgAppResp, m.from, hintTerm, m.index, 0, true, hint, 0);
}

/** MsgHeartbeat: commit what the leader knows us to have, and answer. */
export function handleHeartbeat(r: Raft, m: Message): void {
  r.log.commitTo(m.commit);
  r.sendPlain(MessageType.MsgHeartbeatResp, m.from, 0, 0, 0, false, 0, m.context);
}

/** MsgSnap: replace the log if the snapshot is ahead of it. */
export function handleSnapshot(r: Raft, m: Message): void {
  const snapshot = m.snapshot ?? EMPTY_SNAPSHOT;
  if (restore(r, snapshot)) {
    if (r.logger !== null) logSnapshotHandled(r, 'restored', snapshot);
    sendAppResp(r, m.from, r.log.lastIndex());
  } else {
    if (r.logger !== null) logSnapshotHandled(r, 'ignored', snapshot);
    sendAppResp(r, m.from, r.log.committed);
  }
}

function names(snapshot: Snapshot, id: number): boolean {
  const { voters, learners, votersOutgoing } = snapshot.confState;
  return voters.includes(id) || learners.includes(id) || votersOutgoing.includes(id);
}

/** Starts over from a snapshot; false if it was not needed or must not be taken. @source etcd restore */
function restore(r: Raft, snapshot: Snapshot): boolean {
  const { index, term, confState } = snapshot;
  if (index <= r.log.committed) return false;
  if (r.role !== Role.Follower) {
    // Only a follower gets here; a leader that did would overwrite its own log.
    r.logger?.log(LogLevel.Warn, `${r.hex(r.id)} attempted to restore snapshot as leader; should never happen`);
    r.becomeFollower(r.term + 1, NONE);
    return false;
  }
  if (!names(snapshot, r.id)) {
    // A node outside its own configuration could neither vote nor be reached.
    const why = `it is not in the ConfState ${describeConfState(confState)}; should never happen`;
    r.logger?.log(LogLevel.Warn, `${r.hex(r.id)} attempted to restore snapshot but ${why}`);
    return false;
  }
  if (r.log.matchTerm(term, index)) {
    // Our log reaches as far and agrees: keep what lies beyond, it may have been acknowledged.
    if (r.logger !== null) logSnapshotRestored(r, 'fast-forwarded commit to', snapshot);
    r.log.commitTo(index);
    return false;
  }
  r.log.restore(snapshot);
  r.trk.resetVotes();
  r.adopt(EMPTY_CONFIG, []);
  restoreConfig(r, confState);
  if (r.logger !== null) logSnapshotRestored(r, 'restored', snapshot);
  return true;
}
