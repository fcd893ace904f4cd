// A question's scenario with one candidate gate in place, under a name of its own: a tape of such a run has to find its way
// back to the same gate.
import type { Formula } from '../gate/formula.ts';
import { parseFormula } from '../gate/text.ts';
import type { Scenario, WeakestQuestion } from '../scenario/scenario.ts';

/** The name of a question's scenario with a gate in place. */
export function candidateName(question: string, gate: string): string {
  return `${question} [gate ${gate}]`;
}

/** The question and the gate of such a name; null for any other. */
export function candidateOf(name: string): { readonly question: string; readonly gate: string } | null {
  const match = /^(.*) \[gate (.*)\]$/.exec(name);
  return match === null ? null : { question: match[1] ?? '', gate: match[2] ?? '' };
}

/** A question's scenario with a gate in place. Wherever a gate is read, a formula is one. */
export function withFormula(question: WeakestQuestion, formula: Formula): Scenario {
  return question.with(formula as unknown as Parameters<WeakestQuestion['with']>[0]);
}

/** The scenario that a name means: with the gate it names, if it names one. @throws InputError SCN005 for a bad gate */
export function candidateScenario(question: WeakestQuestion, name: string): Scenario {
  const candidate = candidateOf(name);
  if (candidate === null) return question.with('open');
  const { gate } = candidate;
  const scenario =
    gate === 'open' || gate === 'closed' ? question.with(gate) : withFormula(question, parseFormula(gate));
  return { ...scenario, name };
}
