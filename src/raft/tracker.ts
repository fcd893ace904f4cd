// The configuration a node acts under and the progress of everyone in it. Members are kept in dense arrays in ascending
// id: the order in which peers are visited shows in every message list, and a small array is found in and walked faster
// than any map. The two halves of the configuration are kept as arrays of progress as well, so that counting an
// acknowledgement, the most frequent question a leader asks, follows no id at all.
import type { Progress } from './progress.ts';
import { jointVote, majorityIndex, quorumSize, type VoteResult } from './quorum.ts';
import { NO_LIMIT, type ConfState, type Index, type RaftId } from './types.ts';

/** A configuration; lists in ascending id, `outgoing` empty unless joint. @source etcd tracker.Config */
export interface TrackerConfig {
  readonly incoming: readonly RaftId[];
  readonly outgoing: readonly RaftId[];
  readonly learners: readonly RaftId[];
  /** Outgoing voters that become learners when the joint configuration is left. */
  readonly learnersNext: readonly RaftId[];
  readonly autoLeave: boolean;
}

const NO_IDS: readonly RaftId[] = [];
const NO_PROGRESS: readonly Progress[] = [];

/** Nobody. */
export const EMPTY_CONFIG: TrackerConfig = {
  incoming: NO_IDS,
  outgoing: NO_IDS,
  learners: NO_IDS,
  learnersNext: NO_IDS,
  autoLeave: false,
};

/** A count of votes; the numbers leave learners out. */
export interface Tally {
  readonly granted: number;
  readonly rejected: number;
  readonly result: VoteResult;
}

/** Where the matches of one half stand side by side while they are counted. */
const acked: Index[] = [0, 0, 0, 0, 0, 0, 0];

function committedBy(half: readonly Progress[]): Index {
  const n = half.length;
  for (let i = 0; i < n; i++) acked[i] = half[i]!.match;
  return majorityIndex(acked, n);
}

function activeIn(half: readonly Progress[]): boolean {
  if (half.length === 0) return true;
  let active = 0;
  for (const pr of half) if (pr.recentActive && !pr.isLearner) active++;
  return active >= quorumSize(half.length);
}

/** The progress of an id in a list in ascending id, null if it is not there. */
export function progressOf(all: readonly Progress[], id: RaftId): Progress | null {
  // Groups usually number their members 1 … n.
  if (id > 0 && id <= all.length) {
    const pr = all[id - 1]!;
    if (pr.id === id) return pr;
  }
  for (let i = 0; i < all.length; i++) if (all[i]!.id === id) return all[i]!;
  return null;
}

/** Configuration, progress and votes of a node. @source etcd tracker.ProgressTracker */
export class Tracker {
  config: TrackerConfig = EMPTY_CONFIG;
  /** Everyone tracked, learners included, in ascending id. */
  progress: readonly Progress[] = NO_PROGRESS;
  private incoming: readonly Progress[] = NO_PROGRESS;
  private outgoing: readonly Progress[] = NO_PROGRESS;
  /** Who voted, in order of arrival, and how; null between elections. */
  private voters: RaftId[] | null = null;
  private votes: boolean[] | null = null;
  readonly maxInflight: number;
  readonly maxInflightBytes: number;

  /** @param maxInflight messages per peer; @param maxInflightBytes payload bytes per peer, 0 for no limit */
  constructor(maxInflight: number, maxInflightBytes: number) {
    this.maxInflight = maxInflight;
    this.maxInflightBytes = maxInflightBytes === 0 ? NO_LIMIT : maxInflightBytes;
  }

  /** Adopts a configuration with the progress of exactly its members. */
  switchTo(config: TrackerConfig, progress: readonly Progress[]): void {
    this.config = config;
    this.progress = progress;
    this.incoming = this.half(config.incoming);
    this.outgoing = this.half(config.outgoing);
  }

  private half(ids: readonly RaftId[]): readonly Progress[] {
    if (ids.length === 0) return NO_PROGRESS;
    if (ids.length === this.progress.length) return this.progress;
    return this.progress.filter((pr) => ids.includes(pr.id));
  }

  /** The progress of a member, null for anyone else. */
  get(id: RaftId): Progress | null {
    return progressOf(this.progress, id);
  }

  /** Whether an id is a voter of either half. */
  isVoter(id: RaftId): boolean {
    return this.config.incoming.includes(id) || this.config.outgoing.includes(id);
  }

  /** Voters of both halves in ascending id. */
  voterIds(): RaftId[] {
    const ids: RaftId[] = [];
    for (const pr of this.progress) if (this.isVoter(pr.id)) ids.push(pr.id);
    return ids;
  }

  isJoint(): boolean {
    return this.config.outgoing.length > 0;
  }

  /** Whether one node alone decides. */
  isSingleton(): boolean {
    return this.config.incoming.length === 1 && this.config.outgoing.length === 0;
  }

  confState(): ConfState {
    const { incoming, outgoing, learners, learnersNext, autoLeave } = this.config;
    return { voters: incoming, votersOutgoing: outgoing, learners, learnersNext, autoLeave };
  }

  /** The index that a quorum of both halves has on disk. */
  committed(): Index {
    const index = committedBy(this.incoming);
    return this.outgoing.length === 0 ? index : Math.min(index, committedBy(this.outgoing));
  }

  /** Whether a quorum of both halves was heard since the last check. */
  quorumActive(): boolean {
    return activeIn(this.incoming) && activeIn(this.outgoing);
  }

  resetVotes(): void {
    this.voters = null;
    this.votes = null;
  }

  /** Notes a vote; only the first of a voter counts. */
  recordVote(id: RaftId, granted: boolean): void {
    this.voters ??= [];
    this.votes ??= [];
    if (this.voters.includes(id)) return;
    this.voters.push(id);
    this.votes.push(granted);
  }

  private voteOf(id: RaftId): boolean | null {
    const at = this.voters === null ? -1 : this.voters.indexOf(id);
    return at < 0 ? null : this.votes![at]!;
  }

  tallyVotes(): Tally {
    let granted = 0;
    let rejected = 0;
    for (const pr of this.progress) {
      const vote = pr.isLearner ? null : this.voteOf(pr.id);
      if (vote === null) continue;
      if (vote) granted++;
      else rejected++;
    }
    const votesOf = (ids: readonly RaftId[]): (boolean | null)[] => ids.map((id) => this.voteOf(id));
    return { granted, rejected, result: jointVote(votesOf(this.config.incoming), votesOf(this.config.outgoing)) };
  }
}
