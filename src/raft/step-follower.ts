// What a follower does with a message: it takes what comes from the leader, hands on what only the leader can answer,
// and starts an election when told to. Anything a leader of this term sends restarts the election timer.
import { CampaignType, hup } from './election.ts';
import { LogLevel, panic } from './log-port.ts';
import { logNoLeader } from './log-lines.ts';
import { message, type Message } from './message.ts';
import { messageTypeName } from './names.ts';
import type { Raft } from './raft.ts';
import { handleAppendEntries, handleHeartbeat, handleSnapshot } from './receive.ts';
import type { DropReason } from './step.ts';
import { MessageType, NONE } from './types.ts';

/** A follower's step. @source etcd stepFollower */
export function stepFollower(r: Raft, m: Message): DropReason | null {
  switch (m.type) {
    case MessageType.MsgHeartbeat:
      r.electionElapsed = 0;
      r.lead = m.from;
      handleHeartbeat(r, m);
      return null;
    case MessageType.MsgApp:
      r.electionElapsed = 0;
      r.lead = m.from;
      handleAppendEntries(r, m);
      return null;
    case MessageType.MsgSnap:
      r.electionElapsed = 0;
      r.lead = m.from;
      handleSnapshot(r, m);
      return null;
    case MessageType.MsgProp:
      return forwardProposal(r, m);
    case MessageType.MsgTransferLeader:
      if (r.lead !== NONE) forward(r, m, r.term);
      else if (r.logger !== null) logNoLeader(r, 'leader transfer msg');
      return null;
    case MessageType.MsgReadIndex:
      if (r.lead !== NONE) forward(r, m, 0);
      else if (r.logger !== null) logNoLeader(r, 'index reading msg');
      return null;
    case MessageType.MsgForgetLeader:
      forgetLeader(r);
      return null;
    case MessageType.MsgTimeoutNow:
      if (r.logger !== null) {
        const why = 'and starts an election to get leadership.';
        r.info(`${r.hex(r.id)} [term ${r.term}] received MsgTimeoutNow from ${r.hex(m.from)} ${why}`);
      }
      // The leader asked for it: no pre-vote, and leases do not count.
      hup(r, CampaignType.Transfer);
      return null;
    case MessageType.MsgReadIndexResp:
      takeReadState(r, m);
      return null;
    default:
      return null;
  }
}

function forwardProposal(r: Raft, m: Message): DropReason | null {
  if (r.lead === NONE) {
    if (r.logger !== null) logNoLeader(r, 'proposal');
    return 'noLeader';
  }
  if (r.disableProposalForwarding) {
    if (r.logger !== null) {
      const where = `not forwarding to leader ${r.hex(r.lead)} at term ${r.term}`;
      r.info(`${r.hex(r.id)} ${where}; dropping proposal`);
    }
    return 'forwardingDisabled';
  }
  forward(r, m, 0);
  return null;
}

/** Sends a message on to the leader; proposals and reads carry no term, so that the leader of any term takes them. */
function forward(r: Raft, m: Message, term: number): void {
  if (m.term !== 0) {
    panic(r.logger, `term should not be set when sending ${messageTypeName(m.type)} (was ${m.term})`);
  }
  const from = m.from === NONE ? r.id : m.from;
  r.send(
    message(
      m.type,
      from,
      r.lead,
      r.group,
      term,
      m.logTerm,
      m.index,
      m.commit,
      m.vote,
      m.reject,
      m.rejectHint,
      m.context,
      m.entries,
      m.snapshot,
      m.responses,
    ),
  );
}

function forgetLeader(r: Raft): void {
  if (r.leaseBased) {
    // Votes it now could give would break the lease on which the leader answers reads.
    r.logger?.log(LogLevel.Error, 'ignoring MsgForgetLeader due to ReadOnlyLeaseBased');
    return;
  }
  if (r.lead === NONE) return;
  if (r.logger !== null) r.info(`${r.hex(r.id)} forgetting leader ${r.hex(r.lead)} at term ${r.term}`);
  r.lead = NONE;
}

function takeReadState(r: Raft, m: Message): void {
  if (m.entries.length !== 1) {
    const what = `invalid format of MsgReadIndexResp from ${r.hex(m.from)}, entries count: ${m.entries.length}`;
    r.logger?.log(LogLevel.Error, `${r.hex(r.id)} ${what}`);
    return;
  }
  r.addReadState({ index: m.index, requestCtx: m.entries[0]!.data });
}
