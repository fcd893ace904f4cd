// Raft with its messages folded away: logs, terms, quorums. What is kept is what the safety of the log rests on: a leader
// needs an up-to-date log, a follower's log follows the leader's and drops what conflicts, an entry of an earlier term is
// committed only along with the new leader's own first entry. That first entry is not a log position here; a replica that
// has it is known by its last term.
// @source Raft §5.2 to §5.4
import { countBits } from './gate-eval.ts';
import {
  APPLIED,
  COMMITTED,
  COMMITTED_LOG,
  CONFIG,
  HALTED,
  LAST_TERM,
  LEADER,
  LENGTH,
  LOG,
  LOST,
  PENDING,
  type Model,
} from './model.ts';
import { UNKNOWN } from './plan-tree.ts';
import { Terms } from './terms.ts';

/** Logs and terms of a state. */
export class RaftLog {
  readonly #model: Model;
  readonly #terms: Terms;
  /** By group: whether its members may change. */
  readonly #changes: readonly boolean[];

  constructor(model: Model) {
    this.#model = model;
    this.#changes = model.groups.map(({ contents }) => contents.some((content) => content?.kind === 'member'));
    this.#terms = new Terms(model, this);
  }

  /** How many entries two replicas' logs have in common from the start. */
  matchLength(s: Uint8Array, one: number, other: number): number {
    const a = this.#model.replicaAt[one]!;
    const b = this.#model.replicaAt[other]!;
    const most = Math.min(s[a + LENGTH]!, s[b + LENGTH]!);
    let i = 0;
    while (i < most && s[a + LOG + i] === s[b + LOG + i]) i++;
    return i;
  }

  /** Whether a replica's log begins with everything committed so far, up to `length` entries. */
  holdsCommitted(s: Uint8Array, replica: number, group: number, length: number): boolean {
    const at = this.#model.replicaAt[replica]!;
    const committed = this.#model.groupAt[group]! + COMMITTED_LOG;
    if (s[at + LENGTH]! < length) return false;
    for (let i = 0; i < length; i++) if (s[at + LOG + i] !== s[committed + i]) return false;
    return true;
  }

