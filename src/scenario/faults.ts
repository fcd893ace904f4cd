// A menu of faults. Each run draws a subset of it (swarm testing), so that no fault hides another: a run in which
// everything is lost all the time finds as little as one in which nothing is.
import type { Duration } from '../gate/atom.ts';
import { durationMs, durationRangeMs } from './duration.ts';
import { inputError, placed } from './place.ts';
import { wantNames, wantOptions, wantRange, wantWord } from './wants.ts';

export interface FaultMenu {
  readonly partition?: readonly ('isolateOne' | 'halves' | 'oneWay')[];
  /** Chance that a message is lost, drawn per run from [least, most], 0–1. */
  readonly loss?: readonly [number, number];
  /** Chance that a message is delivered twice, drawn per run. */
  readonly duplicate?: readonly [number, number];
  /** Extra delay of a message; reorders. */
  readonly delay?: readonly [Duration, Duration];
  readonly crash?: { readonly max: number; readonly tornWrites?: boolean };
  readonly pause?: { readonly max: number };
  /** How far node clocks may run apart over one election timeout's worth of ticks, as a rate. */
  readonly clockSkew?: Duration;
  /** When all faults end, at the latest; default 10 s. */
  readonly healBy?: Duration;
}

/** A menu as data: times in ms, chances as whole numbers of a million. */
export interface Faults {
  readonly partition: readonly ('isolateOne' | 'halves' | 'oneWay')[];
  readonly lossPerMillion: readonly [number, number];
  readonly duplicatePerMillion: readonly [number, number];
  readonly delayMs: readonly [number, number];
  readonly crashMax: number;
  readonly tornWrites: boolean;
  readonly pauseMax: number;
  readonly clockSkewMs: number;
  readonly healByMs: number;
}

const PARTITIONS = ['isolateOne', 'halves', 'oneWay'] as const;
const MENU = ['partition', 'loss', 'duplicate', 'delay', 'crash', 'pause', 'clockSkew', 'healBy'];
const MILLION = 1_000_000;

/** What a menu was written as: a duration in election timeouts can be resolved only where the cluster is known. */
const MENUS = new WeakMap<Faults, FaultMenu>();

/**
 * A menu of faults; each run takes a drawn subset of it. All of them end at `healBy` (default 10 s).
 * @throws InputError SCN009
 */
export function swarm(menu: FaultMenu): Faults {
  return resolve(menu);
}

/** No faults at all: deliveries in order, no crash, equal clocks. */
export const noFaults: Faults = resolve({ healBy: '0ms' });

/** The same menu with its election timeouts those of a cluster. */
export function faultsOf(faults: Faults, electionMs: number): Faults {
  const menu = MENUS.get(faults);
  return menu === undefined || !JSON.stringify(menu).includes('election') ? faults : resolve(menu, electionMs);
}

function resolve(menu: FaultMenu, electionMs?: number): Faults {
  const partition = wantOptions('faults', menu, MENU).partition ?? [];
  if (!Array.isArray(partition)) wantNames('faults.partition', partition);
  for (const [i, kind] of partition.entries()) {
    wantWord(`faults.partition[${i}]`, 'kind of partition', kind, PARTITIONS);
  }
  const crash = wantOptions<Partial<NonNullable<FaultMenu['crash']>>>('faults.crash', menu.crash, [
    'max',
    'tornWrites',
  ]);
  const pause = wantOptions<Partial<NonNullable<FaultMenu['pause']>>>('faults.pause', menu.pause, ['max']);
  const faults: Faults = {
    partition: [...partition],
    lossPerMillion: chance(menu.loss, 'faults.loss'),
    duplicatePerMillion: chance(menu.duplicate, 'faults.duplicate'),
    delayMs: menu.delay === undefined ? [0, 0] : durationRangeMs(menu.delay, 'faults.delay', electionMs),
    crashMax: count(crash.max ?? 0, 'faults.crash.max'),
    tornWrites: crash.tornWrites ?? false,
    pauseMax: count(pause.max ?? 0, 'faults.pause.max'),
    clockSkewMs: durationMs(menu.clockSkew ?? '0ms', 'faults.clockSkew', electionMs),
    healByMs: durationMs(menu.healBy ?? '10s', 'faults.healBy', electionMs),
  };
  MENUS.set(faults, menu);
  return placed(faults);
}

/** A range of probabilities (0–1) in millionths, so that no run depends on how an engine rounds. */
function chance(range: readonly [number, number] | undefined, path: string): [number, number] {
  if (range !== undefined) wantRange(path, range);
  const [least, most] = range ?? [0, 0];
  if (!(least >= 0 && least <= most && most <= 1)) {
    throw inputError('SCN009', `${path}: wants [least, most] with 0 <= least <= most <= 1, got [${least}, ${most}]`);
  }
  return [Math.round(least * MILLION), Math.round(most * MILLION)];
}

function count(n: number, path: string): number {
  if (!Number.isInteger(n) || n < 0) throw inputError('SCN009', `${path}: wants a whole number, 0 or more, got ${n}`);
  return n;
}
