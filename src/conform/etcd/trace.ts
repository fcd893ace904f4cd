// The text of a state trace: one JSON record a line, as etcd's TLA+ trace specification reads it. The events themselves
// come from the core, at the points where the reference's `with_tla` build reports them; this file only puts them into
// the envelope the specification selects by its tag, in the order in which the nodes acted.
import type { StateTraceEvent, StateTracePort } from '../../raft/index.ts';

/** The NDJSON line of an event, without the newline. @source etcd rafttest trace logger */
export function etcdTraceLine(event: StateTraceEvent): string {
  return JSON.stringify({ tag: 'trace', event });
}

/**
 * A node that starts again reports three events, the first before it has loaded its state: InitState, ApplyConfChange,
 * BecomeFollower. The specification's restart is one step that ends in the loaded state, so the three become one InitState
 * with the state of the last; at the first start it reads them as they are.
 */
export function foldRestarts(events: readonly StateTraceEvent[]): StateTraceEvent[] {
  const folded: StateTraceEvent[] = [];
  const started = new Set<string>();
  for (let i = 0; i < events.length; i++) {
    const e = events[i]!;
    if (e.name !== 'InitState' || !started.has(e.nid)) {
      folded.push(e);
      if (e.name === 'InitState') started.add(e.nid);
      continue;
    }
    while (events[i + 1]?.nid === e.nid && events[i]!.name !== 'BecomeFollower') i++;
    const { state, log, conf, role } = events[i]!;
    folded.push({ name: 'InitState', nid: e.nid, state, role, log, conf });
  }
  return folded;
}

/** Collects the events of all nodes of a run in global order; give the same one to every node. */
export class TraceCollector implements StateTracePort {
  readonly events: StateTraceEvent[] = [];

  traceEvent(event: StateTraceEvent): void {
    this.events.push(event);
  }

  /** The whole trace as NDJSON, event for event what the reference's tracing build prints. */
  text(): string {
    return ndjson(this.events);
  }

  /** The same for the specification: each restart is the one step that it knows. */
  foldedText(): string {
    return ndjson(foldRestarts(this.events));
  }
}

function ndjson(events: readonly StateTraceEvent[]): string {
  return events.map((event) => `${etcdTraceLine(event)}\n`).join('');
}
