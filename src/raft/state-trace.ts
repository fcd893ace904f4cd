// The state trace that the TLA+ trace specification of the reference reads: one event wherever that build reports one. The port
// is null in normal runs and then costs a comparison. Events are plain data in the field order of the reference's JSON; what
// is validated against the specification is therefore the core itself, not a retelling of it.
import type { Message } from './message.ts';

/** A message as the specification sees it; ids are decimal strings. @source etcd TracingMessage */
export interface TracedMessage {
  readonly type: string;
  readonly term: number;
  readonly from: string;
  readonly to: string;
  readonly entries: number;
  readonly logTerm: number;
  readonly index: number;
  readonly commit: number;
  readonly vote: string;
  readonly reject: boolean;
  readonly rejectHint: number;
}

/** A membership change as the specification sees it. @source etcd TracingConfChange */
export interface TracedConfChange {
  readonly changes?: readonly { readonly nid: string; readonly action: string }[];
  readonly newconf?: readonly string[];
}

/** What an event adds to the node's state: progress of an append's sender, or a membership change. */
export type TracedProperties = { readonly match: number; readonly next: number } | { readonly cc: TracedConfChange };

/** One event; `JSON.stringify` of it is the reference's text of the event. @source etcd TracingEvent */
export interface StateTraceEvent {
  readonly name: string;
  readonly nid: string;
  readonly state: { readonly term: number; readonly vote: string; readonly commit: number };
  readonly role: string;
  readonly log: number;
  readonly conf: readonly [readonly string[], readonly string[]];
  readonly msg?: TracedMessage;
  readonly prop?: TracedProperties;
}

/** A receiver of state-trace events. @source etcd TraceLogger */
export interface StateTracePort {
  traceEvent(event: StateTraceEvent): void;
}
