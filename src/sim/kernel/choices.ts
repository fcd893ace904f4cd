// The one place where a run may go one way or another. Every choice has a named stream, a content fingerprint and a
// range; 0 is always the plainest outcome (deliver at once, no fault, first branch). A seed answers choices from a
// pseudo-random tree, a tape from what was stored, a search as it likes. A draw that bypassed this would make a run that
// no tape can repeat.

/** Chances are whole numbers of a million, so that no engine rounds them differently. */
export const MILLION = 1_000_000;

/** A named stream of choices, such as `network/n1>n2` or `plan`. */
export interface ChoiceStream {
  /**
   * Equally likely outcomes.
   * @param key int32 fingerprint of what is decided (a message's content, a plan node's path); equal keys are told apart
   * by their order of appearance in the stream
   * @param n how many outcomes there are, 1 to 2^31 - 1
   * @returns an integer in [0, n)
   */
  choose(key: number, n: number): number;

  /**
   * Rare outcomes. A search may take any of them, whatever its chance.
   * @param key as in `choose`
   * @param perMillion chance of outcome 1, 2, 3 …; outcome 0 has what is left of a million
   * @returns an integer in [0, perMillion.length]
   */
  weigh(key: number, perMillion: Int32Array): number;
}

/** Answers choices. */
export interface ChoiceSource {
  /** The stream of that path; the same object for the same path. */
  stream(path: string): ChoiceStream;
}

/** A source that can say afterwards what it answered. */
export interface RecordingSource extends ChoiceSource {
  /** What drew: `seed`, `tape`, `override`, or a search's own name. */
  readonly strategy: string;
  /** Every choice so far that was not 0, in the order in which it was made. */
  tape(scenario: string): Tape;
}

/** One choice that was not 0: which stream, which decision, which occurrence of it, what was chosen of how many. */
export interface TapeChoice {
  readonly stream: string;
  readonly key: number;
  readonly nth: number;
  readonly value: number;
  readonly of: number;
}

/** Every choice of a run that was not the plainest. What is not on a tape is 0. */
export interface Tape {
  readonly scenario: string;
  /** The seed that generated it; null where a search or a shrinker made it. */
  readonly seed: string | null;
  readonly strategy: string;
  readonly choices: readonly TapeChoice[];
}
