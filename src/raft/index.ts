// The Raft layer's whole public surface. It imports nothing of ours; everything above may import this file and no other
// of the layer, so that the inside can be reshaped for speed without a reader elsewhere noticing.
export * from './types.ts';
export * from './message.ts';
export { configError, DEFAULT_CONFIG, ReadOnlyOption, type Config } from './config.ts';
export { LogLevel, PLAIN_IDS, type IdNames, type LogPort } from './log-port.ts';
export { RaftInvariantError } from './invariant.ts';
export * from './storage.ts';
export {
  type StateTraceEvent,
  type StateTraceName,
  type StateTracePort,
  type TracedConfChange,
  type TracedMessage,
  type TracedProperties,
} from './state-trace.ts';
export { type Ready } from './ready.ts';
export { type DropReason } from './step.ts';
export {
  RawNode,
  stepError,
  type BasicStatus,
  type Peer,
  type Proposed,
  type Status,
  type StepOutcome,
} from './raw-node.ts';
export { type Raft } from './raft.ts';
export { Progress, ProgressState } from './progress.ts';
export { Tracker, type TrackerConfig } from './tracker.ts';
export { enterJoint, leaveJoint, simple, type Changed } from './conf-change.ts';
export { decodeConfChange, encodeConfChange } from './conf-change-codec.ts';
export { jointIndex, jointVote, majorityIndex, majorityVote, VoteResult } from './quorum.ts';
export * from './describe.ts';
export { quote } from './quote.ts';
export { messageTypeName, roleName } from './names.ts';
