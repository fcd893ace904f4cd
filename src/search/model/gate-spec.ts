// Gates made ready for the search: atoms numbered, formula as a truth table, so that one decision is a few table look-ups.
// A gate in question has no formula; its situations are what is wanted.
import type { Members } from '../../gate/atom.ts';
import { atomsOf, evaluate, type Formula } from '../../gate/formula.ts';
import { ModelLimit } from './limit.ts';
import type { Model, Question } from './model.ts';
import type { AskingAtom } from './facts.ts';

/** One atom of a gate. `slot` numbers atoms over the whole subject, `bit` within the answers of their RPC. */
export type AtomSpec =
  | { readonly name: string; readonly seenBy: 'self' | 'log'; readonly slot: number; readonly holds: never }
  | {
      readonly name: string;
      readonly seenBy: 'asking';
      readonly who: Members;
      readonly rpc: number;
      readonly bit: number;
      /** A kept answer may be used instead of asking. */
      readonly fresh: boolean;
      /** A kept answer may be used where nobody answers. */
      readonly lastAnswer: boolean;
    };

/** The gate of one build at one point. */
export interface GateSpec {
  /** Build, counted from 0. */
  readonly build: number;
  readonly at: string;
  /** Null where the gate is in question. */
  readonly formula: Formula | null;
  readonly atoms: readonly AtomSpec[];
  /** By the bits of a situation: 1 where the gate is open. Empty where the gate is in question. */
  readonly table: Uint8Array;
  readonly asks: boolean;
  /** Some atom may use an answer given before. */
  readonly reuses: boolean;
  /** An asked fact stands under a negation, or every situation is wanted: silence may open the gate. */
  readonly silenceMatters: boolean;
  /** By the bits of a situation: 1 where the search has found it. */
  readonly seen: Uint8Array;
}

const MOST_ATOMS = 12;

/** All gates of the model's builds. */
export function compileGates(model: Model, question: Question | null): GateSpec[] {
  const gates: GateSpec[] = [];
  for (const [b, build] of model.builds.entries()) {
    const asked = question !== null && question.builds.includes(build.name) ? question : null;
    const points = Object.keys(build.gates);
    if (asked !== null && !points.includes(asked.at)) points.push(asked.at);
    for (const at of points) {
      if (asked !== null && at === asked.at) gates.push(compileQuestion(model, b, asked));
      else gates.push(compileGate(model, b, at, build.gates[at]!));
    }
  }
  return gates;
}

function compileQuestion(model: Model, build: number, question: Question): GateSpec {
  const atoms = question.atoms.map((name) => atomSpec(model, name));
  return {
    build,
    at: question.at,
    formula: null,
    atoms,
    table: new Uint8Array(0),
    asks: atoms.some((atom) => atom.seenBy === 'asking'),
    reuses: atoms.some((atom) => atom.seenBy === 'asking' && (atom.fresh || atom.lastAnswer)),
    silenceMatters: question.everySituation,
    seen: new Uint8Array(1 << Math.min(atoms.length, MOST_ATOMS)),
  };
}

function compileGate(model: Model, build: number, at: string, formula: Formula): GateSpec {
  const names = atomsOf(formula);
  if (names.length > MOST_ATOMS) throw new ModelLimit(`a gate of ${names.length} atoms; the model holds ${MOST_ATOMS}`);
  const atoms = names.map((name) => atomSpec(model, name));
  const table = new Uint8Array(1 << names.length);
  for (let bits = 0; bits < table.length; bits++) {
    table[bits] = evaluate(formula, (name) => (bits & (1 << names.indexOf(name))) !== 0) ? 1 : 0;
  }
  return {
    build,
    at,
    formula,
    atoms,
    table,
    asks: atoms.some((atom) => atom.seenBy === 'asking'),
    reuses: atoms.some((atom) => atom.seenBy === 'asking' && (atom.fresh || atom.lastAnswer)),
    silenceMatters: atoms.some((atom, i) => atom.seenBy === 'asking' && opensWhenFalse(table, i)),
    seen: new Uint8Array(table.length),
  };
}

/** Whether there is a situation in which the gate opens only because atom `i` is false. */
function opensWhenFalse(table: Uint8Array, i: number): boolean {
  for (let bits = 0; bits < table.length; bits++) {
    if ((bits & (1 << i)) === 0 && table[bits] === 1 && table[bits | (1 << i)] === 0) return true;
  }
  return false;
}

function atomSpec(model: Model, name: string): AtomSpec {
  const { facts } = model;
  const atom = facts.subject.atoms[name];
  if (atom === undefined) throw new ModelLimit(`a gate over "${name}", which the subject does not define`);
  const slot = Object.keys(facts.subject.atoms).indexOf(name);
  switch (atom.seenBy) {
    case 'self':
    case 'log':
      return { name, seenBy: atom.seenBy, slot, holds: atom.holds as never };
    case 'asking': {
      const asking = atom as AskingAtom;
      const rpc = facts.rpcs.indexOf(asking.rpc);
      const { fresh, onSilence } = asking.options;
      return {
        name,
        seenBy: 'asking',
        who: asking.who,
        rpc,
        bit: facts.atomsOfRpc[rpc]!.indexOf(name),
        fresh: fresh !== undefined,
        lastAnswer: onSilence === 'lastAnswer',
      };
    }
    case 'ghost':
      throw new ModelLimit(`a gate over the ghost atom "${name}"`);
  }
}
