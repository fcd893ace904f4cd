// The simulator's public surface: run a scenario, and where choices come from. Whoever needs a hand on the world itself
// (recorded clusters, a server in real time, a director) finds it here too.
export { run, type RunOptions } from './run.ts';
export type { RunResult, Violation } from './verdict.ts';
export type { ChoiceSource, ChoiceStream, RecordingSource, Tape, TapeChoice } from './kernel/choices.ts';
export type { TraceEvent, TraceKind } from './kernel/trace.ts';
export { seedSource } from './kernel/seed-source.ts';
export { TapeSource, tapeSource } from './kernel/tape-source.ts';
export { directedSource, overrideSource, type Decide } from './kernel/override-source.ts';
export { hashText } from './kernel/fingerprint.ts';
export { World } from './world/world.ts';
export { clientPort } from './world/calls.ts';
export { runStep } from './world/plan-steps.ts';
export { getRequest, KV_GET, KV_PUT, putRequest, readValue } from './world/kv-service.ts';
export { ProbeBoard } from './checkers/board.ts';
export type { Checker, Probe } from './checkers/probe.ts';

import type { RecordingSource } from './kernel/choices.ts';
import { tapeSource } from './kernel/tape-source.ts';

/** A source whose every answer is the plainest: no fault, no delay beyond the least, steps in their given order. */
export function calmSource(): RecordingSource {
  return tapeSource({ scenario: '', seed: null, strategy: 'calm', choices: [] });
}
