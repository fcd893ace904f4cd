// `raftgate conform elastickv PATH…`: finds recorded files, tells by their content what each records, runs every case
// through our code, and prints a line per file. A file is known by its shape, never by its name, so that other recordings
// of the same kind run too; one that nobody knows is a failure, not a file left out.
import { addCounts, NO_COUNTS } from '../diff.ts';
import type { Counts } from '../diff.ts';
import { jsonFiles } from '../json-files.ts';
import { runAdmin } from './admin.ts';
import { runApply } from './apply.ts';
import type { CaseResult } from './case-result.ts';
import { runEngineHalt } from './engine-halt.ts';
import { runEnvelope } from './envelope.ts';
import { runFanout } from './fanout.ts';
import { runFsmDispatch } from './fsm-dispatch.ts';
import { runFsmWire } from './fsmwire.ts';
import { runGuards } from './guards.ts';
import { runKek } from './kek.ts';
import { runNodeId } from './node-id.ts';
import { runProposalEnvelope } from './proposal-envelope.ts';
import { runRegistryKeys } from './registry-keys.ts';
import { runRestart } from './restart.ts';
import { runSidecar } from './sidecar.ts';
import { runStorageEnvelope } from './storage-envelope.ts';

export type { CaseResult } from './case-result.ts';

/** A recorded file: an object of sections. */
export type Recording = Readonly<Record<string, unknown>>;

/** One kind of recording: how to know it, and who runs it. */
export interface RecordingKind {
  readonly name: string;
  readonly isIt: (json: Recording) => boolean;
  readonly run: (json: Recording) => CaseResult[];
}

/** Every kind there is a runner for. No recording bears the marks of two. */
const KINDS: readonly RecordingKind[] = [
  { name: 'admin', isIt: hasAny('matrix', 'valid_requests', 'registry_projection'), run: runAdmin },
  { name: 'apply', isIt: itemsHave('sequences', 'config'), run: runApply },
  { name: 'derive-node-id', isIt: itemsHave('cases', 'utf8_hex'), run: runNodeId },
  { name: 'engine-halt', isIt: (json) => stepsHave(json, 'open'), run: runEngineHalt },
  { name: 'envelope', isIt: hasAny('raft_wrap', 'raft_unwrap_cases', 'generic_seal'), run: runEnvelope },
  { name: 'fanout', isIt: itemsHave('cases', 'verdicts_sorted'), run: runFanout },
  { name: 'fsm-dispatch', isIt: hasAny('dispatch_first_byte', 'encryption_entries', 'hlc_lease'), run: runFsmDispatch },
  { name: 'fsmwire', isIt: hasAny('bootstrap', 'rotation', 'decode_cases'), run: runFsmWire },
  { name: 'guards', isIt: hasAny('check_startup_guards', 'guard_sidecar_behind_raft_log'), run: runGuards },
  { name: 'kek', isIt: hasAny('file_format', 'unwrap', 'wrap_failures'), run: runKek },
  { name: 'proposal-envelope', isIt: itemsHave('encode', 'proposal_id'), run: runProposalEnvelope },
  { name: 'registry-keys', isIt: hasAny('key_decode', 'value_decode_bad', 'prefix_ascii'), run: runRegistryKeys },
  { name: 'restart', isIt: (json) => stepsHave(json, 'start'), run: runRestart },
  { name: 'sidecar', isIt: hasAny('bump_local_epoch', 'path_token'), run: runSidecar },
  { name: 'storage-envelope', isIt: hasAny('emit_gates', 'encrypt', 'decrypt'), run: runStorageEnvelope },
];

/** True for a recording with one of the sections. */
function hasAny(...sections: readonly string[]): (json: Recording) => boolean {
  return (json) => sections.some((section) => Object.hasOwn(json, section));
}

/** True for a recording whose section is a list with an item that has the field. */
function itemsHave(section: string, field: string): (json: Recording) => boolean {
  return (json) => {
    const items = json[section];
    return Array.isArray(items) && items.some((item) => isObject(item) && Object.hasOwn(item, field));
  };
}

/** True for a recording of lives: cases with steps, one of which has the field. */
function stepsHave(json: Recording, field: string): boolean {
  const { cases } = json;
  if (!Array.isArray(cases)) return false;
  return cases.some((life: unknown) => isObject(life) && itemsHave('steps', field)(life));
}

function isObject(value: unknown): value is Recording {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What became of a file: the kind it is of, and its cases. */
export interface RecordingResult {
  readonly kind: string;
  readonly results: readonly CaseResult[];
}

/** Runs every case of one recording, given as text. What is no recording at all is one failed case. */
export function runRecording(text: string): RecordingResult {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return broken(`the file is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(json)) return broken('the file is not an object of sections');
  const recording = json;
  const kinds = KINDS.filter((kind) => kind.isIt(recording));
  const [kind] = kinds;
  if (kind === undefined) {
    const sections = Object.keys(recording).join(', ');
    return broken(`no runner knows a recording with these sections: ${sections}`);
  }
  if (kinds.length > 1) return broken(`could be any of ${kinds.map((k) => k.name).join(', ')}`);
  try {
    const results = kind.run(recording);
    return { kind: kind.name, results: results.length > 0 ? results : [{ name: '-', problem: 'there are no cases' }] };
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: kind.name, results: [{ name: '-', problem: `the recording cannot be run: ${what}` }] };
  }
}

function broken(problem: string): RecordingResult {
  return { kind: 'unknown', results: [{ name: '-', problem }] };
}

/**
 * Runs every recording below the paths; prints each failed case and a line of counts for each file.
 * @param out takes the lines to print, all but the closing counts
 * @throws InputError CLI003 if a path cannot be read
 */
export function conformElastickv(paths: readonly string[], out: (line: string) => void): Counts {
  let total = NO_COUNTS;
  for (const { path, text } of jsonFiles(paths)) {
    const { kind, results } = runRecording(text);
    const failed = results.filter((result) => result.problem !== null);
    for (const { name, problem } of failed) {
      out(`${path}: ${kind}: ${name}`);
      for (const line of (problem ?? '').split('\n')) out(`    ${line}`);
    }
    const counts = { passed: results.length - failed.length, failed: failed.length, skipped: 0 };
    out(`${path}: ${kind}: ${counts.passed} passed, ${counts.failed} failed`);
    total = addCounts(total, counts);
  }
  return total;
}
