// keys.json on disk: read with every check before a key is believed, written so that a crash at any point leaves either
// the old file or the new one. The order is the whole point (temporary file, sync, rename, sync of the directory): a
// rename the directory never learned of rolls the file back while the raft entry it belongs to stays committed, and the
// keys that entry installed are gone.
import { Failure, failure, plain } from '../failure.ts';
import { goQuote } from '../../base/go-text.ts';
import { attempt, directoryOf } from './files.ts';
import type { FileError, Files } from './files.ts';
import { SIDECAR_VERSION, formatSidecar, parseSidecar, sidecarKeyIds } from './sidecar-format.ts';
import type { Sidecar } from './sidecar-format.ts';

/** Name of the file in a node's encryption directory. */
export const SIDECAR_FILE_NAME = 'keys.json';

const FILE_MODE = 0o600;
const OLDEST_VERSION = 1n;
const EPOCH_CEILING = 0xffff;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Reads and checks a sidecar. `NotExist` if there is none; the classes of the checks otherwise.
 * @source elastickv encryption.ReadSidecar
 */
export function readSidecar(files: Files, path: string): Sidecar | Failure {
  const quoted = goQuote(path);
  const bytes = attempt(
    () => files.read(path),
    (error) => osFailure(error, `encryption: read sidecar ${quoted}`),
  );
  if (bytes instanceof Failure) return bytes;
  const sidecar = parseSidecar(utf8.decode(bytes));
  if (typeof sidecar === 'string') return plain(`encryption: parse sidecar ${quoted}: ${sidecar}`);
  const newest = files.newestSidecar ?? SIDECAR_VERSION;
  if (sidecar.version < OLDEST_VERSION || sidecar.version > newest) {
    const range = `want ${OLDEST_VERSION}..${newest} (path=${quoted})`;
    return failure('ErrSidecarVersion', `got version ${sidecar.version}, ${range}`);
  }
  return checkSidecar(sidecar)?.within(`encryption: validate sidecar ${quoted}`) ?? sidecar;
}

/** True if the failure is that of a file that does not exist. */
export function isMissing(failed: Failure): boolean {
  return failed.code === 'NotExist';
}

/** The checks both sides run: every key, in file order, then both active slots. */
export function checkSidecar(sidecar: Sidecar): Failure | null {
  for (const id of sidecarKeyIds(sidecar)) {
    const bad = checkKey(sidecar, id);
    if (bad !== null) return bad;
  }
  return checkActive(sidecar, 'storage') ?? checkActive(sidecar, 'raft');
}

function checkKey(sidecar: Sidecar, id: string): Failure | null {
  const purpose = sidecar.keys!.get(id)!.purpose;
  if (!/^[0-9]+$/.test(id)) return badKeyId(id, 'invalid syntax');
  if (BigInt(id) > 0xffff_ffffn) return badKeyId(id, 'value out of range');
  if (BigInt(id) === 0n) return failure('ErrSidecarReservedKeyID', `found key_id ${id} in keys map`);
  if (purpose !== 'storage' && purpose !== 'raft') {
    return failure('ErrSidecarPurpose', `key_id=${id} purpose=${goQuote(purpose)}`);
  }
  return null;
}

function badKeyId(id: string, why: string): Failure {
  const quoted = goQuote(id);
  return failure('ErrSidecarKeyIDFormat', `${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`);
}

function checkActive(sidecar: Sidecar, slot: 'storage' | 'raft'): Failure | null {
  const id = sidecar.active[slot];
  if (id === 0) return null;
  const key = sidecar.keys?.get(String(id));
  if (key === undefined) return failure('ErrSidecarActiveKeyMissing', `active.${slot}=${id} not present in keys map`);
  if (key.purpose === slot) return null;
  const detail = `active.${slot}=${id} but keys["${id}"].purpose=${goQuote(key.purpose)}`;
  return failure('ErrSidecarActivePurposeMismatch', detail);
}

/**
 * Writes a sidecar durably; it is stored with the current version. On a failure the old file is still in place, or the
 * new one is there without its directory entry being durable; the temporary file is gone either way.
 * @source elastickv encryption.WriteSidecar
 */
export function writeSidecar(files: Files, path: string, sidecar: Sidecar | null): Failure | null {
  if (sidecar === null) return plain('encryption: WriteSidecar: sc is nil');
  sidecar.version = SIDECAR_VERSION;
  const bad = checkSidecar(sidecar);
  if (bad !== null) return bad.within('encryption: validate before write');

  const temporary = `${path}.tmp`;
  const failed = replaceDurably(files, path, temporary, new TextEncoder().encode(formatSidecar(sidecar)));
  if (failed !== null) removeIfPresent(files, temporary);
  return failed;
}

function replaceDurably(files: Files, path: string, temporary: string, bytes: Uint8Array): Failure | null {
  const quoted = goQuote(temporary);
  const directory = directoryOf(path);
  const stale = removeIfPresent(files, temporary);
  if (stale !== null) return stale;
  return (
    step(() => files.createExclusive(temporary, FILE_MODE), `encryption: open ${quoted}`) ??
    step(() => files.write(temporary, bytes), `encryption: write ${quoted}`) ??
    step(() => files.fsync(temporary), `encryption: fsync ${quoted}`) ??
    step(() => files.rename(temporary, path), `encryption: rename ${quoted} -> ${goQuote(path)}`) ??
    syncDirectory(files, directory)
  );
}

/** Syncs a directory; a failure means that renames there cannot be made durable. */
export function syncDirectory(files: Files, directory: string): Failure | null {
  const synced = step(() => files.fsyncDir(directory), `encryption: fsync dir ${goQuote(directory)}`);
  return synced === null ? null : failure('ErrUnsupportedFilesystem', synced.text);
}

function removeIfPresent(files: Files, path: string): Failure | null {
  const failed = step(() => files.remove(path), `encryption: remove stale ${goQuote(path)}`);
  return failed === null || isMissing(failed) ? null : failed;
}

function step(operation: () => void, what: string): Failure | null {
  const outcome = attempt(operation, (error) => osFailure(error, what));
  return outcome instanceof Failure ? outcome : null;
}

function osFailure(error: FileError, what: string): Failure {
  return new Failure(error.code === 'ENOENT' ? 'NotExist' : '', `${what}: ${error.message}`);
}

/**
 * Raises a key's local epoch by one and makes it durable before anything may be written under it.
 * @returns the new epoch, 1–65535; ErrLocalEpochExhausted at the ceiling
 * @source elastickv encryption.BumpLocalEpoch
 */
export function bumpLocalEpoch(files: Files, path: string, dekId: number): number | Failure {
  const what = 'encryption: BumpLocalEpoch';
  if (path === '') return plain(`${what}: sidecar path is empty`);
  if (dekId === 0) return plain(`${what}: dek_id 0 is reserved (cluster not bootstrapped)`);
  const sidecar = readSidecar(files, path);
  if (sidecar instanceof Failure) return sidecar.within(`${what}: read sidecar`);
  const key = sidecar.keys?.get(String(dekId));
  if (key === undefined) return plain(`${what}: no sidecar key for dek_id ${dekId}`);
  if (key.localEpoch >= EPOCH_CEILING) {
    return failure('ErrLocalEpochExhausted', `${what}: dek_id ${dekId} already at local_epoch=0xFFFF`);
  }
  key.localEpoch++;
  return writeSidecar(files, path, sidecar)?.within(`${what}: write sidecar`) ?? key.localEpoch;
}
