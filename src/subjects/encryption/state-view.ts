// What a property sees of a replica of the store: the face's two fields, read off the real registry and the real sidecar.
// They are read again only when something they show has changed, because properties look after every event.
import { assert } from '../../base/assert.ts';
import { Failure } from '../../fsm/failure.ts';
import { decodeRegistryRow, isRegistryKey, readSidecar } from '../../fsm/encryption/index.ts';
import type { KvFsm } from '../../fsm/index.ts';
import type { ProcessKeys } from './process-keys.ts';
import type { Replica } from './replica.ts';

interface View {
  readonly digest: number;
  readonly revision: number;
  readonly state: { readonly registered: readonly string[]; readonly epoch: number };
}

/** The views of one process's replicas. */
export class StateViews {
  readonly #keys: ProcessKeys;
  readonly #views = new Map<KvFsm, View>();

  constructor(keys: ProcessKeys) {
    this.#keys = keys;
  }

  /** The state a property sees; the same object until it changes. */
  of(fsm: KvFsm, replicas: ReadonlyMap<string, Replica>): unknown {
    const { revision } = this.#keys;
    const digest = fsm.digest();
    const known = this.#views.get(fsm);
    if (known !== undefined && known.digest === digest && known.revision === revision) return known.state;
    const state = { registered: writersOf(this.replicaOf(fsm, replicas)), epoch: this.#epoch() };
    this.#views.set(fsm, { digest, revision, state });
    return state;
  }

  /** The replica a state machine belongs to. */
  replicaOf(fsm: KvFsm, replicas: ReadonlyMap<string, Replica>): Replica {
    for (const name of [...replicas.keys()].sort((a, b) => (a < b ? -1 : 1))) {
      const replica = replicas.get(name)!;
      if (replica.fsm === fsm) return replica;
    }
    assert(false, 'FOREIGN_MACHINE', () => 'a state machine of another process');
  }

  /** Bootstraps and rotations the sidecar shows: two keys after the first, one more with each of the second. */
  #epoch(): number {
    const { flags, files } = this.#keys;
    if (flags.sidecarPath === null) return 0;
    const sidecar = readSidecar(files, flags.sidecarPath);
    if (sidecar instanceof Failure || sidecar.active.storage === 0) return 0;
    return Math.max(1, (sidecar.keys?.size ?? 0) - 1);
  }
}

/** Identities with a row in a replica's registry, each once, in order of their keys. */
function writersOf(replica: Replica): string[] {
  const writers: string[] = [];
  for (const [key, value] of replica.store.rawRows()) {
    if (!isRegistryKey(key)) continue;
    const row = decodeRegistryRow(value);
    if (!(row instanceof Failure) && !writers.includes(row.fullNodeId)) writers.push(row.fullNodeId);
  }
  return writers;
}
