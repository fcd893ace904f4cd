// A leader may call an entry committed when a quorum has it on disk and the entry is of the leader's own term; a follower
// may only believe what a leader said. Counting one replica too many, an entry of an older term, or a write that is still
// on its way gives an entry the name of committed that a later leader is free to overwrite.
import {
  MessageType,
  Role,
  type ConfState,
  type Index,
  type Message,
  type RaftId,
  type Term,
} from '../../raft/index.ts';
import type { CommitLedger } from './commit-ledger.ts';
import type { CheckContext, Checker, ReplicaLens } from './probe.ts';

/** @source Raft 5.4.2, invariant I7 */
export class CommitRule implements Checker {
  readonly name = 'commit-rule';
  readonly says =
    'a leader commits entries of its own term that are durable on a quorum, and followers what it committed';
  readonly #ctx: CheckContext;
  readonly #ledger: CommitLedger;
  /** By node: its disk was replaced, so that what it once acknowledged cannot be looked up. */
  readonly #wiped: boolean[] = [];
  /** The append in hand, and how far it reaches: what lies beyond may be of another leader. */
  #append: { readonly node: number; readonly group: number; readonly reaches: Index } | null = null;

  constructor(ctx: CheckContext, ledger: CommitLedger) {
    this.#ctx = ctx;
    this.#ledger = ledger;
  }

  onStop(node: number, _group: number, wiped: boolean): void {
    if (wiped) this.#wiped[node] = true;
  }

  onReceive(node: number, group: number, m: Message): void {
    this.#append = m.type === MessageType.MsgApp ? { node, group, reaches: m.index + m.entries.length } : null;
  }

  /** Told after the ledger. */
  onCommit(node: number, group: number, index: Index): void {
    const replica = this.#ctx.replica(node, group);
    if (replica === null) return;
    if (replica.role() === Role.Leader) this.#leaderCommits(node, group, index, replica);
    else this.#followerCommits(node, group, index, replica);
  }

  onProgress(node: number, group: number): void {
    this.#mustNotWait(node, group);
  }

  onConf(node: number, group: number, _index: Index, _conf: ConfState): void {
    this.#mustNotWait(node, group);
  }

  /** What a quorum is known to hold is committed at once: nobody else may ever come to count it. */
  #mustNotWait(node: number, group: number): void {
    const leader = this.#ctx.replica(node, group);
    if (leader === null || leader.role() !== Role.Leader) return;
    const { raft } = leader;
    const { config, progress } = raft.tracker();
    // A leader that was removed counts for nobody until its host stops it.
    if (!config.incoming.includes(node) && !config.outgoing.includes(node)) return;
    let held = raft.lastIndex();
    for (const half of [config.incoming, config.outgoing]) {
      if (half.length === 0) continue;
      const matches = half.map((voter) => progress.find((peer) => peer.id === voter)?.match ?? 0).sort((a, b) => b - a);
      held = Math.min(held, matches[half.length >> 1]!);
    }
    if (held <= raft.log.committed || raft.termAt(held) !== leader.term()) return;
    this.#violated('commit-delayed', node, group, () => {
      return `has committed ${raft.log.committed} only, with a quorum known to hold index ${held}`;
    });
  }

  #leaderCommits(node: number, group: number, index: Index, leader: ReplicaLens): void {
    const term = leader.raft.termAt(index);
    if (term !== leader.term()) {
      this.#violated(
        'older-term',
        node,
        group,
        () => `commits index ${index} of term ${term} while leading term ${leader.term()}`,
      );
    }
    const { incoming, outgoing } = leader.raft.tracker().config;
    for (const half of [incoming, outgoing]) {
      if (half.length === 0 || this.#isDurable(group, index, term, half)) continue;
      const names = half.map((voter) => this.#ctx.nodes[voter] ?? String(voter)).join(' ');
      this.#violated('no-quorum', node, group, () => `commits index ${index}, which no quorum of ${names} has on disk`);
    }
  }

  #isDurable(group: number, index: Index, term: Term, voters: readonly RaftId[]): boolean {
    let holders = 0;
    for (const voter of voters) {
      const disk = this.#ctx.disk(voter, group);
      if (this.#wiped[voter] === true) holders++;
      else if (disk !== null && (disk.termAt(index) === term || disk.snapshot.index >= index)) holders++;
    }
    return 2 * holders > voters.length;
  }

  #followerCommits(node: number, group: number, index: Index, follower: ReplicaLens): void {
    const append = this.#append;
    if (append !== null && append.node === node && append.group === group && index > append.reaches) {
      this.#violated('beyond-append', node, group, () => {
        return `takes index ${index} for committed by an append that reaches to ${append.reaches}`;
      });
    }
    const frontier = this.#ledger.frontier(group);
    if (index > frontier) {
      this.#violated(
        'beyond-leader',
        node,
        group,
        () => `takes index ${index} for committed, leaders went to ${frontier}`,
      );
      return;
    }
    const committed = this.#ledger.termAt(group, index);
    const held = follower.raft.termAt(index);
    if (committed === 0 || held === 0 || held === committed) return;
    this.#violated('other-entry', node, group, () => {
      return `takes its entry of term ${held} at index ${index} for committed, where one of term ${committed} is`;
    });
  }

  #violated(code: string, node: number, group: number, says: () => string): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, code, node, group, () => `${nodes[node]!} ${says()} in ${groups[group]!}`);
  }
}
