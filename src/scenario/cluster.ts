// Which nodes host which groups, and how fast their clocks tick.
import type { Duration } from '../gate/atom.ts';

export interface GroupMembers {
  readonly voters: readonly string[];
  readonly learners?: readonly string[];
}

export interface ClusterOptions {
  readonly nodes: readonly string[];
  readonly groups: Readonly<Record<string, GroupMembers>>;
  readonly tick?: Duration;
  readonly electionTimeout?: readonly [Duration, Duration];
  /** Caught-up idle groups send nothing until something touches them. */
  readonly parking?: boolean;
}

export interface ClusterGroup {
  readonly name: string;
  /** Position in declaration order, from 1. */
  readonly id: number;
  readonly voters: readonly string[];
  readonly learners: readonly string[];
}

/** A cluster as data; groups in declaration order. */
export interface Cluster {
  readonly nodes: readonly string[];
  readonly groups: readonly ClusterGroup[];
  readonly tickMs: number;
  readonly electionMs: readonly [number, number];
  readonly parking: boolean;
}
