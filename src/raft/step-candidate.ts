// What a candidate or pre-candidate does with a message: it counts the answers to its own kind of request, and gives up
// as soon as a leader of its term shows itself. An answer to the other kind of request is a leftover and counts for
// nothing.
import { campaign, CampaignType, poll } from './election.ts';
import { LogLevel } from './log-port.ts';
import { logNoLeader } from './log-lines.ts';
import type { Message } from './message.ts';
import { messageTypeName, roleName } from './names.ts';
import { VoteResult } from './quorum.ts';
import type { Raft } from './raft.ts';
import { handleAppendEntries, handleHeartbeat, handleSnapshot } from './receive.ts';
import { bcastAppend } from './replication.ts';
import type { DropReason } from './step.ts';
import { MessageType, NONE, Role } from './types.ts';

/** A candidate's or pre-candidate's step. @source etcd stepCandidate */
export function stepCandidate(r: Raft, m: Message): DropReason | null {
  switch (m.type) {
    case MessageType.MsgProp:
      if (r.logger !== null) logNoLeader(r, 'proposal');
      return 'noLeader';
    case MessageType.MsgApp:
      r.becomeFollower(m.term, m.from);
      handleAppendEntries(r, m);
      return null;
    case MessageType.MsgHeartbeat:
      r.becomeFollower(m.term, m.from);
      handleHeartbeat(r, m);
      return null;
    case MessageType.MsgSnap:
      r.becomeFollower(m.term, m.from);
      handleSnapshot(r, m);
      return null;
    case MessageType.MsgPreVoteResp:
      if (r.role === Role.PreCandidate) countVote(r, m);
      return null;
    case MessageType.MsgVoteResp:
      if (r.role === Role.Candidate) countVote(r, m);
      return null;
    case MessageType.MsgTimeoutNow:
      r.logger?.log(
        LogLevel.Debug,
        `${r.hex(r.id)} [term ${r.term} state ${roleName(r.role)}] ignored MsgTimeoutNow from ${r.hex(m.from)}`,
      );
      return null;
    default:
      return null;
  }
}

function countVote(r: Raft, m: Message): void {
  const { granted, rejected, result } = poll(r, m.from, m.type, !m.reject);
  if (r.logger !== null) {
    const votes = `${granted} ${messageTypeName(m.type)} votes and ${rejected} vote rejections`;
    r.info(`${r.hex(r.id)} has received ${votes}`);
  }
  if (result === VoteResult.Won) {
    if (r.role === Role.PreCandidate) {
      campaign(r, CampaignType.Election);
    } else {
      r.becomeLeader();
      bcastAppend(r);
    }
  } else if (result === VoteResult.Lost) {
    // The term stays: a pre-candidate never raised it.
    r.becomeFollower(r.term, NONE);
  }
}
