// Terms as far as they decide anything. They settle who may win an election and what a leader may commit, by comparison
// alone; a term that is never compared again, or that the leader's first entry could settle at no cost, would only make
// equal states look different. Here each record gets the terms that all records have which behave like it.
// @source Raft §5.4.1 (which log is more up to date), §5.4.2 (what a leader commits)
import { countBits } from './gate-eval.ts';
import { ModelLimit } from './limit.ts';
import { COMMITTED, COMMITTED_LOG, LAST_TERM, LENGTH, LOG, type Model } from './model.ts';
import type { RaftLog } from './raft-log.ts';

/** Terms of the groups of a state. */
export class Terms {
  readonly #model: Model;
  readonly #log: RaftLog;

  constructor(model: Model, log: RaftLog) {
    this.#model = model;
    this.#log = log;
  }

  /** Brings a group's terms into the one form of all states that behave alike. */
  tidy(t: Uint8Array, group: number): void {
    if (this.#model.folds) {
      this.#silence(t, group);
      this.#level(t, group);
      this.#forgetCommitted(t, group);
    }
    this.#rename(t, group);
  }

  /**
   * Whose log is compared with nobody's: a node that never votes, and one that lacks committed entries. The latter cannot
   * win, and whoever can is more up to date: its vote is theirs.
   */
  #silence(t: Uint8Array, group: number): void {
    const { replicas, everVoters } = this.#model.groups[group]!;
    const from = this.#model.groupAt[group]!;
    const committed = t[from + COMMITTED]!;
    const last = committed === 0 ? 0 : t[from + COMMITTED_LOG + committed - 1]! & 15;
    for (const r of replicas) {
      const at = this.#model.replicaAt[r]!;
      if (t[at + LAST_TERM] === 0) continue;
      const votes = (everVoters & (1 << this.#model.replicas[r]!.node)) !== 0;
      const length = t[at + LENGTH]!;
      const lags = length < committed && t[at + LAST_TERM]! <= last && this.#log.holdsCommitted(t, r, group, length);
      if (!votes || lags) t[at + LAST_TERM] = 0;
    }
  }

  /**
   * Who has all of the leader's entries has its first one of the term too: it would come next, at no cost. It takes a vote
   * from nobody as long as all others are behind both with and without it; where one is not, the terms stay as they are.
   */
  #level(t: Uint8Array, group: number): void {
    const { replicas, replicaOf } = this.#model.groups[group]!;
    const leader = this.#model.leader(t, group);
    if (leader < 0) return;
    const own = replicaOf[leader]!;
    const to = this.#model.replicaAt[own]!;
    const term = t[to + LAST_TERM]!;
    const level = this.#levelWith(t, group, leader);
    let least = term;
    for (const r of replicas)
      if ((level & (1 << r)) !== 0) least = Math.min(least, t[this.#model.replicaAt[r]! + LAST_TERM]!);
    let settled = t[to + LENGTH] === t[this.#model.groupAt[group]! + COMMITTED];
    for (const r of replicas) {
      if ((level & (1 << r)) !== 0 || !this.#mayVote(t, group, r)) continue;
      const at = this.#model.replicaAt[r]!;
      if (t[at + LENGTH]! >= t[to + LENGTH]! || t[at + LAST_TERM]! > least) return;
      if (this.#log.matchLength(t, own, r) < t[at + LENGTH]!) return;
      if (t[at + LAST_TERM] !== 0) settled = false;
    }
    const agreed = settled ? this.#settledTerm(t, group) : term;
    for (const r of replicas) if ((level & (1 << r)) !== 0) t[this.#model.replicaAt[r]! + LAST_TERM] = agreed;
  }

  /** Replicas, as a mask, that take part, vote now or later, and have the leader's entries and no others. */
  #levelWith(t: Uint8Array, group: number, leader: number): number {
    const { replicas, replicaOf, everVoters } = this.#model.groups[group]!;
    const own = replicaOf[leader]!;
    const length = t[this.#model.replicaAt[own]! + LENGTH]!;
    const heard = (this.#log.receivers(t, group, leader) | (1 << leader)) & everVoters;
    let level = 0;
    for (const r of replicas) {
      if ((heard & (1 << this.#model.replicas[r]!.node)) === 0 || t[this.#model.replicaAt[r]! + LENGTH] !== length)
        continue;
      if (this.#log.isLive(t, r) && this.#log.matchLength(t, own, r) === length) level |= 1 << r;
    }
    return level;
  }

  /** Whether a replica's log can still be compared: that of a joiner cannot before it holds the entry that lets it in. */
  #mayVote(t: Uint8Array, group: number, r: number): boolean {
    const bit = 1 << this.#model.replicas[r]!.node;
    if ((this.#model.groups[group]!.everVoters & bit) === 0) return false;
    return t[this.#model.replicaAt[r]! + LENGTH]! > 0 || (this.#model.configOf(t, r).voters & bit) !== 0;
  }

  /** Once whoever votes has every entry or lacks a committed one, and all are committed, one term is as good as another. */
  #settledTerm(t: Uint8Array, group: number): number {
    const committed = t[this.#model.groupAt[group]! + COMMITTED]!;
    if (committed === 0) return 1;
    this.#forgetTerm(t, group, committed - 1);
    return t[this.#model.groupAt[group]! + COMMITTED_LOG + committed - 1]! & 15;
  }

  /** Of committed entries only the last one's term can still become somebody's. */
  #forgetCommitted(t: Uint8Array, group: number): void {
    const committed = t[this.#model.groupAt[group]! + COMMITTED]!;
    for (let i = 0; i < committed - 1; i++) this.#forgetTerm(t, group, i);
  }

  /** Sets the term of a committed entry to the first, wherever it is, unless another entry would then look like it. */
  #forgetTerm(t: Uint8Array, group: number, i: number): void {
    const { replicas } = this.#model.groups[group]!;
    const at = this.#model.groupAt[group]! + COMMITTED_LOG + i;
    const entry = t[at]!;
    const plain = (entry & 0xf0) | 1;
    if (entry === plain) return;
    for (const r of replicas) {
      const other = t[this.#model.replicaAt[r]! + LOG + i]!;
      if (other !== entry && (other & 0xf0) === (entry & 0xf0)) return;
    }
    for (const r of replicas) {
      const own = this.#model.replicaAt[r]! + LOG + i;
      if (t[own] === entry) t[own] = plain;
    }
    t[at] = plain;
  }

  /** Renames terms to 1, 2, 3 …: only their order matters, and so a group that elects for ever has finitely many states. */
  #rename(t: Uint8Array, group: number): void {
    const { replicas } = this.#model.groups[group]!;
    const committed = this.#model.groupAt[group]! + COMMITTED_LOG;
    const count = t[this.#model.groupAt[group]! + COMMITTED]!;
    let used = 0;
    for (const r of replicas) {
      const at = this.#model.replicaAt[r]!;
      used |= 1 << t[at + LAST_TERM]!;
      for (let i = 0; i < t[at + LENGTH]!; i++) used |= 1 << (t[at + LOG + i]! & 15);
    }
    for (let i = 0; i < count; i++) used |= 1 << (t[committed + i]! & 15);
    used &= ~1;
    const terms = countBits(used);
    if (used === (1 << (terms + 1)) - 2) return;
    if (terms > 15) throw new ModelLimit('more than 15 terms of leadership in play at once');
    for (const r of replicas) {
      const at = this.#model.replicaAt[r]!;
      t[at + LAST_TERM] = rankIn(used, t[at + LAST_TERM]!);
      renameEntries(t, at + LOG, t[at + LENGTH]!, used);
    }
    renameEntries(t, committed, count, used);
  }
}

function renameEntries(t: Uint8Array, from: number, count: number, used: number): void {
  for (let i = from; i < from + count; i++) t[i] = (t[i]! & 0xf0) | rankIn(used, t[i]! & 15);
}

/** How many of the used terms are at most this one. */
function rankIn(used: number, term: number): number {
  return term === 0 ? 0 : countBits(used & ((2 << term) - 1));
}
