// In which ways a step can get past its gate. An ordinary gate lets it pass or not; a gate in question lets it pass in each
// situation it can find, and the run remembers which: one search then answers for every gate over those atoms.
import { NODE_FLAGS, wireFlag, type Model } from './model.ts';
import type { GateEval } from './gate-eval.ts';
import { ModelLimit } from './limit.ts';

/** The step does not pass. */
export const GATE_CLOSED = -2;
/** The step passes, and the gate is not in question. */
export const GATE_OPEN = -1;

const MOST_SITUATIONS = 64;
const OPEN: readonly number[] = [GATE_OPEN];
const CLOSED: readonly number[] = [GATE_CLOSED];

/** Ways past gates, and the situations of the gate in question. */
export class GatePasses {
  readonly #model: Model;
  readonly #eval: GateEval;
  /** Situations of the gate in question found so far, by number. */
  readonly situations: number[] = [];
  readonly #numbers = new Map<number, number>();
  readonly #ways: number[] = [];

  constructor(model: Model, gateEval: GateEval) {
    this.#model = model;
    this.#eval = gateEval;
  }

  /**
   * The ways past a gate point of the node's build: `GATE_OPEN`, `GATE_CLOSED`, or numbers of situations of the gate in
   * question (then `GATE_CLOSED` is one of them, since its answer may be no).
   */
  ways(s: Uint8Array, at: string, node: number, group: number, joiner: number, setUp = false): readonly number[] {
    const gate = this.#eval.gateOf(this.#model.build(s, node), at);
    if (gate === null) return OPEN;
    if (gate.formula !== null) return this.#eval.canOpen(s, gate, node, group, joiner) ? OPEN : CLOSED;
    if (setUp && this.#model.question!.exceptSetUp) return OPEN;
    this.#ways.length = 0;
    this.#ways.push(GATE_CLOSED);
    for (const bits of this.#eval.situations(s, gate, node, group, joiner)) this.#ways.push(this.#number(bits));
    return this.#ways;
  }

  /** As `ways`, in a list that stays as it is while other gates are asked. */
  waysOnce(s: Uint8Array, at: string, node: number, group: number, joiner: number, setUp = false): readonly number[] {
    const ways = this.ways(s, at, node, group, joiner, setUp);
    return ways === this.#ways ? [...ways] : ways;
  }

  #number(bits: number): number {
    let number = this.#numbers.get(bits);
    if (number === undefined) {
      number = this.situations.length;
      if (number >= MOST_SITUATIONS) throw new ModelLimit(`more than ${MOST_SITUATIONS} situations at the gate`);
      this.situations.push(bits);
      this.#numbers.set(bits, number);
    }
    return number;
  }

  /** Whether a gate cannot be found closed: there is none, or it is open in every situation that can be found. */
  isOpenFor(s: Uint8Array, at: string, node: number, group: number): boolean {
    const gate = this.#eval.gateOf(this.#model.build(s, node), at);
    if (gate === null) return true;
    if (gate.formula === null) return false;
    return this.#eval.situations(s, gate, node, group, -1).every((bits) => gate.table[bits] === 1);
  }

  /** Notes that the run has passed the gate in question in that situation. */
  mark(t: Uint8Array, way: number): void {
    if (way < 0) return;
    const at = this.#model.oracleAt + (way >> 3);
    t[at] = t[at]! | (1 << (way & 7));
  }

  /** Whether the RPCs that propose are wired on a node. */
  isWired(s: Uint8Array, node: number, group: number): boolean {
    return (s[this.#model.nodeAt[node]! + NODE_FLAGS]! & wireFlag(group)) !== 0;
  }

  /** Whether flags and side files alone decide the gate of a node's build. */
  isSelfMade(s: Uint8Array, at: string, node: number): boolean {
    const gate = this.#eval.gateOf(this.#model.build(s, node), at);
    return gate === null || gate.atoms.every((atom) => atom.seenBy === 'self');
  }

  /** Answers a decision asked for stay with the process. */
  keepAnswers(t: Uint8Array, at: string, node: number, group: number, joiner: number): void {
    this.#eval.keepAnswers(t, this.#eval.gateOf(this.#model.build(t, node), at), node, group, joiner);
  }

  /** Whether a decision at that gate leaves answers behind that a later one may use. */
  keepsAnswers(s: Uint8Array, at: string, node: number): boolean {
    return this.#model.cacheAt >= 0 && (this.#eval.gateOf(this.#model.build(s, node), at)?.reuses ?? false);
  }
}
