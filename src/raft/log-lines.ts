// The longer log lines, apart from the rules that write them: the rules stay readable and small enough to be inlined,
// and the text is built only where a logger listens. Each function must be called behind a test of `r.logger`.
import { describeProgress } from './describe.ts';
import { LogLevel } from './log-port.ts';
import type { Message } from './message.ts';
import { messageTypeName } from './names.ts';
import type { Progress } from './progress.ts';
import type { Raft } from './raft.ts';
import type { Index, MessageType, RaftId, Snapshot, Term } from './types.ts';

function debug(r: Raft, text: string): void {
  r.logger?.log(LogLevel.Debug, text);
}

function lastEntry(r: Raft): string {
  return `logterm: ${r.log.lastTerm()}, index: ${r.log.lastIndex()}`;
}

/** A (pre-)vote request leaves. */
export function logVoteRequest(r: Raft, type: MessageType, to: RaftId): void {
  const what = `sent ${messageTypeName(type)} request to ${r.hex(to)}`;
  r.info(`${r.hex(r.id)} [${lastEntry(r)}] ${what} at term ${r.term}`);
}

/** A (pre-)vote is cast, rejected or ignored; the vote and term shown are those before. */
export function logVoteAnswer(r: Raft, verb: string, preposition: string, m: Message, why = ''): void {
  const us = `${r.hex(r.id)} [${lastEntry(r)}, vote: ${r.hex(r.vote)}]`;
  const them = `${r.hex(m.from)} [logterm: ${m.logTerm}, index: ${m.index}]`;
  r.info(`${us} ${verb} ${messageTypeName(m.type)} ${preposition} ${them} at term ${r.term}${why}`);
}

/** A vote request meets a lease. */
export function logLeaseHolds(r: Raft, m: Message): void {
  const left = r.electionTimeout - r.electionElapsed;
  logVoteAnswer(r, 'ignored', 'from', m, `: lease is not expired (remaining ticks: ${left})`);
}

/** A message of a higher term is about to make this node a follower. */
export function logHigherTerm(r: Raft, m: Message): void {
  const what = `received a ${messageTypeName(m.type)} message with higher term`;
  r.info(`${r.hex(r.id)} [term: ${r.term}] ${what} from ${r.hex(m.from)} [term: ${m.term}]`);
}

/** A message of a lower term is dropped. */
export function logLowerTerm(r: Raft, m: Message): void {
  const what = `ignored a ${messageTypeName(m.type)} message with lower term`;
  r.info(`${r.hex(r.id)} [term: ${r.term}] ${what} from ${r.hex(m.from)} [term: ${m.term}]`);
}

/** A storage acknowledgement of a lower term counts for its snapshot only. */
export function logStaleStorageAppend(r: Raft, term: Term): void {
  const what = 'ignored entry appends from a MsgStorageAppendResp message with lower term';
  r.info(`${r.hex(r.id)} [term: ${r.term}] ${what} [term: ${term}]`);
}

/** A peer rejected an append. */
export function logRejection(r: Raft, m: Message): void {
  const hint = `MsgAppResp(rejected, hint: (index ${m.rejectHint}, term ${m.logTerm}))`;
  debug(r, `${r.hex(r.id)} received ${hint} from ${r.hex(m.from)} for index ${m.index}`);
}

/** This node rejects an append. */
export function logRejectedAppend(r: Raft, m: Message): void {
  const ours = `[logterm: ${r.log.termOrZero(m.index)}, index: ${m.index}]`;
  const theirs = `[logterm: ${m.logTerm}, index: ${m.index}]`;
  debug(r, `${r.hex(r.id)} ${ours} rejected MsgApp ${theirs} from ${r.hex(m.from)}`);
}

/** Something about a peer, ended by its progress. */
export function logPeer(r: Raft, before: string, pr: Progress, after = ''): void {
  debug(r, `${r.hex(r.id)} ${before} ${r.hex(pr.id)}${after} [${describeProgress(pr)}]`);
}

/** A snapshot leaves. */
export function logSnapshotSent(r: Raft, snapshot: Snapshot, pr: Progress): void {
  const log = `[firstindex: ${r.log.firstIndex()}, commit: ${r.log.committed}]`;
  const what = `sent snapshot[index: ${snapshot.index}, term: ${snapshot.term}]`;
  debug(r, `${r.hex(r.id)} ${log} ${what} to ${r.hex(pr.id)} [${describeProgress(pr)}]`);
}

/** A snapshot arrived and was restored or ignored. */
export function logSnapshotHandled(r: Raft, verb: string, snapshot: Snapshot): void {
  const target = `[index: ${snapshot.index}, term: ${snapshot.term}]`;
  r.info(`${r.hex(r.id)} [commit: ${r.log.committed}] ${verb} snapshot ${target}`);
}

/** A snapshot was restored, or made the commit index jump; with the end of the log. */
export function logSnapshotRestored(r: Raft, verb: string, snapshot: Snapshot): void {
  const log = `commit: ${r.log.committed}, lastindex: ${r.log.lastIndex()}, lastterm: ${r.log.lastTerm()}`;
  const target = `[index: ${snapshot.index}, term: ${snapshot.term}]`;
  r.info(`${r.hex(r.id)} [${log}] ${verb} snapshot ${target}`);
}

/** A proposal is refused because nobody is known who could take it. */
export function logNoLeader(r: Raft, what: string): void {
  r.info(`${r.hex(r.id)} no leader at term ${r.term}; dropping ${what}`);
}

/** Leadership is being handed over; a second request came. */
export function logTransfer(r: Raft, text: string, to: RaftId): void {
  r.info(`${r.hex(r.id)} [term ${r.term}] ${text} ${r.hex(to)}`);
}

/** Where a conf change is refused because an earlier one may be unapplied. */
export function pendingConfText(pending: Index, applied: Index): string {
  return `possible unapplied conf change at index ${pending} (applied to ${applied})`;
}
