// What a host decides about a node: timeouts, limits, modes, and the ports through which the outside reaches in.
// Randomness, logging and tracing are injected, because a core that drew its own election timeouts could not be
// replayed from a seed. A configuration that contradicts itself is refused at construction, with the reference's words.
import type { LogPort } from './log-port.ts';
import type { StateTracePort } from './state-trace.ts';
import type { Storage } from './storage.ts';
import { NO_LIMIT, NONE, type Index, type RaftId } from './types.ts';
import { isLocalMsgTarget } from './message.ts';

/** How a linearizable read is confirmed. @source etcd ReadOnlyOption */
export const ReadOnlyOption = { Safe: 0, LeaseBased: 1 } as const;
export type ReadOnlyOption = (typeof ReadOnlyOption)[keyof typeof ReadOnlyOption];

/**
 * Everything a node is started with. Sizes are bytes, 0 means "the default" where the comment says so.
 * @source etcd Config
 */
export interface Config {
  readonly id: RaftId;
  /** Copied into every message sent; the core never reads it. */
  readonly group: number;
  /** Ticks without a leader before an election, > heartbeatTick. */
  readonly electionTick: number;
  /** Ticks between heartbeats, >= 1. */
  readonly heartbeatTick: number;
  readonly storage: Storage;
  /** The last index the host has applied, when restarting. */
  readonly applied: Index;
  /** Hand out MsgStorageAppend and MsgStorageApply instead of waiting for advance(). */
  readonly asyncStorageWrites: boolean;
  /** Encoded entry bytes per MsgApp; 0 sends one entry at a time. */
  readonly maxSizePerMsg: number;
  /** Encoded bytes of committed entries handed out and not yet applied; 0 takes maxSizePerMsg. */
  readonly maxCommittedSizePerReady: number;
  /** Payload bytes of uncommitted proposals before more are refused; 0 is no limit. */
  readonly maxUncommittedEntriesSize: number;
  /** MsgApp in flight per peer, >= 1. */
  readonly maxInflightMsgs: number;
  /** Payload bytes in flight per peer; 0 is no limit. */
  readonly maxInflightBytes: number;
  readonly checkQuorum: boolean;
  readonly preVote: boolean;
  readonly readOnlyOption: ReadOnlyOption;
  readonly disableProposalForwarding: boolean;
  readonly disableConfChangeValidation: boolean;
  readonly stepDownOnRemoval: boolean;
  /** Ticks added to electionTick for the next election timeout: an integer in [0, electionTick). One call per reset. */
  readonly random: (electionTick: number) => number;
  /** Where log lines go; null costs nothing. */
  readonly logger: LogPort | null;
  /** Where state-trace events go; null costs nothing. */
  readonly trace: StateTracePort | null;
}

/** What a Config leaves open: the defaults are the reference's zero values with limits off. */
export const DEFAULT_CONFIG: Omit<Config, 'id' | 'storage' | 'random'> = {
  group: 0,
  electionTick: 10,
  heartbeatTick: 1,
  applied: 0,
  asyncStorageWrites: false,
  maxSizePerMsg: NO_LIMIT,
  maxCommittedSizePerReady: 0,
  maxUncommittedEntriesSize: 0,
  maxInflightMsgs: 256,
  maxInflightBytes: 0,
  checkQuorum: false,
  preVote: false,
  readOnlyOption: ReadOnlyOption.Safe,
  disableProposalForwarding: false,
  disableConfChangeValidation: false,
  stepDownOnRemoval: false,
  logger: null,
  trace: null,
};

/**
 * The first thing wrong with a configuration, in the reference's words; null if nothing is.
 * @source etcd Config.validate
 */
export function configError(c: Config): string | null {
  if (c.id === NONE) return 'cannot use none as id';
  if (isLocalMsgTarget(c.id)) return 'cannot use local target as id';
  if (c.heartbeatTick <= 0) return 'heartbeat tick must be greater than 0';
  if (c.electionTick <= c.heartbeatTick) return 'election tick must be greater than heartbeat tick';
  if (c.maxInflightMsgs <= 0) return 'max inflight messages must be greater than 0';
  if (c.maxInflightBytes !== 0 && c.maxInflightBytes < c.maxSizePerMsg) {
    return 'max inflight bytes must be >= max message size';
  }
  if (c.readOnlyOption === ReadOnlyOption.LeaseBased && !c.checkQuorum) {
    return 'CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased';
  }
  return null;
}
