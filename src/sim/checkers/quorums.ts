// Whether two configurations can decide without each other.
import type { ConfState, RaftId } from '../../raft/index.ts';

/** Whether every majority of one set of voters has a member in every majority of the other. */
export function majoritiesMeet(a: readonly RaftId[], b: readonly RaftId[]): boolean {
  const onlyInA = a.filter((voter) => !b.includes(voter)).length;
  const majorityOfA = Math.floor(a.length / 2) + 1;
  const majorityOfB = Math.floor(b.length / 2) + 1;
  // A majority of `a` that takes as few members of `b` as it can leaves `b` that many to form a majority of.
  const leftOfB = b.length - Math.max(0, majorityOfA - onlyInA);
  return leftOfB < majorityOfB;
}

/** Whether quorums of two configurations always meet: some half of one meets some half of the other. */
export function quorumsMeet(a: ConfState, b: ConfState): boolean {
  const halves = (c: ConfState): (readonly RaftId[])[] =>
    [c.voters, c.votersOutgoing].filter((half) => half.length > 0);
  return halves(a).some((x) => halves(b).some((y) => majoritiesMeet(x, y)));
}

/** Whether two lists have the same members. */
export function sameMembers(a: readonly RaftId[], b: readonly RaftId[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member));
}
