// A gate as a formula: the one form in which a gate can be evaluated, printed, compared, weakened and mutated. XState
// guards are closures; whatever cannot be read back as data cannot be reasoned about.
import { and, not, or } from 'xstate';
import { InputError } from '../base/errors.ts';

export type Formula =
  | { readonly f: 'true' }
  | { readonly f: 'false' }
  | { readonly f: 'atom'; readonly name: string }
  | { readonly f: 'not'; readonly of: Formula }
  | { readonly f: 'and' | 'or'; readonly of: readonly Formula[] };

export const TRUE: Formula = { f: 'true' };
export const FALSE: Formula = { f: 'false' };

/** Reserved words: a gate that is always open, and one that never is. No atom may bear these names. */
export const open = 'open' as const;
export const closed = 'closed' as const;

/** What XState's `and`, `or`, `not` return: a function that carries its parts. */
interface GuardFunction {
  readonly guards?: readonly unknown[];
  readonly check?: { readonly name: string };
}

const CHECK = {
  and: (and([]) as GuardFunction).check,
  or: (or([]) as GuardFunction).check,
  not: (not('x') as GuardFunction).check,
};

/** Which combinator made a guard. A scenario may bring its own copy of XState: then the name of the check tells. */
function combinatorOf(check: GuardFunction['check']): 'and' | 'or' | 'not' | null {
  if (check === undefined) return null;
  if (check === CHECK.and || check.name === 'checkAnd') return 'and';
  if (check === CHECK.or || check.name === 'checkOr') return 'or';
  return check === CHECK.not || check.name === 'checkNot' ? 'not' : null;
}

/**
 * Reads an XState guard (`'atom'`, `and([...])`, `or([...])`, `not(...)`), or `open` / `closed`, back as a formula.
 * @throws InputError SCN005 if the value is none of these
 */
export function formulaOf(gate: unknown): Formula {
  if (gate === open) return TRUE;
  if (gate === closed) return FALSE;
  if (typeof gate === 'string') return { f: 'atom', name: gate };
  if (typeof gate === 'object' && gate !== null && 'f' in gate) return gate as Formula;
  if (typeof gate === 'object' && gate !== null && 'type' in gate && typeof gate.type === 'string') {
    if ('params' in gate && gate.params !== undefined) {
      throw new InputError('SCN005', `"${gate.type}" takes no params: what an atom looks at is written in the atom`);
    }
    return { f: 'atom', name: gate.type };
  }
  if (typeof gate === 'function') {
    const { guards, check } = gate as GuardFunction;
    const combinator = combinatorOf(check);
    const of = combinator === null ? [] : (guards ?? []).map(formulaOf);
    const only = of[0];
    if (combinator === 'not' && only !== undefined) return { f: 'not', of: only };
    if (combinator === 'and' || combinator === 'or') return { f: combinator, of };
    const named = gate.name === '' ? 'a function' : `the function "${gate.name}"`;
    throw new InputError('SCN005', `${named} cannot be read back; make what it asks an atom and write the atom's name`);
  }
  throw new InputError('SCN005', 'a gate is an atom name, or and / or / not of gates, or open / closed');
}

/** Evaluates a formula; every atom is looked up at most as often as it stands in the formula. */
export function evaluate(formula: Formula, holds: (atom: string) => boolean): boolean {
  switch (formula.f) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'atom':
      return holds(formula.name);
    case 'not':
      return !evaluate(formula.of, holds);
    case 'and':
      return formula.of.every((part) => evaluate(part, holds));
    case 'or':
      return formula.of.some((part) => evaluate(part, holds));
  }
}

/**
 * Evaluates a formula as far as the facts go: null where an atom that is not known yet (null) decides. What is decided
 * without asking need not be asked.
 */
export function evaluateKnown(formula: Formula, known: (atom: string) => boolean | null): boolean | null {
  switch (formula.f) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'atom':
      return known(formula.name);
    case 'not': {
      const part = evaluateKnown(formula.of, known);
      return part === null ? null : !part;
    }
    case 'and':
    case 'or': {
      const decisive = formula.f === 'or';
      let open = false;
      for (const part of formula.of) {
        const value = evaluateKnown(part, known);
        if (value === decisive) return decisive;
        open ||= value === null;
      }
      return open ? null : !decisive;
    }
  }
}

/** The atoms of a formula, each once, in order of appearance. */
export function atomsOf(formula: Formula): string[] {
  const names: string[] = [];
  const visit = (part: Formula): void => {
    if (part.f === 'atom') {
      if (!names.includes(part.name)) names.push(part.name);
    } else if (part.f === 'not') visit(part.of);
    else if (part.f === 'and' || part.f === 'or') part.of.forEach(visit);
  };
  visit(formula);
  return names;
}
