// The essential steps of a recorded run as rows of a table. They are those the search counts: the fewest of all that happened
// without which the property would not be broken, so that the length of a story can be held against the proved optimum. Where
// the model cannot follow a run, the rows are picked from the trace by rule.
import type { Scenario } from '../scenario/scenario.ts';
import { retrace, type RunStep } from '../search/retrace.ts';
import type { TraceEvent } from '../sim/kernel/trace.ts';
import type { Violation } from '../sim/verdict.ts';
import { opcodeText } from './event-text.ts';
import type { StepRow } from './steps-table.ts';
import { gateNote, haltText, traceSteps } from './trace-steps.ts';

/**
 * The steps of a run up to a violation.
 * @param voters of the group concerned, for a run that cannot be followed
 */
export function runSteps(
  scenario: Scenario,
  trace: readonly TraceEvent[],
  violation: Violation,
  voters: number,
): readonly StepRow[] {
  const { steps } = retrace(scenario, trace, violation);
  // A run without steps breaks its property at once: then the last things that happened are told.
  if (steps === null || steps.length === 0) return traceSteps(trace, violation, voters);
  const bySeq = new Map(trace.map((e) => [e.seq, e]));
  return steps.map((step) => rowOf(step, bySeq.get(step.seq), trace));
}

function rowOf(step: RunStep, e: TraceEvent | undefined, trace: readonly TraceEvent[]): StepRow {
  const { atMs, node, from, text, why: note } = step;
  if (step.kind === 'admit' && e?.kind === 'append') {
    const admitted = `${step.entry} admitted -> ${opcodeText(e.opcode)} at ${e.group}/${e.index}`;
    return { atMs, node, from, text: admitted, note: gateNote(trace, e) };
  }
  if (e?.kind === 'haltApply') return { atMs, node, from, text: haltText(e), note: '' };
  return { atMs, node, from, text: step.kind === 'append' ? `append ${step.index}` : text, note };
}
