// The disk as a binary from before the storage cutover sees it: it reads sidecars of version 1, writes them without the field
// it does not know, and refuses the rest. A refusal here is what keeps a roll-back from losing the cutover.
import type { Files } from '../../fsm/encryption/index.ts';
import type { Profile } from './profile.ts';

const NEW_FIELD = /\n *"storage_envelope_cutover_index": \d+,/;
const VERSION = /"version": 2/;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** A node's files as the binary of a profile uses them. */
export function filesOf(files: Files, sidecarPath: string | null, { stage, wrong }: Profile): Files {
  if (stage.sidecarVersion === 2 || sidecarPath === null) return files;
  const temporary = `${sidecarPath}.tmp`;
  const older = (bytes: Uint8Array): Uint8Array =>
    encoder.encode(decoder.decode(bytes).replace(VERSION, '"version": 1').replace(NEW_FIELD, ''));
  return {
    newestSidecar: 1n,
    stat: (path) => files.stat(path),
    read: (path, limit) =>
      path === sidecarPath && wrong.has('reads-any-sidecar') ? older(files.read(path)) : files.read(path, limit),
    createExclusive: (path, mode) => files.createExclusive(path, mode),
    write: (path, bytes) => files.write(path, path === temporary ? older(bytes) : bytes),
    fsync: (path) => files.fsync(path),
    rename: (from, to) => files.rename(from, to),
    fsyncDir: (directory) => files.fsyncDir(directory),
    remove: (path) => files.remove(path),
  };
}
