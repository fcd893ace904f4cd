// Which properties hold in a state. Properties look only at the cluster view, and thousands of states look alike through
// it: each distinct view is judged once. What the model cannot judge is listed, not passed over.
import { askUser } from '../../scenario/ask-user.ts';
import type { Property } from '../../scenario/properties.ts';
import { APPLIED, COMMITTED, CONFIG, HALTED, LENGTH, LOG, STATE, type Model } from './model.ts';
import { untouched, type Touched } from './limit.ts';
import { StateStore } from './state-store.ts';
import type { System } from './system.ts';
import { Views } from './view.ts';

/** Built-in checkers that speak of halted replicas; of the others the model keeps what they check by its own rules. */
const HALT_CHECKERS = ['no-apply-halt', 'apply-halted'];

/** Judges states by a scenario's properties. */
export class Checks {
  /** `never` and `always` properties, and halt checkers, in the scenario's order. */
  readonly safety: readonly Property[];
  readonly sometimes: readonly Property[];
  /** Names of properties that only the simulator judges. */
  readonly unjudged: readonly string[];
  readonly views: Views;
  /** What each `sometimes` property looks at; a call's outcome is shown to it once, when it is known. */
  readonly #glanced: readonly Touched[];
  readonly #model: Model;
  readonly #seen: StateStore;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #broken: number[] = [];
  readonly #met: boolean[];

  constructor(system: System) {
    this.#model = system.model;
    this.views = new Views(system.model, system.model.touched);
    const { properties } = system.model.scenario;
    const isSafety = (p: Property): boolean =>
      p.p === 'never' || p.p === 'always' || (p.p === 'builtin' && HALT_CHECKERS.includes(p.name));
    this.safety = properties.filter(isSafety);
    this.sometimes = properties.filter((p) => p.p === 'sometimes');
    this.unjudged = properties.filter((p) => !isSafety(p) && p.p !== 'sometimes').map((p) => p.name);
    this.#met = this.sometimes.map(() => false);
    this.#glanced = this.sometimes.map(untouched);
    this.#words = new Uint32Array((system.model.stride + 3) >> 2);
    this.#bytes = new Uint8Array(this.#words.buffer);
    this.#seen = new StateStore(this.#words.length);
  }

  /** Names of `sometimes` properties met so far, and of those not met. */
  get coverage(): { readonly met: string[]; readonly neverMet: string[] } {
    const names = this.sometimes.map((p) => p.name);
    return { met: names.filter((_, i) => this.#met[i]), neverMet: names.filter((_, i) => !this.#met[i]) };
  }

  /** True as long as a `sometimes` property has not been met. */
  get wantsMore(): boolean {
    return this.#met.includes(false);
  }

  /** Broken safety properties of a state, as bits in the order of `safety`. */
  broken(s: Uint8Array): number {
    this.#project(s);
    const id = this.#seen.add(this.#words);
    if (id >= 0) return this.#broken[id]!;
    const bits = this.#judge(s);
    this.#broken.push(bits);
    return bits;
  }

  /** True if some `sometimes` property not met yet may depend on how a call ended. */
  get wantsOutcomes(): boolean {
    return this.#glanced.some(({ calls }, i) => calls && !this.#met[i]!);
  }

  /** Looks for `sometimes` properties in a state that is not kept, or whose calls have just ended. */
  glance(s: Uint8Array): void {
    this.#glanceAt(this.views.of(s) as never);
  }

  #glanceAt(view: never): void {
    const { touched } = this.#model;
    for (const [i, property] of this.sometimes.entries()) {
      if (this.#met[i]) continue;
      const glanced = (this.views.watch = this.#glanced[i]!);
      if (this.#holds(property, view)) this.#met[i] = true;
      touched.node |= glanced.node;
      touched.restarts ||= glanced.restarts;
      touched.outcomes ||= glanced.calls;
    }
    this.views.watch = touched;
  }

  #judge(s: Uint8Array): number {
    const view = this.views.of(s) as never;
    let bits = 0;
    for (const [i, property] of this.safety.entries()) {
      if (property.p === 'builtin' ? this.#halted(s) : this.#holds(property, view) === (property.p === 'never'))
        bits |= 1 << i;
    }
    if (this.wantsMore) this.#glanceAt(view);
    return bits;
  }

  #holds(property: Property, view: never): boolean {
    if (!('holds' in property)) return false;
    return askUser(() => Boolean(property.holds(view)), `the predicate of property "${property.name}"`);
  }

  #halted(s: Uint8Array): boolean {
    return this.#model.replicas.some((_, r) => s[this.#model.replicaAt[r]! + HALTED] !== 0);
  }

  /** What the view shows of a state, and nothing else. */
  #project(s: Uint8Array): void {
    const model = this.#model;
    const to = this.#bytes;
    to.fill(0);
    let at = 0;
    for (const nodeAt of model.nodeAt) {
      to[at++] = s[nodeAt]!;
      to[at++] = s[nodeAt + 1]!;
      to[at++] = s[nodeAt + 4]!;
    }
    for (const [g, group] of model.groups.entries()) {
      const groupAt = model.groupAt[g]!;
      to[at++] = s[groupAt]!;
      const committed = s[groupAt + COMMITTED]!;
      to[at++] = committed;
      for (let i = 0; i < group.room; i++) to[at++] = s[groupAt + 2 + i]!;
    }
    for (let r = 0; r < model.replicas.length; r++) {
      const replicaAt = model.replicaAt[r]!;
      const committed = s[model.groupAt[model.replicas[r]!.group]! + COMMITTED]!;
      to[at++] = s[replicaAt + HALTED]!;
      to[at++] = s[replicaAt + APPLIED]!;
      to[at++] = Math.min(s[replicaAt + LENGTH]!, committed) + (this.views.isShown(s, r) ? 128 : 0);
      to[at++] = s[replicaAt + STATE]!;
      to[at++] = s[replicaAt + STATE + 1]!;
      to[at++] = s[replicaAt + CONFIG]!;
      if (s[replicaAt + HALTED] !== 0) to[at++] = s[replicaAt + LOG + s[replicaAt + APPLIED]!]!;
    }
    if (model.plan.keepsOutcomes) {
      for (const leaf of model.plan.tree.leaves) to[at++] = model.plan.status(s, leaf);
    }
  }
}
