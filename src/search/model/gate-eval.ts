// What a gate can see at one moment. A decision asks each member once per RPC and judges all its atoms on that one answer;
// where an atom may reuse a kept answer, or silence can open the gate, there are several situations, and all are found.
import { NO_ANSWER } from './facts.ts';
import type { AtomSpec, GateSpec } from './gate-spec.ts';
import { ModelLimit } from './limit.ts';
import type { Model } from './model.ts';
import { ACTIVE, type LeafAction, type PlanNode } from './plan-tree.ts';

type AskingSpec = Extract<AtomSpec, { readonly seenBy: 'asking' }>;

/** A group the process does not host: whoever belongs to it does not answer. */
const NOBODY_KNOWN = 1 << 15;

/** A member's contribution: for each RPC, the bits of the atoms it contents, or `SILENT`. */
const SILENT = 0;

/** Evaluates gates in states. */
export class GateEval {
  readonly #model: Model;
  readonly #byKey: (GateSpec | null)[] = [];
  readonly #points: string[] = [];
  readonly #out: number[] = [];
  /** Leaves of the plan whose gate may use an answer given before; and whether others than leaves may. */
  readonly #reusers: readonly PlanNode[];
  readonly #reusesAlways: boolean;
  /** Whether some build has a gate before an RPC that atoms ask. */
  readonly #gatesAnswers: boolean;

