// Which delivery belongs to which send. A trace names messages by their content; a message sent twice with the same
// content is told apart by order, and a duplicate delivery belongs to the send that was delivered last.
import type { TraceEvent } from '../sim/kernel/trace.ts';

type MessageEvent = TraceEvent & { readonly kind: 'send' | 'deliver' | 'lose' };

function isMessage(e: TraceEvent): e is MessageEvent {
  return e.kind === 'send' || e.kind === 'deliver' || e.kind === 'lose';
}

function keyOf(e: MessageEvent): string {
  return [e.group, e.from, e.to, e.type, e.term, e.index, e.entries, e.commit].join('|');
}

/** For each delivery or loss, by position in the trace, the position of its send. */
export function sendOf(trace: readonly TraceEvent[]): ReadonlyMap<number, number> {
  const waiting = new Map<string, number[]>();
  const last = new Map<string, number>();
  const pairs = new Map<number, number>();
  trace.forEach((e, i) => {
    if (!isMessage(e)) return;
    const key = keyOf(e);
    if (e.kind === 'send') {
      const queue = waiting.get(key);
      if (queue === undefined) waiting.set(key, [i]);
      else queue.push(i);
      return;
    }
    const sent = waiting.get(key)?.shift() ?? last.get(key);
    if (sent === undefined) return;
    last.set(key, sent);
    pairs.set(i, sent);
  });
  return pairs;
}
