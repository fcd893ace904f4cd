// Who proposes a process's own writer row, and when: at start, whenever the active key changes under a running process,
// and for a new member before it joins. A row is the cluster's memory of an epoch; without it a restored disk cannot be
// told from a fresh one. Proof of registration is the exact pair of identity and epoch: a row that is further on belongs
// to another life of this node, and taking it for one's own reuses that life's nonces.
import { StatusError } from '../base/errors.ts';
import type { FullNodeId, Ms } from '../base/ids.ts';
import type { Task } from '../base/task.ts';
import { nodeId16 } from '../fsm/encryption/node-id16.ts';
import { decodeRegistryRow } from '../fsm/encryption/registry.ts';
import type { RegistryRow } from '../fsm/encryption/registry.ts';
import { Failure } from '../fsm/failure.ts';
import { registrationEntry } from './entries.ts';
import type { RegisterEncryptionWriterRequest } from './messages.ts';
import { deriveNodeId } from './node-id.ts';
import { EngineError } from './ports.ts';
import type { CallContext, Clock, RegistryReader } from './ports.ts';
import { contextEndOf, textOf } from './refusals.ts';
import { orEnd, pause, withTimeout } from './waiting.ts';

/** Longest wait for one attempt, whatever its leader's address leads to. */
export const ATTEMPT_TIMEOUT_MS: Ms = 5000;
/** First and longest pause between attempts; each is twice the one before. */
export const BACKOFF_MS: readonly [Ms, Ms] = [100, 5000];
/** How often a running process looks whether it has to register. */
export const WATCH_INTERVAL_MS: Ms = 1000;
/** Longest a watcher stays with one key before it looks again. */
export const WATCH_TICK_TIMEOUT_MS: Ms = 30_000;

/** How a registration reaches the log of the default group. */
export interface RegistrationPath {
  readonly registry: RegistryReader;
  readonly clock: Clock;
  isLeader(): boolean;
  /** Address of the leader this process knows, empty if it knows none. */
  leaderAddress(): string;
  /** Proposes on this replica, wrapped where proposals are. Throws EngineError. */
  propose(entry: Uint8Array): Task<unknown>;
  /** RegisterEncryptionWriter on the leader. Throws StatusError, or EngineError when it cannot be reached. */
  forward(address: string, request: RegisterEncryptionWriterRequest): Task<unknown>;
}

/** One process as a writer under one DEK. */
export interface Writer {
  readonly dekId: number;
  readonly fullNodeId: FullNodeId;
  readonly localEpoch: number;
}

/** What a start finds: nothing to register, a row that is this load's already, or a row to propose. */
export type RegistrationIntent = 'none' | 'current' | 'propose' | Failure;

/** What the process-wide cache says, as far as registration asks. */
export interface EnvelopeState {
  readonly activeStorageDekId: number;
  readonly storageEnvelopeActive: boolean;
  /** This load is registered under the active key. */
  readonly registered: boolean;
  markRegistered(dekId: number): void;
}

/**
 * What a start has to do about its own row. A pinned epoch the registry has moved past is a guard's business, which
 * refuses the start; it is a Failure here as well, so that no caller can go on.
 * @source apply.md §8
 */
export function registrationIntent(registry: RegistryReader, state: EnvelopeState, me: Writer): RegistrationIntent {
  if (!state.storageEnvelopeActive || state.activeStorageDekId === 0) return 'none';
  const row = readRow(registry, me);
  if (row instanceof Failure) return row.within('writer registration');
  const lastSeen = row?.lastSeenLocalEpoch ?? 0;
  if (me.localEpoch > lastSeen) return 'propose';
  if (me.localEpoch === lastSeen) {
    state.markRegistered(me.dekId);
    return 'current';
  }
  return new Failure('', `local_epoch ${me.localEpoch} is behind registry last_seen ${lastSeen}`);
}

/** True if the row says that exactly this load is registered. */
export function isRegistered(registry: RegistryReader, me: Writer): boolean {
  const row = readRow(registry, me);
  if (row === null || row instanceof Failure) return false;
  return row.fullNodeId === me.fullNodeId && row.lastSeenLocalEpoch === me.localEpoch;
}

