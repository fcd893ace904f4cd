// Who halted in a run, on what, and whether a restart cured it: what an operator would see of the violation. A halt that comes
// back after a restart is the difference between an incident and a lost shard, so that it is said in so many words.
import type { TraceEvent } from '../sim/kernel/trace.ts';
import { opcodeText } from './event-text.ts';

type Halt = TraceEvent & { readonly kind: 'haltApply' };

/** The code of a feature that gives its own words; it says nothing itself. */
const PLAIN = 'ErrSubject';

/** Where and why, without what has been said already. */
function whatText({ group, index, code, detail, opcode }: Halt, said: string): string {
  const words = said.includes(detail) ? [] : [detail];
  const why = code === PLAIN ? words : [code, ...words];
  const opcodeSaid = `opcode ${opcodeText(opcode)}`;
  return `${group} at ${index}${why.length === 0 ? `, ${opcodeSaid}` : `: ${why.join(': ')} (${opcodeSaid})`}`;
}

/** Nodes that halt on an entry they had halted on before, and those of them that did not open again. */
function haltedAgain(trace: readonly TraceEvent[]): { readonly again: string[]; readonly shut: string[] } {
  const places = new Map<string, TraceEvent['seq']>();
  const started = new Map<string, number>();
  const again = new Set<string>();
  const shut = new Set<string>();
  for (const e of trace) {
    if (e.kind === 'start') started.set(e.node, e.seq);
    if (e.kind === 'refused' && again.has(e.node)) shut.add(e.node);
    if (e.kind !== 'haltApply') continue;
    const place = `${e.node} ${e.group} ${e.index}`;
    const before = places.get(place);
    if (before === undefined) places.set(place, e.seq);
    else if ((started.get(e.node) ?? 0) > before) again.add(e.node);
  }
  return { again: [...again], shut: [...shut] };
}

function againText({ again, shut }: ReturnType<typeof haltedAgain>): string[] {
  if (again.length === 0) return [];
  const halt = again.length === 1 ? 'halts again' : 'halt again';
  const open = shut.length === 1 ? 'does not open any more' : 'do not open any more';
  const who = shut.length === again.length ? ' and ' : `; ${shut.join(', ')} `;
  return [`a restart is no cure: ${again.join(', ')} ${halt}${shut.length === 0 ? '' : `${who}${open}`}`];
}

/** Nodes whose process is down when the run ends, because it did not open or ended by itself. */
export function downAtEnd(trace: readonly TraceEvent[]): string[] {
  const down = new Set<string>();
  for (const { kind, node } of trace) {
    if (kind === 'refused' || kind === 'exit') down.add(node);
    if (kind === 'serving') down.delete(node);
  }
  return [...down];
}

/**
 * Which replicas halted in a run, and why: one sentence for each group, index and reason, and one if a restart does not help.
 * @param said what the reader has been told of the violation; it is not said twice
 */
export function haltSentences(trace: readonly TraceEvent[], said: string): string[] {
  const nodes = new Map<string, string[]>();
  for (const e of trace) {
    if (e.kind !== 'haltApply') continue;
    const what = whatText(e, said);
    nodes.set(what, [...new Set([...(nodes.get(what) ?? []), e.node])]);
  }
  return [...[...nodes].map(([what, who]) => `${who.join(', ')} stopped ${what}`), ...againText(haltedAgain(trace))];
}
