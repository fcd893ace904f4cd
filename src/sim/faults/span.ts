// How long faults last and how far apart they are. Both are drawn evenly over orders of magnitude: a pause of 20 ms and one
// of 5 s break different things, and an even draw over milliseconds would hardly ever try the first.
import type { ChoiceStream } from '../kernel/choices.ts';
import { mix } from '../kernel/fingerprint.ts';

/**
 * A time between `leastMs` and `leastMs` · 2^doublings, in ms.
 * @param leastMs at least 1; what choice 0 gives
 */
export function drawSpan(stream: ChoiceStream, key: number, leastMs: number, doublings: number): number {
  const baseMs = leastMs << stream.choose(key, doublings);
  return baseMs + stream.choose(mix(key, 1), baseMs);
}

/** A time as a person would write it. */
export function spanText(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.trunc(ms / 1000)}.${String(ms % 1000).padStart(3, '0')} s`;
}
