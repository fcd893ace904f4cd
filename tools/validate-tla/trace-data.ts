// A trace as a TLA+ module. TLC cannot read JSON without Java code that no registry serves, so the NDJSON is compiled:
// records in global order, cut into pieces, because TLC's parser overflows its stack on one long tuple.
import type { StateTraceEvent, TracedConfChange } from '../../src/raft/index.ts';

const PIECE = 200;

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A JSON value as a TLA+ expression. `{}` becomes the empty function. */
function toTla(value: Json): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (value === null) return '<<>>';
  if (Array.isArray(value)) return `<<${value.map(toTla).join(', ')}>>`;
  const fields = Object.entries(value as { readonly [key: string]: Json });
  if (fields.length === 0) return '<<>>';
  return `[${fields.map(([key, v]) => `${key} |-> ${toTla(v)}`).join(', ')}]`;
}

/** Module TraceData: the operator TraceLines is the sequence of records the trace specification reads. */
export function traceDataModule(events: readonly StateTraceEvent[]): string {
  const lines = ['---- MODULE TraceData ----', 'EXTENDS Sequences'];
  const pieces: string[] = [];
  for (let from = 0; from < events.length; from += PIECE) {
    const name = `Piece${pieces.length}`;
    const records = events
      .slice(from, from + PIECE)
      .map((e) => `  ${toTla({ tag: 'trace', event: e as unknown as Json })}`);
    lines.push(`${name} == <<`, records.join(',\n'), '>>');
    pieces.push(name);
  }
  lines.push(`TraceLines == ${pieces.length === 0 ? '<<>>' : pieces.join(' \\o ')}`, '====');
  return `${lines.join('\n')}\n`;
}

function confChangeOf(e: StateTraceEvent): TracedConfChange | null {
  return e.prop !== undefined && 'cc' in e.prop ? e.prop.cc : null;
}

/** Every server the trace names as an actor or as the subject of an addition. @source TraceServer of etcd's specification */
export function serversOf(events: readonly StateTraceEvent[]): string[] {
  const ids = new Set<string>();
  for (const e of events) {
    ids.add(e.nid);
    const change = e.name === 'ChangeConf' ? confChangeOf(e)?.changes?.[0] : undefined;
    if (change !== undefined && change.action !== 'RemoveServer') ids.add(change.nid);
  }
  return [...ids].sort((a, b) => Number(a) - Number(b));
}

const BOOTSTRAP = ['InitState', 'BecomeFollower', 'ApplyConfChange'];

/** The configuration the first node starts with: that of its last event before it does anything else. */
export function initServersOf(events: readonly StateTraceEvent[]): readonly string[] {
  const first = events[0];
  if (first === undefined) return [];
  let last = first;
  for (const e of events) {
    if (e.nid !== first.nid) continue;
    if (!BOOTSTRAP.includes(e.name)) break;
    last = e;
  }
  return last.name === 'ApplyConfChange' ? (confChangeOf(last)?.newconf ?? []) : last.conf[0];
}
