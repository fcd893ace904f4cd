// The configuration and the progress of everyone in it.
import type { Progress } from './progress.ts';
import type { ConfState, RaftId } from './types.ts';

/** A configuration; lists in ascending id, `outgoing` empty unless joint. @source etcd tracker.Config */
export interface TrackerConfig {
  readonly incoming: readonly RaftId[];
  readonly outgoing: readonly RaftId[];
  readonly learners: readonly RaftId[];
  readonly learnersNext: readonly RaftId[];
  readonly autoLeave: boolean;
}

/** Configuration and progress of a node. @source etcd tracker.ProgressTracker */
export declare class Tracker {
  config: TrackerConfig;
  /** Everyone tracked, in ascending id. */
  progress: readonly Progress[];
  constructor(maxInflight: number, maxInflightBytes: number);
  get(id: RaftId): Progress | null;
  confState(): ConfState;
}
