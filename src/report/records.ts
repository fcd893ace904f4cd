// What a search tells, as plain data: one record a run, one a scenario. Every reporter is fed these and nothing else, so
// that what a person reads and what a program reads cannot say different things.
import type { Bound } from '../scenario/scenario.ts';
import type { Unseen } from '../search/vacuity.ts';

/** One run. Times: `virtualMs` simulated, `cpuMs` of the thread that ran it. */
export interface RunRecord {
  readonly kind: 'run';
  readonly scenario: string;
  /** Path of the tape written or replayed; null if none was. */
  readonly tape: string | null;
  readonly seed: string | null;
  readonly strategy: string;
  readonly verdict: 'holds' | 'violated' | 'inconclusive';
  /** Whether this run alone agrees with the scenario's expectation. */
  readonly expected: boolean;
  readonly property: string | null;
  readonly code: string | null;
  readonly blame: string | null;
  /** SHA-256 of the binary trace, hex. */
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly cpuMs: number;
}

/** The shortest run known of a finding. */
export interface WitnessRecord {
  /** Essential steps. */
  readonly steps: number;
  /** Events of the whole run. */
  readonly events: number;
  /** Choices of the tape before shrinking. */
  readonly from: number;
  /** True only after the exhaustive check. */
  readonly minimal: boolean;
}

/** Violations of one cause. */
export interface FindingRecord {
  readonly fingerprint: string;
  readonly property: string;
  readonly code: string;
  readonly blame: string | null;
  readonly witness: WitnessRecord;
  /** The tape that shows it; empty where no run does. */
  readonly tape: string;
  /** A command line. */
  readonly replay: string;
}

/** What all runs of a scenario come to. */
export interface ScenarioRecord {
  readonly kind: 'scenario';
  readonly scenario: string;
  /** Where it is written; relative to the working folder. */
  readonly file: string;
  readonly runs: number;
  readonly verdict: 'holds' | 'violated' | 'inconclusive';
  readonly expected: boolean;
  /** One sentence if it is not as expected; null otherwise. */
  readonly why: string | null;
  readonly findings: readonly FindingRecord[];
  readonly bound: Bound | null;
  /** Whether everything within the bound was tried. */
  readonly complete: boolean;
  readonly states: number | null;
  /** Why the scenario could not be searched exhaustively, though nobody forbade it; null otherwise. */
  readonly unsearched: string | null;
  /** `sometimes` properties that no run met. */
  readonly neverMet: readonly string[];
  /** Atoms that never differed and fleets that never ran, in runs and search together. */
  readonly unseen: Unseen;
  readonly virtualMs: number;
  readonly cpuMs: number;
}

/** A record as one line of JSON. */
export function jsonLine(record: object): string {
  return `${JSON.stringify(record)}\n`;
}
