// Majorities, single and joint.
import type { Index } from './types.ts';

/** Outcome of an election so far. @source etcd quorum.VoteResult */
export const VoteResult = { Pending: 1, Lost: 2, Won: 3 } as const;
export type VoteResult = (typeof VoteResult)[keyof typeof VoteResult];

/** The largest index that a majority has acknowledged, given one value per member (0: none); NO_LIMIT for no members. */
export declare function majorityIndex(acked: readonly Index[]): Index;
/** Whether a majority said yes, given one vote per member (null: none yet). No members: won. */
export declare function majorityVote(votes: readonly (boolean | null)[]): VoteResult;
/** Both halves of a joint configuration must agree. */
export declare function jointIndex(incoming: readonly Index[], outgoing: readonly Index[]): Index;
/** Both halves of a joint configuration must agree. */
export declare function jointVote(
  incoming: readonly (boolean | null)[],
  outgoing: readonly (boolean | null)[],
): VoteResult;
