// Drives the recorded KEK files (type, mode and length in every combination) and wrapped DEKs, each wrapped again under
// its recorded nonce.
import { KekWrapper, loadKek, uninitialisedWrapper } from '../../fsm/encryption/kek.ts';
import type { FileKind } from '../../fsm/encryption/files.ts';
import { MemoryFiles } from '../../fsm/encryption/memory-files.ts';
import { Failure } from '../../fsm/failure.ts';
import type { CaseResult } from './case-result.ts';
import { compareHex, compareOutcome, compareText, hex } from './compare.ts';
import type { RecordedOutcome } from './compare.ts';
import { firstOf, runSections } from './sections.ts';

type FileCase = RecordedOutcome & {
  readonly kind: string;
  readonly length?: number;
  readonly mode?: string;
  readonly provider_name?: string;
};
type Unwrap = RecordedOutcome & { readonly kek: string; readonly wrapped: string; readonly dek?: string };
interface Wrap {
  readonly dek: string;
  readonly kek: string;
  readonly nonce: string;
  readonly wrapped: string;
}
type WrapFailure = RecordedOutcome & { readonly dek_len?: number };

const PATH = '<path>';
const GOOD_BYTES = 32;

/** What a recorded kind of node is to the file port, and the mode it had where none is recorded. */
const KINDS: Readonly<Record<string, readonly [kind: FileKind, mode: number]>> = {
  regular: ['regular', 0o600],
  directory: ['directory', 0o700],
  fifo: ['fifo', 0o600],
  // The port follows links, so a link to a good file is that file.
  symlink: ['regular', 0o600],
  device: ['device', 0o666],
  socket: ['other', 0o600],
};

/** Runs every case of a `kek.json`. */
export function runKek(json: Readonly<Record<string, unknown>>): CaseResult[] {
  return runSections(json, { file_format: runFile, unwrap: runUnwrap, wrap: runWrap, wrap_failures: runWrapFailure });
}

function runFile(c: FileCase): string | null {
  const files = new MemoryFiles();
  if (c.kind !== 'missing') {
    const node = KINDS[c.kind];
    if (node === undefined) return `unknown kind of file ${JSON.stringify(c.kind)}`;
    const mode = c.mode === undefined ? node[1] : Number.parseInt(c.mode, 8);
    files.put(PATH, new Uint8Array(c.length ?? GOOD_BYTES), mode, node[0]);
  }
  const loaded = loadKek(files, PATH);
  if (loaded instanceof Failure) return compareOutcome(c, loaded);
  const named = c.provider_name === undefined ? null : compareText('provider name', c.provider_name, loaded.name);
  return firstOf(compareOutcome(c, null), named);
}

function runUnwrap(c: Unwrap): string | null {
  const dek = new KekWrapper(hex(c.kek), 'recorded').unwrap(hex(c.wrapped));
  if (dek instanceof Failure) return compareOutcome(c, dek);
  return firstOf(compareOutcome(c, null), compareHex('DEK', c.dek ?? '', dek));
}

function runWrap(c: Wrap): string | null {
  const wrapper = new KekWrapper(hex(c.kek), 'recorded');
  const wrapped = wrapper.wrap(hex(c.dek), { next: () => hex(c.nonce) });
  if (wrapped instanceof Failure) return wrapped.text;
  const dek = wrapper.unwrap(wrapped);
  return firstOf(
    compareHex('wrapped DEK', c.wrapped, wrapped),
    dek instanceof Failure ? dek.text : compareHex('DEK', c.dek, dek),
  );
}

/** A DEK of a wrong length, or, where none is recorded, a wrapper that was never constructed. */
function runWrapFailure(c: WrapFailure): string | null {
  if (c.dek_len === undefined) return compareOutcome(c, uninitialisedWrapper());
  const wrapper = new KekWrapper(new Uint8Array(GOOD_BYTES), 'recorded');
  const wrapped = wrapper.wrap(new Uint8Array(c.dek_len), { next: () => new Uint8Array(12) });
  return compareOutcome(c, wrapped instanceof Failure ? wrapped : null);
}
