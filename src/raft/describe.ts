// Words for everything the core holds: the reference's, to the byte, because scripts and other tools compare them. Text
// is made on demand only; nothing here is reached from a run that nobody watches. Ids go through a mapping, since a
// small id inside may stand for a 64-bit hash outside: voter sets and message ends show its hexadecimal form,
// everything else its decimal one.
import { asV2, decodeConfChange } from './conf-change-codec.ts';
import { RaftInvariantError } from './invariant.ts';
import { describeTarget, PLAIN_IDS, type IdNames } from './log-port.ts';
import type { Message } from './message.ts';
import {
  confChangeTypeName,
  entryTypeName,
  messageTypeName,
  progressStateName,
  roleName,
  transitionName,
} from './names.ts';
import type { Progress } from './progress.ts';
import { quote } from './quote.ts';
import type { Ready } from './ready.ts';
import type { TrackerConfig } from './tracker.ts';
import {
  EntryType,
  NO_LIMIT,
  type AnyConfChange,
  type ConfState,
  type Entry,
  type HardState,
  type Index,
  type RaftId,
  type Snapshot,
  type SoftState,
} from './types.ts';

/** `Term:1 Vote:2 Commit:3`; the vote only if there is one. @source etcd DescribeHardState */
export function describeHardState(hs: HardState, ids: IdNames = PLAIN_IDS): string {
  const vote = hs.vote === 0 ? '' : ` Vote:${ids.dec(hs.vote)}`;
  return `Term:${hs.term}${vote} Commit:${hs.commit}`;
}

/** `Lead:1 State:StateFollower`. @source etcd DescribeSoftState */
export function describeSoftState(ss: SoftState, ids: IdNames = PLAIN_IDS): string {
  return `Lead:${ids.dec(ss.lead)} State:${roleName(ss.role)}`;
}

function decimalList(list: readonly RaftId[], ids: IdNames): string {
  return `[${list.map((id) => ids.dec(id)).join(' ')}]`;
}

/** `Voters:[1 2] VotersOutgoing:[] …`. @source etcd DescribeConfState */
export function describeConfState(cs: ConfState, ids: IdNames = PLAIN_IDS): string {
  const voters = `Voters:${decimalList(cs.voters, ids)} VotersOutgoing:${decimalList(cs.votersOutgoing, ids)}`;
  const learners = `Learners:${decimalList(cs.learners, ids)} LearnersNext:${decimalList(cs.learnersNext, ids)}`;
  return `${voters} ${learners} AutoLeave:${cs.autoLeave}`;
}

/** `Index:5 Term:1 ConfState:…`. @source etcd DescribeSnapshot */
export function describeSnapshot(s: Snapshot, ids: IdNames = PLAIN_IDS): string {
  return `Index:${s.index} Term:${s.term} ConfState:${describeConfState(s.confState, ids)}`;
}

/** `v1 l2 r3 u4`. @source raftpb ConfChangesToString */
export function describeChanges(change: AnyConfChange, ids: IdNames = PLAIN_IDS): string {
  return asV2(change)
    .changes.map(({ type, nodeId }) => `${['v', 'r', 'u', 'l'][type] ?? 'unknown'}${ids.dec(nodeId)}`)
    .join(' ');
}

/** The change in an entry, or what is wrong with its bytes. */
function changesIn(e: Entry, ids: IdNames): string {
  try {
    return describeChanges(decodeConfChange(e), ids);
  } catch (error) {
    if (error instanceof RaftInvariantError) return error.message;
    throw error;
  }
}

/** `1/2 EntryNormal "data"`, `1/2 EntryConfChangeV2 v1`. @source etcd DescribeEntry */
export function describeEntry(e: Entry, ids: IdNames = PLAIN_IDS): string {
  const text = e.type === EntryType.Normal ? quote(e.data) : changesIn(e, ids);
  return `${e.term}/${e.index} ${entryTypeName(e.type)}${text === '' ? '' : ` ${text}`}`;
}

/** One line per entry, each ended by a newline. @source etcd DescribeEntries */
export function describeEntries(entries: readonly Entry[], ids: IdNames = PLAIN_IDS): string {
  return entries.map((e) => `${describeEntry(e, ids)}\n`).join('');
}

/**
 * A message without a final newline; entries, snapshot and responses on lines of their own.
 * @source etcd DescribeMessage
 */
export function describeMessage(m: Message, ids: IdNames = PLAIN_IDS): string {
  return indented(m, '', ids);
}

function indented(m: Message, indent: string, ids: IdNames): string {
  const ends = `${describeTarget(m.from, ids)}->${describeTarget(m.to, ids)}`;
  let text = `${indent}${ends} ${messageTypeName(m.type)} Term:${m.term} Log:${m.logTerm}/${m.index}`;
  if (m.reject) text += ` Rejected (Hint: ${m.rejectHint})`;
  if (m.commit !== 0) text += ` Commit:${m.commit}`;
  if (m.vote !== 0) text += ` Vote:${ids.dec(m.vote)}`;
  if (m.entries.length === 1) {
    text += ` Entries:[${describeEntry(m.entries[0]!, ids)}]`;
  } else if (m.entries.length > 1) {
    const lines = m.entries.map((e) => `\n${indent}  ${describeEntry(e, ids)}`);
    text += ` Entries:[${lines.join('')}\n${indent}]`;
  }
  if (m.snapshot !== null && m.snapshot.index !== 0) {
    text += `\n${indent}  Snapshot: ${describeSnapshot(m.snapshot, ids)}`;
  }
  if (m.responses.length > 0) {
    const lines = m.responses.map((response) => `\n${indented(response, `${indent}  `, ids)}`);
    text += ` Responses:[${lines.join('')}\n${indent}]`;
  }
  return text;
}

