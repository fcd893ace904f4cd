// What a leader knows of a peer.
import type { Index, RaftId } from './types.ts';

/** How a leader sends to a peer. @source etcd tracker.StateType */
export const ProgressState = { Probe: 0, Replicate: 1, Snapshot: 2 } as const;
export type ProgressState = (typeof ProgressState)[keyof typeof ProgressState];

/** A peer as its leader sees it. @source etcd tracker.Progress */
export declare class Progress {
  readonly id: RaftId;
  match: Index;
  next: Index;
  sentCommit: Index;
  state: ProgressState;
  pendingSnapshot: Index;
  recentActive: boolean;
  msgAppFlowPaused: boolean;
  isLearner: boolean;
  inflightCount(): number;
  inflightBytes(): number;
  inflightFull(): boolean;
  isPaused(): boolean;
}
