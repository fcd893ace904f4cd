// The state trace that the TLA+ trace specification of the reference reads: one event wherever that build reports one.
// The port is null in normal runs and then costs a comparison. Events are plain data in the field order of the
// reference's JSON; what is validated against the specification is therefore the core itself, not a retelling of it.
import { asV2 } from './conf-change-codec.ts';
import { PLAIN_IDS, type IdNames } from './log-port.ts';
import type { Message } from './message.ts';
import { messageTypeName, roleName } from './names.ts';
import type { Raft } from './raft.ts';
import type { TrackerConfig } from './tracker.ts';
import { ConfChangeType, EntryType, MessageType, type AnyConfChange, type Entry, type RaftId } from './types.ts';

/** A message as the specification sees it; ids are decimal strings. @source etcd TracingMessage */
export interface TracedMessage {
  readonly type: string;
  readonly term: number;
  readonly from: string;
  readonly to: string;
  readonly entries: number;
  readonly logTerm: number;
  readonly index: number;
  readonly commit: number;
  readonly vote: string;
  readonly reject: boolean;
  readonly rejectHint: number;
}

/** A membership change as the specification sees it. @source etcd TracingConfChange */
export interface TracedConfChange {
  readonly changes?: readonly { readonly nid: string; readonly action: string }[];
  readonly newconf?: readonly string[];
}

/** What an event adds to the node's state: progress of an append's sender, or a membership change. */
export type TracedProperties = { readonly match: number; readonly next: number } | { readonly cc: TracedConfChange };

/** The points of the core that report. @source etcd stateMachineEventType */
export type StateTraceName =
  | 'InitState'
  | 'BecomeCandidate'
  | 'BecomeFollower'
  | 'BecomeLeader'
  | 'Commit'
  | 'Replicate'
  | 'ChangeConf'
  | 'ApplyConfChange'
  | 'Ready'
  | 'SendAppendEntriesRequest'
  | 'ReceiveAppendEntriesRequest'
  | 'SendAppendEntriesResponse'
  | 'ReceiveAppendEntriesResponse'
  | 'SendRequestVoteRequest'
  | 'ReceiveRequestVoteRequest'
  | 'SendRequestVoteResponse'
  | 'ReceiveRequestVoteResponse';

/** One event; `JSON.stringify` of it is the reference's text of the event. @source etcd TracingEvent */
export interface StateTraceEvent {
  readonly name: StateTraceName;
  readonly nid: string;
  readonly state: { readonly term: number; readonly vote: string; readonly commit: number };
  readonly role: string;
  readonly log: number;
  readonly conf: readonly [readonly string[], readonly string[]];
  readonly msg?: TracedMessage;
  readonly prop?: TracedProperties;
}

/** A receiver of state-trace events. @source etcd TraceLogger */
export interface StateTracePort {
  traceEvent(event: StateTraceEvent): void;
}

function namesOf(r: Raft): IdNames {
  return r.logger?.ids ?? PLAIN_IDS;
}

function decimals(names: IdNames, ids: readonly RaftId[]): string[] {
  return ids.map((id) => names.dec(id));
}

function emit(r: Raft, name: StateTraceName, m: Message | null, prop: TracedProperties | null): void {
  const { incoming, outgoing } = r.trk.config;
  const names = namesOf(r);
  r.trace!.traceEvent({
    name,
    nid: names.dec(r.id),
    state: { term: r.term, vote: names.dec(r.vote), commit: r.log.committed },
    role: roleName(r.role),
    log: r.log.lastIndex(),
    conf: [decimals(names, incoming), decimals(names, outgoing)],
    ...(m === null ? {} : { msg: traced(m, names) }),
    ...(prop === null ? {} : { prop }),
  });
}

/** A snapshot stands for the entries it covers. */
function traced(m: Message, names: IdNames): TracedMessage {
  const snapshot = m.type === MessageType.MsgSnap;
  return {
    type: messageTypeName(m.type),
    term: m.term,
    from: names.dec(m.from),
    to: names.dec(m.to),
    entries: snapshot ? (m.snapshot?.index ?? 0) : m.entries.length,
    logTerm: snapshot ? 0 : m.logTerm,
    index: snapshot ? 0 : m.index,
    commit: m.commit,
    vote: names.dec(m.vote),
    reject: m.reject,
    rejectHint: m.rejectHint,
  };
}

/** A transition of the node that involves no message. Like all below: call it only if `r.trace` is set. */
export function traceNode(r: Raft, name: StateTraceName): void {
  emit(r, name, null, null);
}

/** A node comes to be; nothing is loaded yet. */
export function traceInitState(r: Raft): void {
  if (r.trace !== null) emit(r, 'InitState', null, null);
}

/** Entries are about to be appended by a leader: one event for each normal one. */
export function traceReplicate(r: Raft, entries: readonly Entry[]): void {
  for (const e of entries) if (e.type === EntryType.Normal) emit(r, 'Replicate', null, null);
}

/** A membership change was proposed. */
export function traceChangeConf(r: Raft, change: AnyConfChange): void {
  const changes: { nid: string; action: string }[] = [];
  for (const { type, nodeId } of asV2(change).changes) {
    const nid = namesOf(r).dec(nodeId);
    if (type === ConfChangeType.AddNode) changes.push({ nid, action: 'AddNewServer' });
    else if (type === ConfChangeType.RemoveNode) changes.push({ nid, action: 'RemoveServer' });
    else if (type === ConfChangeType.AddLearnerNode) changes.push({ nid, action: 'AddLearner' });
  }
  if (changes.length > 0) emit(r, 'ChangeConf', null, { cc: { changes } });
}

/** A configuration is about to be adopted. */
export function traceConfChange(r: Raft, config: TrackerConfig): void {
  const newconf = decimals(namesOf(r), config.incoming);
  emit(r, 'ApplyConfChange', null, { cc: newconf.length === 0 ? {} : { newconf } });
}

/** A message was queued. */
export function traceSend(r: Raft, m: Message): void {
  switch (m.type) {
    case MessageType.MsgApp: {
      const pr = r.trk.get(m.from);
      emit(r, 'SendAppendEntriesRequest', m, pr === null ? null : { match: pr.match, next: pr.next });
      return;
    }
    case MessageType.MsgHeartbeat:
    case MessageType.MsgSnap:
      return emit(r, 'SendAppendEntriesRequest', m, null);
    case MessageType.MsgAppResp:
    case MessageType.MsgHeartbeatResp:
      return emit(r, 'SendAppendEntriesResponse', m, null);
    case MessageType.MsgVote:
      return emit(r, 'SendRequestVoteRequest', m, null);
    case MessageType.MsgVoteResp:
      return emit(r, 'SendRequestVoteResponse', m, null);
    default:
  }
}

/** A message is about to be stepped. */
export function traceReceive(r: Raft, m: Message): void {
  switch (m.type) {
    case MessageType.MsgApp:
    case MessageType.MsgHeartbeat:
    case MessageType.MsgSnap:
      return emit(r, 'ReceiveAppendEntriesRequest', m, null);
    case MessageType.MsgAppResp:
    case MessageType.MsgHeartbeatResp:
      return emit(r, 'ReceiveAppendEntriesResponse', m, null);
    case MessageType.MsgVote:
      return emit(r, 'ReceiveRequestVoteRequest', m, null);
    case MessageType.MsgVoteResp:
      return emit(r, 'ReceiveRequestVoteResponse', m, null);
    default:
  }
}