/** A Ready in lines each ended by a newline, or `<empty Ready>` without one. @source etcd DescribeReady */
export function describeReady(rd: Ready, ids: IdNames = PLAIN_IDS): string {
  let text = '';
  if (rd.softState !== null) text += `${describeSoftState(rd.softState, ids)}\n`;
  if (rd.hardState !== null) text += `HardState ${describeHardState(rd.hardState, ids)}\n`;
  if (rd.readStates.length > 0) {
    const states = rd.readStates.map((s) => `{${s.index} [${Array.from(s.requestCtx).join(' ')}]}`);
    text += `ReadStates [${states.join(' ')}]\n`;
  }
  if (rd.entries.length > 0) text += `Entries:\n${describeEntries(rd.entries, ids)}`;
  if (rd.snapshot !== null) text += `Snapshot ${describeSnapshot(rd.snapshot, ids)}\n`;
  if (rd.committedEntries.length > 0) text += `CommittedEntries:\n${describeEntries(rd.committedEntries, ids)}`;
  if (rd.messages.length > 0) {
    text += `Messages:\n${rd.messages.map((m) => `${describeMessage(m, ids)}\n`).join('')}`;
  }
  return text === '' ? '<empty Ready>' : `Ready MustSync=${rd.mustSync}:\n${text}`;
}

/** `StateReplicate match=4 next=5 inflight=1`. @source etcd tracker.Progress.String */
export function describeProgress(pr: Progress): string {
  let text = `${progressStateName(pr.state)} match=${pr.match} next=${pr.next}`;
  if (pr.isLearner) text += ' learner';
  if (pr.isPaused()) text += ' paused';
  if (pr.pendingSnapshot > 0) text += ` pendingSnap=${pr.pendingSnapshot}`;
  if (!pr.recentActive) text += ' inactive';
  if (pr.inflightCount() > 0) text += ` inflight=${pr.inflightCount()}${pr.inflightFull() ? '[full]' : ''}`;
  return text;
}

/** `1: StateProbe …` lines, each ended by a newline. @source etcd tracker.ProgressMap.String */
export function describeProgressMap(progress: readonly Progress[], ids: IdNames = PLAIN_IDS): string {
  return progress.map((pr) => `${ids.dec(pr.id)}: ${describeProgress(pr)}\n`).join('');
}

function hexSet(list: readonly RaftId[], ids: IdNames): string {
  return `(${list.map((id) => ids.hex(id)).join(' ')})`;
}

/** `voters=(1 2 3)&&(1 2) learners=(4) learners_next=(3) autoleave`. @source etcd tracker.Config.String */
export function describeConfig(config: TrackerConfig, ids: IdNames = PLAIN_IDS): string {
  let text = `voters=${hexSet(config.incoming, ids)}`;
  if (config.outgoing.length > 0) text += `&&${hexSet(config.outgoing, ids)}`;
  if (config.learners.length > 0) text += ` learners=${hexSet(config.learners, ids)}`;
  if (config.learnersNext.length > 0) text += ` learners_next=${hexSet(config.learnersNext, ids)}`;
  return config.autoLeave ? `${text} autoleave` : text;
}

/** A change as the "ignoring conf change" line shows it. @source etcd DescribeConfChange */
export function describeConfChange(change: AnyConfChange, ids: IdNames = PLAIN_IDS): string {
  const { transition, changes, context } = asV2(change);
  const singles = changes.map(
    ({ type, nodeId }) => ` changes:{type:${confChangeTypeName(type)} node_id:${ids.dec(nodeId)}}`,
  );
  const tail = context.length > 0 ? ` context:${quote(context)}` : '';
  return `transition:${transitionName(transition)}${singles.join('')}${tail}`;
}

/** A quorum's index: `∞` where nobody limits it. @source etcd quorum.Index.String */
export function describeIndex(index: Index): string {
  return index === NO_LIMIT ? '∞' : String(index);
}

/**
 * Who acknowledged what, as a bar chart.
 * @param members ids in ascending order
 * @param acked parallel to members; null where nothing was reported
 * @source etcd quorum.MajorityConfig.Describe
 */
export function describeQuorum(
  members: readonly RaftId[],
  acked: readonly (Index | null)[],
  ids: IdNames = PLAIN_IDS,
): string {
  const n = members.length;
  if (n === 0) return '<empty majority quorum>';
  const rows = members.map((id, at) => ({ id, index: acked[at] ?? 0, reported: acked[at] !== null, bar: 0 }));
  const byIndex = [...rows].sort((a, b) => a.index - b.index || a.id - b.id);
  for (let i = 1; i < n; i++) {
    const [previous, row] = [byIndex[i - 1]!, byIndex[i]!];
    row.bar = previous.index < row.index ? i : previous.bar;
  }
  const lines = rows.map(({ id, index, reported, bar }) => {
    const graph = reported ? `${'x'.repeat(bar)}>${' '.repeat(n - bar)}` : `?${' '.repeat(n)}`;
    return `${graph} ${describeIndex(index).padStart(5)}    (id=${ids.hex(id)})\n`;
  });
  return `${' '.repeat(n)}    idx\n${lines.join('')}`;
}
