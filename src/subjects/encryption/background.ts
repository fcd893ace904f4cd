// What one process does by itself: registers as a writer at its start and while it runs, registers a member before it
// joins, rotates both DEKs at the start if it was told to. The procedures are the admin layer's; here is how they reach
// the default group and when they are set going.
import { Code, StatusError } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import { decodeRegistryRow, nodeId16 } from '../../fsm/encryption/index.ts';
import { Failure, plain } from '../../fsm/failure.ts';
import { leasePayload } from '../../fsm/kv-fsm.ts';
import {
  BACKGROUND,
  ENCRYPTION_ADMIN,
  EngineError,
  StartupRotation,
  bareWiring,
  encryptionAdmin,
  register,
  registerJoiner,
  registrationIntent,
  sidecarFile,
  watchRegistration,
  withTimeout,
} from '../../admin/index.ts';
import type { Clock, Proposer, RegisterEncryptionWriterRequest, RegistrationPath, Writer } from '../../admin/index.ts';
import { ATTEMPT_TIMEOUT_MS, WATCH_INTERVAL_MS, WATCH_TICK_TIMEOUT_MS } from '../../admin/registration.ts';
import type { GroupPort, ProcessPort } from '../../scenario/program.ts';
import type { Barrier } from './barrier.ts';
import { leaderViewOf, rawProposer, wrappingProposer } from './engine-ports.ts';
import { keyBytes, tripleGate } from './flags.ts';
import { ENDLESS_MS } from './fanout.ts';
import { registryOf } from './guards.ts';
import type { ProcessKeys } from './process-keys.ts';
import { storeOf } from './replica.ts';
import type { Wrong } from './wrong.ts';

/** How often a process that owes a rotation looks whether it leads. */
const ROTATION_POLL_MS = 200;

/** How often the leader of the default group renews the lease of the clock, and for how long. */
const LEASE_RENEWAL_MS = 1000;
const LEASE_MS = 3000;

/** How often a held write looks whether the registration is there. */
const REGISTRATION_POLL_MS = 10;

/** The background tasks of one process. */
export class Background {
  readonly #port: ProcessPort;
  readonly #keys: ProcessKeys;
  readonly #clock: Clock;
  readonly #barrier: Barrier;
  readonly #wrong: ReadonlySet<Wrong>;
  #hostsSinceMs = 0;
  #rotation: StartupRotation | null = null;
  #owesRegistration = false;

  constructor(port: ProcessPort, keys: ProcessKeys, clock: Clock, barrier: Barrier, wrong: ReadonlySet<Wrong>) {
    this.#wrong = wrong;
    this.#port = port;
    this.#keys = keys;
    this.#clock = clock;
    this.#barrier = barrier;
  }

  /** Starts what this release runs under these flags. */
  start(): void {
    const group = this.#port.groups[0];
    if (group !== undefined) this.#startOn(group, 'atStart');
    else this.#port.spawn('wait for a group', () => this.#untilHosted());
  }

  /** A node that joins a group later runs the same tasks from then on; at its start it had nothing to register under. */
  *#untilHosted(): Task<void> {
    while (this.#port.groups[0] === undefined) yield* this.#port.sleep(WATCH_INTERVAL_MS);
    this.#startOn(this.#port.groups[0], 'later');
  }

