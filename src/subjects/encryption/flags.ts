// The flags a process of the store was started with, read out of a build's config, and the key file an operator put on
// its disk beforehand. Each flag stands alone, as on a real command line: a path without a KEK, a KEK without the switch
// and a KEK of another cluster are all mistakes somebody made.
import { createHash } from 'node:crypto';
import { SIDECAR_FILE_NAME, directoryOf } from '../../fsm/encryption/index.ts';
import type { Files } from '../../fsm/encryption/index.ts';

/** The encryption flags of one process. */
export interface Flags {
  /** `--encryption-enabled`. */
  readonly encryptionEnabled: boolean;
  /** `--kekFile`; null when not set. */
  readonly kekFile: string | null;
  /** `--encryptionSidecarPath`; null when not set. */
  readonly sidecarPath: string | null;
  /** `--encryption-rotate-on-startup`. */
  readonly rotateOnStartup: boolean;
  /** Which KEK the operator put into the file: equal names are equal keys. Null: there is no file. */
  readonly kek: string | null;
}

/** The name of the KEK every node and operator has unless told otherwise. */
export const CLUSTER_KEK = 'cluster';

/** The flags a build's config stands for; a directory as sidecar path means `keys.json` in it. */
export function flagsOf(config: Readonly<Record<string, unknown>>): Flags {
  const path = text(config['sidecarPath']);
  return {
    encryptionEnabled: config['encryptionEnabled'] === true,
    kekFile: text(config['kekFile']),
    sidecarPath: path !== null && path.endsWith('/') ? `${path}${SIDECAR_FILE_NAME}` : path,
    rotateOnStartup: config['rotateOnStartup'] === true,
    kek: config['kek'] === null ? null : (text(config['kek']) ?? CLUSTER_KEK),
  };
}

/** Whether all three flags that switch encryption on are set. */
export function tripleGate(flags: Flags): boolean {
  return flags.encryptionEnabled && flags.kekFile !== null && flags.sidecarPath !== null;
}

/** Puts the KEK file on a disk that has none, as an operator does before the first start. */
export function installKek(files: Files, flags: Flags): void {
  if (flags.kekFile === null || flags.kek === null || exists(files, flags.kekFile)) return;
  files.createExclusive(flags.kekFile, 0o600);
  files.write(flags.kekFile, keyBytes(`kek/${flags.kek}`));
  files.fsync(flags.kekFile);
  files.fsyncDir(directoryOf(flags.kekFile));
}

/** 32 bytes that depend on a name alone: keys of a simulated cluster have to be the same in every run. */
export function keyBytes(name: string): Uint8Array {
  return createHash('sha256').update(name).digest();
}

function exists(files: Files, path: string): boolean {
  try {
    files.stat(path);
    return true;
  } catch {
    return false;
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
