// Small lies about a run, each with the event at which the specification must notice. They stand for what a wrong core
// would report: a message acted on that never came, a vote counted the other way, a term or a commit index ahead of its time.
import type { StateTraceEvent } from '../../src/raft/index.ts';

/** A trace with one lie in it. */
export interface Mutated {
  readonly events: StateTraceEvent[];
  /** Number, from 1, of the first event that does not follow any more. */
  readonly givesAway: number;
}

/** A kind of lie; null where a trace offers no place for it. */
export interface Mutation {
  readonly name: string;
  readonly apply: (events: readonly StateTraceEvent[]) => Mutated | null;
}

/** Index of the first event that passes the test, past the start of the trace; -1 if none does. */
function find(events: readonly StateTraceEvent[], test: (e: StateTraceEvent, i: number) => boolean): number {
  return events.findIndex((e, i) => i > 20 && test(e, i));
}

function replace(events: readonly StateTraceEvent[], at: number, event: StateTraceEvent): StateTraceEvent[] {
  return [...events.slice(0, at), event, ...events.slice(at + 1)];
}

/** The acknowledgement whose arrival commits an entry, left out: the commit that follows has no majority behind it. */
const droppedReceive: Mutation = {
  name: 'dropped receive',
  apply(events) {
    const commit = find(events, (e, i) => {
      const before = events[i - 1];
      const rose = before !== undefined && before.nid === e.nid && e.state.commit > before.state.commit;
      return e.name === 'Commit' && rose && before.name === 'ReceiveAppendEntriesResponse';
    });
    if (commit < 0) return null;
    return { events: [...events.slice(0, commit - 1), ...events.slice(commit)], givesAway: commit };
  },
};

/** A granted vote that arrives as a refusal: nobody sent that message. */
const flippedVote: Mutation = {
  name: 'flipped vote',
  apply(events) {
    const at = find(events, (e) => e.name === 'ReceiveRequestVoteResponse' && e.msg?.reject === false);
    const event = events[at];
    if (event?.msg === undefined) return null;
    return { events: replace(events, at, { ...event, msg: { ...event.msg, reject: true } }), givesAway: at + 1 };
  },
};

const termAhead: Mutation = {
  name: 'term + 1',
  apply(events) {
    const at = find(events, (e) => e.name === 'BecomeLeader');
    const event = events[at];
    if (event === undefined) return null;
    const state = { ...event.state, term: event.state.term + 1 };
    return { events: replace(events, at, { ...event, state }), givesAway: at + 1 };
  },
};

const commitAhead: Mutation = {
  name: 'commit + 1',
  apply(events) {
    const at = find(events, (e) => e.name === 'Commit' && e.state.commit < e.log);
    const event = events[at];
    if (event === undefined) return null;
    const state = { ...event.state, commit: event.state.commit + 1 };
    return { events: replace(events, at, { ...event, state }), givesAway: at + 1 };
  },
};

/** All lies. */
export const MUTATIONS: readonly Mutation[] = [droppedReceive, flippedVote, termAhead, commitAhead];
