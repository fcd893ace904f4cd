// A gate is a named formula, and a decision is more than a bit: it names what kept the gate closed. An operator who is
// told "refused" guesses; one who is told "refused: not kekFileSet" sets the flag. XState's `evaluateGuard` is the
// semantics; this evaluator agrees with it on every formula and every assignment, and adds the blockers.
import { evaluate, formulaOf } from './formula.ts';
import type { Formula } from './formula.ts';
import type { GateDecision } from './gate-point.ts';
import { textOf } from './text.ts';

/** A formula with a name to find it by in traces, tables and reports. */
export interface NamedGate {
  readonly name: string;
  readonly formula: Formula;
}

/**
 * Names a gate. Takes what XState takes: an atom's name, `and` / `or` / `not` of gates; or `open` / `closed`.
 * @throws InputError SCN005 if it is none of these
 */
export function gate(name: string, guard: unknown): NamedGate {
  return { name, formula: formulaOf(guard) };
}

/** A gate named by its own text. */
export function unnamed(formula: Formula): NamedGate {
  return { name: textOf(formula), formula };
}

/**
 * Decides a gate on the facts of the moment.
 * @param at the gate point or RPC, for the trace
 * @param holds whether an atom holds; called for atoms of the gate only
 */
export function decide(named: NamedGate, at: string, holds: (atom: string) => boolean): GateDecision {
  const open = evaluate(named.formula, holds);
  return { gate: named.name, at, open, blockers: open ? [] : blockersOf(named.formula, holds) };
}

/** The literals that keep a closed gate closed: each would have to change, or one of them where any would do. */
export function blockersOf(formula: Formula, holds: (atom: string) => boolean): string[] {
  const blockers: string[] = [];
  collect(formula, true, holds, blockers);
  return blockers;
}

/** Adds the literals that keep `formula` from being `wanted`. */
function collect(formula: Formula, wanted: boolean, holds: (atom: string) => boolean, into: string[]): void {
  if (evaluate(formula, holds) === wanted) return;
  switch (formula.f) {
    case 'true':
    case 'false':
      add(into, formula.f === 'false' ? 'closed' : 'not closed');
      return;
    case 'atom':
      add(into, wanted ? formula.name : `not ${formula.name}`);
      return;
    case 'not':
      collect(formula.of, !wanted, holds, into);
      return;
    default:
      if (formula.of.length === 0) add(into, formula.f === 'or' ? 'closed' : 'not closed');
      for (const part of formula.of) collect(part, wanted, holds, into);
  }
}

function add(into: string[], literal: string): void {
  if (!into.includes(literal)) into.push(literal);
}
