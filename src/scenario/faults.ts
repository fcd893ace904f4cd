// A menu of faults. Each run draws a subset of it (swarm testing), so that no fault hides another: a run in which
// everything is lost all the time finds as little as one in which nothing is.
import type { Duration } from '../gate/atom.ts';

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
