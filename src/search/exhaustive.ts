// Breadth-first search over every state the model can reach within the bound, counted in essential steps: the first
// violation found is a shortest one, and none found is a proof, within the bound and the model. Steps that cost nothing
// stay in their layer. What the properties turn out to look at decides how finely states are told apart; if that is
// learnt late, the search starts again.
import type { Scenario } from '../scenario/scenario.ts';
import type { AskedBound, ResolvedBound } from './model/bound.ts';
import { Checks } from './model/checks.ts';
import { looksFurther, ModelLimit, untouched, type Touched } from './model/limit.ts';
import { CRASHES, modelOf, SNAPSHOTS, type Model, type Question } from './model/model.ts';
import type { Move } from './model/moves.ts';
import { StateStore } from './model/state-store.ts';
import { Symmetry } from './model/symmetry.ts';
import { System } from './model/system.ts';

export interface SearchOptions {
  readonly bound?: AskedBound;
  /** States after which the search gives up; default 2,000,000. */
  readonly maxStates?: number;
  /** Asked now and then; true ends the search. */
  readonly stop?: () => boolean;
  /** Merge states that differ only in which of equal nodes is which; default true. */
  readonly symmetry?: boolean;
  /** Leave out orders of independent moves that lead to the same state; default true. */
  readonly partialOrder?: boolean;
  /** Go on after the first violation until every property is violated or all is searched; default false. */
  readonly all?: boolean;
  /** Going on after a violation: so many states in all, or four times as many as it took if that is more; no limit of its own if absent. */
  readonly further?: number;
  /** End as soon as this property is broken, and go on until then. */
  readonly property?: string;
  readonly question?: Question;
}

/** A state that breaks properties for the first time. */
export interface Broken {
  /** Position in `checks.safety`. */
  readonly property: number;
  readonly state: number;
  readonly depth: number;
}

/** A finished search; states can be looked up and retold. */
export interface Searched {
  readonly system: System;
  readonly checks: Checks;
  readonly symmetry: Symmetry;
  readonly store: StateStore;
  /** By state: the state it was reached from (-1: none) and its distance in essential steps. */
  readonly parents: Int32Array;
  readonly depths: Uint16Array;
  readonly broken: readonly Broken[];
  readonly complete: boolean;
  /** Why the search is not complete; null if it is. */
  readonly why: string | null;
  readonly transitions: number;
  /** Essential steps to the farthest state. */
  readonly depth: number;
  readonly bound: ResolvedBound;
}

/** Searches a scenario. @throws ModelLimit where the model cannot hold it */
export function search(scenario: Scenario, options: SearchOptions = {}): Searched {
  const touched = untouched();
  for (;;) {
    const model = modelOf(
      scenario,
      { ...touched },
      options.bound ?? {},
      options.question ?? null,
      options.partialOrder ?? true,
    );
    const searched = new Search(model, options, touched).run();
    if (searched !== null) return searched;
    Object.assign(touched, model.touched);
  }
}

/** States that a search may have unless it is told otherwise. */
const MOST_STATES = 2_000_000;
/** See `further`. */
const TIMES_FURTHER = 4;

/** Counters that only limit what may still happen. */
const SPENT: readonly number[] = [CRASHES, SNAPSHOTS];

/** One breadth-first search. */
class Search {
  readonly #options: SearchOptions;
  readonly #then: Touched;
  readonly #model: Model;
  readonly #system: System;
  readonly #checks: Checks;
  readonly #symmetry: Symmetry;
  readonly #store: StateStore;
  #parents = new Int32Array(1 << 12);
  #depths = new Uint16Array(1 << 12);
  readonly #broken: Broken[] = [];
  #here: number[] = [];
  #after: number[] = [];
  #later: number[] = [];
  #current = 0;
  #depth = 0;
  #transitions = 0;
  #oracleBroken: number[][] = [];
  #learntLate = false;
  #most: number;
  #isBounded = false;

