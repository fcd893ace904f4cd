// Terms, commit and applied indexes, and what a leader knows of a peer only ever rise. Whatever falls was made up, or
// forgotten, and the next decision that is built on it is wrong.
import type { ConfState, Entry, Index, Role, Snapshot, Term } from '../../raft/index.ts';
import { Grid } from './grid.ts';
import type { CheckContext, Checker, PeerLens, ReplicaLens } from './probe.ts';

/** @source invariants I6: term, commit, applied, match never fall; match < next; applied <= commit <= last index */
export class Monotonic implements Checker {
  readonly name = 'monotonic';
  readonly says = 'term, commit, applied and match never fall and stay in order';
  readonly #ctx: CheckContext;
  /** Within an incarnation. */
  readonly #term: Grid;
  /** The term last seen on the disk, over all incarnations: what was never written may be forgotten. */
  readonly #durableTerm: Grid;
  /** Within an incarnation. */
  readonly #commit: Grid;
  readonly #applied: Grid;
  /** By leader, group and peer, within a term. */
  readonly #match: Int32Array;
  readonly #matchTerm: Int32Array;

  constructor(ctx: CheckContext) {
    this.#ctx = ctx;
    const [nodes, groups] = [ctx.nodes.length, ctx.groups.length];
    this.#term = new Grid(nodes, groups);
    this.#durableTerm = new Grid(nodes, groups);
    this.#commit = new Grid(nodes, groups);
    this.#applied = new Grid(nodes, groups);
    this.#match = new Int32Array(nodes * groups * nodes);
    this.#matchTerm = new Int32Array(nodes * groups * nodes);
  }

  onStart(node: number, group: number, replica: ReplicaLens): void {
    this.#commit.set(node, group, replica.commit());
    this.#applied.set(node, group, 0);
    this.#term.set(node, group, this.#durableTerm.get(node, group));
    this.#rises(node, group, replica.term());
  }

  onPersist(node: number, group: number): void {
    const replica = this.#ctx.replica(node, group);
    if (replica !== null) this.#durableTerm.set(node, group, replica.disk.hardState.term);
  }

  onStop(node: number, group: number, wiped: boolean): void {
    if (wiped) this.#durableTerm.set(node, group, 0);
    for (let peer = 0; peer < this.#ctx.nodes.length; peer++) this.#matchTerm[this.#at(node, group, peer)] = 0;
  }

  onRole(node: number, group: number, _role: Role, term: Term): void {
    this.#rises(node, group, term);
  }

  onCommit(node: number, group: number, index: Index): void {
    const before = this.#commit.get(node, group);
    this.#commit.set(node, group, index);
    if (index < before) this.#says('commit-falls', node, group, () => `commit falls from ${before} to ${index}`);
    const last = this.#ctx.replica(node, group)?.raft.lastIndex() ?? index;
    if (index > last)
      this.#says('commit-beyond-log', node, group, () => `commit ${index} is beyond the log's end ${last}`);
  }

  onApply(node: number, group: number, entry: Entry): void {
    this.#applied.set(node, group, entry.index);
    const commit = this.#ctx.replica(node, group)?.commit() ?? entry.index;
    if (entry.index > commit) {
      this.#says('applied-beyond-commit', node, group, () => `index ${entry.index} is applied, commit is ${commit}`);
    }
  }

  onSnapshot(node: number, group: number, did: 'take' | 'install', { index }: Snapshot): void {
    if (did === 'take') return;
    const before = this.#applied.get(node, group);
    this.#applied.set(node, group, index);
    if (index < before) {
      this.#says('applied-falls', node, group, () => `a snapshot at index ${index} replaces a state at ${before}`);
    }
  }

  onConf(node: number, group: number, _index: Index, conf: ConfState): void {
    // A peer that left and comes back starts anew.
    const { voters, votersOutgoing, learners, learnersNext } = conf;
    for (let peer = 1; peer < this.#ctx.nodes.length; peer++) {
      const isIn = [voters, votersOutgoing, learners, learnersNext].some((half) => half.includes(peer));
      if (!isIn) this.#matchTerm[this.#at(node, group, peer)] = 0;
    }
  }

  onProgress(node: number, group: number, peer: number): void {
    const replica = this.#ctx.replica(node, group);
    const progress = replica === null ? null : peerOf(replica, peer);
    if (replica === null || progress === null) return;
    const { match, next } = progress;
    const name = this.#ctx.nodes[peer]!;
    const at = this.#at(node, group, peer);
    const before = this.#matchTerm[at] === replica.term() ? this.#match[at]! : 0;
    this.#match[at] = match;
    this.#matchTerm[at] = replica.term();
    if (match < before) {
      this.#says('match-falls', node, group, () => `match of ${name} falls from ${before} to ${match}`);
    }
    if (match >= next) this.#says('match-beyond-next', node, group, () => `match of ${name} is ${match}, next ${next}`);
  }

  #rises(node: number, group: number, term: Term): void {
    const before = this.#term.get(node, group);
    this.#term.set(node, group, term);
    if (term < before) this.#says('term-falls', node, group, () => `term falls from ${before} to ${term}`);
  }

  #at(node: number, group: number, peer: number): number {
    return (node * this.#ctx.groups.length + group) * this.#ctx.nodes.length + peer;
  }

  #says(code: string, node: number, group: number, says: () => string): void {
    const { nodes, groups } = this.#ctx;
    this.#ctx.violated(this.name, code, node, group, () => `${nodes[node]!} in ${groups[group]!}: ${says()}`);
  }
}

/** How a leader sees a peer; null if it does not track it. */
export function peerOf(replica: ReplicaLens, peer: number): PeerLens | null {
  const { progress } = replica.raft.tracker();
  for (let i = 0; i < progress.length; i++) if (progress[i]!.id === peer) return progress[i]!;
  return null;
}
