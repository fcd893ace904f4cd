// Computes the next configuration.
import type { Progress } from './progress.ts';
import type { Tracker, TrackerConfig } from './tracker.ts';
import type { ConfChangeSingle, Index } from './types.ts';

/** The configuration a change leads to, or the reference's error text. */
export type Changed = { readonly config: TrackerConfig; readonly progress: readonly Progress[] } | string;

/** Applies single changes, at most one of them to the voters. @source etcd confchange.Simple */
export declare function simple(tracker: Tracker, lastIndex: Index, changes: readonly ConfChangeSingle[]): Changed;
/** Enters a joint configuration. @source etcd confchange.EnterJoint */
export declare function enterJoint(
  tracker: Tracker,
  lastIndex: Index,
  autoLeave: boolean,
  changes: readonly ConfChangeSingle[],
): Changed;
/** Leaves a joint configuration. @source etcd confchange.LeaveJoint */
export declare function leaveJoint(tracker: Tracker, lastIndex: Index): Changed;
