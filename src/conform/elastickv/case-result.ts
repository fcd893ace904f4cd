// What became of one recorded case. A corpus is a list of these: nothing throws out of a runner, so that one broken case
// does not hide the ones behind it.

/** A case by name, and what differs from the recording; null when nothing does. */
export interface CaseResult {
  readonly name: string;
  readonly problem: string | null;
}
