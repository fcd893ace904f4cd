// Linearizable reads at the leader. A read may be answered with the commit index of the moment it came in, once it is
// certain that no other leader had committed more by then: a heartbeat round of a quorum (safe) or the lease
// (lease-based) says so. Before the first commit of its own term a leader does not know what is committed, and the
// reads wait.
import { LogLevel } from './log-port.ts';
import { NO_MESSAGES, message, type Message } from './message.ts';
import type { Raft } from './raft.ts';
import { ReadOnly } from './read-only.ts';
import { bcastHeartbeat } from './replication.ts';
import { MessageType, NONE, type Index } from './types.ts';

/** MsgReadIndex at the leader. */
export function stepReadIndex(r: Raft, m: Message): void {
  if (r.trk.isSingleton()) {
    // Nobody else could lead.
    respond(r, m, r.log.committed);
    return;
  }
  if (!r.committedEntryInCurrentTerm()) {
    r.pendingReadIndexMessages ??= [];
    r.pendingReadIndexMessages.push(m);
    return;
  }
  startRead(r, m);
}

function startRead(r: Raft, m: Message): void {
  if (r.leaseBased) {
    respond(r, m, r.log.committed);
    return;
  }
  r.reads ??= new ReadOnly();
  r.reads.addRequest(r.log.committed, m);
  r.reads.recvAck(r.id, r.reads.heartbeatContext());
  bcastHeartbeat(r);
}

/** The leader committed an entry: reads that waited for the first of its term may start. */
export function releasePendingReads(r: Raft): void {
  const waiting = r.pendingReadIndexMessages;
  if (waiting === null) return;
  if (!r.committedEntryInCurrentTerm()) {
    const what = 'pending MsgReadIndex should be released only after first commit in current term';
    r.logger?.log(LogLevel.Error, what);
    return;
  }
  r.pendingReadIndexMessages = null;
  for (const m of waiting) startRead(r, m);
}

/** A heartbeat answer confirms reads up to the number in its context. */
export function answerHeartbeatReads(r: Raft, m: Message): void {
  if (r.leaseBased) return;
  r.reads ??= new ReadOnly();
  r.reads.recvAck(m.from, m.context);
  for (const { request, index } of r.reads.maybeAdvance(r.trk.config)) respond(r, request, index);
}

/** Answers a read: to the host if it asked here, else to the node that forwarded it. */
function respond(r: Raft, request: Message, index: Index): void {
  if (request.from === NONE || request.from === r.id) {
    r.addReadState({ index, requestCtx: request.entries[0]!.data });
    return;
  }
  const type = MessageType.MsgReadIndexResp;
  r.send(
    message(
      type,
      r.id,
      request.from,
      r.group,
      r.term,
      0,
      index,
      0,
      NONE,
      false,
      0,
      0,
      request.entries,
      null,
      NO_MESSAGES,
    ),
  );
}
