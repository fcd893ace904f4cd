// The Raft layer's whole public surface. It imports nothing of ours; everything above may import this file and no other of the
// layer, so that the inside can be reshaped for speed without a reader elsewhere noticing.
export * from './types.ts';
export * from './message.ts';
export { configError, DEFAULT_CONFIG, ReadOnlyOption, type Config } from './config.ts';
export { LogLevel, PLAIN_IDS, type IdNames, type LogPort } from './log-port.ts';
export { RaftInvariantError } from './invariant.ts';
export * from './storage.ts';
export * from './state-trace.ts';
export * from './raw-node.ts';
export { Progress, ProgressState } from './progress.ts';
export { Tracker, type TrackerConfig } from './tracker.ts';
export { enterJoint, leaveJoint, simple, type Changed } from './conf-change.ts';
export { decodeConfChange, encodeConfChange } from './conf-change-codec.ts';
export { jointIndex, jointVote, majorityIndex, majorityVote, VoteResult } from './quorum.ts';
export * from './describe.ts';
