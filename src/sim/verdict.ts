// What one run found. A verdict always says what was tried: silence is never a pass.
import type { Tape } from './kernel/choices.ts';
import type { TraceEvent } from './kernel/trace.ts';

/** A property broken in a run, at the event that broke it. */
export interface Violation {
  readonly property: string;
  /** One sentence with names and indexes. */
  readonly says: string;
  readonly seq: number;
  readonly atMs: number;
  /** What kind of failure: a halt code (`ErrEncryptionApply`), a checker's own code, or the property's kind. */
  readonly code: string;
  readonly node: string;
  readonly group: string;
}

/** A gate of a build. */
export interface SeenGate {
  readonly build: string;
  readonly at: string;
}

/** One atom of one gate: which values it had when the gate was decided. */
export interface SeenAtom extends SeenGate {
  readonly atom: string;
  readonly wasTrue: boolean;
  readonly wasFalse: boolean;
}

/** What atoms and builds have been. What is not in it never occurred. */
export interface Seen {
  readonly atoms: readonly SeenAtom[];
  /** Gates that were asked on values nobody was told. */
  readonly untold: readonly SeenGate[];
  /** Which build each node ran last, in the order of the cluster's nodes; an empty name where it never ran. */
  readonly fleets: readonly (readonly string[])[];
}

export interface RunResult {
  readonly scenario: string;
  readonly verdict: 'holds' | 'violated' | 'inconclusive';
  /** The first violation of each property, in the order in which they happened. */
  readonly violations: readonly Violation[];
  /** Names of the `sometimes` properties that were met. */
  readonly met: readonly string[];
  readonly seen: Seen;
  /** Why a run is inconclusive; null otherwise. */
  readonly inconclusive: string | null;
  readonly tape: Tape;
  /** SHA-256 of the binary trace, hex; the same with and without recording. */
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  /** Faults and plan branches this run took, one phrase each. */
  readonly taken: readonly string[];
  /** The recorded trace; empty unless asked for. */
  readonly trace: readonly TraceEvent[];
}
