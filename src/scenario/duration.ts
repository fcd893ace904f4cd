// Durations as a designer writes them ('150ms', '10s') into whole virtual milliseconds. A bare number would leave its
// unit to the reader; one that does not fit an int32 would wrap the timing wheel.
import type { Duration } from '../gate/atom.ts';
import { inputError } from './place.ts';
import { wantRange } from './wants.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const INT32_MAX = 0x7fff_ffff;

/** What `'1 election timeout'` lasts where no cluster says otherwise, in ms. */
export const DEFAULT_ELECTION_MS = 150;

/**
 * A duration in whole virtual ms, 0 to 2^31 - 1.
 * @param electionMs what `'1 election timeout'` means here: the cluster's least election timeout
 * @throws InputError SCN009
 */
export function durationMs(duration: Duration, path: string, electionMs: number = DEFAULT_ELECTION_MS): number {
  if (duration === '1 election timeout') return electionMs;
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(String(duration));
  if (parts === null) {
    throw inputError('SCN009', `${path}: "${String(duration)}" is no duration; write '150ms', '10s', '2m', '1h'`);
  }
  const ms = Math.round(Number(parts[1]) * UNIT_MS[parts[2] ?? 'ms']!);
  if (ms > INT32_MAX) throw inputError('SCN009', `${path}: ${duration} is longer than 24 days`);
  return ms;
}

/** A pair of durations, the first not above the second. @throws InputError SCN009 */
export function durationRangeMs(
  durations: readonly [Duration, Duration],
  path: string,
  electionMs: number = DEFAULT_ELECTION_MS,
): [number, number] {
  wantRange(path, durations);
  const [least, most] = durations;
  const range: [number, number] = [
    durationMs(least, `${path}[0]`, electionMs),
    durationMs(most, `${path}[1]`, electionMs),
  ];
  if (range[0] > range[1]) throw inputError('SCN009', `${path}: runs backwards, from ${least} to ${most}`);
  return range;
}
