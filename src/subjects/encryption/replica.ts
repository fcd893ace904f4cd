// One group of a process: its store, its state machine, its applier and the envelopes its engine puts around a payload.
// Which of the parts exist is the build's profile; a missing applier is a replica that halts at the first entry of the
// closed band, or, in a build that knows no such band, one that skips it without a word.
import { Failure, failure } from '../../fsm/failure.ts';
import {
  KvFsm,
  KvStore,
  OPCODE_UNREADABLE,
  createApplier,
  isProposal,
  proposalId,
  proposalPayload,
  wrapProposal,
} from '../../fsm/index.ts';
import type { Hlc } from '../../fsm/index.ts';
import { StateCache, readSidecar } from '../../fsm/encryption/index.ts';
import type { ApplierOptions, EncryptionApplier, WrapInstaller } from '../../fsm/encryption/index.ts';
import type { Halt } from '../../fsm/state-machine.ts';
import type { EngineCodec, ProcessPort } from '../../scenario/program.ts';
import type { ProcessKeys } from './process-keys.ts';
import type { Profile } from './profile.ts';
import { rfc3339 } from './rfc3339.ts';
import { observed } from './told-applier.ts';
import { wrongApplier } from './wrong-applier.ts';
import type { Muting } from './wrong-applier.ts';
import type { Wrong } from './wrong.ts';
import { UnreadableFsm, flipStateBits } from './wrong-store.ts';

/** The state machine of a group with the store behind it. */
export interface Replica {
  readonly name: string;
  readonly store: KvStore;
  readonly fsm: KvFsm;
}

/** The group a replica is of. */
export interface GroupId {
  readonly name: string;
  readonly id: number;
}

/**
 * Opens a group's state machine on what the node kept of it.
 * @returns the replica, or why its applier cannot be built
 */
export function openReplica(port: ProcessPort, profile: Profile, keys: ProcessKeys, hlc: Hlc, group: GroupId): Replica {
  const { name } = group;
  const store = storeOf(port, name);
  const cache = profile.stage.stateCache === 'shared' ? keys.cache : new StateCache();
  store.reopen(keys.storageGates(cache), profile.stage.coldStart !== 'replays');
  const applier = observed(applierOf(port, profile, keys, store, cache), keys, store, group.id);
  const { sidecarPath } = keys.flags;
  const versioned = profile.stage.snapshotHeader === 2 && sidecarPath !== null;
  if (profile.wrong.has('tampered-values')) flipStateBits(store);
  const options = {
    store,
    hlc,
    dispatch: profile.stage.dispatch,
    applier,
    cutoverSource: versioned ? () => recordedCutover(keys, sidecarPath) : null,
    trustsMark: profile.stage.coldStart === 'skips',
  };
  const fsm = profile.wrong.has('unreadable-header') ? new UnreadableFsm(options, profile.wrong) : new KvFsm(options);
  return { name, store, fsm };
}

/** The node's store of a group; a new disk gets an empty one. */
export function storeOf(port: ProcessPort, group: string): KvStore {
  const kept = port.store(group);
  const found = kept.get();
  if (found instanceof KvStore) return found;
  const store = new KvStore();
  kept.put(store);
  return store;
}

function recordedCutover(keys: ProcessKeys, path: string): string {
  const sidecar = readSidecar(keys.files, path);
  return sidecar instanceof Failure ? '0' : String(sidecar.raftEnvelopeCutoverIndex);
}

/** The applier a build gives a group; null where it gives none. */
function applierOf(
  port: ProcessPort,
  { stage, sketch, wrong }: Profile,
  keys: ProcessKeys,
  registry: KvStore,
  cache: StateCache,
): EncryptionApplier | null {
  if (stage.applier === 'none') return null;
  const rotation: Muting = { muted: false };
  const wired = stage.applier === 'full' && stage.kekWired;
  const options: ApplierOptions = {
    registry,
    kek: wired ? keys.kek : null,
    keystore: wired ? keys.keystore : null,
    files: keys.files,
    sidecarPath: wired ? (keys.flags.sidecarPath ?? '') : '',
    cache,
    now: () => rfc3339(port.nowMs()),
    localEpoch: stage.rotationEpoch === 'pinned' ? keys.storageEpoch : 0,
    raftLocalEpoch: stage.rotationEpoch === 'pinned' ? keys.raftEpoch : 0,
    installWrap: keys.wrapsRaft && !wrong.has('leader-installs-alone') ? installer(keys, rotation) : null,
  };
  const applier = createApplier(options);
  if (applier instanceof Failure) return unbuilt(applier);
  const deviating = wrong.size === 0 ? applier : wrongApplier(applier, wrong, keys, rotation);
  const indexed = stage.sidecarIndex ? deviating : withoutIndex(deviating);
  return sketch ? only(port.build.applies, indexed) : indexed;
}

