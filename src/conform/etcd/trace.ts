// The text of a state trace: one JSON record a line, as etcd's TLA+ trace specification reads it. The events themselves
// come from the core, at the points where the reference's `with_tla` build reports them; this file only puts them into
// the envelope the specification selects by its tag, in the order in which the nodes acted.
import type { StateTraceEvent, StateTracePort } from '../../raft/index.ts';

/** The NDJSON line of an event, without the newline. @source etcd rafttest trace logger */
export function etcdTraceLine(event: StateTraceEvent): string {
  return JSON.stringify({ tag: 'trace', event });
}

/** Collects the events of all nodes of a run in global order; give the same one to every node. */
export class TraceCollector implements StateTracePort {
  readonly events: StateTraceEvent[] = [];

  traceEvent(event: StateTraceEvent): void {
    this.events.push(event);
  }

  /** The whole trace as NDJSON. */
  text(): string {
    return this.events.map((event) => `${etcdTraceLine(event)}\n`).join('');
  }
}
