// Words for everything the core holds, etcd's to the byte.
import type { IdNames } from './log-port.ts';
import type { Message } from './message.ts';
import type { Progress } from './progress.ts';
import type { Ready } from './raw-node.ts';
import type { TrackerConfig } from './tracker.ts';
import type {
  AnyConfChange,
  ConfState,
  Entry,
  HardState,
  MessageType,
  RaftId,
  Role,
  Snapshot,
  SoftState,
} from './types.ts';

export declare function roleName(role: Role): string;
export declare function messageTypeName(type: MessageType): string;
export declare function describeHardState(hs: HardState, ids?: IdNames): string;
export declare function describeSoftState(ss: SoftState, ids?: IdNames): string;
export declare function describeConfState(cs: ConfState, ids?: IdNames): string;
export declare function describeSnapshot(s: Snapshot, ids?: IdNames): string;
export declare function describeEntry(e: Entry, ids?: IdNames): string;
/** One line per entry, each ended by a newline. */
export declare function describeEntries(entries: readonly Entry[], ids?: IdNames): string;
/** No final newline. */
export declare function describeMessage(m: Message, ids?: IdNames): string;
/** Lines each ended by a newline, or `<empty Ready>` without one. */
export declare function describeReady(rd: Ready, ids?: IdNames): string;
export declare function describeProgress(pr: Progress): string;
/** `{id}: {progress}` lines, each ended by a newline. */
export declare function describeProgressMap(progress: readonly Progress[], ids?: IdNames): string;
export declare function describeConfig(config: TrackerConfig, ids?: IdNames): string;
/** Text of the "ignoring conf change" line. */
export declare function describeConfChange(change: AnyConfChange, ids?: IdNames): string;
/** `v1 l2 r3 u4`. */
export declare function describeChanges(change: AnyConfChange, ids?: IdNames): string;
/** Go's %q of bytes. */
export declare function quote(bytes: Uint8Array): string;
/** The chart of who acknowledged what. acked: parallel to ids, null where nothing was reported. @source etcd quorum.Describe */
export declare function describeQuorum(
  members: readonly RaftId[],
  acked: readonly (number | null)[],
  ids?: IdNames,
): string;
/** An index, `∞` for NO_LIMIT. */
export declare function describeIndex(index: number): string;
