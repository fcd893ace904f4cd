// Majorities, single and joint. Votes and acknowledgements are counted here and nowhere else: an off-by-one in this
// file elects two leaders or commits what a minority holds. A majority of nothing agrees with everything, which lets a
// configuration that is not joint be treated as one whose second half is empty.
import { NO_LIMIT, type Index } from './types.ts';

/** Outcome of an election so far. @source etcd quorum.VoteResult */
export const VoteResult = { Pending: 1, Lost: 2, Won: 3 } as const;
export type VoteResult = (typeof VoteResult)[keyof typeof VoteResult];

/** The smallest number of n members that is a majority. */
export function quorumSize(n: number): number {
  return (n >> 1) + 1;
}

/**
 * The largest index that a majority has acknowledged: the greatest value that at least a quorum of values reaches.
 * @param acked one value per member, 0 for none; only the first n count
 * @returns NO_LIMIT if there are no members
 * @source etcd quorum.MajorityConfig.CommittedIndex
 */
export function majorityIndex(acked: readonly Index[], n: number = acked.length): Index {
  if (n === 0) return NO_LIMIT;
  const quorum = quorumSize(n);
  let best = 0;
  for (let i = 0; i < n; i++) {
    const index = acked[i]!;
    if (index <= best) continue;
    let reached = 0;
    for (let j = 0; j < n; j++) if (acked[j]! >= index) reached++;
    if (reached >= quorum) best = index;
  }
  return best;
}

/**
 * Whether a majority said yes, can still do so, or cannot any more.
 * @param votes one vote per member, null for none yet
 * @source etcd quorum.MajorityConfig.VoteResult
 */
export function majorityVote(votes: readonly (boolean | null)[]): VoteResult {
  if (votes.length === 0) return VoteResult.Won;
  let granted = 0;
  let missing = 0;
  for (const vote of votes) {
    if (vote === null) missing++;
    else if (vote) granted++;
  }
  const quorum = quorumSize(votes.length);
  if (granted >= quorum) return VoteResult.Won;
  return granted + missing >= quorum ? VoteResult.Pending : VoteResult.Lost;
}

/** The index both halves of a joint configuration have committed. @source etcd quorum.JointConfig.CommittedIndex */
export function jointIndex(incoming: readonly Index[], outgoing: readonly Index[]): Index {
  return Math.min(majorityIndex(incoming), majorityIndex(outgoing));
}

/** What both halves of a joint configuration say: one that lost decides. @source etcd quorum.JointConfig.VoteResult */
export function jointVote(incoming: readonly (boolean | null)[], outgoing: readonly (boolean | null)[]): VoteResult {
  const a = majorityVote(incoming);
  const b = majorityVote(outgoing);
  if (a === b) return a;
  return a === VoteResult.Lost || b === VoteResult.Lost ? VoteResult.Lost : VoteResult.Pending;
}
