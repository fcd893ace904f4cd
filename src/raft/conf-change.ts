// Computes the next configuration from the current one and a list of changes, and refuses what would let two majorities
// miss each other. It works on copies and checks the result before handing it back, so that a refused change leaves no
// trace. Joint configurations need the agreement of the old and the new voters; voters that become learners stay voters
// of the old half until it is left, because a member may not be both at once.
import { RaftInvariantError } from './invariant.ts';
import { Progress } from './progress.ts';
import type { Tracker, TrackerConfig } from './tracker.ts';
import { ConfChangeType, type ConfChangeSingle, type ConfState, type Index, type RaftId } from './types.ts';

/** The configuration a change leads to with the progress of its members, or the reference's error text. */
export type Changed = { readonly config: TrackerConfig; readonly progress: readonly Progress[] } | string;

const NOTHING: readonly never[] = [];

/** A configuration being edited. */
interface Draft {
  incoming: RaftId[];
  outgoing: RaftId[];
  learners: RaftId[];
  learnersNext: RaftId[];
  autoLeave: boolean;
  progress: Progress[];
  readonly next: Index;
  readonly tracker: Tracker;
}

function add(ids: RaftId[], id: RaftId): void {
  if (ids.includes(id)) return;
  const at = ids.findIndex((other) => other > id);
  ids.splice(at < 0 ? ids.length : at, 0, id);
}

function drop(ids: RaftId[], id: RaftId): void {
  const at = ids.indexOf(id);
  if (at >= 0) ids.splice(at, 1);
}

function progressOf(d: Draft, id: RaftId): Progress | null {
  return d.progress.find((pr) => pr.id === id) ?? null;
}

function addProgress(d: Draft, pr: Progress): void {
  const at = d.progress.findIndex((other) => other.id > pr.id);
  d.progress.splice(at < 0 ? d.progress.length : at, 0, pr);
}

function dropProgress(d: Draft, id: RaftId): void {
  d.progress = d.progress.filter((pr) => pr.id !== id);
}

/** @source etcd confchange.checkInvariants */
function brokenRule(d: Draft): string | null {
  for (const ids of [d.incoming, d.outgoing, d.learners, d.learnersNext]) {
    for (const id of ids) if (progressOf(d, id) === null) return `no progress for ${id}`;
  }
  for (const id of d.learnersNext) {
    if (!d.outgoing.includes(id)) return `${id} is in LearnersNext, but not Voters[1]`;
    if (progressOf(d, id)!.isLearner) return `${id} is in LearnersNext, but is already marked as learner`;
  }
  for (const id of d.learners) {
    if (d.outgoing.includes(id)) return `${id} is in Learners and Voters[1]`;
    if (d.incoming.includes(id)) return `${id} is in Learners and Voters[0]`;
    if (!progressOf(d, id)!.isLearner) return `${id} is in Learners, but is not marked as learner`;
  }
  if (d.outgoing.length === 0) {
    if (d.learnersNext.length > 0) return 'cfg.LearnersNext must be nil when not joint';
    if (d.autoLeave) return 'AutoLeave must be false when not joint';
  }
  return null;
}

/** A draft of the current configuration; like the reference's, it forgets autoLeave, which each change decides anew. */
function copyOf(tracker: Tracker, lastIndex: Index): Draft {
  const { incoming, outgoing, learners, learnersNext } = tracker.config;
  return {
    incoming: [...incoming],
    outgoing: [...outgoing],
    learners: [...learners],
    learnersNext: [...learnersNext],
    autoLeave: false,
    progress: tracker.progress.map((pr) => pr.clone()),
    next: Math.max(lastIndex, 1),
    tracker,
  };
}

/** A list without the spare room that editing left behind: it stays as it is for long, on every replica. */
function compact<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NOTHING : list.slice();
}

function checked(d: Draft): Changed {
  const broken = brokenRule(d);
  if (broken !== null) return broken;
  const { incoming, outgoing, learners, learnersNext, autoLeave, progress } = d;
  const config = {
    incoming: compact(incoming),
    outgoing: compact(outgoing),
    learners: compact(learners),
    learnersNext: compact(learnersNext),
    autoLeave,
  };
  return { config, progress: compact(progress) };
}

/** A new member counts as recently active, so that its arrival does not make the leader miss a quorum. */
function initProgress(d: Draft, id: RaftId, isLearner: boolean): void {
  add(isLearner ? d.learners : d.incoming, id);
  const pr = new Progress(id, d.next, isLearner, d.tracker.maxInflight, d.tracker.maxInflightBytes);
  pr.recentActive = true;
  addProgress(d, pr);
}

function makeVoter(d: Draft, id: RaftId): void {
  const pr = progressOf(d, id);
  if (pr === null) {
    initProgress(d, id, false);
    return;
  }
  pr.isLearner = false;
  drop(d.learners, id);
  drop(d.learnersNext, id);
  add(d.incoming, id);
}

function makeLearner(d: Draft, id: RaftId): void {
  const pr = progressOf(d, id);
  if (pr === null) {
    initProgress(d, id, true);
    return;
  }
  if (pr.isLearner) return;
  // The progress survives the demotion.
  remove(d, id);
  if (progressOf(d, id) === null) addProgress(d, pr);
  if (d.outgoing.includes(id)) {
    add(d.learnersNext, id);
  } else {
    pr.isLearner = true;
    add(d.learners, id);
  }
}

