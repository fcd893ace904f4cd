// A run as a log that ShiViz reads: each event with the vector clock of its node, so that the happened-before relation
// is drawn rather than guessed from times. The parser line at the top is the regular expression ShiViz asks for.
import type { TraceEvent } from '../sim/kernel/trace.ts';
import { eventText } from './event-text.ts';
import { sendOf } from './message-pairs.ts';

const PARSER = '(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})';

type Clock = Map<string, number>;

function merge(into: Clock, from: ReadonlyMap<string, number>): void {
  for (const [host, time] of from) into.set(host, Math.max(into.get(host) ?? 0, time));
}

/** The host that an event belongs to: its node, the client for calls made from outside. */
function hostOf(e: TraceEvent): string {
  if (e.kind === 'send' || e.kind === 'lose') return e.from;
  if (e.kind === 'deliver') return e.to;
  return e.node === '' ? 'cluster' : e.node;
}

/** The log, parser line first. A lost message has no event of its own: nobody saw it. */
export function shivizLog(trace: readonly TraceEvent[]): string {
  const pairs = sendOf(trace);
  const clocks = new Map<string, Clock>();
  const sent = new Map<number, ReadonlyMap<string, number>>();
  const lines = [PARSER, ''];
  trace.forEach((e, i) => {
    if (e.kind === 'lose') return;
    const host = hostOf(e);
    const clock = clocks.get(host) ?? new Map<string, number>();
    clocks.set(host, clock);
    const from = pairs.get(i);
    if (e.kind === 'deliver' && from !== undefined) merge(clock, sent.get(from) ?? new Map());
    clock.set(host, (clock.get(host) ?? 0) + 1);
    if (e.kind === 'send') sent.set(i, new Map(clock));
    const group = e.group === '' ? '' : `${e.group} `;
    lines.push(
      `${(e.atMs / 1000).toFixed(3)}s ${group}${eventText(e)}`,
      `${host} ${JSON.stringify(Object.fromEntries(clock))}`,
    );
  });
  return `${lines.join('\n')}\n`;
}
