// A run as Chrome trace events, which Perfetto and chrome://tracing open: a process per node, a thread per group,
// messages as arrows, downtime as a slice. Virtual milliseconds are shown as milliseconds.
import type { TraceEvent } from '../sim/kernel/trace.ts';
import { eventText } from './event-text.ts';
import { sendOf } from './message-pairs.ts';

interface Track {
  readonly pid: number;
  readonly tid: number;
}

/** Numbers for the nodes and groups of a trace, in order of appearance; 0 is the cluster itself. */
function tracks(trace: readonly TraceEvent[]): { of: (e: TraceEvent) => Track; names: object[] } {
  const nodes = [...new Set(['', ...trace.map((e) => e.node)])];
  const groups = [...new Set(['', ...trace.map((e) => e.group)])];
  const names: object[] = [];
  nodes.forEach((node, pid) => {
    names.push({ ph: 'M', name: 'process_name', pid, args: { name: node === '' ? 'cluster' : node } });
    names.push({ ph: 'M', name: 'process_sort_index', pid, args: { sort_index: pid } });
    groups.forEach((group, tid) =>
      names.push({ ph: 'M', name: 'thread_name', pid, tid, args: { name: group === '' ? 'process' : group } }),
    );
  });
  return { of: (e) => ({ pid: nodes.indexOf(e.node), tid: groups.indexOf(e.group) }), names };
}

/** A trace as the JSON object form of the Chrome trace format. */
export function perfettoTrace(trace: readonly TraceEvent[]): string {
  const { of, names } = tracks(trace);
  const pairs = sendOf(trace);
  const arrived = new Set(pairs.values());
  const events = trace.flatMap((e, i): object[] => {
    const at = { ...of(e), ts: e.atMs * 1000 };
    const shown = { ph: 'X', name: eventText(e), cat: e.kind, dur: 200, args: { seq: e.seq }, ...at };
    if (e.kind === 'send' && arrived.has(i)) return [shown, { ph: 's', name: e.type, cat: 'message', id: i, ...at }];
    const sent = pairs.get(i);
    if (e.kind === 'deliver' && sent !== undefined) {
      return [shown, { ph: 'f', bp: 'e', name: e.type, cat: 'message', id: sent, ...at }];
    }
    return [shown];
  });
  return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: [...names, ...events] })}\n`;
}
