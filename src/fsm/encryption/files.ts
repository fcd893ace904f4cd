// The few file operations the sidecar and the KEK file need, one per arrow of the durable write protocol, so that the
// simulated disk can crash the node between any two of them. A port with a single "write this durably" would hide
// exactly the states a crash leaves behind: a stale temporary file, a rename the directory never learned of.
import type { Failure } from '../failure.ts';

/** What a path leads to, symbolic links followed; `other` is a socket. */
export type FileKind = 'regular' | 'directory' | 'fifo' | 'device' | 'other';

/** Outcome of a stat. */
export interface FileStat {
  readonly kind: FileKind;
  /** The nine permission bits, 0–0o777. */
  readonly mode: number;
  readonly sizeBytes: number;
}

/** POSIX names of what a file operation can fail with. */
export type FileErrorCode = 'ENOENT' | 'EEXIST' | 'EACCES' | 'EISDIR' | 'ENOTDIR' | 'EINVAL' | 'EIO' | 'ENOSPC';

const TEXTS: Readonly<Record<FileErrorCode, string>> = {
  ENOENT: 'no such file or directory',
  EEXIST: 'file exists',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EINVAL: 'invalid argument',
  EIO: 'input/output error',
  ENOSPC: 'no space left on device',
};

/**
 * A failed file operation. It is thrown by a `Files` and turned into a value by the code of this layer; anything else
 * thrown by a `Files` (a simulated crash) passes through untouched, and no clean-up runs. It is no `Error`: a file that is
 * not there is an everyday answer, and the stack that an error takes down costs more than all the rest of it.
 */
export class FileError {
  readonly code: FileErrorCode;
  readonly message: string;
  constructor(code: FileErrorCode, operation: string, path: string) {
    this.code = code;
    this.message = `${operation} ${path}: ${TEXTS[code]}`;
  }

  toString(): string {
    return `FileError: ${this.message}`;
  }
}

/**
 * A node's file system. Every call is synchronous and either takes effect (durably only after the matching sync) or
 * throws a FileError.
 */
export interface Files {
  /** Follows symbolic links and never blocks, whatever the path leads to. */
  stat(path: string): FileStat;
  /** At most `limitBytes` bytes from the start; all of them by default. */
  read(path: string, limitBytes?: number): Uint8Array;
  /** Creates an empty file; EEXIST if anything is there. */
  createExclusive(path: string, mode: number): void;
  /** Appends to a file. Not durable before `fsync`; a crash may leave any prefix. */
  write(path: string, bytes: Uint8Array): void;
  /** Makes the file's content durable. */
  fsync(path: string): void;
  /** Replaces `to` by `from` in one step. Not durable before `fsyncDir`. */
  rename(from: string, to: string): void;
  /** Makes creations, renames and removals in the directory durable. */
  fsyncDir(directory: string): void;
  /** Newest sidecar version the binary on this machine reads; the current one if it does not say. */
  readonly newestSidecar?: bigint;
  /** Removes a file; ENOENT if there is none. */
  remove(path: string): void;
}

/** Runs one file operation; a FileError becomes what `refuse` makes of it, anything else passes through. */
export function attempt<T>(operation: () => T, refuse: (error: FileError) => Failure): T | Failure {
  try {
    return operation();
  } catch (error) {
    if (error instanceof FileError) return refuse(error);
    throw error;
  }
}

/** The directory part of a path with `/` separators. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}
