// Drives the recorded sidecar files: exact text for what is written, class and text for what is refused, and the state
// of the file after each bump of an epoch.
import { MemoryFiles } from '../../fsm/encryption/memory-files.ts';
import { formatSidecar, parseSidecar } from '../../fsm/encryption/sidecar-format.ts';
import type { Sidecar } from '../../fsm/encryption/sidecar-format.ts';
import { SIDECAR_FILE_NAME, bumpLocalEpoch, readSidecar, writeSidecar } from '../../fsm/encryption/sidecar.ts';
import { Failure } from '../../fsm/failure.ts';
import type { CaseResult } from './case-result.ts';
import { compareJson, compareOutcome, compareText } from './compare.ts';
import type { RecordedOutcome } from './compare.ts';
import { firstOf, runSections } from './sections.ts';

type Read = RecordedOutcome & { readonly text?: string; readonly parsed_json?: string };
type Write = RecordedOutcome & {
  readonly input_json?: string;
  readonly file_text?: string;
  readonly file_mode?: string;
  readonly dir_after?: readonly string[];
};
type Bump = RecordedOutcome & {
  readonly dek_id: number;
  readonly text: string;
  readonly results: readonly number[];
  readonly file_after?: string;
};

const DIRECTORY = 'enc';
const PATH = `${DIRECTORY}/${SIDECAR_FILE_NAME}`;

/** Runs every case of a `sidecar.json`. */
export function runSidecar(json: Readonly<Record<string, unknown>>): CaseResult[] {
  return runSections(json, { bump_local_epoch: runBump, read: runRead, write: runWrite });
}

/** A failure with the paths of this run replaced by the token of the recordings. */
export function withPathToken(failed: Failure | null, path: string): Failure | null {
  return failed === null ? null : new Failure(failed.code, failed.text.replaceAll(path, '<path>'));
}

/** A file system in which only the sidecar may exist; null for none. */
export function filesWithSidecar(path: string, text: string | null): MemoryFiles {
  const files = new MemoryFiles();
  if (text !== null) files.put(path, new TextEncoder().encode(text));
  return files;
}

/** The sidecar's text, null if there is no file. */
export function sidecarText(files: MemoryFiles, path: string): string | null {
  return files.has(path) ? new TextDecoder().decode(files.read(path)) : null;
}

function runRead(c: Read): string | null {
  const read = readSidecar(filesWithSidecar(PATH, c.text ?? null), PATH);
  if (read instanceof Failure) return compareOutcome(c, withPathToken(read, PATH));
  const want = parseSidecar(c.parsed_json ?? '');
  if (typeof want === 'string') return `the recorded struct cannot be read: ${want}`;
  return firstOf(compareOutcome(c, null), compareText('struct', formatSidecar(want), formatSidecar(read)));
}

function runWrite(c: Write): string | null {
  const files = new MemoryFiles();
  let input: Sidecar | null = null;
  if (c.input_json !== undefined) {
    const parsed = parseSidecar(c.input_json);
    if (typeof parsed === 'string') return `the recorded struct cannot be read: ${parsed}`;
    input = parsed;
  }
  const failed = withPathToken(writeSidecar(files, PATH, input), PATH);
  const after = c.dir_after ?? [];
  return firstOf(
    compareOutcome(c, failed),
    compareJson('files afterwards', after, files.list(DIRECTORY)),
    c.file_text === undefined ? null : compareText('file', c.file_text, sidecarText(files, PATH) ?? '(no file)'),
    c.file_mode === undefined ? null : compareText('mode', c.file_mode, octal(files.stat(PATH).mode)),
  );
}

/** Bumps as often as the recording has results, and once more if it ends in a failure. */
function runBump(c: Bump): string | null {
  const present = c.text !== '' || c.file_after !== undefined;
  const files = filesWithSidecar(PATH, present ? c.text : null);
  const results: number[] = [];
  let failed: Failure | null = null;
  const calls = c.results.length + (c.ok === false ? 1 : 0);
  for (let i = 0; i < calls && failed === null; i++) {
    const epoch = bumpLocalEpoch(files, PATH, c.dek_id);
    if (epoch instanceof Failure) failed = withPathToken(epoch, PATH);
    else results.push(epoch);
  }
  return firstOf(
    compareOutcome(c, failed),
    compareJson('epochs', c.results, results),
    c.file_after === undefined ? null : compareText('file', c.file_after, sidecarText(files, PATH) ?? '(no file)'),
  );
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
