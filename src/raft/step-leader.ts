// What a leader does with a message: it takes proposals and reads, keeps its peers informed, and learns from their
// answers how far each log agrees with its own. Every branch that lets a stale answer through (an old rejection, an
// acknowledgement that moves nothing) would either stall a peer or walk back what it is known to hold.
import { asV2, decodeConfChange } from './conf-change-codec.ts';
import { describeConfChange, describeConfig } from './describe.ts';
import { LogLevel, panic } from './log-port.ts';
import { logPeer, logRejection, logTransfer, pendingConfText } from './log-lines.ts';
import type { Message } from './message.ts';
import { ProgressState, type Progress } from './progress.ts';
import type { Raft } from './raft.ts';
import { answerHeartbeatReads, releasePendingReads, stepReadIndex } from './step-reads.ts';
import {
  appendEntry,
  bcastAppend,
  bcastHeartbeat,
  maybeSendAppend,
  REFUSED_CONF_CHANGE,
  sendAppend,
  sendTimeoutNow,
} from './replication.ts';
import { progressOf } from './tracker.ts';
import { traceChangeConf } from './state-trace.ts';
import type { DropReason } from './step.ts';
import { EntryType, MessageType, NONE, type AnyConfChange, type Entry } from './types.ts';

/** A leader's step. @source etcd stepLeader */
export function stepLeader(r: Raft, m: Message): DropReason | null {
  switch (m.type) {
    case MessageType.MsgBeat:
      bcastHeartbeat(r);
      return null;
    case MessageType.MsgCheckQuorum:
      checkQuorum(r);
      return null;
    case MessageType.MsgProp:
      return stepLeaderProposal(r, m.entries);
    case MessageType.MsgReadIndex:
      stepReadIndex(r, m);
      return null;
    case MessageType.MsgForgetLeader:
      return null;
  }
  const pr = progressOf(r.peers, m.from);
  if (pr === null) {
    r.logger?.log(LogLevel.Debug, `${r.hex(r.id)} no progress available for ${r.hex(m.from)}`);
    return null;
  }
  switch (m.type) {
    case MessageType.MsgHeartbeatResp:
      stepHeartbeatResp(r, m, pr);
      return null;
    case MessageType.MsgAppResp:
      pr.recentActive = true;
      if (m.reject) stepRejection(r, m, pr);
      else stepAcknowledgement(r, m, pr);
      return null;
    case MessageType.MsgSnapStatus:
      stepSnapshotStatus(r, m, pr);
      return null;
    case MessageType.MsgUnreachable:
      // Appends in flight are probably lost: go back to what is known to have arrived.
      if (pr.state === ProgressState.Replicate) pr.becomeProbe();
      if (r.logger !== null) logPeer(r, 'failed to send message to', pr, ' because it is unreachable');
      return null;
    case MessageType.MsgTransferLeader:
      stepTransfer(r, pr);
      return null;
    default:
      return null;
  }
}

/** A leader that a quorum has not answered since the last check is no leader. */
export function checkQuorum(r: Raft): void {
  if (!r.trk.quorumActive()) {
    r.logger?.log(LogLevel.Warn, `${r.hex(r.id)} stepped down to follower since quorum is not active`);
    r.becomeFollower(r.term, NONE);
  }
  for (const pr of r.peers) if (pr.id !== r.id) pr.recentActive = false;
}

/** Appends proposed entries and sends them on; conf changes that may not happen now become empty entries. */
export function stepLeaderProposal(r: Raft, proposed: readonly Entry[]): DropReason | null {
  if (proposed.length === 0) panic(r.logger, `${r.hex(r.id)} stepped empty MsgProp`);
  // Removed from the group, and still leading until the removal is committed.
  if (r.trk.get(r.id) === null) return 'notMember';
  if (r.leadTransferee !== NONE) {
    const what = `transfer leadership to ${r.hex(r.leadTransferee)} is in progress; dropping proposal`;
    r.logger?.log(LogLevel.Debug, `${r.hex(r.id)} [term ${r.term}] ${what}`);
    return 'transferring';
  }
  let entries = proposed;
  for (let i = 0; i < proposed.length; i++) {
    const e = proposed[i]!;
    if (e.type === EntryType.Normal) continue;
    const change = decodeConfChange(e);
    const refused = refusal(r, change);
    if (refused !== null && !r.disableConfChangeValidation) {
      if (r.logger !== null) logIgnoredChange(r, change, refused);
      if (entries === proposed) entries = proposed.slice();
      (entries as Entry[])[i] = REFUSED_CONF_CHANGE;
    } else {
      r.pendingConfIndex = r.log.lastIndex() + i + 1;
      if (r.trace !== null) traceChangeConf(r, change);
    }
  }
  if (!appendEntry(r, entries)) return 'uncommittedSize';
  bcastAppend(r);
  return null;
}

/** Why a conf change may not be proposed now; null if it may. The order is the reference's. */
function refusal(r: Raft, change: AnyConfChange): string | null {
  const alreadyPending = r.pendingConfIndex > r.log.applied;
  const alreadyJoint = r.trk.isJoint();
  const wantsLeaveJoint = asV2(change).changes.length === 0;
  if (alreadyPending) return pendingConfText(r.pendingConfIndex, r.log.applied);
  if (alreadyJoint && !wantsLeaveJoint) return 'must transition out of joint config first';
  if (!alreadyJoint && wantsLeaveJoint) return 'not in joint state; refusing empty conf change';
  return null;
}

