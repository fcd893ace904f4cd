// One node's process over durable parts, and a file system that loses power: what the tests of this folder start from.
import type { FullNodeId } from '../../src/base/ids.ts';
import {
  Cipher,
  Keystore,
  KekWrapper,
  NonceFactory,
  StateCache,
  createApplier,
  encodeBootstrap,
  encodeRotation,
  nodeId16,
  taggedPayload,
  unwrapRaftPayload,
  wrapRaftPayload,
} from '../../src/fsm/encryption/index.ts';
import type { Applier, EmitGates, Files, MemoryFiles, RawStore } from '../../src/fsm/encryption/index.ts';
import {
  ApplyLoop,
  DISPATCH,
  Failure,
  Hlc,
  KvFsm,
  KvStore,
  encodeKvPayload,
  put,
  rawRequest,
  wrapProposal,
} from '../../src/fsm/index.ts';
import { EntryType, entry } from '../../src/raft/types.ts';

export const PATH = 'enc/keys.json';
export const NODE = '626980046172116160' as FullNodeId;

/** Thrown by a file system that loses power: no FileError, so nothing may handle it. */
export class PowerLoss extends Error {}

/** Passes so many calls on; at the next one the power is gone, before it takes effect. */
export function powerLossAfter(files: MemoryFiles, calls: number): Files {
  let left = calls;
  return new Proxy<Files>(files, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        if (left === 0) throw new PowerLoss();
        left--;
        return Reflect.apply(method, target, args) as unknown;
      };
    },
  });
}

export interface NodeParts {
  readonly files: Files;
  readonly store: KvStore;
  readonly applier: Applier;
  readonly fsm: KvFsm;
  readonly cache: StateCache;
  readonly keystore: Keystore;
  readonly gates: EmitGates;
}

export const kek = new KekWrapper(new Uint8Array(32).fill(1), 'test');
export const draws = new NonceFactory(9, 9);
export const storageDek = kek.wrap(new Uint8Array(32).fill(2), draws) as Uint8Array;
export const raftDek = kek.wrap(new Uint8Array(32).fill(3), draws) as Uint8Array;
export const row = { dekId: 1, fullNodeId: NODE, localEpoch: 0 };
export const bootstrapPayload = taggedPayload(
  4,
  encodeBootstrap({
    storageDekId: 1,
    wrappedStorage: storageDek,
    raftDekId: 2,
    wrappedRaft: raftDek,
    batch: [row, { ...row, dekId: 2 }],
  }),
);
export const storageCutover = cutover(4, 1, 1);
export const raftCutover = cutover(5, 2, 2);

export function cutover(subTag: number, dekId: number, purpose: number): Uint8Array {
  const proposer = { ...row, dekId };
  return taggedPayload(5, encodeRotation({ subTag, dekId, purpose, wrapped: new Uint8Array(0), proposer }));
}

/** A process of one node, over what earlier processes left. */
export function start(
  files: Files,
  store = new KvStore(),
  shared: Partial<Pick<NodeParts, 'cache' | 'keystore'>> & { readonly registry?: RawStore } = {},
): NodeParts {
  const keystore = shared.keystore ?? new Keystore();
  const cache = shared.cache ?? new StateCache();
  const applier = createApplier({
    registry: shared.registry ?? store,
    kek,
    keystore,
    files,
    sidecarPath: PATH,
    cache,
    now: () => '2026-01-02T03:04:05Z',
    localEpoch: 1,
    raftLocalEpoch: 1,
    installWrap: null,
  });
  if (applier instanceof Failure) throw new TypeError(applier.text);
  const gates: EmitGates = {
    cipher: new Cipher(keystore),
    nonces: new NonceFactory(nodeId16(NODE), 1),
    activeDekId: () => cache.activeStorageDekId,
    envelopeActive: () => cache.storageEnvelopeActive,
    registered: () => cache.registered,
  };
  store.reopen(gates);
  const fsm = new KvFsm({ store, hlc: new Hlc(), dispatch: DISPATCH.raftCutover, applier, cutoverSource: null });
  return { files, store, applier, fsm, cache, keystore, gates };
}

export function apply(node: NodeParts, index: number, payload: Uint8Array): ReturnType<KvFsm['apply']> {
  node.fsm.setApplyIndex(index);
  return node.fsm.apply(entry(1, index, EntryType.Normal, payload), payload);
}

export function write(ts: number, key: string, value: string): Uint8Array {
  const text = new TextEncoder();
  return encodeKvPayload([rawRequest([put(text.encode(key), text.encode(value))], 0, ts)])!;
}

export function stored(node: NodeParts, key: string): { readonly encrypted: boolean; readonly value: string } {
  const found = node.store.read(new TextEncoder().encode(key));
  if (found.kind !== 'found') return { encrypted: false, value: found.kind };
  return { encrypted: found.version.encState === 1, value: new TextDecoder().decode(found.value) };
}

/** An apply loop over a node that is wrapped above `cutoverIndex`. */
export function loopOver(node: NodeParts, cutoverIndex: number, applied = 0): ApplyLoop {
  const cipher = new Cipher(node.keystore);
  const unwrapper = { unwrap: (bytes: Uint8Array) => unwrapRaftPayload(cipher, bytes) };
  return new ApplyLoop({ fsm: node.fsm, cutover: () => cutoverIndex, unwrapper }, applied);
}

export function normal(index: number, payload: Uint8Array): ReturnType<typeof entry> {
  return entry(1, index, EntryType.Normal, wrapProposal(index, payload));
}

export function sealed(node: NodeParts, payload: Uint8Array): Uint8Array {
  return wrapRaftPayload(new Cipher(node.keystore), payload, 2, draws.next() as Uint8Array) as Uint8Array;
}
