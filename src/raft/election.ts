// Elections: when to start one, whom to ask, how to answer and how to count. A node asks only if it may lead and has
// applied every committed membership change, since votes counted in an outdated configuration can elect two leaders.
// Its own vote is an answer like any other: it counts once it is on disk.
import { COMPACTED, storageErrorText } from './storage.ts';
import { LogLevel, panic } from './log-port.ts';
import { logVoteAnswer, logVoteRequest } from './log-lines.ts';
import { message, NO_ENTRIES, NO_MESSAGES, TRANSFER_CONTEXT, type Message } from './message.ts';
import type { Raft } from './raft.ts';
import { messageTypeName } from './names.ts';
import type { Tally } from './tracker.ts';
import { EntryType, MessageType, NONE, Role, type RaftId, type Term } from './types.ts';

/**
 * Why a campaign starts; a transfer skips the pre-vote and asks voters to ignore their lease.
 * @source etcd CampaignType
 */
export const CampaignType = { PreElection: 0, Election: 1, Transfer: 2 } as const;
export type CampaignType = (typeof CampaignType)[keyof typeof CampaignType];

/** Starts an election unless this node may not lead now. @source etcd hup */
export function hup(r: Raft, type: CampaignType): void {
  if (r.role === Role.Leader) {
    r.logger?.log(LogLevel.Debug, `${r.hex(r.id)} ignoring MsgHup because already leader`);
    return;
  }
  if (!r.promotable()) {
    r.logger?.log(LogLevel.Warn, `${r.hex(r.id)} is unpromotable and can not campaign`);
    return;
  }
  if (hasUnappliedConfChanges(r)) {
    const why = 'since there are still pending configuration changes to apply';
    r.logger?.log(LogLevel.Warn, `${r.hex(r.id)} cannot campaign at term ${r.term} ${why}`);
    return;
  }
  if (r.logger !== null) r.info(`${r.hex(r.id)} is starting a new election at term ${r.term}`);
  campaign(r, type);
}

/** Whether a membership change is committed but not applied: this node's configuration is then out of date. */
function hasUnappliedConfChanges(r: Raft): boolean {
  const { applied, committed, maxApplyingEntsSize } = r.log;
  if (applied >= committed) return false;
  const lo = applied + 1;
  const hi = committed + 1;
  const found = r.log.some(lo, hi, maxApplyingEntsSize, (e) => e.type !== EntryType.Normal);
  if (found === COMPACTED) {
    panic(r.logger, `error scanning unapplied entries [${lo}, ${hi}): ${storageErrorText(COMPACTED)}`);
  }
  return found;
}

/** Turns candidate and asks every voter of both halves. @source etcd campaign */
export function campaign(r: Raft, type: CampaignType): void {
  if (!r.promotable()) {
    r.logger?.log(LogLevel.Warn, `${r.hex(r.id)} is unpromotable; campaign() should have been called`);
  }
  let term: Term;
  let request: MessageType;
  if (type === CampaignType.PreElection) {
    r.becomePreCandidate();
    request = MessageType.MsgPreVote;
    // The term this node would have as a candidate.
    term = r.term + 1;
  } else {
    r.becomeCandidate();
    request = MessageType.MsgVote;
    term = r.term;
  }
  const context = type === CampaignType.Transfer ? TRANSFER_CONTEXT : 0;
  for (const id of r.trk.voterIds()) {
    if (id === r.id) sendVote(r, voteResponse(request), id, term, false);
    else requestVote(r, request, id, term, context);
  }
}

function requestVote(r: Raft, type: MessageType, to: RaftId, term: Term, context: number): void {
  const index = r.log.lastIndex();
  const logTerm = r.log.lastTerm();
  if (r.logger !== null) logVoteRequest(r, type, to);
  const { id, group } = r;
  r.send(message(type, id, to, group, term, logTerm, index, 0, NONE, false, 0, context, NO_ENTRIES, null, NO_MESSAGES));
}

/** The answer to MsgVote or MsgPreVote. @source etcd voteRespMsgType */
function voteResponse(request: MessageType): MessageType {
  return request === MessageType.MsgVote ? MessageType.MsgVoteResp : MessageType.MsgPreVoteResp;
}

/** Queues an answer to a vote request at a term that need not be this node's. */
export function sendVote(r: Raft, type: MessageType, to: RaftId, term: Term, reject: boolean): void {
  if (term === 0) panic(r.logger, `term should be set when sending ${messageTypeName(type)}`);
  const { id, group } = r;
  r.send(message(type, id, to, group, term, 0, 0, 0, NONE, reject, 0, 0, NO_ENTRIES, null, NO_MESSAGES));
}

/** Grants or refuses a MsgVote or MsgPreVote. */
export function handleVoteRequest(r: Raft, m: Message): void {
  const canVote =
    // A vote may be repeated …
    r.vote === m.from ||
    // … or given, if neither a vote was given nor a leader heard in this term …
    (r.vote === NONE && r.lead === NONE) ||
    // … and a pre-vote for a future term binds nobody.
    (m.type === MessageType.MsgPreVote && m.term > r.term);
  // Learners vote as well: one that was promoted may not know it yet, and the quorum may need it.
  if (canVote && r.log.isUpToDate(m.logTerm, m.index)) {
    if (r.logger !== null) logVoteAnswer(r, 'cast', 'for', m);
    // The answer carries the term of the request, not ours: for a pre-vote they differ, and the asker would ignore
    // ours.
    sendVote(r, voteResponse(m.type), m.from, m.term, false);
    if (m.type === MessageType.MsgVote) {
      r.electionElapsed = 0;
      r.vote = m.from;
    }
  } else {
    if (r.logger !== null) logVoteAnswer(r, 'rejected', 'from', m);
    sendVote(r, voteResponse(m.type), m.from, r.term, true);
  }
}

/** Counts an answer. @source etcd poll */
export function poll(r: Raft, id: RaftId, type: MessageType, granted: boolean): Tally {
  if (r.logger !== null) {
    const what = granted ? messageTypeName(type) : `${messageTypeName(type)} rejection`;
    r.info(`${r.hex(r.id)} received ${what} from ${r.hex(id)} at term ${r.term}`);
  }
  r.trk.recordVote(id, granted);
  return r.trk.tallyVotes();
}