function logIgnoredChange(r: Raft, change: AnyConfChange, why: string): void {
  const ids = r.logger!.ids;
  const at = `at config ${describeConfig(r.trk.config, ids)}`;
  r.info(`${r.hex(r.id)} ignoring conf change ${describeConfChange(change, ids)} ${at}: ${why}`);
}

/** MsgAppResp with reject: step back to where the logs may agree, unless the answer is old. */
function stepRejection(r: Raft, m: Message, pr: Progress): void {
  if (r.logger !== null) logRejection(r, m);
  let hint = m.rejectHint;
  // The peer has nothing of a higher term at or below its hint: our entries of higher terms cannot match there either.
  if (m.logTerm > 0) hint = r.log.findConflictByTerm(m.rejectHint, m.logTerm);
  if (!pr.maybeDecrTo(m.index, hint)) return;
  if (r.logger !== null) logPeer(r, 'decreased progress of', pr, ' to');
  if (pr.state === ProgressState.Replicate) pr.becomeProbe();
  sendAppend(r, pr);
}

/** MsgAppResp: the peer holds everything up to m.index. */
function stepAcknowledgement(r: Raft, m: Message, pr: Progress): void {
  // While probing even an answer that moves nothing is news: the peer is there and agrees.
  if (!pr.maybeUpdate(m.index) && !(pr.match === m.index && pr.state === ProgressState.Probe)) return;
  if (pr.state === ProgressState.Replicate) {
    pr.freeInflights(m.index);
  } else if (pr.state === ProgressState.Probe) {
    pr.becomeReplicate();
  } else if (pr.match + 1 >= r.log.firstIndex()) {
    // Wherever the snapshot came from, the log reaches back far enough to go on from here.
    if (r.logger !== null) logRecovered(r, pr);
    pr.becomeProbe();
    pr.becomeReplicate();
  }
  const fromPeer = pr.id !== r.id;
  if (r.maybeCommit()) {
    releasePendingReads(r);
    bcastAppend(r);
  } else if (fromPeer && pr.canBumpCommit(r.log.committed)) {
    // A paused peer may have missed the commit index; without this it would learn it at the next heartbeat only.
    sendAppend(r, pr);
  }
  // Room in the window: send all it takes.
  if (fromPeer) while (maybeSendAppend(r, pr, false)) continue;
  if (pr.id === r.leadTransferee && pr.match === r.log.lastIndex()) {
    if (r.logger !== null) r.info(`${r.hex(r.id)} sent MsgTimeoutNow to ${r.hex(pr.id)} after received MsgAppResp`);
    sendTimeoutNow(r, pr.id);
  }
}

function logRecovered(r: Raft, pr: Progress): void {
  logPeer(r, 'recovered from needing snapshot, resumed sending replication messages to', pr);
}

function stepHeartbeatResp(r: Raft, m: Message, pr: Progress): void {
  pr.recentActive = true;
  pr.msgAppFlowPaused = false;
  // A probing peer is probed even when it seems to have all: the state itself says that it once did not answer.
  if (pr.match < r.log.lastIndex() || pr.state === ProgressState.Probe) sendAppend(r, pr);
  if (m.context !== 0) answerHeartbeatReads(r, m);
}

function stepSnapshotStatus(r: Raft, m: Message, pr: Progress): void {
  if (pr.state !== ProgressState.Snapshot) return;
  // A failed snapshot did not arrive: probe from what is known to match.
  if (m.reject) pr.pendingSnapshot = 0;
  pr.becomeProbe();
  if (r.logger !== null) {
    const what = `snapshot ${m.reject ? 'failed' : 'succeeded'}, resumed sending replication messages to`;
    logPeer(r, what, pr);
  }
  // If it arrived the peer will answer; if not, the next heartbeat's answer is soon enough.
  pr.msgAppFlowPaused = true;
}

function stepTransfer(r: Raft, pr: Progress): void {
  if (pr.isLearner) {
    r.logger?.log(LogLevel.Debug, `${r.hex(r.id)} is learner. Ignored transferring leadership`);
    return;
  }
  const to = pr.id;
  const last = r.leadTransferee;
  if (last !== NONE) {
    if (last === to) {
      if (r.logger !== null) {
        logTransfer(r, `transfer leadership to ${r.hex(to)} is in progress, ignores request to same node`, to);
      }
      return;
    }
    r.abortLeaderTransfer();
    if (r.logger !== null) logTransfer(r, 'abort previous transferring leadership to', last);
  }
  if (to === r.id) {
    r.logger?.log(LogLevel.Debug, `${r.hex(r.id)} is already leader. Ignored transferring leadership to self`);
    return;
  }
  if (r.logger !== null) logTransfer(r, 'starts to transfer leadership to', to);
  // The transfer has one election timeout to succeed.
  r.electionElapsed = 0;
  r.leadTransferee = to;
  if (pr.match === r.log.lastIndex()) {
    sendTimeoutNow(r, to);
    if (r.logger !== null) {
      const why = `immediately as ${r.hex(to)} already has up-to-date log`;
      r.info(`${r.hex(r.id)} sends MsgTimeoutNow to ${r.hex(to)} ${why}`);
    }
  } else {
    sendAppend(r, pr);
  }
}