function remove(d: Draft, id: RaftId): void {
  if (progressOf(d, id) === null) return;
  drop(d.incoming, id);
  drop(d.learners, id);
  drop(d.learnersNext, id);
  // A voter of the old half is still needed, and heard, until that half is left.
  if (!d.outgoing.includes(id)) dropProgress(d, id);
}

function applyAll(d: Draft, changes: readonly ConfChangeSingle[]): string | null {
  for (const { type, nodeId } of changes) {
    // Id 0 is how an application voids a change it refuses at apply time.
    if (nodeId === 0) continue;
    switch (type) {
      case ConfChangeType.AddNode:
        makeVoter(d, nodeId);
        break;
      case ConfChangeType.AddLearnerNode:
        makeLearner(d, nodeId);
        break;
      case ConfChangeType.RemoveNode:
        remove(d, nodeId);
        break;
      case ConfChangeType.UpdateNode:
        break;
      default:
        return `unexpected conf type ${type as number}`;
    }
  }
  return d.incoming.length === 0 ? 'removed all voters' : null;
}

/** Applies changes that add or remove at most one voter. @source etcd confchange.Changer.Simple */
export function simple(tracker: Tracker, lastIndex: Index, changes: readonly ConfChangeSingle[]): Changed {
  const d = copyOf(tracker, lastIndex);
  if (tracker.isJoint()) return "can't apply simple config change in joint config";
  const failed = applyAll(d, changes);
  if (failed !== null) return failed;
  const before = tracker.config.incoming;
  const gone = before.filter((id) => !d.incoming.includes(id)).length;
  const added = d.incoming.filter((id) => !before.includes(id)).length;
  if (gone + added > 1) return 'more than one voter changed without entering joint config';
  return checked(d);
}

/**
 * Enters a joint configuration: the voters so far become its outgoing half.
 * @source etcd confchange.Changer.EnterJoint
 */
export function enterJoint(
  tracker: Tracker,
  lastIndex: Index,
  autoLeave: boolean,
  changes: readonly ConfChangeSingle[],
): Changed {
  const d = copyOf(tracker, lastIndex);
  if (tracker.isJoint()) return 'config is already joint';
  if (d.incoming.length === 0) return "can't make a zero-voter config joint";
  d.outgoing = [...d.incoming];
  const failed = applyAll(d, changes);
  if (failed !== null) return failed;
  d.autoLeave = autoLeave;
  return checked(d);
}

/**
 * Leaves a joint configuration: its outgoing half goes, and who is in no other role with it.
 * @source etcd confchange.Changer.LeaveJoint
 */
export function leaveJoint(tracker: Tracker, lastIndex: Index): Changed {
  const d = copyOf(tracker, lastIndex);
  if (!tracker.isJoint()) return "can't leave a non-joint config";
  for (const id of d.learnersNext) {
    add(d.learners, id);
    progressOf(d, id)!.isLearner = true;
  }
  d.learnersNext = [];
  for (const id of d.outgoing) {
    if (!d.incoming.includes(id) && !d.learners.includes(id)) dropProgress(d, id);
  }
  d.outgoing = [];
  d.autoLeave = false;
  return checked(d);
}

/** One change of one kind. */
function one(type: ConfChangeType): (nodeId: RaftId) => ConfChangeSingle {
  return (nodeId) => ({ type, nodeId });
}

/**
 * The configuration of a snapshot, reached from nothing by the changes that lead there.
 * @param tracker an empty tracker, consumed by the call
 * @throws RaftInvariantError if no sequence of valid changes does
 * @source etcd confchange.Restore
 */
export function restore(tracker: Tracker, lastIndex: Index, cs: ConfState): Exclude<Changed, string> {
  const adopt = (changed: Changed): void => {
    if (typeof changed === 'string') throw new RaftInvariantError(changed);
    tracker.switchTo(changed.config, changed.progress);
  };
  const incoming = [
    ...cs.votersOutgoing.map(one(ConfChangeType.RemoveNode)),
    ...cs.voters.map(one(ConfChangeType.AddNode)),
    ...cs.learners.map(one(ConfChangeType.AddLearnerNode)),
    ...cs.learnersNext.map(one(ConfChangeType.AddLearnerNode)),
  ];
  if (cs.votersOutgoing.length === 0) {
    for (const change of incoming) adopt(simple(tracker, lastIndex, [change]));
  } else {
    // First the old voters by themselves, then everything else as one joint change on top of them.
    for (const change of cs.votersOutgoing.map(one(ConfChangeType.AddNode))) {
      adopt(simple(tracker, lastIndex, [change]));
    }
    adopt(enterJoint(tracker, lastIndex, cs.autoLeave, incoming));
  }
  return { config: tracker.config, progress: tracker.progress };
}

function same(a: readonly RaftId[], b: readonly RaftId[]): boolean {
  const sorted = [...a].sort((x, y) => x - y);
  return sorted.length === b.length && sorted.every((id, i) => id === b[i]);
}

/**
 * Whether a stored membership is the one the core computed from it (whose lists are sorted).
 * @source etcd ConfState.Equivalent
 */
export function equivalent(stored: ConfState, computed: ConfState): boolean {
  return (
    same(stored.voters, computed.voters) &&
    same(stored.learners, computed.learners) &&
    same(stored.votersOutgoing, computed.votersOutgoing) &&
    same(stored.learnersNext, computed.learnersNext) &&
    stored.autoLeave === computed.autoLeave
  );
}
