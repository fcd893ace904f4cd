// What the essential-event model cannot hold. A scenario beyond its sizes must end as "inconclusive, because …": a model
// that cut off the sixteenth node without a word would answer for a cluster nobody has.

/** Thrown while a scenario is turned into a model, or explored: the reason is shown to the user as it is. */
export class ModelLimit extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'ModelLimit';
  }
}

/** What the user's own code looked at. What nobody looks at need not be told apart in a state. */
export interface Touched {
  /** Names of nodes, as a mask; -1 for all. A node that is named is no longer like any other. */
  node: number;
  /** Outcomes of calls. */
  calls: boolean;
  /** Outcomes of calls, where nothing but whether something ever occurs depends on them. */
  outcomes: boolean;
  /** How often a replica was restarted. */
  restarts: boolean;
  /** Who leads. */
  role: boolean;
  /** The log index of an entry in `apply`. */
  index: boolean;
  /** The term of an entry in `apply`. */
  term: boolean;
}

/** Nothing has been looked at yet. */
export function untouched(): Touched {
  return { node: 0, calls: false, outcomes: false, restarts: false, role: false, index: false, term: false };
}

/** True if `now` looks at something that `then` did not: the search then has to start again with finer states. */
export function looksFurther(now: Touched, then: Touched): boolean {
  return (
    (now.node & ~then.node) !== 0 ||
    (now.calls && !then.calls) ||
    (now.outcomes && !then.outcomes) ||
    (now.restarts && !then.restarts) ||
    (now.role && !then.role) ||
    (now.index && !then.index) ||
    (now.term && !then.term)
  );
}
