// Choices from a tape: what is on it is repeated, everything else is 0. A tape outlives edits of its scenario, so it says
// afterwards which of its choices were never asked for and which one no longer fitted; a replay that silently went another
// way would be taken for a bug that is gone.
import type { Tape, TapeChoice } from './choices.ts';
import { KeyedSource, PLAIN_ANSWERS, type Answerer } from './keyed-source.ts';

/** The taped choices of one stream: by key, then by occurrence. */
type Track = Map<number, TapeChoice[]>;

/** Replays a tape. */
export class TapeSource extends KeyedSource {
  readonly #choices: readonly TapeChoice[];
  readonly #used = new Set<TapeChoice>();
  #misfit: TapeChoice | null = null;

  constructor(tape: Tape) {
    const tracks = new Map<string, Track>();
    super('tape', tape.seed, (path) => {
      const track = tracks.get(path);
      return track === undefined ? PLAIN_ANSWERS : this.#answers(track);
    });
    this.#choices = tape.choices;
    for (const choice of tape.choices) {
      let track = tracks.get(choice.stream);
      if (track === undefined) tracks.set(choice.stream, (track = new Map<number, TapeChoice[]>()));
      const same = track.get(choice.key);
      if (same === undefined) track.set(choice.key, [choice]);
      else same.push(choice);
    }
  }

  /** Choices of the tape that nothing asked for, in its order. */
  unused(): TapeChoice[] {
    return this.#choices.filter((choice) => !this.#used.has(choice));
  }

  /** The first choice whose value was not among the outcomes on offer (0 was taken instead); null if all fitted. */
  misfit(): TapeChoice | null {
    return this.#misfit;
  }

  #answers(track: Track): Answerer {
    const answer = (key: number, nth: number, n: number): number => {
      const taped = track.get(key)?.find((choice) => choice.nth === nth);
      if (taped === undefined) return 0;
      this.#used.add(taped);
      if (taped.value < n) return taped.value;
      this.#misfit ??= taped;
      return 0;
    };
    return { choose: answer, weigh: (key, nth, perMillion) => answer(key, nth, perMillion.length + 1) };
  }
}

/** A source that replays a tape. */
export function tapeSource(tape: Tape): TapeSource {
  return new TapeSource(tape);
}
