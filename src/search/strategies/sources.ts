// Ways of drawing a run. Each answers the same choices, by name, as a seed does, and records them, so that whatever finds
// something leaves a tape. They differ in what they do to messages: uniform noise finds shallow bugs, a few well-placed
// delays find deep ones, a random order of everything finds what depends on order alone.
import type { ChoiceSource, RecordingSource } from '../../sim/kernel/choices.ts';
import { hashText, scramble } from '../../sim/kernel/fingerprint.ts';
import { KeyedSource, type Answerer } from '../../sim/kernel/keyed-source.ts';
import { seedSource } from '../../sim/kernel/seed-source.ts';
import type { StrategyName } from '../../scenario/scenario.ts';

/** Strategies that draw runs; the exhaustive ones do not. */
export type DrawingStrategy = Extract<StrategyName, `pct:${number}` | 'pos' | 'swarm'>;

/** Fates of a message as the network offers them. */
const LOST = 1;
const DELAYED = 3;
/** Messages among which the change points of a run are drawn. */
const RUN_LENGTH = 2_000;

/** The source of a strategy and a seed. @throws InputError CLI002 if the seed is empty */
export function sourceOf(strategy: DrawingStrategy, seed: string): RecordingSource {
  switch (strategy) {
    case 'swarm':
      return seedSource(seed);
    case 'pos':
      return posSource(seed);
    case 'pct:2':
      return pctSource(2, seed);
    case 'pct:3':
      return pctSource(3, seed);
  }
}

/**
 * Few, well-placed disturbances: links have fixed priorities (their base delays), and at `depth - 1` moments drawn beforehand
 * one message is held up as long as the weather allows. Finds a bug that needs `depth` orderings with known probability.
 * @source Burckhardt et al., A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, for messages
 */
export function pctSource(depth: number, seed: string): RecordingSource {
  const base = seedSource(seed);
  const points = Array.from({ length: depth - 1 }, (_, i) => word(seed, i) % RUN_LENGTH);
  const clock = { messages: 0 };
  return new KeyedSource(`pct:${depth}`, seed, (path) =>
    path.startsWith('network/') ? held(base, path, () => points.includes(clock.messages++)) : plain(base, path),
  );
}

/**
 * A random order of everything: each message gets a delay of its own, evenly drawn, so that any two that race come in either
 * order. @source Yuan, Yang and Gu, Partial Order Aware Concurrency Sampling, for messages
 */
export function posSource(seed: string): RecordingSource {
  const base = seedSource(seed);
  return new KeyedSource('pos', seed, (path) => {
    if (!path.startsWith('network/')) return plain(base, path);
    const stream = base.stream(path);
    return {
      choose: (key, _nth, n) => stream.choose(key, n),
      weigh: (key, _nth, perMillion) => {
        const drawn = stream.weigh(key, perMillion);
        return (perMillion[DELAYED - 1] ?? 0) > 0 && drawn !== LOST ? DELAYED : drawn;
      },
    };
  });
}

/** Answers as the seed does. */
function plain(base: ChoiceSource, path: string): Answerer {
  const stream = base.stream(path);
  return {
    choose: (key, _nth, n) => stream.choose(key, n),
    weigh: (key, _nth, perMillion) => stream.weigh(key, perMillion),
  };
}

/** Lets every message pass but those at a change point, which are held up as long as can be, or lost where nothing delays. */
function held(base: ChoiceSource, path: string, isChangePoint: () => boolean): Answerer {
  const stream = base.stream(path);
  let longest = false;
  return {
    choose: (key, _nth, n) => {
      const drawn = stream.choose(key, n);
      const value = longest ? n - 1 : drawn;
      longest = false;
      return value;
    },
    weigh: (key, _nth, perMillion) => {
      stream.weigh(key, perMillion);
      if (!isChangePoint()) return 0;
      if ((perMillion[DELAYED - 1] ?? 0) > 0) {
        longest = true;
        return DELAYED;
      }
      return (perMillion[LOST - 1] ?? 0) > 0 ? LOST : 0;
    },
  };
}

function word(seed: string, i: number): number {
  return scramble(hashText(seed) + Math.imul(i + 1, 0x9e3779b1)) >>> 1;
}