  constructor(model: Model) {
    this.#model = model;
    for (const gate of model.gates) {
      if (!this.#points.includes(gate.at)) this.#points.push(gate.at);
    }
    this.#gatesAnswers = model.gates.some((gate) => model.facts.rpcs.includes(gate.at));
    const reusing = model.gates.filter((gate) => gate.reuses).map((gate) => gate.at);
    this.#reusesAlways = reusing.some((at) => at === 'wire' || at === 'startup' || at === 'connect');
    this.#reusers = model.plan.tree.leaves.filter((leaf) => reusing.includes(gatePointOf(leaf.action)));
    for (const gate of model.gates) this.#byKey[this.#points.indexOf(gate.at) * 32 + gate.build] = gate;
  }

  /** The gate a build has at a point; null: open. */
  gateOf(build: number, at: string): GateSpec | null {
    const point = this.#points.indexOf(at);
    return point < 0 ? null : (this.#byKey[point * 32 + build] ?? null);
  }

  /** Whether the gate can be found open. @param joiner node the step is about, -1 if none */
  canOpen(s: Uint8Array, gate: GateSpec, node: number, group: number, joiner: number): boolean {
    for (const bits of this.situations(s, gate, node, group, joiner)) if (gate.table[bits] === 1) return true;
    return false;
  }

  /**
   * The situations the gate can find, as bits over its atoms. Where silence cannot open it, only the best informed are
   * given: those that no other contains.
   */
  situations(s: Uint8Array, gate: GateSpec, node: number, group: number, joiner: number): readonly number[] {
    const out = this.#out;
    out.length = 0;
    const known = this.#known(s, gate, node, group);
    if (!gate.asks) out.push(known);
    else if (!gate.silenceMatters && !(gate.reuses && this.#model.cacheAt >= 0)) {
      out.push(known | this.#asked(s, gate, node, group, joiner));
    } else this.#enumerate(s, gate, node, group, joiner, known);
    for (let i = 0; i < out.length; i++) gate.seen[out[i]!] = 1;
    return out;
  }

  #known(s: Uint8Array, gate: GateSpec, node: number, group: number): number {
    const { facts } = this.#model;
    let bits = 0;
    for (let i = 0; i < gate.atoms.length; i++) {
      const atom = gate.atoms[i]!;
      if (atom.seenBy === 'self') {
        const build = this.#model.build(s, node);
        if (facts.selfAtom(atom.slot, atom.holds, node, build, this.#model.durable(s, node))) bits |= 1 << i;
      } else if (atom.seenBy === 'log') {
        const replica = this.#model.groups[group]!.replicaOf[node]!;
        const state = replica < 0 ? facts.initialState : this.#model.state(s, replica);
        if (facts.logAtom(atom.slot, atom.holds, state)) bits |= 1 << i;
      }
    }
    return bits;
  }

  /** Everybody who can answers, now. */
  #asked(s: Uint8Array, gate: GateSpec, node: number, group: number, joiner: number): number {
    let bits = 0;
    for (let i = 0; i < gate.atoms.length; i++) {
      const atom = gate.atoms[i]!;
      if (atom.seenBy !== 'asking') continue;
      const members = this.#members(s, atom, node, group, joiner);
      let content = 0;
      for (let m = 0; m < this.#model.nodes.length; m++) {
        if ((members & (1 << m)) === 0) continue;
        const answer = this.answer(s, atom.rpc, m, node);
        if (answer !== NO_ANSWER && (answer & (1 << atom.bit)) !== 0) content |= 1 << m;
      }
      if (this.#isMet(atom, members, content)) bits |= 1 << i;
    }
    return bits;
  }

  #isMet(atom: AskingSpec, members: number, content: number): boolean {
    const who = typeof atom.who === 'object' ? atom.who.who : atom.who;
    if (who !== 'quorumOfVoters') return (members & ~content) === 0;
    return 2 * countBits(content & members) > countBits(members);
  }

  /** The answer of a member as of now, past the gate that it may have there; a node needs no answer of its own. */
  answer(s: Uint8Array, rpc: number, member: number, asker: number): number {
    if (!this.#model.isOpen(s, member)) return NO_ANSWER;
    if (this.#gatesAnswers && member !== asker && !this.#mayAnswer(s, rpc, member)) return NO_ANSWER;
    return this.#model.facts.answerClass(rpc, member, this.#model.build(s, member), this.#model.durable(s, member));
  }

  #mayAnswer(s: Uint8Array, rpc: number, member: number): boolean {
    const gate = this.gateOf(this.#model.build(s, member), this.#model.facts.rpcs[rpc]!);
    if (gate === null) return true;
    if (gate.formula === null || gate.atoms.some((atom) => atom.seenBy !== 'self')) {
      throw new ModelLimit(`a gate before ${gate.at}, which other gates ask, over more than the node itself`);
    }
    return gate.table[this.#known(s, gate, member, -1)] === 1;
  }

  /** Whom an atom asks, as a mask: the members of the configuration applied at the evaluating node. */
  #members(s: Uint8Array, atom: AskingSpec, node: number, group: number, joiner: number): number {
    const { who } = atom;
    if (who === 'joiner') return joiner < 0 ? 0 : 1 << joiner;
    if (who === 'votersAndLearnersOfEveryGroup') {
      let all = 0;
      for (let g = 0; g < this.#model.groups.length; g++)
        all |= this.#membersOf(s, 'votersAndLearners', node, g, joiner);
      return all & ~NOBODY_KNOWN;
    }
    if (typeof who === 'object') {
      const g = this.#model.groups.findIndex((spec) => spec.name === who.of);
      return this.#membersOf(s, who.who, node, g, joiner);
    }
    return this.#membersOf(s, who, node, group, joiner);
  }

  #membersOf(s: Uint8Array, who: string, node: number, group: number, joiner: number): number {
    if (who === 'joiner') return joiner < 0 ? 0 : 1 << joiner;
    const replica = this.#model.groups[group]!.replicaOf[node]!;
    if (replica < 0) return NOBODY_KNOWN;
    const config = this.#model.configOf(s, replica);
    if (who === 'learners') return config.learners;
    return who === 'votersAndLearners' ? config.voters | config.learners : config.voters;
  }

  /** Every combination of answers, kept answers and silence. */
  #enumerate(s: Uint8Array, gate: GateSpec, node: number, group: number, joiner: number, known: number): void {
    const asking = gate.atoms.flatMap((atom, i) => (atom.seenBy === 'asking' ? [{ atom, i }] : []));
    const members = asking.map(({ atom }) => this.#members(s, atom, node, group, joiner));
    const pairs: { member: number; options: number[] }[] = [];
    for (let m = 0; m < this.#model.nodes.length; m++) {
      for (let rpc = 0; rpc < this.#model.facts.rpcs.length; rpc++) {
        const here = asking.filter(({ atom }, k) => atom.rpc === rpc && (members[k]! & (1 << m)) !== 0);
        if (here.length > 0) pairs.push({ member: m, options: this.#options(s, here, rpc, node, m) });
      }
    }
    const content = new Int32Array(gate.atoms.length);
    const visit = (at: number): void => {
      const pair = pairs[at];
      if (pair === undefined) {
        let bits = known;
        for (const [k, { atom, i }] of asking.entries())
          if (this.#isMet(atom, members[k]!, content[i]!)) bits |= 1 << i;
        return this.#add(bits, !gate.silenceMatters);
      }
      for (const option of pair.options) {
        for (const { i } of asking) {
          if ((option & (1 << i)) !== 0) content[i] = content[i]! | (1 << pair.member);
        }
        visit(at + 1);
        for (const { i } of asking) content[i] = content[i]! & ~(1 << pair.member);
      }
    };
    visit(0);
  }

  /** What one member can contribute, as masks over the gate's atoms: asked or silent, kept answer or none. */
  #options(
    s: Uint8Array,
    here: readonly { readonly atom: AskingSpec; readonly i: number }[],
    rpc: number,
    node: number,
    member: number,
  ): number[] {
    const now = this.answer(s, rpc, member, node);
    const asked = member === node || !this.#maySayNothing(s, member) ? [now] : [now, NO_ANSWER];
    const kept = member === node ? [] : this.#kept(s, rpc, node, member);
    const options: number[] = [];
    for (const answer of asked) {
      for (const old of [NO_ANSWER, ...kept]) {
        let mask = 0;
        for (const { atom, i } of here) {
          const uses = old !== NO_ANSWER && (atom.fresh || (atom.lastAnswer && answer === NO_ANSWER)) ? old : answer;
          if (uses !== NO_ANSWER && (uses & (1 << atom.bit)) !== 0) mask |= 1 << i;
        }
        if (!options.includes(mask)) options.push(mask);
      }
    }
    return options.length === 0 ? [SILENT] : options;
  }

  /** Whether a question to a member may stay without an answer: it may be cut off, or on its way down and up again. */
  #maySayNothing(s: Uint8Array, member: number): boolean {
    const { plan, elections } = this.#model;
    return elections || plan.tree.leaves.some((leaf) => plan.isActive(s, leaf) && disturbs(leaf.action!, member));
  }

  /** Answers of a member that a process may still hold. */
  #kept(s: Uint8Array, rpc: number, node: number, member: number): number[] {
    if (this.#model.cacheAt < 0) return [];
    const mask = s[this.cacheOffset(rpc, node, member)]!;
    const kept: number[] = [];
    for (let i = 0; i < 8; i++) if ((mask & (1 << i)) !== 0) kept.push(this.#model.facts.answerOfKind(rpc, i));
    return kept;
  }

  cacheOffset(rpc: number, node: number, member: number): number {
    const n = this.#model.nodes.length;
    return this.#model.cacheAt + (rpc * n + node) * n + member;
  }

  /** After a decision the process may hold what it was told; once no decision is left that could use it, nobody does. */
  keepAnswers(t: Uint8Array, gate: GateSpec | null, node: number, group: number, joiner: number): void {
    if (this.#model.cacheAt < 0) return;
    if (!this.#reuseIsAhead(t)) {
      t.fill(0, this.#model.cacheAt, this.cacheOffset(this.#model.facts.rpcs.length, 0, 0));
      return;
    }
    if (gate === null || !gate.reuses) return;
    for (const atom of gate.atoms) {
      if (atom.seenBy !== 'asking' || !(atom.fresh || atom.lastAnswer)) continue;
      const members = this.#members(t, atom, node, group, joiner) & ~(1 << node);
      for (let m = 0; m < this.#model.nodes.length; m++) {
        if ((members & (1 << m)) === 0) continue;
        const answer = this.answer(t, atom.rpc, m, node);
        if (answer === NO_ANSWER) continue;
        t[this.cacheOffset(atom.rpc, node, m)]! |= 1 << this.#model.facts.kindOfAnswer(atom.rpc, answer);
      }
    }
  }

  /** Whether the plan holds another step, or a start, whose gate may use an answer given before. */
  #reuseIsAhead(t: Uint8Array): boolean {
    const { plan } = this.#model;
    if (this.#reusesAlways) return true;
    for (const leaf of this.#reusers) if (plan.status(t, leaf) <= ACTIVE) return true;
    return false;
  }

  /** A process that ends takes its kept answers along. */
  forgetAnswers(t: Uint8Array, node: number): void {
    if (this.#model.cacheAt < 0) return;
    for (let rpc = 0; rpc < this.#model.facts.rpcs.length; rpc++) {
      const from = this.cacheOffset(rpc, node, 0);
      t.fill(0, from, from + this.#model.nodes.length);
    }
  }

  #add(bits: number, onlyBest: boolean): void {
    const out = this.#out;
    if (out.includes(bits)) return;
    if (!onlyBest) {
      out.push(bits);
      return;
    }
    if (out.some((other) => (bits & ~other) === 0)) return;
    let kept = 0;
    for (const other of out) if ((other & ~bits) !== 0) out[kept++] = other;
    out.length = kept;
    out.push(bits);
  }
}

/** The gate point that a step of the plan has to pass; empty for none. */
export function gatePointOf(action: LeafAction | null): string {
  if (action?.do === 'call') return action.rpc;
  if (action?.do !== 'member') return '';
  return action.change === 'addLearner' ? 'join' : action.change;
}

/** How many bits of a mask are set. */
export function countBits(mask: number): number {
  let count = 0;
  for (let m = mask; m !== 0; m &= m - 1) count++;
  return count;
}

/** Whether a step of the plan takes a node down. */
function disturbs(action: LeafAction, node: number): boolean {
  switch (action.do) {
    case 'rolling':
      return action.nodes.includes(node);
    case 'restart':
    case 'stop':
    case 'crash':
    case 'lose':
      return action.node === node;
    default:
      return false;
  }
}
