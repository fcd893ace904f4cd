// The feature's life as an XState machine is also its gates: the guard of a transition is what must be true when the
// operator asks for it. Reading the gates out of the machine means that nothing is written twice, and nothing drifts.
import type { AnyStateMachine } from 'xstate';
import { byCodeUnits } from '../base/text.ts';
import { TRUE, formulaOf } from '../gate/formula.ts';
import type { Formula } from '../gate/formula.ts';

/** The part of an XState state node that is read here. */
interface StateNodeView {
  readonly states: Readonly<Record<string, StateNodeView>>;
  readonly transitions: ReadonlyMap<string, readonly { readonly guard?: unknown }[]>;
}

/**
 * The gates of a machine, by event: an event is an RPC of the subject. Where several transitions carry the event (in one
 * state or in several), any of their guards opens the gate: which state the fleet is in is no fact a node can see, so a
 * state that must be told apart needs an atom in its guard. An event that some transition carries without a guard is
 * open, and is left out like every open gate. Wildcards, `always` and `after` are not operator calls and are passed over.
 * @throws InputError SCN005 for a guard that is not made of named atoms
 */
export function gatesOf(machine: AnyStateMachine): Record<string, never> {
  const gates: Record<string, Formula[]> = {};
  const visit = (node: StateNodeView): void => {
    for (const event of [...node.transitions.keys()].sort(byCodeUnits)) {
      if (event === '' || event === '*' || event.endsWith('.*') || event.startsWith('xstate.')) continue;
      const guards = node.transitions.get(event)!.map(({ guard }) => (guard === undefined ? TRUE : formulaOf(guard)));
      gates[event] = [...(gates[event] ?? []), ...guards];
    }
    for (const name of Object.keys(node.states)) visit(node.states[name]!);
  };
  visit(machine.root as unknown as StateNodeView);
  const joined: Record<string, Formula> = {};
  for (const event of Object.keys(gates)) {
    const gate = anyOf(gates[event]!);
    if (gate.f !== 'true') joined[event] = gate;
  }
  return joined as Record<string, never>;
}

/** The disjunction of formulas, each different one once. */
function anyOf(formulas: readonly Formula[]): Formula {
  if (formulas.some((formula) => formula.f === 'true')) return TRUE;
  const texts = formulas.map((formula) => JSON.stringify(formula));
  const different = formulas.filter((_, i) => texts.indexOf(texts[i]!) === i);
  const only = different[0];
  return different.length === 1 && only !== undefined ? only : { f: 'or', of: different };
}