  /** Whether the replica takes part: its process serves and the group has not halted on it. */
  isLive(s: Uint8Array, replica: number): boolean {
    const { node } = this.#model.replicas[replica]!;
    return s[this.#model.replicaAt[replica]! + HALTED] === 0 && this.#model.isOpen(s, node);
  }

  /** Adds an entry to the leader's own log. @returns its position from 1; 0 if there is no room */
  propose(t: Uint8Array, group: number, leader: number, content: number): number {
    const spec = this.#model.groups[group]!;
    const at = this.#model.replicaAt[spec.replicaOf[leader]!]!;
    const length = t[at + LENGTH]!;
    if (length >= spec.room) return 0;
    t[at + LOG + length] = (content << 4) | t[at + LAST_TERM]!;
    t[at + LENGTH] = length + 1;
    return length + 1;
  }

  /** Copies the leader's next entry to a follower, dropping what conflicts. `match` is what they have in common. */
  append(t: Uint8Array, group: number, leader: number, replica: number, match: number): void {
    const from = this.#model.replicaAt[this.#model.groups[group]!.replicaOf[leader]!]!;
    const to = this.#model.replicaAt[replica]!;
    const before = t[to + LENGTH]!;
    t[to + LOG + match] = t[from + LOG + match]!;
    this.#cut(t, group, replica, match + 1, before);
    const whole = match + 1 === t[from + LENGTH]!;
    t[to + LAST_TERM] = whole ? t[from + LAST_TERM]! : t[from + LOG + match]! & 15;
    this.#tellChanges(t, group, from, to, match + 1);
    this.#terms.tidy(t, group);
  }

  /** An append says how far the leader's log is committed: of the changes its receiver has to apply, the last is noted. */
  #tellChanges(t: Uint8Array, group: number, from: number, to: number, length: number): void {
    if (!this.#changes[group]!) return;
    if (t[to + PENDING] === LOST) t[to + PENDING] = 0;
    const known = Math.min(length, Math.max(t[from + APPLIED]!, t[from + PENDING]!));
    const least = Math.max(t[to + APPLIED]!, t[to + PENDING]!);
    for (let at = known; at > least; at--) {
      if (this.#model.content(group, t[to + LOG + at - 1]!).kind !== 'member') continue;
      t[to + PENDING] = at;
      return;
    }
  }

  /** Sets a log's length, forgets what lay beyond it, and ends what waited for it. */
  #cut(t: Uint8Array, group: number, replica: number, length: number, before: number): void {
    const at = this.#model.replicaAt[replica]!;
    t[at + LENGTH] = length;
    for (let i = length; i < before; i++) t[at + LOG + i] = 0;
    if (before > length) {
      this.#model.plan.settleLost(t, group, this.#model.replicas[replica]!.node, length, UNKNOWN);
    }
  }

  /**
   * How far a leader can move the commit index; the present one if not at all. Entries of earlier terms go only together
   * with the leader's own first entry, which a quorum then has to take.
   */
  committable(s: Uint8Array, group: number, leader: number): number {
    const spec = this.#model.groups[group]!;
    const own = spec.replicaOf[leader]!;
    const at = this.#model.replicaAt[own]!;
    const committed = s[this.#model.groupAt[group]! + COMMITTED]!;
    const { voters } = this.#model.configOf(s, own);
    const term = s[at + LAST_TERM]!;
    let old = s[at + LENGTH]!;
    while (old > 0 && (s[at + LOG + old - 1]! & 15) === term) old--;
    for (let to = s[at + LENGTH]!; to > committed && to >= old; to--) {
      let holders = 0;
      for (const r of spec.replicas) {
        const { node } = this.#model.replicas[r]!;
        if ((voters & (1 << node)) === 0 || this.matchLength(s, own, r) < to) continue;
        if (to > old || s[this.#model.replicaAt[r]! + LAST_TERM] === term || this.isLive(s, r)) holders |= 1 << node;
      }
      if (2 * countBits(holders) > countBits(voters)) return to;
    }
    return committed;
  }

  /** Moves the commit index; voters that hold all of it have the leader's first entry as well. */
  commit(t: Uint8Array, group: number, leader: number, to: number): void {
    const spec = this.#model.groups[group]!;
    const own = spec.replicaOf[leader]!;
    const from = this.#model.replicaAt[own]!;
    const at = this.#model.groupAt[group]!;
    const { voters } = this.#model.configOf(t, own);
    const term = t[from + LAST_TERM]!;
    for (let i = t[at + COMMITTED]!; i < to; i++) t[at + COMMITTED_LOG + i] = t[from + LOG + i]!;
    t[at + COMMITTED] = to;
    if (to > 0 && (t[from + LOG + to - 1]! & 15) !== term) {
      for (const r of spec.replicas) {
        const { node } = this.#model.replicas[r]!;
        const holder = this.#model.replicaAt[r]!;
        if ((voters & (1 << node)) === 0 || t[holder + LAST_TERM] === term) continue;
        if (this.matchLength(t, own, r) < to || !this.isLive(t, r)) continue;
        this.#cut(t, group, r, to, t[holder + LENGTH]!);
        t[holder + LAST_TERM] = term;
      }
      this.#terms.tidy(t, group);
    }
  }

  /** The leader's first entry of its term reaches a replica that has all its entries. @returns whether it was news there */
  greet(t: Uint8Array, group: number, leader: number, replica: number): boolean {
    const own = this.#model.groups[group]!.replicaOf[leader]!;
    const [from, to] = [this.#model.replicaAt[own]!, this.#model.replicaAt[replica]!];
    const length = t[from + LENGTH]!;
    if (t[to + LAST_TERM] === t[from + LAST_TERM] || t[to + LENGTH] !== length) return false;
    if (this.matchLength(t, own, replica) < length) return false;
    t[to + LAST_TERM] = t[from + LAST_TERM]!;
    this.#terms.tidy(t, group);
    return true;
  }

  /** Terms in the form that all states have which behave alike; to be called where nodes, members or snapshots changed. */
  tidyTerms(t: Uint8Array, group: number): void {
    this.#terms.tidy(t, group);
  }

  /** Whether a node can win an election. */
  canLead(s: Uint8Array, group: number, node: number): boolean {
    const spec = this.#model.groups[group]!;
    const own = spec.replicaOf[node]!;
    if (own < 0 || !this.isLive(s, own)) return false;
    // Who knows of a committed change and has not applied it does not campaign. @source etcd raft hasUnappliedConfChanges
    if (s[this.#model.replicaAt[own]! + PENDING] !== 0) return false;
    const { voters } = this.#model.configOf(s, own);
    if ((voters & (1 << node)) === 0) return false;
    let votes = 0;
    for (const r of spec.replicas) {
      const voter = this.#model.replicas[r]!.node;
      if ((voters & (1 << voter)) === 0 || !this.isLive(s, r)) continue;
      if (this.#isUpToDate(s, own, r) && this.#mayContact(s, own, r)) votes |= 1 << voter;
    }
    if (2 * countBits(votes) <= countBits(voters)) return false;
    return this.holdsCommitted(s, own, group, s[this.#model.groupAt[group]! + COMMITTED]!);
  }

  /** A node whose disk was lost hears only those who know that it was taken out: what it had promised is void. */
  #mayContact(s: Uint8Array, sender: number, replica: number): boolean {
    if (s[this.#model.replicaAt[replica]! + PENDING] !== LOST) return true;
    const { node, group } = this.#model.replicas[replica]!;
    const at = this.#model.replicaAt[sender]!;
    for (let i = 0; i < s[at + APPLIED]!; i++) {
      const content = this.#model.content(group, s[at + LOG + i]!);
      if (content.kind === 'member' && content.change === 'removeMember' && content.node === node) return true;
    }
    return false;
  }

  #isUpToDate(s: Uint8Array, candidate: number, voter: number): boolean {
    const a = this.#model.replicaAt[candidate]!;
    const b = this.#model.replicaAt[voter]!;
    const [mine, theirs] = [s[a + LAST_TERM]!, s[b + LAST_TERM]!];
    return mine > theirs || (mine === theirs && s[a + LENGTH]! >= s[b + LENGTH]!);
  }

  /** Makes a node the leader in a new term. */
  elect(t: Uint8Array, group: number, node: number): void {
    const spec = this.#model.groups[group]!;
    let term = 0;
    for (const r of spec.replicas) {
      const at = this.#model.replicaAt[r]!;
      term = Math.max(term, t[at + LAST_TERM]!);
      for (let i = 0; i < t[at + LENGTH]!; i++) term = Math.max(term, t[at + LOG + i]! & 15);
    }
    t[this.#model.replicaAt[spec.replicaOf[node]!]! + LAST_TERM] = term + 1;
    t[this.#model.groupAt[group]! + LEADER] = node + 1;
    this.#terms.tidy(t, group);
  }

  /** Members that the leader sends entries to, as a mask: those of the configuration it has applied that may hear it. */
  receivers(s: Uint8Array, group: number, leader: number): number {
    const { replicas, replicaOf } = this.#model.groups[group]!;
    const own = replicaOf[leader]!;
    const { voters, learners } = this.#model.configOf(s, own);
    let members = (voters | learners) & ~(1 << leader);
    if (!this.#changes[group]!) return members;
    for (const r of replicas) if (!this.#mayContact(s, own, r)) members &= ~(1 << this.#model.replicas[r]!.node);
    return members;
  }

  /** The configuration after the first `applied` entries of a replica's log. */
  configAfter(s: Uint8Array, replica: number, applied: number): number {
    const { group } = this.#model.replicas[replica]!;
    const spec = this.#model.groups[group]!;
    const at = this.#model.replicaAt[replica]!;
    let config = this.#model.configId(spec.voters, spec.learners);
    for (let i = 0; i < applied; i++) {
      const content = this.#model.content(group, s[at + LOG + i]!);
      if (content.kind === 'member') config = this.#model.nextConfig(config, content.change, content.node);
    }
    return config;
  }

  /** Whether a membership change lies in the leader's log that it has not applied yet: then no other may be proposed. */
  hasPendingChange(s: Uint8Array, group: number, leader: number): boolean {
    const at = this.#model.replicaAt[this.#model.groups[group]!.replicaOf[leader]!]!;
    for (let i = s[at + APPLIED]!; i < s[at + LENGTH]!; i++) {
      if (this.#model.content(group, s[at + LOG + i]!).kind === 'member') return true;
    }
    return false;
  }

  setConfig(t: Uint8Array, replica: number, config: number): void {
    t[this.#model.replicaAt[replica]! + CONFIG] = config;
  }
}
