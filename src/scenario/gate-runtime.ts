// Deciding gates inside a process, the same way for every feature: facts the process knows come first, others are asked
// only if they can still decide, and every decision leaves a trace that names its blockers. Two evaluations of one gate
// written twice would drift, and the drift would be found by nobody.
import type { Task } from '../base/task.ts';
import type { Atom, SelfView } from '../gate/atom.ts';
import { atomsOf, evaluateKnown } from '../gate/formula.ts';
import type { Formula } from '../gate/formula.ts';
import { decide, unnamed } from '../gate/gate.ts';
import type { NamedGate } from '../gate/gate.ts';
import type { AskedAtom, AtomValue, GateDecision } from '../gate/gate-point.ts';
import { askUser } from './ask-user.ts';
import { Asking } from './asking.ts';
import type { AnswerCodec, AskingAtom, Scene } from './asking.ts';
import type { ProcessPort } from './program.ts';

/** What a process offers so that its gates can be decided. */
export interface GateFacts extends AnswerCodec {
  self(): SelfView;
  /** The replicated state of this process's replica of a group; undefined where it hosts none. */
  state(group: string): unknown;
}

/** The gates of one process. */
export class GateRuntime {
  readonly #port: ProcessPort;
  readonly #facts: GateFacts;
  readonly #asking: Asking;
  readonly #gates = new Map<string, NamedGate>();

  constructor(port: ProcessPort, facts: GateFacts) {
    this.#port = port;
    this.#facts = facts;
    this.#asking = new Asking(port, facts);
    for (const at of Object.keys(port.build.gates)) this.#gates.set(at, unnamed(port.build.gates[at]!));
  }

  /** Whether anything can refuse at that point. */
  has(at: string): boolean {
    return this.#gates.has(at);
  }

  /** The decision on what the process knows by itself alone, before it hosts a group; null if that does not decide. */
  decideBySelf(at: string): GateDecision | null {
    const gate = this.#gates.get(at);
    if (gate === undefined) return null;
    const known = (name: string): boolean | null => (this.#atom(name).seenBy === 'self' ? this.#local(name, '') : null);
    if (evaluateKnown(gate.formula, known) === null) return null;
    return this.#decided(gate, at, known);
  }

  /** Decides a gate; a point without one is open, and leaves no trace. */
  *decide(at: string, scene: Scene): Task<GateDecision> {
    const gate = this.#gates.get(at);
    if (gate === undefined) return { gate: 'open', at, open: true, blockers: [] };
    const local = (name: string): boolean | null => this.#local(name, scene.group);
    const wanted = undecided(gate.formula, local).filter((name) => this.#atom(name).seenBy === 'asking');
    const atoms = wanted.map((name) => this.#atom(name) as AskingAtom);
    const judged = atoms.length === 0 ? [] : yield* this.#asking.judge(atoms, scene);
    const answers = new Map(wanted.map((name, i) => [name, judged[i]!.holds]));
    const asked = judged.map(({ members, unmet, oldestMs }, i) => ({ atom: wanted[i]!, members, unmet, oldestMs }));
    // What the process knows may have changed while it waited: it is read again now. A question that only then began to
    // matter was not asked, and counts as not answered.
    return this.#decided(gate, at, (name) => local(name) ?? answers.get(name) ?? null, asked);
  }

  #decided(
    gate: NamedGate,
    at: string,
    value: (atom: string) => boolean | null,
    asked: readonly AskedAtom[] = [],
  ): GateDecision {
    const plain = decide(gate, at, (atom) => value(atom) ?? false);
    const decision = asked.length === 0 ? plain : { ...plain, asked };
    const values = atomsOf(gate.formula).flatMap((atom): AtomValue[] => {
      const holds = value(atom);
      return holds === null ? [] : [{ atom, holds }];
    });
    this.#port.decided(decision, values);
    return decision;
  }

  /** An atom this process can judge by itself; null for one that has to be asked. */
  #local(name: string, group: string): boolean | null {
    const atom = this.#atom(name);
    switch (atom.seenBy) {
      case 'self':
        return askUser(() => Boolean(atom.holds(this.#facts.self())), `atom "${name}"`);
      case 'log': {
        const state = this.#facts.state(group);
        return state !== undefined && askUser(() => Boolean(atom.holds(state as never)), `atom "${name}"`);
      }
      case 'asking':
        return null;
      case 'ghost':
        return false;
    }
  }

  #atom(name: string): Atom {
    return this.#port.build.subject.atoms[name]!;
  }
}

/** The unknown atoms that can still decide a formula. */
function undecided(formula: Formula, known: (atom: string) => boolean | null): string[] {
  if (evaluateKnown(formula, known) !== null) return [];
  switch (formula.f) {
    case 'atom':
      return [formula.name];
    case 'not':
      return undecided(formula.of, known);
    case 'and':
    case 'or': {
      const names = formula.of.flatMap((part) => undecided(part, known));
      return names.filter((name, i) => names.indexOf(name) === i);
    }
    default:
      return [];
  }
}
