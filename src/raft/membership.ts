// Acting under a new configuration. A change is computed when its entry is applied, not when it is appended, and takes
// effect at once: the leader re-counts what is committed, for a smaller quorum may already hold entries that the old
// one did not, and drops a transfer to a node that can no longer lead.
import * as confChange from './conf-change.ts';
import { asV2 } from './conf-change-codec.ts';
import { describeConfig, describeConfState } from './describe.ts';
import { RaftInvariantError } from './invariant.ts';
import { LogLevel, panic } from './log-port.ts';
import type { Progress } from './progress.ts';
import type { Raft } from './raft.ts';
import { bcastAppend, maybeSendAppend } from './replication.ts';
import { traceConfChange } from './state-trace.ts';
import { stepLeaderProposal } from './step-leader.ts';
import { Tracker, type TrackerConfig } from './tracker.ts';
import {
  ConfChangeTransition,
  entry,
  EntryType,
  NO_DATA,
  NONE,
  Role,
  type AnyConfChange,
  type ConfState,
  type Index,
  type Snapshot,
} from './types.ts';

/** The empty change that leaves a joint configuration. */
const LEAVE_JOINT = entry(0, 0, EntryType.ConfChangeV2, NO_DATA);

/** Applies a committed change. @throws RaftInvariantError if it is not possible now @source etcd applyConfChange */
export function applyConfChange(r: Raft, change: AnyConfChange): ConfState {
  const { transition, changes } = asV2(change);
  const last = r.log.lastIndex();
  let changed: confChange.Changed;
  if (transition === ConfChangeTransition.Auto && changes.length === 0) {
    changed = confChange.leaveJoint(r.trk, last);
  } else if (transition !== ConfChangeTransition.Auto || changes.length > 1) {
    const autoLeave = transition !== ConfChangeTransition.JointExplicit;
    changed = confChange.enterJoint(r.trk, last, autoLeave, changes);
  } else {
    changed = confChange.simple(r.trk, last, changes);
  }
  if (typeof changed === 'string') throw new RaftInvariantError(changed);
  return switchToConfig(r, changed.config, changed.progress);
}

/** Adopts a configuration and does what follows from it. @source etcd switchToConfig */
export function switchToConfig(r: Raft, config: TrackerConfig, progress: readonly Progress[]): ConfState {
  if (r.trace !== null) traceConfChange(r, config);
  r.adopt(config, progress);
  if (r.logger !== null) {
    r.info(`${r.hex(r.id)} switched to configuration ${describeConfig(config, r.logger.ids)}`);
  }
  const confState = r.trk.confState();
  const self = r.trk.get(r.id);
  r.isLearner = self !== null && self.isLearner;
  if ((self === null || r.isLearner) && r.role === Role.Leader) {
    // A leader outside the group may go on until its removal is committed, or step down now.
    if (r.stepDownOnRemoval) r.becomeFollower(r.term, NONE);
    return confState;
  }
  if (r.role !== Role.Leader || confState.voters.length === 0) return confState;
  if (r.maybeCommit()) {
    bcastAppend(r);
  } else {
    // New members are probed now instead of at the next heartbeat.
    for (const pr of r.trk.progress) if (pr.id !== r.id) maybeSendAppend(r, pr, false);
  }
  if (r.leadTransferee !== NONE && !r.trk.isVoter(r.leadTransferee)) r.abortLeaderTransfer();
  return confState;
}

/**
 * A configuration that uses the stored list of voters where it is the same: all replicas of a world were given that one
 * list.
 */
function sharing(config: TrackerConfig, stored: ConfState): TrackerConfig {
  const { incoming } = config;
  const same = stored.voters.length === incoming.length && stored.voters.every((id, i) => id === incoming[i]);
  return same ? { ...config, incoming: stored.voters } : config;
}

/** Adopts the configuration of a snapshot. @throws RaftInvariantError if it contradicts itself */
export function restoreConfig(r: Raft, stored: ConfState): void {
  const scratch = new Tracker(r.trk.maxInflight, r.trk.maxInflightBytes);
  const { config, progress } = confChange.restore(scratch, r.log.lastIndex(), stored);
  const computed = switchToConfig(r, sharing(config, stored), progress);
  if (!confChange.equivalent(stored, computed)) {
    const both = `${describeConfState(stored)}\n${describeConfState(computed)}`;
    panic(r.logger, `ConfStates not equivalent after sorting:\n${both}`);
  }
}

/** The host applied everything up to an index; a joint configuration that leaves by itself may now be left. */
export function appliedTo(r: Raft, index: Index, size: number): void {
  const applied = Math.max(index, r.log.applied);
  r.log.appliedTo(applied, size);
  // The change that entered the joint configuration is applied: nothing is pending any more.
  if (r.trk.config.autoLeave && applied >= r.pendingConfIndex && r.role === Role.Leader) leaveJointly(r);
}

function leaveJointly(r: Raft): void {
  const dropped = stepLeaderProposal(r, [LEAVE_JOINT]);
  if (r.logger === null) return;
  const what = `automatic transition out of joint configuration ${describeConfig(r.trk.config, r.logger.ids)}`;
  if (dropped !== null) r.logger.log(LogLevel.Debug, `not initiating ${what}: raft proposal dropped`);
  else r.info(`initiating ${what}`);
}

/** A snapshot is durable and applied. */
export function appliedSnapshot(r: Raft, snapshot: Snapshot): void {
  r.log.stableSnapTo(snapshot.index);
  appliedTo(r, snapshot.index, 0);
}
