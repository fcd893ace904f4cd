// What a replica needs of others: the clock of its node, the process it runs in, and what it is opened with. Declared apart
// from the replica, so that a test can put one into a world of its own.
import type { Halt, StateMachine } from '../../fsm/state-machine.ts';
import type { Config, Message } from '../../raft/index.ts';
import type { EngineCodec } from '../../scenario/program.ts';
import type { Probe } from '../checkers/probe.ts';
import type { LogDisk } from './disk.ts';
import type { LiveStorage } from './live-storage.ts';
import type { Replica } from './replica.ts';
import type { StorageDelays } from './storage-threads.ts';
import type { WaitHost } from './waiters.ts';

/** A node's own clock: it may run fast or slow. */
export interface NodeClock {
  /** Local ms now; never falls. */
  localMs(): number;
  /** True virtual ms at which the local clock will read at least that. */
  trueMsAt(localMs: number): number;
}

/** What a replica needs of the process it runs in. */
export interface ReplicaHost extends WaitHost {
  readonly probe: Probe;
  /** Puts a message on the wire. */
  send(replica: Replica, m: Message): void;
  /** The apply loop of the replica has stopped. */
  halted(replica: Replica, halt: Halt): void;
  /** What proposers are told from then on. */
  haltText(halt: Halt): string;
  /** A configuration took effect at the replica. */
  confChanged(replica: Replica): void;
  /** Told after each applied entry: the moment to take a snapshot, if any. */
  mayCompact(replica: Replica): void;
  /** Whether the snapshot asked for now is the newest on disk instead of a fresh one. */
  isSnapshotStale(replica: Replica): boolean;
  /** Somebody goes near a replica whose group rests. */
  touched(replica: Replica): void;
  /** The core's next deadline may have moved. */
  rearm(replica: Replica): void;
}

/** What a replica is opened with. */
export interface ReplicaParts {
  readonly node: number;
  readonly group: number;
  readonly config: Config & { readonly storage: LiveStorage };
  readonly disk: LogDisk;
  readonly machine: StateMachine;
  readonly codec: EngineCodec | null;
  readonly clock: NodeClock;
  /** Local ms per tick. */
  readonly tickMs: number;
  /** Counts the processes of the node, this one included. */
  readonly incarnation: number;
  /** How slow the storage threads are; null to write and apply within the Ready loop. */
  readonly delays: StorageDelays | null;
}
