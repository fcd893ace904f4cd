// Who may lead. An election by itself decides nothing: what counts is what its winner does next. So a group that lost its
// leader has none until somebody needs one, and a change of leader is told together with the first thing the new leader
// does. An election is a step of its own only where somebody else would have led without it: where a leader is there, or
// where the node that went down last is the one that wins and not the only voter.
import type { Outlook } from './ahead.ts';
import { COMMITTED, LENGTH, type Model } from './model.ts';
import { ACTIVE, type PlanNode } from './plan-tree.ts';
import type { RaftLog } from './raft-log.ts';

/**
 * Is given a state in which `leader` leads; `s` must not be kept.
 * @param cost essential steps it took to get there, 0 or 1
 */
export type WithLeader = (s: Uint8Array, group: number, leader: number, cost: 0 | 1) => void;

/** Who leads a group, or could. */
export class Leaders {
  readonly #model: Model;
  readonly #log: RaftLog;
  readonly #led: Uint8Array;
  /** By group: leaves of the plan that go to its leader. */
  readonly #leaderBound: readonly (readonly PlanNode[])[];
  readonly #always: boolean;

  constructor(model: Model, log: RaftLog) {
    this.#model = model;
    this.#log = log;
    this.#led = new Uint8Array(model.stride);
    this.#always = model.gates.some((gate) => gate.at === 'connect');
    this.#leaderBound = model.groups.map((_, g) =>
      model.plan.tree.leaves.filter(
        ({ action }) =>
          action !== null &&
          'group' in action &&
          action.group === g &&
          action.do !== 'compact' &&
          action.do !== 'transfer',
      ),
    );
  }

  /** Every node that leads the group or could, one after the other. @param outlook of the plan, where it is looked ahead */
  each(s: Uint8Array, group: number, outlook: Outlook | null, then: WithLeader): void {
    const leader = this.#model.leader(s, group);
    const lives = leader >= 0 && this.#log.isLive(s, this.#model.groups[group]!.replicaOf[leader]!);
    if (lives) then(s, group, leader, 0);
    if (lives && !this.#matters(s, group, outlook)) return;
    const last = this.#model.lastDown(s, group);
    for (let n = 0; n < this.#model.nodes.length; n++) {
      if (n === leader || !this.#log.canLead(s, group, n)) continue;
      this.#led.set(s);
      this.#log.elect(this.#led, group, n);
      then(this.#led, group, n, leader >= 0 || (n === last && !this.#isAlone(s, group, n)) ? 1 : 0);
    }
  }

  /** The only voter of a group leads it whenever it is there: it takes over from nobody. */
  #isAlone(s: Uint8Array, group: number, node: number): boolean {
    return this.#model.configOf(s, this.#model.groups[group]!.replicaOf[node]!).voters === 1 << node;
  }

  /**
   * Whether another leader than the present one could make a difference: a step of the plan goes to the leader, an entry
   * is not committed and may be lost, or somebody asks who leads.
   */
  #matters(s: Uint8Array, group: number, outlook: Outlook | null): boolean {
    const { plan, touched } = this.#model;
    if (!this.#model.elections) return false;
    if (this.#always || touched.role || !this.#model.folds) return true;
    for (const leaf of this.#leaderBound[group]!) if (plan.status(s, leaf) === ACTIVE) return true;
    if (outlook?.prospects.some(({ leaves }) => leaves.some((leaf) => this.#leaderBound[group]!.includes(leaf))))
      return true;
    const committed = s[this.#model.groupAt[group]! + COMMITTED]!;
    for (const r of this.#model.groups[group]!.replicas) {
      if (s[this.#model.replicaAt[r]! + LENGTH]! > committed) return true;
    }
    return false;
  }
}
