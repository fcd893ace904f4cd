// A node's side files with the crash semantics of a journalling file system: bytes are durable after `fsync` of their file,
// names after `fsyncDir` of their directory, and until then a crash may keep either, both or neither. Every changing
// call is a point where the machine can be made to go down. A write protocol that leaves out one sync works on every
// machine that never loses power, which is why only such a disk can judge it.
import { FileError, directoryOf } from '../../fsm/encryption/files.ts';
import type { FileKind, FileStat, Files } from '../../fsm/encryption/files.ts';
import { hashText, mix } from '../kernel/fingerprint.ts';
import type { CrashDraw } from './log-disk.ts';

/** Thrown out of a file operation when the machine goes down in the middle of it. Nobody but the world catches it. */
export class DiskCrash extends Error {
  /** The operation after which the machine went down, with its path. */
  readonly after: string;
  constructor(after: string) {
    super(`the machine went down after ${after}`);
    this.name = 'DiskCrash';
    this.after = after;
  }
}

interface Inode {
  readonly kind: FileKind;
  readonly mode: number;
  bytes: Uint8Array;
  /** Length of the durable beginning. Files only ever grow, so the rest is the unsynced end. */
  synced: number;
}

/** A change of names that a crash may undo. `was` and `wasTo` are what the names led to before. */
interface NameChange {
  readonly directory: string;
  readonly path: string;
  readonly was: Inode | undefined;
  readonly to: string | null;
  readonly wasTo: Inode | undefined;
}

const EMPTY = new Uint8Array(0);

/** Side files of one node, over all its incarnations. */
export class NodeFiles implements Files {
  readonly #names = new Map<string, Inode>();
  /** Changes of names not yet durable, oldest first. */
  #changes: NameChange[] = [];
  /** Paths whose fsync reports success and does nothing. */
  readonly #lying = new Set<string>();
  #stepsLeft = 0;

  /** Puts a durable file, or a node of another kind, in place: what the machine was delivered with. */
  put(path: string, bytes: Uint8Array, mode = 0o600, kind: FileKind = 'regular'): void {
    this.#names.set(path, { kind, mode, bytes, synced: bytes.length });
  }

  /** Whether anything is at a path. */
  has(path: string): boolean {
    return this.#names.has(path);
  }

  /** Removes a path durably, if there is one. */
  drop(path: string): void {
    this.#names.delete(path);
  }

  /** The same durable files on another disk. */
  copyTo(other: NodeFiles): void {
    for (const [path, node] of this.#sorted()) other.put(path, node.bytes.slice(0, node.synced), node.mode, node.kind);
  }

  /** The machine goes down right after the n-th changing call from now, n >= 1; 0 disarms. */
  armCrash(n: number): void {
    this.#stepsLeft = n;
  }

  /** From now on, or no longer, `fsync` of that path succeeds without effect. */
  loseSync(path: string, lose: boolean): void {
    if (lose) this.#lying.add(path);
    else this.#lying.delete(path);
  }

  stat(path: string): FileStat {
    const node = this.#node('stat', path);
    return { kind: node.kind, mode: node.mode, sizeBytes: node.bytes.length };
  }

  read(path: string, limitBytes = Number.MAX_SAFE_INTEGER): Uint8Array {
    const node = this.#node('open', path);
    if (node.kind === 'directory') throw new FileError('EISDIR', 'read', path);
    return node.bytes.slice(0, limitBytes);
  }

  createExclusive(path: string, mode: number): void {
    if (this.#names.has(path)) throw new FileError('EEXIST', 'open', path);
    this.#changed(path, null);
    this.#names.set(path, { kind: 'regular', mode, bytes: EMPTY, synced: 0 });
    this.#step('create', path);
  }

  write(path: string, bytes: Uint8Array): void {
    const node = this.#node('write', path);
    const longer = new Uint8Array(node.bytes.length + bytes.length);
    longer.set(node.bytes);
    longer.set(bytes, node.bytes.length);
    node.bytes = longer;
    this.#step('write', path);
  }

  fsync(path: string): void {
    const node = this.#node('sync', path);
    if (!this.#lying.has(path)) node.synced = node.bytes.length;
    this.#step('fsync', path);
  }

  rename(from: string, to: string): void {
    const node = this.#node('rename', from);
    if (from !== to) {
      this.#changed(from, to);
      this.#names.set(to, node);
      this.#names.delete(from);
    }
    this.#step('rename', from);
  }

  fsyncDir(directory: string): void {
    this.#changes = this.#changes.filter((change) => change.directory !== directory);
    this.#step('fsync of directory', directory);
  }

  remove(path: string): void {
    this.#node('remove', path);
    this.#changed(path, null);
    this.#names.delete(path);
    this.#step('remove', path);
  }

  /** An orderly shutdown: everything written is durable. */
  syncAll(): void {
    this.#changes = [];
    for (const [, node] of this.#sorted()) node.synced = node.bytes.length;
    this.#stepsLeft = 0;
  }

  /**
   * The machine goes down. Drawn are how many of the last changes of names are undone, and how much of each file's
   * unsynced end is lost: 0 is nothing.
   * @returns what was lost, one phrase each
   */
  crash({ stream, key, torn }: CrashDraw): string[] {
    this.#stepsLeft = 0;
    const lost: string[] = [];
    if (this.#changes.length > 0) {
      const undone = stream.choose(mix(key, this.#changes.length), this.#changes.length + 1);
      for (let i = 0; i < undone; i++) lost.push(this.#undo(this.#changes.pop()!));
      this.#changes = [];
    }
    for (const [path, node] of this.#sorted()) {
      const unsynced = node.bytes.length - node.synced;
      if (unsynced === 0) continue;
      const choice = mix(mix(key, hashText(path)), unsynced);
      const cut = torn ? stream.choose(choice, unsynced + 1) : stream.choose(choice, 2) * unsynced;
      node.bytes = node.bytes.slice(0, node.bytes.length - cut);
      node.synced = node.bytes.length;
      if (cut > 0) lost.push(`the last ${cut} bytes of ${path}`);
    }
    return lost;
  }

  #undo({ path, was, to, wasTo }: NameChange): string {
    if (to !== null) this.#point(to, wasTo);
    this.#point(path, was);
    return to === null ? `a change of ${path}` : `the renaming of ${path} to ${to}`;
  }

  #point(path: string, node: Inode | undefined): void {
    if (node === undefined) this.#names.delete(path);
    else this.#names.set(path, node);
  }

  #changed(path: string, to: string | null): void {
    const wasTo = to === null ? undefined : this.#names.get(to);
    this.#changes.push({ directory: directoryOf(path), path, was: this.#names.get(path), to, wasTo });
  }

  #step(operation: string, path: string): void {
    if (this.#stepsLeft === 0 || --this.#stepsLeft > 0) return;
    throw new DiskCrash(`${operation} ${path}`);
  }

  #node(operation: string, path: string): Inode {
    const node = this.#names.get(path);
    if (node === undefined) throw new FileError('ENOENT', operation, path);
    return node;
  }

  #sorted(): [string, Inode][] {
    return [...this.#names].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