/** Publishes a cutover on the process, unless a deviation has muted it. */
function installer(keys: ProcessKeys, rotation: Muting): WrapInstaller {
  return (index, dekId) => (rotation.muted ? null : keys.installWrap(index, dekId));
}

/** An applier whose construction failed halts at whatever it is given. */
function unbuilt(why: Failure): EncryptionApplier {
  return { applyRegistration: () => why, applyBootstrap: () => why, applyRotation: () => why };
}

/** Builds before the sidecar kept an applied index: their appliers are told none. */
function withoutIndex(applier: EncryptionApplier): EncryptionApplier {
  return {
    applyRegistration: (row) => applier.applyRegistration(row),
    applyBootstrap: (_index, payload) => applier.applyBootstrap(0, payload),
    applyRotation: (_index, payload) => applier.applyRotation(0, payload),
  };
}

/** A sketched build applies exactly the opcodes it names. */
function only(applies: readonly string[], applier: EncryptionApplier): EncryptionApplier {
  const missing = (op: string): Failure | null =>
    applies.includes(op) ? null : failure('ErrEncryptionApply', `no applier for ${op} in this build`);
  return {
    applyRegistration: (row) => missing('registration') ?? applier.applyRegistration(row),
    applyBootstrap: (index, payload) => missing('bootstrap') ?? applier.applyBootstrap(index, payload),
    applyRotation: (index, payload) => missing('rotation') ?? applier.applyRotation(index, payload),
  };
}

/** The engine's half of an entry: a numbered proposal around the payload, and what is inside it behind the cutover. */
export class Engine implements EngineCodec {
  readonly #keys: ProcessKeys;
  readonly #group: number;
  readonly #wrong: ReadonlySet<Wrong>;
  #lastId = 0;
  /** Numbers of the proposals that went out and have not come back. */
  readonly #inFlight = new Set<number>();

  constructor(keys: ProcessKeys, group: number, wrong: ReadonlySet<Wrong>) {
    this.#keys = keys;
    this.#group = group;
    this.#wrong = wrong;
  }

  /** How many proposals of this process load are still on their way. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Proposals of a replica that no longer leads will not come back under their numbers. */
  forget(): void {
    this.#inFlight.clear();
  }

  wrap(payload: Uint8Array): Uint8Array {
    const id = ++this.#lastId;
    this.#inFlight.add(id);
    return wrapProposal(id, payload);
  }

  unwrap(index: number, data: Uint8Array): Uint8Array | null | Halt {
    if (!isProposal(data)) return null;
    this.#inFlight.delete(proposalId(data));
    const payload = proposalPayload(data);
    this.#keys.observe?.({ kind: 'entry', group: this.#group, index, wrapped: isRaftEnvelope(payload) });
    if (!this.#isWrapped(index, payload)) return payload;
    const clear = this.#keys.unwrap(payload);
    if (!(clear instanceof Failure)) return clear;
    if (this.#wrong.has('skips-unreadable')) return null;
    return { kind: 'halt', index, opcode: OPCODE_UNREADABLE, code: 'ErrRaftUnwrapFailed', detail: clear.text };
  }

  /** Only where it stands in the log decides: a payload may begin with any bytes. */
  #isWrapped(index: number, payload: Uint8Array): boolean {
    if (this.#wrong.has('tag-decides')) return payload[0] === RAFT_ENVELOPE_VERSION;
    const { cutoverIndex } = this.#keys;
    return cutoverIndex !== 0 && index > cutoverIndex;
  }
}

const RAFT_ENVELOPE_VERSION = 0x01;

/** Whether a payload begins as a raft envelope does: version 1, flag 0. No batch does. */
export function isRaftEnvelope(payload: Uint8Array): boolean {
  return payload[0] === RAFT_ENVELOPE_VERSION && payload[1] === 0x00;
}
