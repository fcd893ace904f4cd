// A rotation an operator asks for with a flag: the process that leads the default group rotates both keys once, before
// its listeners open to the public. Whoever does not lead keeps the request and acts on it when it does. Until a leader
// is done, its mutators and its public surface answer "not yet": a client's rotation in between would race this one.
import { Code, StatusError } from '../base/errors.ts';
import type { FullNodeId, Ms } from '../base/ids.ts';
import type { Task } from '../base/task.ts';
import { isMissing } from '../fsm/encryption/sidecar.ts';
import { Failure } from '../fsm/failure.ts';
import type { EncryptionAdmin } from './encryption-admin.ts';
import { EngineError } from './ports.ts';
import type { CallContext, Clock, LeaderView, SidecarReader, SidecarState } from './ports.ts';
import { contextEndOf } from './refusals.ts';
import { orEnd, pause } from './waiting.ts';

/** Pause between two attempts after an error that may pass. */
export const ROTATE_RETRY_MS: Ms = 200;
const LAST_KEY_ID = 0xffff_ffff;

/** What mutators and the public surface are refused with meanwhile. */
export const ROTATION_PENDING = new StatusError(Code.Unavailable, 'startup rotation has not completed');

/** What the rotation needs of its process. */
export interface RotationPorts {
  /** A server of its own over the raw proposer and the post-cutover proposer: not the one that is registered. */
  readonly admin: Pick<EncryptionAdmin, 'RotateDEK'>;
  readonly leaderView: LeaderView;
  readonly sidecar: SidecarReader;
  readonly fullNodeId: FullNodeId;
  readonly storageEpoch: number;
  readonly raftEpoch: number;
  readonly clock: Clock;
  /** A fresh wrapped DEK, or why there is none. */
  wrapFreshDek(): Uint8Array | Failure;
  /** Publishes the wrap closure for a rotated raft DEK; null on success. */
  installRotatedRaftDek(dekId: number): Failure | null;
}

/** One process's request. Each purpose is rotated once per process, over as many leaderships as that takes. */
export class StartupRotation {
  readonly #ports: RotationPorts;
  #nextKeyId = 0;
  #storageDone = false;
  #raftDone = false;
  #running = false;
  #failed: string | null = null;

  constructor(ports: RotationPorts) {
    this.#ports = ports;
  }

  /** Both purposes are rotated, or had nothing to rotate. */
  get done(): boolean {
    return this.#storageDone && this.#raftDone;
  }

  /** The text of an error that ended it for good; mutators stay refused until a restart. */
  get failed(): string | null {
    return this.#failed;
  }

  /** Whether mutators are refused with ROTATION_PENDING now. */
  blocksMutators(): boolean {
    return this.#failed !== null || (this.#leads() && !this.done);
  }

  /** Rotates if this process leads: called once at start, and whenever it becomes leader. @source admin.md §9 */
  *fire(ctx: CallContext): Task<void> {
    if (this.#running || this.#failed !== null) return;
    this.#running = true;
    try {
      while (this.#leads() && !this.done) {
        const error = yield* this.#attempt(ctx);
        if (error === null || !this.#leads() || this.done) return;
        if (!mayPass(error)) {
          this.#failed = `encryption rotate-on-startup: permanent failure: ${textOf(error)}`;
          return;
        }
        yield* pause(ctx, this.#ports.clock, ROTATE_RETRY_MS);
      }
    } catch (error) {
      if (contextEndOf(error) === null) throw error;
    } finally {
      this.#running = false;
    }
  }

  #leads(): boolean {
    return this.#ports.leaderView.state() === 'leader';
  }

  *#attempt(ctx: CallContext): Task<Error | Failure | null> {
    try {
      return yield* this.#rotateBoth(ctx);
    } catch (error) {
      if (error instanceof EngineError || error instanceof StatusError) return error;
      throw error;
    }
  }

  *#rotateBoth(ctx: CallContext): Task<Failure | null> {
    yield* orEnd(ctx, this.#ports.leaderView.linearizableRead());
    const sidecar = this.#ports.sidecar.read();
    if (sidecar instanceof Failure) {
      if (!isMissing(sidecar)) return sidecar;
      this.#storageDone = true;
      this.#raftDone = true;
      return null;
    }
    this.#nextKeyId = sidecar.keys.reduce((max, key) => Math.max(max, key.id), 0) + 1;
    this.#storageDone ||= sidecar.activeStorage === 0;
    const storage = this.#storageDone ? null : yield* this.#rotate('storage', ctx);
    if (storage !== null) return storage;
    this.#storageDone = true;
    return yield* this.#rotateRaft(sidecar, ctx);
  }

  *#rotateRaft(sidecar: SidecarState, ctx: CallContext): Task<Failure | null> {
    this.#raftDone ||= sidecar.activeRaft === 0;
    if (this.#raftDone) return null;
    const dekId = this.#nextKeyId;
    const failed = (yield* this.#rotate('raft', ctx)) ?? this.#ports.installRotatedRaftDek(dekId);
    this.#raftDone = failed === null;
    return failed;
  }

  *#rotate(purpose: 'storage' | 'raft', ctx: CallContext): Task<Failure | null> {
    const new_dek_id = this.#nextKeyId;
    if (new_dek_id > LAST_KEY_ID) return new Failure('', 'encryption rotate-on-startup: key_id space exhausted');
    const wrapped = this.#ports.wrapFreshDek();
    if (wrapped instanceof Failure) return wrapped;
    const request = {
      purpose: purpose === 'storage' ? 'PURPOSE_STORAGE' : 'PURPOSE_RAFT',
      wrapped_new_dek: wrapped,
      new_dek_id,
      proposer_node_id: this.#ports.fullNodeId,
      proposer_local_epoch: purpose === 'storage' ? this.#ports.storageEpoch : this.#ports.raftEpoch,
    };
    yield* this.#ports.admin.RotateDEK(request, ctx);
    this.#nextKeyId++;
    return null;
  }
}

/** Lost leadership and unavailability pass by themselves; a bad request or an unreadable file does not. */
function mayPass(error: Error | Failure): boolean {
  if (error instanceof EngineError) {
    return ['notLeader', 'leadershipLost', 'transferInProgress', 'deadline'].includes(error.kind);
  }
  if (!(error instanceof StatusError)) return false;
  return [Code.FailedPrecondition, Code.Unavailable, Code.DeadlineExceeded].some((code) => code === error.code);
}

function textOf(error: Error | Failure): string {
  return error instanceof Failure ? error.text : error.message;
}