/**
 * Registers, however often it takes: looks first (an attempt that timed out may have committed), then proposes here or
 * at the leader. Ends true when the row is committed, false when the context ends.
 * @source apply.md §8
 */
export function* register(path: RegistrationPath, me: Writer, ctx: CallContext): Task<boolean> {
  let [backoff] = BACKOFF_MS;
  for (;;) {
    if (isRegistered(path.registry, me)) return true;
    if (yield* attempt(path, me, ctx)) return true;
    if (ctx.end() !== null) return false;
    try {
      yield* pause(ctx, path.clock, backoff);
    } catch (error) {
      if (contextEndOf(error) === null) throw error;
      return false;
    }
    backoff = Math.min(2 * backoff, BACKOFF_MS[1]);
  }
}

/** Looks every second and registers under the key that is active then; dies with its context. @source apply.md §8 */
export function* watchRegistration(
  path: RegistrationPath,
  state: EnvelopeState,
  me: Omit<Writer, 'dekId'>,
  ctx: CallContext,
): Task<void> {
  for (;;) {
    try {
      yield* pause(ctx, path.clock, WATCH_INTERVAL_MS);
    } catch (error) {
      if (contextEndOf(error) === null) throw error;
      return;
    }
    if (state.registered || !state.storageEnvelopeActive || state.activeStorageDekId === 0) continue;
    const writer = { ...me, dekId: state.activeStorageDekId };
    const tick = withTimeout(ctx, path.clock, WATCH_TICK_TIMEOUT_MS);
    try {
      if (yield* register(path, writer, tick)) state.markRegistered(writer.dekId);
    } finally {
      tick.close();
    }
  }
}

/**
 * Writes a new member's rows before the membership change is proposed: a collision found afterwards halts a group that
 * already counts the member. Null to go on, else why the change is refused.
 * @param dekIds the active storage DEK, and the active raft DEK where there is one
 * @source apply.md §8
 */
export function* registerJoiner(
  path: RegistrationPath,
  raftId: string,
  dekIds: readonly number[],
  ctx: CallContext,
): Task<string | null> {
  for (const dekId of dekIds) {
    if (dekId === 0) continue;
    const joiner: Writer = { dekId, fullNodeId: deriveNodeId(raftId), localEpoch: 0 };
    const row = readRow(path.registry, joiner);
    if (row instanceof Failure) return `7c pre-register: ${row.text}`;
    if (row !== null && row.fullNodeId !== joiner.fullNodeId) {
      return 'encryption: writer registry uint16 collision; choose a different raftID';
    }
    if (row !== null) continue;
    try {
      yield* proposeOnce(path, joiner, ctx);
    } catch (error) {
      return textOf(error);
    }
  }
  return null;
}

function readRow(registry: RegistryReader, writer: Writer): RegistryRow | null | Failure {
  const raw = registry.row(writer.dekId, nodeId16(writer.fullNodeId));
  if (raw instanceof Failure) return raw.within('read registry row');
  if (raw === null) return null;
  const row = decodeRegistryRow(raw);
  return row instanceof Failure ? row.within('decode registry value') : row;
}

/** One attempt; whatever goes wrong with it, the next look finds out. */
function* attempt(path: RegistrationPath, me: Writer, ctx: CallContext): Task<boolean> {
  try {
    yield* proposeOnce(path, me, ctx);
    return true;
  } catch (error) {
    if (!(error instanceof EngineError || error instanceof StatusError)) throw error;
    return false;
  }
}

/** @throws EngineError */
function* proposeOnce(path: RegistrationPath, writer: Writer, ctx: CallContext): Task<void> {
  const bounded = withTimeout(ctx, path.clock, ATTEMPT_TIMEOUT_MS);
  try {
    if (path.isLeader()) {
      yield* orEnd(bounded, path.propose(registrationEntry(writer)));
      return;
    }
    const address = path.leaderAddress();
    if (address === '') throw new EngineError('other', 'writer registration: no default-group leader known yet');
    yield* orEnd(bounded, path.forward(address, requestOf(writer)));
  } finally {
    bounded.close();
  }
}

function requestOf(writer: Writer): RegisterEncryptionWriterRequest {
  return {
    dek_id: writer.dekId,
    writers: [{ full_node_id: writer.fullNodeId, local_epoch: writer.localEpoch }],
  };
}
