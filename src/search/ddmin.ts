// Delta debugging: the smallest part of a list that still shows something, found by leaving out ever finer pieces. The
// result is 1-minimal unless the search was cut short: leaving out any one element loses what was to be shown.
// @source Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input

export interface Reduced<T> {
  readonly kept: readonly T[];
  /** False where the search was cut short. */
  readonly minimal: boolean;
}

/**
 * @param shows whether a part still shows it; the whole has to
 * @param stop asked before each try
 */
export function ddmin<T>(whole: readonly T[], shows: (part: readonly T[]) => boolean, stop: () => boolean): Reduced<T> {
  let kept = whole;
  if (kept.length === 0) return { kept, minimal: true };
  if (stop()) return { kept, minimal: false };
  if (shows([])) return { kept: [], minimal: true };
  let pieces = 2;
  while (kept.length > 1) {
    const size = Math.ceil(kept.length / pieces);
    let found = false;
    for (let from = 0; from < kept.length && !found; from += size) {
      if (stop()) return { kept, minimal: false };
      const rest = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (!shows(rest)) continue;
      kept = rest;
      pieces = Math.max(2, pieces - 1);
      found = true;
    }
    if (found) continue;
    if (size === 1) return { kept, minimal: true };
    pieces = Math.min(kept.length, 2 * pieces);
  }
  return { kept, minimal: true };
}