  constructor(model: Model, options: SearchOptions, then: Touched) {
    this.#options = options;
    this.#most = options.maxStates ?? MOST_STATES;
    this.#then = { ...then };
    this.#model = model;
    this.#system = new System(model);
    this.#checks = new Checks(this.#system);
    this.#symmetry = new Symmetry(model, options.symmetry ?? true);
    this.#store = new StateStore(model.stride / 4);
  }

  /** @returns null if the search has to be repeated with finer states */
  run(): Searched | null {
    const words = new Uint32Array(this.#model.stride / 4);
    const s = new Uint8Array(words.buffer);
    this.#system.initial(this.#system.next);
    this.#take(0, -1);
    // Who looks at outcomes in the first state already is known before anything can be missed.
    this.#learntLate = this.#then.outcomes;
    this.#then.outcomes = this.#model.touched.outcomes;
    let untracked = false;
    let why: string | null = null;
    while (why === null && this.#here.length + this.#after.length + this.#later.length > 0) {
      for (let i = 0; i < this.#here.length && why === null; i++) {
        const id = this.#here[i]!;
        if (this.#depths[id] !== this.#depth) continue;
        this.#store.read(id, words);
        if (!untracked) untracked = this.#mayStopTracking();
        this.#expand(s, id);
        if ((i & 1023) === 0) why = this.#giveUp();
        if (looksFurther(this.#model.touched, this.#then)) return null;
      }
      if (why !== null || this.#isEnough()) break;
      this.#goOnWithin();
      this.#here = this.#after;
      this.#after = this.#later;
      this.#later = [];
      this.#depth++;
      if (this.#model.bound.depth !== null && this.#depth > this.#model.bound.depth) break;
    }
    return this.#result(why);
  }

  /** Whether nobody looks at how calls end any more; which of them still wait is then not told apart. */
  #mayStopTracking(): boolean {
    const { wantsMore, wantsOutcomes } = this.#checks;
    if (this.#learntLate ? wantsMore : wantsOutcomes) return false;
    this.#system.stopTracking();
    return true;
  }

  /** Asked now and then: why to stop before the end. */
  #giveUp(): string | null {
    if (this.#store.size > this.#most) return `more than ${this.#most} states`;
    return (this.#options.stop?.() ?? false) ? 'the budget ended' : null;
  }

  /** No violation shorter than one of the next layer can come; one beyond that, behind an election, may be outdone. */
  #isEnough(): boolean {
    if (this.#model.question !== null) return false;
    const settled = this.#settled();
    if (settled.length === 0) return false;
    const { property } = this.#options;
    if (property !== undefined) return settled.some((b) => this.#checks.safety[b.property]!.name === property);
    return !(this.#options.all ?? false) || settled.length === this.#checks.safety.length;
  }

  /** Violations that nothing shorter can outdo. */
  #settled(): Broken[] {
    return this.#broken.filter(({ state }) => this.#depths[state]! <= this.#depth + 1);
  }

  /** Once something is known to break, that is the answer; what else might is looked for within reason. */
  #goOnWithin(): void {
    const { further } = this.#options;
    if (further === undefined || this.#isBounded || this.#settled().length === 0) return;
    this.#isBounded = true;
    this.#most = Math.min(this.#most, Math.max(further, TIMES_FURTHER * this.#store.size));
  }

  #expand(s: Uint8Array, id: number): void {
    this.#current = id;
    this.#system.successors(s, this.#sink);
  }

  readonly #sink = (
    cost: 0 | 1 | 2,
    _move: Move,
    _node: number,
    _group: number,
    _detail: number,
    idle: boolean,
  ): void => {
    this.#transitions++;
    const { recent } = this.#model.plan;
    if (idle || recent.length > 0) {
      if (idle ? this.#checks.wantsMore : this.#checks.wantsOutcomes) this.#checks.glance(this.#system.next);
      recent.length = 0;
      if (idle) return;
    }
    this.#symmetry.normalize(this.#system.next);
    this.#take(cost, this.#current);
  };

  /** Takes the state in `next`, reached from `parent`. */
  #take(cost: 0 | 1 | 2, parent: number): void {
    const depth = this.#depth + cost;
    const found = this.#store.find(this.#system.nextWords);
    // Most states are reached again and again: nothing else is looked up for those.
    if ((found >= 0 && this.#depths[found]! <= depth) || this.#isOutdone(depth)) return;
    if (found >= 0) {
      this.#depths[found] = depth;
      this.#parents[found] = parent;
      this.#queue(found, cost);
      return;
    }
    const id = -1 - this.#store.add(this.#system.nextWords);
    if (id >= this.#parents.length) this.#grow();
    this.#parents[id] = parent;
    this.#depths[id] = depth;
    this.#judge(id, depth, cost);
  }

  /** Whether the same state was reached as soon with fewer crashes or snapshots: it can do all that this one can. */
  #isOutdone(depth: number): boolean {
    const { next, nextWords } = this.#system;
    if (!this.#model.folds) return false;
    for (const counter of SPENT) {
      const spent = next[counter]!;
      for (let less = 0; less < spent; less++) {
        next[counter] = less;
        const known = this.#store.find(nextWords);
        if (known >= 0 && this.#depths[known]! <= depth) return true;
      }
      next[counter] = spent;
    }
    return false;
  }

  #judge(id: number, depth: number, cost: 0 | 1 | 2): void {
    const { next } = this.#system;
    const bits = this.#checks.broken(next);
    if (bits !== 0) {
      this.#note(id, depth, bits);
      // A question wants to know in which situations things break; what breaks afterwards tells nothing more.
      if (this.#model.question !== null) return;
    } else if (this.#model.question !== null && this.#isSettled(next)) return;
    this.#queue(id, cost);
  }

  #queue(id: number, cost: 0 | 1 | 2): void {
    if (cost === 0) this.#here.push(id);
    else if (cost === 1) this.#after.push(id);
    else this.#later.push(id);
  }

  #note(id: number, depth: number, bits: number): void {
    if (this.#model.question !== null) {
      this.#broken.push({ property: 31 - Math.clz32(bits & -bits), state: id, depth });
      this.#oracleBroken.push(passed(this.#model, this.#system.next));
      return;
    }
    for (let i = 0; i < this.#checks.safety.length; i++) {
      if ((bits & (1 << i)) === 0) continue;
      const known = this.#broken.findIndex(({ property }) => property === i);
      const broken = { property: i, state: id, depth };
      if (known < 0) this.#broken.push(broken);
      // An election with the step behind it is found a layer early.
      else if (this.#depths[this.#broken[known]!.state]! > depth) this.#broken[known] = broken;
    }
  }

  /** Whether a gate open in the situations this run has passed is known to be unsafe. */
  #isSettled(t: Uint8Array): boolean {
    if (this.#oracleBroken.length === 0) return false;
    const at = this.#model.oracleAt;
    return this.#oracleBroken.some((known) => known.every((way) => (t[at + (way >> 3)]! & (1 << (way & 7))) !== 0));
  }

  #grow(): void {
    const parents = new Int32Array(2 * this.#parents.length);
    parents.set(this.#parents);
    this.#parents = parents;
    const depths = new Uint16Array(parents.length);
    depths.set(this.#depths);
    this.#depths = depths;
  }

  #result(why: string | null): Searched {
    const broken = this.#broken.map((b) => ({ ...b, depth: this.#depths[b.state]! }));
    return {
      system: this.#system,
      checks: this.#checks,
      symmetry: this.#symmetry,
      store: this.#store,
      parents: this.#parents,
      depths: this.#depths,
      broken: broken.sort((a, b) => a.depth - b.depth || a.property - b.property),
      complete: why === null && !(this.#isEnough() && !(this.#options.all ?? false)),
      why,
      transitions: this.#transitions,
      depth: this.#depth,
      bound: this.#model.bound,
    };
  }
}

/** Numbers of the situations in which the run has passed the gate in question. */
export function passed(model: Model, s: Uint8Array): number[] {
  const ways: number[] = [];
  if (model.oracleAt < 0) return ways;
  for (let way = 0; way < 64; way++) {
    if ((s[model.oracleAt + (way >> 3)]! & (1 << (way & 7))) !== 0) ways.push(way);
  }
  return ways;
}

export { ModelLimit };
