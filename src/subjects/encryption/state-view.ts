// What a property sees of a replica of the store: the face's two fields, read off the replicated registry. A bootstrap
// writes rows under both its DEKs and a rotation one under the new DEK, so the registry tells how often keys were agreed
// upon. The sidecar is a side file of the node and no part of this: a replica may well have the rows and not the keys.
import { assert } from '../../base/assert.ts';
import { Failure } from '../../fsm/failure.ts';
import { decodeRegistryKey, decodeRegistryRow, isRegistryKey } from '../../fsm/encryption/index.ts';
import type { KvFsm } from '../../fsm/index.ts';
import type { State } from './face.ts';
import type { Replica } from './replica.ts';

interface View {
  readonly digest: number;
  readonly state: State;
}

/** The views of one process's replicas; one is made again only when its replica's digest has moved. */
export class StateViews {
  readonly #views = new Map<KvFsm, View>();

  /** The state a property sees; the same object until it changes. */
  of(replica: Replica): State {
    const digest = replica.fsm.digest();
    const known = this.#views.get(replica.fsm);
    if (known !== undefined && known.digest === digest) return known.state;
    const state = stateOf(replica);
    const kept = known !== undefined && isSame(known.state, state) ? known.state : state;
    this.#views.set(replica.fsm, { digest, state: kept });
    return kept;
  }
}

/** The replica a state machine belongs to. */
export function replicaOf(fsm: KvFsm, replicas: ReadonlyMap<string, Replica>): Replica {
  for (const name of [...replicas.keys()].sort((a, b) => (a < b ? -1 : 1))) {
    const replica = replicas.get(name)!;
    if (replica.fsm === fsm) return replica;
  }
  assert(false, 'FOREIGN_MACHINE', () => 'a state machine of another process');
}

/** Identities with a row in the registry, each once, in order of their keys; and how many DEKs there are rows under. */
function stateOf(replica: Replica): State {
  const registered: string[] = [];
  const deks: number[] = [];
  for (const [key, value] of replica.store.rawRows()) {
    if (!isRegistryKey(key)) continue;
    const at = decodeRegistryKey(key);
    const row = decodeRegistryRow(value);
    if (!(at instanceof Failure) && !deks.includes(at.dekId)) deks.push(at.dekId);
    if (!(row instanceof Failure) && !registered.includes(row.fullNodeId)) registered.push(row.fullNodeId);
  }
  return { registered, epoch: Math.max(0, deks.length - 1) };
}

function isSame(a: State, b: State): boolean {
  return a.epoch === b.epoch && a.registered.join() === b.registered.join();
}
