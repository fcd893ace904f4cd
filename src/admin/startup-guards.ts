// The guards every encryption-capable process runs first, on nothing but its flags, its sidecar and its KEK. Each stands
// for a way a node once came up wrong: in cleartext after a cutover, without the key its peers use, one bump away from
// reusing nonces, on a file system that forgets renames. The sidecar is read once for all of them, and not at all where
// an earlier answer makes it irrelevant: an operator must be told the cause, not the symptom.
import { FileError, directoryOf } from '../fsm/encryption/files.ts';
import type { Files } from '../fsm/encryption/files.ts';
import type { KeyUnwrapper } from '../fsm/encryption/ports.ts';
import { isMissing, syncDirectory } from '../fsm/encryption/sidecar.ts';
import { Failure } from '../fsm/failure.ts';
import { goQuote } from '../base/go-text.ts';
import { GuardRefusal, fromFailure, refuse } from './guard-refusals.ts';
import type { SidecarReader, SidecarState } from './ports.ts';
import { keyOf } from './sidecar-file.ts';

const EPOCH_CEILING = 0xffff;

/** What guards 3 to 8 look at. */
export interface StartupGuardInput {
  readonly encryptionEnabled: boolean;
  /** True when `--kekFile` is set, whatever became of loading it. */
  readonly kekConfigured: boolean;
  readonly kek: KeyUnwrapper | null;
  /** Null when no path is set: every guard that needs the sidecar is skipped. */
  readonly sidecar: SidecarReader | null;
  /** Tries the durable write protocol beside the sidecar, leaving nothing behind. */
  readonly probe: () => GuardRefusal | null;
  /** Guards 7 and 8 came one change after the others; false is a build without them. */
  readonly withEpochAndProbe: boolean;
}

/**
 * Guards 3 to 8, first refusal wins; null lets the process go on. The texts are without the caller's prefix.
 * @source elastickv CheckStartupGuards; admin.md §10
 */
export function checkStartupGuards(input: StartupGuardInput): GuardRefusal | null {
  const present = input.sidecar?.exists() ?? false;
  if (present instanceof Failure) return fromFailure(present);
  const sidecar = readForGuards(input, present);
  if (sidecar instanceof GuardRefusal) return sidecar;
  return (
    sidecarWithoutFlag(input, present) ??
    kekRequired(input) ??
    kekMatches(input, sidecar) ??
    (input.withEpochAndProbe ? epochsAndProbe(input, sidecar) : null)
  );
}

/** Without the flag or the KEK another guard refuses, and what the file says does not matter. */
function readForGuards(input: StartupGuardInput, present: boolean): SidecarState | null | GuardRefusal {
  if (input.sidecar === null || !present || !input.encryptionEnabled || !input.kekConfigured) return null;
  const read = input.sidecar.read();
  if (!(read instanceof Failure)) return read;
  return fromFailure(read, `encryption: read sidecar ${goQuote(input.sidecar.path)} for startup guards`);
}

function sidecarWithoutFlag(input: StartupGuardInput, present: boolean): GuardRefusal | null {
  if (input.encryptionEnabled || !present) return null;
  return refuse('ErrSidecarPresentWithoutFlag', named(input));
}

function kekRequired(input: StartupGuardInput): GuardRefusal | null {
  return input.encryptionEnabled && !input.kekConfigured ? refuse('ErrKEKRequiredWithFlag') : null;
}

function kekMatches(input: StartupGuardInput, sidecar: SidecarState | null): GuardRefusal | null {
  if (sidecar === null || input.kek === null) return null;
  for (const key of sidecar.keys) {
    if (key.wrapped.length === 0) continue;
    const dek = input.kek.unwrap(key.wrapped);
    if (dek instanceof Failure) {
      return refuse('ErrKEKMismatch', `${named(input)} key_id=${key.id} purpose="${key.purpose}": ${dek.text}`);
    }
  }
  return null;
}

function epochsAndProbe(input: StartupGuardInput, sidecar: SidecarState | null): GuardRefusal | null {
  const exhausted = epochExhausted(input, sidecar);
  if (exhausted !== null || !input.encryptionEnabled || input.sidecar === null) return exhausted;
  return input.probe();
}

/** Only active keys count: a retired one is never written under again. */
function epochExhausted(input: StartupGuardInput, sidecar: SidecarState | null): GuardRefusal | null {
  if (sidecar === null) return null;
  const slots = [
    ['storage', sidecar.activeStorage],
    ['raft', sidecar.activeRaft],
  ] as const;
  for (const [purpose, id] of slots) {
    if (id !== 0 && keyOf(sidecar, id)?.localEpoch === EPOCH_CEILING) {
      const detail = `${named(input)} purpose="${purpose}" active_key_id=${id} local_epoch=0xFFFF (max=0xFFFF)`;
      return refuse('ErrLocalEpochExhausted', detail);
    }
  }
  return null;
}

function named(input: StartupGuardInput): string {
  return `sidecar=${goQuote(input.sidecar?.path ?? '')}`;
}

/**
 * Runs the sidecar's write protocol on a throw-away file in the same directory.
 * @returns ErrUnsupportedFilesystem when the directory cannot be synced, the plain error (class `NotExist` for a
 * missing directory) when an earlier step fails
 * @source elastickv ProbeSidecarFilesystem
 */
export function probeSidecarFilesystem(files: Files, sidecarPath: string): GuardRefusal | null {
  const directory = directoryOf(sidecarPath);
  const temporary = `${directory}/.encryption-probe-0.tmp`;
  const final = `${directory}/.encryption-probe-0.final`;
  const failed =
    step(() => files.createExclusive(temporary, 0o600)) ??
    step(() => files.write(temporary, new TextEncoder().encode('probe'))) ??
    step(() => files.fsync(temporary)) ??
    step(() => files.rename(temporary, final)) ??
    syncDirectory(files, directory);
  for (const leftover of [temporary, final]) step(() => files.remove(leftover));
  if (failed === null) return null;
  if (failed.code === 'ErrUnsupportedFilesystem') return fromFailure(failed);
  return fromFailure(failed, `encryption: probe sidecar dir ${goQuote(directory)} for fsync support`);
}

function step(operation: () => void): Failure | null {
  try {
    operation();
    return null;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return new Failure(error.code === 'ENOENT' ? 'NotExist' : '', error.message);
  }
}

/** The sidecar if there is one, null if there is none, or why it cannot be told. */
export function existingSidecar(reader: SidecarReader): SidecarState | null | GuardRefusal {
  const read = reader.read();
  if (!(read instanceof Failure)) return read;
  if (isMissing(read)) return null;
  return fromFailure(read, `encryption startup guard: read sidecar ${goQuote(reader.path)}`);
}
