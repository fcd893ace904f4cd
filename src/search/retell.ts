// A path of the search as a run with names. States are stored with equal nodes in a fixed order, so the stored path is not
// one run but a family; the run is found again by walking the moves from the first state and taking, each time, one whose
// result is the next stored state.
import { assert } from '../base/assert.ts';
import type { Searched } from './exhaustive.ts';
import type { Model } from './model/model.ts';
import { Move, type Sink } from './model/moves.ts';
import type { Symmetry } from './model/symmetry.ts';
import type { System } from './model/system.ts';

/** One move of a retold run, with the state it led to. */
export interface Told {
  readonly cost: 0 | 1 | 2;
  readonly move: Move;
  readonly node: number;
  readonly group: number;
  readonly detail: number;
  /** The step of the plan that this admits; -1 for any other move. */
  readonly leaf: number;
  /** Where such a step is admitted, and the position of its entry; -1 and 0 for any other move. */
  readonly server: number;
  readonly position: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** The run that leads to a state of a search, first move first. */
export function retell(searched: Searched, state: number): Told[] {
  const path: number[] = [];
  for (let id = state; id >= 0; id = searched.parents[id]!) path.unshift(id);
  const { system, symmetry, store } = searched;
  const wanted = new Uint32Array(store.words);
  const tidy = new Uint32Array(store.words);
  const tidyBytes = new Uint8Array(tidy.buffer);
  const wantedBytes = new Uint8Array(wanted.buffer);
  const told: Told[] = [];
  let s: Uint8Array = new Uint8Array(system.next.length);
  system.initial(s);
  for (const id of path.slice(1)) {
    store.read(id, wanted);
    settled(wantedBytes, system, symmetry);
    let found: Told | null = null;
    const before = s;
    const sink: Sink = (cost, move, node, group, detail) => {
      system.model.plan.recent.length = 0;
      if (found !== null && (found as Told).cost <= cost) return;
      tidyBytes.set(system.next);
      settled(tidyBytes, system, symmetry);
      if (!tidy.every((word, i) => word === wanted[i])) return;
      const admission = admissionOf(system.model, move);
      found = { cost, move, node, group, detail, ...admission, before, after: system.next.slice() };
    };
    system.successors(before, sink);
    assert(found !== null, 'RETELL', () => 'a stored path cannot be retold');
    told.push(found);
    s = (found as Told).after;
  }
  return told;
}

/** What a move admits, while it is told. */
export function admissionOf({ plan }: Model, move: Move): Pick<Told, 'leaf' | 'server' | 'position'> {
  return isAdmission(move) ? plan.admitted : { leaf: -1, server: -1, position: 0 };
}

/** Whether a move puts an entry of the plan into a log. */
export function isAdmission(move: Move): boolean {
  return move === Move.Admit || move === Move.Member;
}

/** In a search the steps that wait are told apart until nobody looks any more; a run is found again by what does not change. */
function settled(s: Uint8Array, { model }: System, symmetry: Symmetry): void {
  if (!model.plan.tracksWaiting) model.plan.giveUpWaiting(s);
  symmetry.normalize(s);
}

/** The state a retold run ends in: the first of all states where nothing had to happen. */
export function endOf({ system }: Searched, told: readonly Told[]): Uint8Array {
  const last = told[told.length - 1];
  if (last !== undefined) return last.after;
  const s = new Uint8Array(system.next.length);
  system.initial(s);
  return s;
}
