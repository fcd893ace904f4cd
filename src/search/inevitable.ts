// From which step on a violation cannot be avoided. Operators do nothing more from there; deliveries, elections and
// crashes go as they like, and what can be delivered is delivered in the end. If every such continuation breaks the
// property, the step before was the last that could have been otherwise.
import type { Searched } from './exhaustive.ts';
import { HALTED, type Model } from './model/model.ts';
import { byLeader, isDelivery, Move } from './model/moves.ts';
import { StateStore } from './model/state-store.ts';
import type { Told } from './retell.ts';

/** States after which a continuation counts as too wide to judge. */
const MOST_STATES = 200_000;

/** Whether a violation follows whatever happens; `unknown` where there is too much to look at. */
export type Fate = 'inevitable' | 'avoidable' | 'unknown';

/** Looks for a continuation without operators that comes to rest and breaks nothing. */
export function fateOf(searched: Searched, from: Uint8Array): Fate {
  const { system, checks } = searched;
  const store = new StateStore(searched.store.words);
  const words = new Uint32Array(store.words);
  const s = new Uint8Array(words.buffer);
  s.set(from);
  store.add(words);
  const waiting = [0];
  while (waiting.length > 0) {
    if (store.size > MOST_STATES) return 'unknown';
    store.read(waiting.pop()!, words);
    let atRest = true;
    system.clusterSuccessors(s, (_cost, move, _node, group) => {
      system.model.plan.recent.length = 0;
      // Nobody is bound to compact a log; that a snapshot might hide an entry makes a failure no less certain.
      if (move === Move.Snapshot) return;
      // What only another leader would deliver need not come about.
      const leader = system.model.leader(s, group);
      if (isDelivery(move) && (leader < 0 || leader === system.model.leader(system.next, group) || !byLeader(move)))
        atRest = false;
      if (checks.broken(system.next) !== 0) return;
      const found = store.add(system.nextWords);
      if (found < 0) waiting.push(-1 - found);
    });
    if (atRest) return 'avoidable';
  }
  return 'inevitable';
}

/**
 * The point of no return of a run that breaks a property.
 * @returns number of essential steps taken when it is reached; null where it could still be avoided before the last step, or cannot be told
 */
export function pointOfNoReturn(searched: Searched, told: readonly Told[]): number | null {
  let steps = told.reduce((sum, t) => sum + t.cost, 0);
  let point: number | null = null;
  for (let i = told.length - 1; i >= 0; i--) {
    const last = i === told.length - 1;
    if (!last && fateOf(searched, told[i]!.after) !== 'inevitable') break;
    if (told[i]!.cost > 0) point = steps;
    steps -= told[i]!.cost;
  }
  return point;
}

/** What stops in the end if everything under way is delivered: names of groups and of nodes, `group@node`. */
export function blastOf(
  searched: Searched,
  from: Uint8Array,
): { readonly groups: string[]; readonly replicas: string[] } {
  const { system } = searched;
  let s = from;
  for (let i = 0; i < 1_000; i++) {
    let after: Uint8Array | null = null;
    system.clusterSuccessors(s, (cost, move) => {
      system.model.plan.recent.length = 0;
      if (after === null && isDelivery(move) && cost < 2) after = system.next.slice();
    });
    if (after === null) break;
    s = after;
  }
  return haltedIn(system.model, s);
}

function haltedIn(model: Model, s: Uint8Array): { groups: string[]; replicas: string[] } {
  const halted = model.replicas.filter((_, r) => s[model.replicaAt[r]! + HALTED] !== 0);
  const groups = model.groups.map((group) => group.name).filter((_, g) => halted.some((r) => r.group === g));
  return { groups, replicas: halted.map((r) => `${model.groups[r.group]!.name}@${model.nodes[r.node]!}`) };
}
