// What several tests of the admin layer stand on: one node, its sidecar on a disk in memory, rows of the writer registry.
import type { FullNodeId } from '../../src/base/ids.ts';
import type { Task } from '../../src/base/task.ts';
import { deriveNodeId } from '../../src/admin/node-id.ts';
import type { RegistryReader } from '../../src/admin/ports.ts';
import { MemoryFiles } from '../../src/fsm/encryption/memory-files.ts';
import { nodeId16 } from '../../src/fsm/encryption/node-id16.ts';
import { encodeRegistryRow } from '../../src/fsm/encryption/registry.ts';
import { emptySidecar, formatSidecar } from '../../src/fsm/encryption/sidecar-format.ts';
import type { Sidecar } from '../../src/fsm/encryption/sidecar-format.ts';
import { Failure } from '../../src/fsm/failure.ts';

export const ME = deriveNodeId('n1');
export const PATH = '/enc/keys.json';
export const PAD = {
  unwrap: (wrapped: Uint8Array) => (wrapped.length === 1 ? new Failure('', 'unwrap failed') : new Uint8Array(32)),
};
export const NO_ROWS: RegistryReader = { row: () => null };

export function sidecar(more: Partial<Sidecar> = {}): Sidecar {
  const key = { wrapped: Uint8Array.of(1, 2), created: '', localEpoch: 3 };
  const keys = new Map([
    ['1', { ...key, purpose: 'storage' }],
    ['2', { ...key, purpose: 'raft' }],
  ]);
  return { ...emptySidecar(), raftAppliedIndex: 5n, active: { storage: 1, raft: 2 }, keys, ...more };
}

export function disk(file: Sidecar | null): MemoryFiles {
  const files = new MemoryFiles();
  if (file !== null) files.put(PATH, new TextEncoder().encode(formatSidecar(file)));
  return files;
}

export function rows(
  ...written: readonly { dek: number; id: FullNodeId; epoch: number; at?: FullNodeId }[]
): RegistryReader {
  return {
    row(dek, node16) {
      const found = written.find((r) => r.dek === dek && nodeId16(r.at ?? r.id) === node16);
      if (found === undefined) return null;
      return encodeRegistryRow({ fullNodeId: found.id, firstSeenLocalEpoch: 0, lastSeenLocalEpoch: found.epoch });
    },
  };
}

/** A second identity in the registry slot of the first. */
export function neighbour(id: FullNodeId): FullNodeId {
  return (BigInt(id) ^ 0x10000n).toString() as FullNodeId;
}

/** A task that fails at once. */
export function* fails(error: Error): Task<never> {
  throw error;
}

/** A task that never ends. */
export function* hangs(): Task<never> {
  for (;;) yield () => undefined;
}
