// One message in. Terms decide first: a higher one makes this node a follower of that term, except where believing it
// would let a node that was cut off depose a leader the others still hear (pre-votes, and votes during a lease); a
// lower one is answered only where silence would leave its sender stuck. Then the message goes to the rules of the
// role.
import { CampaignType, handleVoteRequest, hup, sendVote } from './election.ts';
import { logHigherTerm, logLeaseHolds, logLowerTerm, logStaleStorageAppend, logVoteAnswer } from './log-lines.ts';
import { appliedSnapshot, appliedTo } from './membership.ts';
import { TRANSFER_CONTEXT, type Message } from './message.ts';
import type { Raft } from './raft.ts';
import { reduceUncommittedSize, sendAppResp } from './replication.ts';
import { traceReceive } from './state-trace.ts';
import { stepCandidate } from './step-candidate.ts';
import { stepFollower } from './step-follower.ts';
import { stepLeader } from './step-leader.ts';
import { entriesSize, payloadsSize } from './storage.ts';
import { MessageType, NONE, Role, type Entry, type Index, type Snapshot, type Term } from './types.ts';

/** Why a proposal was not taken: each is the reference's ErrProposalDropped. */
export type DropReason = 'noLeader' | 'forwardingDisabled' | 'notMember' | 'transferring' | 'uncommittedSize';

/** Takes a message; null, or why the proposal in it was refused. @source etcd raft.Step */
export function step(r: Raft, m: Message): DropReason | null {
  if (r.trace !== null) traceReceive(r, m);
  // Term 0 marks messages of this node itself and those that carry no term (proposals, reads).
  if (m.term !== r.term && m.term !== 0) {
    if (m.term < r.term) {
      stepLowerTerm(r, m);
      return null;
    }
    if (!stepHigherTerm(r, m)) return null;
  }
  switch (m.type) {
    case MessageType.MsgHup:
      hup(r, r.preVote ? CampaignType.PreElection : CampaignType.Election);
      return null;
    case MessageType.MsgVote:
    case MessageType.MsgPreVote:
      handleVoteRequest(r, m);
      return null;
    case MessageType.MsgStorageAppendResp:
      storageAppended(r, m.term, m.logTerm, m.index, m.snapshot);
      return null;
    case MessageType.MsgStorageApplyResp:
      storageApplied(r, m.entries);
      return null;
    default:
      return stepRole(r, m);
  }
}

function stepRole(r: Raft, m: Message): DropReason | null {
  switch (r.role) {
    case Role.Leader:
      return stepLeader(r, m);
    case Role.Follower:
      return stepFollower(r, m);
    default:
      return stepCandidate(r, m);
  }
}

/** Whether a leader was heard so recently that votes for others are refused. */
function inLease(r: Raft): boolean {
  return r.checkQuorum && r.lead !== NONE && r.electionElapsed < r.electionTimeout;
}

/** A message of a higher term; false if it must not be looked at further. */
function stepHigherTerm(r: Raft, m: Message): boolean {
  if (m.type === MessageType.MsgVote || m.type === MessageType.MsgPreVote) {
    const force = m.context === TRANSFER_CONTEXT;
    if (!force && inLease(r)) {
      if (r.logger !== null) logLeaseHolds(r, m);
      return false;
    }
  }
  // A pre-vote never changes a term, and a granted one comes back with the term that was asked for: it is not ours yet.
  if (m.type === MessageType.MsgPreVote) return true;
  if (m.type === MessageType.MsgPreVoteResp && !m.reject) return true;
  if (r.logger !== null) logHigherTerm(r, m);
  const fromLeader =
    m.type === MessageType.MsgApp || m.type === MessageType.MsgHeartbeat || m.type === MessageType.MsgSnap;
  r.becomeFollower(m.term, fromLeader ? m.from : NONE);
  return true;
}

/** A message of a lower term. */
function stepLowerTerm(r: Raft, m: Message): void {
  if ((r.checkQuorum || r.preVote) && (m.type === MessageType.MsgHeartbeat || m.type === MessageType.MsgApp)) {
    // With leases or pre-votes a node at a higher term cannot depose this leader by asking for votes; the higher term
    // of this answer does, and the two can talk again.
    sendAppResp(r, m.from, 0);
  } else if (m.type === MessageType.MsgPreVote) {
    // A candidate at a lower term must learn the newer one, or groups that take up pre-votes can deadlock.
    if (r.logger !== null) logVoteAnswer(r, 'rejected', 'from', m);
    sendVote(r, MessageType.MsgPreVoteResp, m.from, r.term, true);
  } else if (m.type === MessageType.MsgStorageAppendResp) {
    storageAppended(r, m.term, m.logTerm, m.index, m.snapshot);
  } else {
    if (r.logger !== null) logLowerTerm(r, m);
  }
}

/**
 * Everything handed out up to (logTerm, index) and the snapshot are durable. In an older term entries may have been
 * overwritten since and are left alone; a snapshot cannot have been, for what it holds is committed.
 */
export function storageAppended(r: Raft, term: Term, logTerm: Term, index: Index, snapshot: Snapshot | null): void {
  if (index !== 0) {
    if (term < r.term && term !== 0) {
      if (r.logger !== null) logStaleStorageAppend(r, term);
    } else {
      r.log.stableTo(logTerm, index);
    }
  }
  if (snapshot !== null) appliedSnapshot(r, snapshot);
}

/** The host applied these entries. */
export function storageApplied(r: Raft, entries: readonly Entry[]): void {
  if (entries.length === 0) return;
  appliedTo(r, entries[entries.length - 1]!.index, entriesSize(entries));
  reduceUncommittedSize(r, payloadsSize(entries));
}
