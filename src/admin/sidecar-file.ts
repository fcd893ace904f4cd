// The sidecar as the service and the guards read it, over a node's files. The file's own form keeps everything it might
// hold; this view keeps what is decided upon, with keys in ascending id, so that "the first key that fails" is the same
// key on every start.
import { FileError } from '../fsm/encryption/files.ts';
import type { Files } from '../fsm/encryption/files.ts';
import { sidecarKeyIds } from '../fsm/encryption/sidecar-format.ts';
import type { Sidecar, SidecarKey as StoredKey } from '../fsm/encryption/sidecar-format.ts';
import { readSidecar } from '../fsm/encryption/sidecar.ts';
import { Failure } from '../fsm/failure.ts';
import { goQuote } from '../base/go-text.ts';
import type { SidecarKey, SidecarReader, SidecarState } from './ports.ts';

const NO_BYTES = new Uint8Array(0);

/** Reads `path` anew at every call. */
export function sidecarFile(files: Files, path: string): SidecarReader {
  return {
    path,
    read() {
      const read = readSidecar(files, path);
      return read instanceof Failure ? read : sidecarState(read);
    },
    exists() {
      try {
        files.stat(path);
        return true;
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        if (error.code === 'ENOENT') return false;
        return new Failure('', `encryption: stat sidecar ${goQuote(path)}: ${error.message}`);
      }
    },
  };
}

/** The decided-upon part of a sidecar that passed its checks. */
export function sidecarState(sidecar: Sidecar): SidecarState {
  const keys = sidecarKeyIds(sidecar).map((id): SidecarKey => {
    const { localEpoch, purpose, wrapped } = sidecar.keys?.get(id) as StoredKey;
    return { id: Number(id), purpose: purpose as SidecarKey['purpose'], wrapped: wrapped ?? NO_BYTES, localEpoch };
  });
  return {
    appliedIndex: sidecar.raftAppliedIndex,
    storageEnvelopeActive: sidecar.storageEnvelopeActive,
    storageCutoverIndex: sidecar.storageEnvelopeCutoverIndex,
    raftCutoverIndex: sidecar.raftEnvelopeCutoverIndex,
    activeStorage: sidecar.active.storage,
    activeRaft: sidecar.active.raft,
    keys: keys.sort((a, b) => a.id - b.id),
  };
}

/** The key entry of an id. */
export function keyOf(sidecar: SidecarState, id: number): SidecarKey | null {
  return sidecar.keys.find((key) => key.id === id) ?? null;
}