  #startOn(group: GroupPort, when: 'atStart' | 'later'): void {
    this.#hostsSinceMs = this.#port.nowMs();
    if (this.#port.build.config['leases'] === true) this.#port.spawn('renew lease', () => this.#renewLease(group));
    if (this.#keys.encryptsStorage) this.#startRegistrations(group, when);
    const { stage, flags } = this.#keys;
    if (!stage.rotateOnStartup || !flags.rotateOnStartup || !tripleGate(flags)) return;
    const rotation = this.#rotationOf(group);
    this.#rotation = rotation;
    this.#port.spawn('rotate on startup', () => this.#rotate(rotation));
  }

  /**
   * The clock's lease, renewed by whoever leads the default group: an entry each second, wrapped and held back as a user's
   * write is where this release does that. It moves the applied index and nothing durable.
   */
  *#renewLease(group: GroupPort): Task<void> {
    const proposer = this.#proposer(group);
    for (;;) {
      yield* this.#port.sleep(LEASE_RENEWAL_MS);
      if (group.role() !== 'leader') continue;
      try {
        yield* proposer.propose(leasePayload(this.#port.nowMs() + LEASE_MS));
      } catch (error) {
        // The next second tries again.
        if (!(error instanceof EngineError)) throw error;
      }
    }
  }

  /** Whether mutators and membership changes are refused until the rotation at start is over. */
  blocksMutators(): boolean {
    return this.#rotation?.blocksMutators() ?? false;
  }

  /** Waits until the registration this process owed at its start is committed; writes that would encrypt do. */
  *registered(deadlineMs: number): Task<boolean> {
    while (this.#owesRegistration) {
      if (this.#port.nowMs() >= deadlineMs) return false;
      yield* this.#port.sleep(REGISTRATION_POLL_MS);
    }
    return true;
  }

  /** Registers a node that is about to join under the active DEKs. Null, or why it must not join. */
  *beforeJoin(group: GroupPort, joiner: string): Task<string | null> {
    const { stage, flags, encryptsStorage } = this.#keys;
    if (!stage.registers.includes('membershipChange') || !encryptsStorage) return null;
    const sidecar = sidecarFile(this.#keys.files, flags.sidecarPath ?? '').read();
    if (sidecar instanceof Failure) return sidecar.code === 'NotExist' ? null : sidecar.text;
    const deks = sidecar.activeStorage === 0 ? [] : [sidecar.activeStorage, sidecar.activeRaft];
    return yield* registerJoiner(this.#path(this.#port.groups[0] ?? group), joiner, deks, BACKGROUND);
  }

  #startRegistrations(group: GroupPort, when: 'atStart' | 'later'): void {
    const path = this.#path(group);
    const { cache, me, storageEpoch, stage } = this.#keys;
    const writer: Writer = { dekId: cache.activeStorageDekId, fullNodeId: me, localEpoch: storageEpoch };
    const atStart = when === 'atStart' && stage.registers.includes('processStart');
    if (atStart && registrationIntent(path.registry, cache, writer) === 'propose') {
      this.#owesRegistration = true;
      this.#port.spawn('register', () => this.#register(path, writer));
    }
    const watched = { fullNodeId: me, localEpoch: storageEpoch };
    if (stage.registers.includes('watcher')) {
      this.#port.spawn('watch registration', () => watchRegistration(path, cache, watched, BACKGROUND));
    }
    if (stage.registers.includes('raftWatcher')) {
      this.#port.spawn('watch raft registration', () => this.#watchRaft(group));
    }
  }

  *#register(path: RegistrationPath, writer: Writer): Task<void> {
    if (!(yield* register(path, writer, BACKGROUND))) return;
    this.#keys.cache.markRegistered(writer.dekId);
    this.#owesRegistration = false;
  }

  /** Opens the wrap gate once the registry shows this load under the active raft DEK. */
  *#watchRaft(group: GroupPort): Task<void> {
    const path = this.#path(group, 'barrier');
    const { raft, raftEpoch, me } = this.#keys;
    if (raft === null) return;
    for (;;) {
      yield* this.#port.sleep(WATCH_INTERVAL_MS);
      if (raft.cutoverIndex === 0 || raft.registered) continue;
      const writer: Writer = { dekId: raft.raftDekId, fullNodeId: me, localEpoch: raftEpoch };
      const seen = lastSeen(path, writer);
      if (this.#wrong.has('seen-is-proof') && seen >= raftEpoch) raft.markRegistered(writer.dekId);
      // A registry ahead of this load means a restored sidecar: to register would hide it.
      if (seen > raftEpoch) continue;
      const tick = withTimeout(BACKGROUND, this.#clock, WATCH_TICK_TIMEOUT_MS);
      if (yield* register(path, writer, tick)) raft.markRegistered(writer.dekId);
      tick.close();
    }
  }

  /**
   * How a registration reaches the log of the default group.
   * @param past whether it passes an open barrier: the row that opens the wrap does, or nothing ever would
   */
  #path(group: GroupPort, past: 'barrier' | 'nothing' = 'nothing'): RegistrationPath {
    const proposer = this.#proposer(group);
    return {
      registry: this.#wrong.has('registers-blindly') ? BLIND : registryOf(storeOf(this.#port, group.name)),
      clock: this.#wrong.has('endless-forwards') ? patient(this.#clock) : this.#clock,
      isLeader: () => group.role() === 'leader',
      leaderAddress: () => group.leader().id,
      propose: (entry) => (past === 'barrier' ? proposer.proposeAdmin(entry) : proposer.propose(entry)),
      forward: (address, request) => this.#forward(address, group.name, request),
    };
  }

  *#forward(node: string, group: string, request: RegisterEncryptionWriterRequest): Task<void> {
    const isStale = this.#port.nowMs() < this.#hostsSinceMs + STALE_MS;
    if (isStale && this.#wrong.has('stale-leader-address')) yield* this.#port.sleep(ENDLESS_MS);
    const method = ENCRYPTION_ADMIN.methods.find(({ name }) => name === 'RegisterEncryptionWriter')!;
    const body = method.encodeRequest(request);
    const reply = yield* this.#port.rpc(node, group, method.name, body, ATTEMPT_TIMEOUT_MS);
    if (reply.code !== Code.Ok) throw new StatusError(reply.code as Code, reply.message);
  }

  #rotationOf(group: GroupPort): StartupRotation {
    const keys = this.#keys;
    const view = leaderViewOf(group);
    const wrapping = this.#proposer(group);
    const wiring = { ...bareWiring(keys.me, this.#clock), leaderView: view, proposer: rawProposer(group) };
    return new StartupRotation({
      admin: encryptionAdmin({ ...wiring, postCutoverProposer: wrapping }),
      leaderView: view,
      sidecar: sidecarFile(this.#keys.files, keys.flags.sidecarPath ?? ''),
      fullNodeId: keys.me,
      storageEpoch: keys.storageEpoch,
      raftEpoch: keys.raftEpoch,
      clock: this.#clock,
      wrapFreshDek: () => this.#freshDek(),
      installRotatedRaftDek: (dekId) => (keys.cutoverIndex === 0 ? null : keys.installWrap(keys.cutoverIndex, dekId)),
    });
  }

  /** Fires when this process leads, as often as it takes; ends when the rotation is over or failed for good. */
  *#rotate(rotation: StartupRotation): Task<void> {
    while (!rotation.done && rotation.failed === null) {
      yield* rotation.fire(BACKGROUND);
      yield* this.#port.sleep(ROTATION_POLL_MS);
    }
  }

  #freshDek(): Uint8Array | Failure {
    const { kek } = this.#keys;
    if (kek === null) return plain('encryption rotate-on-startup: no KEK');
    const name = `${this.#port.node}/${this.#port.nowMs()}/${this.#port.choose('fresh dek', 0x7fff_ffff)}`;
    return kek.wrap(keyBytes(`dek/${name}`), { next: () => keyBytes(`nonce/${name}`).subarray(0, 12) });
  }

  /** The shard group's proposer: wraps behind the cutover where this release does. */
  #proposer(group: GroupPort): Proposer {
    if (!this.#keys.stage.raftEnvelope) return rawProposer(group);
    return wrappingProposer(group, (payload) => this.#keys.wrap(payload), this.#barrier);
  }
}

/** How long the address of the leader is one of before, where it is. */
const STALE_MS = 3000;

/** A registry nobody looks into. */
const BLIND: RegistrationPath['registry'] = { row: () => null };

/** A clock that ends no attempt. */
function patient(clock: Clock): Clock {
  return { ...clock, after: (ms, wake) => clock.after(ms === ATTEMPT_TIMEOUT_MS ? ENDLESS_MS : ms, wake) };
}

/** The epoch the registry saw last of a writer; -1 for none, or for another node's row. */
function lastSeen(path: RegistrationPath, writer: Writer): number {
  const raw = path.registry.row(writer.dekId, nodeId16(writer.fullNodeId));
  if (raw === null || raw instanceof Failure) return -1;
  const row = decodeRegistryRow(raw);
  return row instanceof Failure || row.fullNodeId !== writer.fullNodeId ? -1 : row.lastSeenLocalEpoch;
}
