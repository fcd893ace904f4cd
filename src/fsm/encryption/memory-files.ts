// A file system in memory where every operation takes effect at once: the stand-in for tests and recorded vectors. It
// has no crash semantics on purpose; the simulated disk, which has, must agree with it on every run without a crash.
import { FileError, directoryOf } from './files.ts';
import type { FileErrorCode, FileKind, FileStat, Files } from './files.ts';

interface Node {
  readonly kind: FileKind;
  readonly mode: number;
  bytes: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** Files in memory; directories exist implicitly. `failNext` plants an error for tests. */
export class MemoryFiles implements Files {
  readonly #nodes = new Map<string, Node>();
  readonly #planted = new Map<string, FileErrorCode>();

  /** Puts a file, or a node of another kind, in place. */
  put(path: string, bytes: Uint8Array, mode = 0o600, kind: FileKind = 'regular'): void {
    this.#nodes.set(path, { kind, mode, bytes });
  }

  /** True if something is there. */
  has(path: string): boolean {
    return this.#nodes.has(path);
  }

  /** The next call of `operation` fails with `code`. */
  failNext(operation: keyof Files, code: FileErrorCode): void {
    this.#planted.set(operation, code);
  }

  /** Base names in a directory, ascending by code unit. */
  list(directory: string): string[] {
    const paths = [...this.#nodes.keys()].sort((a, b) => (a < b ? -1 : 1));
    const inside = paths.filter((path) => directoryOf(path) === directory);
    return inside.map((path) => path.slice(path.lastIndexOf('/') + 1));
  }

  stat(path: string): FileStat {
    this.#mayFail('stat', 'stat', path);
    const node = this.#node('stat', path);
    return { kind: node.kind, mode: node.mode, sizeBytes: node.bytes.length };
  }

  read(path: string, limitBytes = Number.MAX_SAFE_INTEGER): Uint8Array {
    this.#mayFail('read', 'read', path);
    const node = this.#node('open', path);
    if (node.kind === 'directory') throw new FileError('EISDIR', 'read', path);
    return node.bytes.slice(0, limitBytes);
  }

  createExclusive(path: string, mode: number): void {
    this.#mayFail('createExclusive', 'open', path);
    if (this.#nodes.has(path)) throw new FileError('EEXIST', 'open', path);
    this.#nodes.set(path, { kind: 'regular', mode, bytes: EMPTY });
  }

  write(path: string, bytes: Uint8Array): void {
    this.#mayFail('write', 'write', path);
    const node = this.#node('write', path);
    const grown = new Uint8Array(node.bytes.length + bytes.length);
    grown.set(node.bytes);
    grown.set(bytes, node.bytes.length);
    node.bytes = grown;
  }

  fsync(path: string): void {
    this.#mayFail('fsync', 'sync', path);
    this.#node('sync', path);
  }

  rename(from: string, to: string): void {
    this.#mayFail('rename', 'rename', from);
    this.#nodes.set(to, this.#node('rename', from));
    this.#nodes.delete(from);
  }

  fsyncDir(directory: string): void {
    this.#mayFail('fsyncDir', 'sync', directory);
  }

  remove(path: string): void {
    this.#mayFail('remove', 'remove', path);
    this.#node('remove', path);
    this.#nodes.delete(path);
  }

  #node(operation: string, path: string): Node {
    const node = this.#nodes.get(path);
    if (node === undefined) throw new FileError('ENOENT', operation, path);
    return node;
  }

  #mayFail(method: keyof Files, operation: string, path: string): void {
    const code = this.#planted.get(method);
    if (code === undefined) return;
    this.#planted.delete(method);
    throw new FileError(code, operation, path);
  }
}
