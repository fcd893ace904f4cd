// Sources for searches. One forces chosen answers upon another source, one asks a function for every answer. Both name a
// choice as tapes do, by stream, key and occurrence, and both record: whatever a search finds is a tape at once.
import { assert } from '../../base/assert.ts';
import { hashText } from './fingerprint.ts';
import { KeyedSource, type Answerer } from './keyed-source.ts';
import type { ChoiceSource, RecordingSource, TapeChoice } from './choices.ts';

/**
 * Decides one choice.
 * @param perMillion chances of outcomes 1, 2 …; null where all are equally likely
 * @returns an integer in [0, n)
 */
export type Decide = (stream: string, key: number, nth: number, n: number, perMillion: Int32Array | null) => number;

function checked(value: number, n: number, stream: string): number {
  assert(Number.isInteger(value) && value >= 0 && value < n, 'CHOICE_RANGE', () => `${value} of ${n} in ${stream}`);
  return value;
}

/** A source that asks a function for everything. @param strategy name of the search */
export function directedSource(strategy: string, decide: Decide): RecordingSource {
  return new KeyedSource(strategy, null, (path) => ({
    choose: (key, nth, n) => checked(decide(path, key, nth, n, null), n, path),
    weigh: (key, nth, perMillion) =>
      checked(decide(path, key, nth, perMillion.length + 1, perMillion), perMillion.length + 1, path),
  }));
}

/** A source that gives the forced answers where they fit and asks `base` otherwise. A forced 0 is possible too. */
export function overrideSource(base: ChoiceSource, forced: readonly TapeChoice[]): RecordingSource {
  const byName = new Map<number, TapeChoice[]>();
  for (const choice of forced) {
    const bucket = hashText(choice.stream) ^ choice.key;
    const same = byName.get(bucket);
    if (same === undefined) byName.set(bucket, [choice]);
    else same.push(choice);
  }
  const open = (path: string): Answerer => {
    const stream = base.stream(path);
    const hash = hashText(path);
    const answer = (key: number, nth: number, n: number, plain: number): number => {
      const same = byName.get(hash ^ key);
      if (same === undefined) return plain;
      const choice = same.find((c) => c.key === key && c.nth === nth && c.stream === path);
      return choice !== undefined && choice.value < n ? choice.value : plain;
    };
    // The base is asked in any case: it counts occurrences too, and has to keep step.
    return {
      choose: (key, nth, n) => answer(key, nth, n, stream.choose(key, n)),
      weigh: (key, nth, perMillion) => answer(key, nth, perMillion.length + 1, stream.weigh(key, perMillion)),
    };
  };
  return new KeyedSource('override', null, open);
}
