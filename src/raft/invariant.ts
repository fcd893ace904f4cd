// This layer's own assertion, the price of importing nothing. Each text is the one with which the reference panics in
// the same place, so a script that must fail can be told from one that fails for a reason of ours. It is never caught
// inside the core: after it the node's state is undefined.

/** A broken invariant of the core or of its host: the reference would have panicked with this very message. */
export class RaftInvariantError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RaftInvariantError';
  }
}
