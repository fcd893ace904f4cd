// What each release of the rollout wires, under which flags, and what its replicas do with what is committed: the table
// a mixed cluster is built from. Stage numbers are no order: 7 and 8a shipped before 6E. Each row is the row before it
// and what its change did, so that a row cannot forget what an earlier one brought; the order is that of release.
import type { DispatchTable } from '../fsm/opcodes.ts';
import { DISPATCH } from '../fsm/opcodes.ts';
import type { NamedGate } from '../gate/gate.ts';
import type { EncryptionRpc } from './encryption-admin.ts';
import { alwaysWired, bySidecarPath, byTwoFlags, neverWired, nodeLocal } from './gates.ts';

/** One release of the rollout. Every field is a fact about a process running it. @source admin.md §11 */
export interface Stage {
  readonly name: string;
  /** Other names of the same row: releases that differ in nothing listed here. */
  readonly also: readonly string[];
  /** A round that review or practice took back. */
  readonly refuted: boolean;
  /** Pull request of the change. */
  readonly pull: number;
  /** Short ids of the commits this row describes, where they are known. */
  readonly commits: readonly string[];
  /** Where the admin service is registered: nowhere, once per group listener, or one shared server on all of them. */
  readonly service: 'none' | 'perGroup' | 'shared';
  /** RPCs with a handler; the others of the contract are Unimplemented. */
  readonly handlers: readonly EncryptionRpc[];
  /** What GetCapability reports as the identity once a path is set. */
  readonly fullNodeId: 'none' | 'groupId' | 'derived';
  /** When proposer and leader view are wired, decided at process start. */
  readonly mutators: NamedGate;
  /** When the capability fan-out is wired. */
  readonly fanout: NamedGate;
  /** When the sidecar path, and with it the capable answer, is wired. */
  readonly capability: NamedGate;
  /** Whose log the server of a listener proposes into. */
  readonly proposesInto: 'ownGroup' | 'defaultGroup';
  /** What the state machine has: nothing, an applier with only the registry, or one that can unwrap keys. */
  readonly applier: 'none' | 'registryOnly' | 'full';
  /** Whether main gives the applier the KEK, keystore and sidecar path it can use. */
  readonly kekWired: boolean;
  readonly dispatch: DispatchTable;
  /** Numbers of the start-up guards that are active, ascending. */
  readonly guards: readonly number[];
  /** One state cache for all groups of the process, or one for each applier. */
  readonly stateCache: 'perApplier' | 'shared';
  /** Whether applying a bootstrap or rotation records its index in the sidecar. */
  readonly sidecarIndex: boolean;
  /**
   * What a cold start makes of the log behind the newest snapshot: everything is applied again on the restored body; the
   * same, but writes mark the store with their index; or the body is kept and what the mark covers is skipped.
   */
  readonly coldStart: 'replays' | 'marks' | 'skips';
  /** Version of the sidecars it writes, and the newest it reads. */
  readonly sidecarVersion: 1 | 2;
  /** Whether stores get cipher, nonce factory and epoch bump under the triple condition. */
  readonly storageCipher: boolean;
  /** Epoch a rotation writes for the new key: zero on every node, or the process's own. */
  readonly rotationEpoch: 'zero' | 'pinned';
  /** Who registers this process as a writer by itself. */
  readonly registers: readonly ('processStart' | 'watcher' | 'membershipChange' | 'raftWatcher')[];
  /** Newest snapshot header it reads; it writes v2 only once a cutover is known. */
  readonly snapshotHeader: 1 | 2;
  /** Whether the gate before EnableRaftEnvelope is open. */
  readonly raftWrapGate: boolean;
  /** What a start does with a sidecar that records a raft cutover. */
  readonly activeCutover: 'ignored' | 'refused' | 'wrapped';
  /** Whether wrapping, unwrapping, the barrier and the post-cutover proposer are wired under the triple condition. */
  readonly raftEnvelope: boolean;
  readonly rotateOnStartup: boolean;
  /** Whether reports show the caller's registry rows, behind an applied-read fence. */
  readonly registryProjection: boolean;
  /** Whether the bootstrap command can discover writers, with its own refusals. */
  readonly discovery: boolean;
  /** What a halted group does to the process. */
  readonly onHalt: 'group' | 'process';
}

const READS: readonly EncryptionRpc[] = ['GetCapability', 'GetSidecarState', 'ResyncSidecar'];
const ROTATE: readonly EncryptionRpc[] = [...READS, 'RotateDEK', 'RegisterEncryptionWriter'];
const BOOTSTRAP: readonly EncryptionRpc[] = [...ROTATE, 'BootstrapEncryption'];
const STORAGE: readonly EncryptionRpc[] = [...BOOTSTRAP, 'EnableStorageEnvelope'];
const ALL: readonly EncryptionRpc[] = [...STORAGE, 'EnableRaftEnvelope'];

const PRIMITIVES: Stage = {
  name: '3',
  also: ['0', '1', '2', '0-3'],
  refuted: false,
  pull: 744,
  commits: ['9303e52a'],
  service: 'none',
  handlers: [],
  fullNodeId: 'none',
  mutators: neverWired,
  fanout: neverWired,
  capability: neverWired,
  proposesInto: 'ownGroup',
  applier: 'none',
  kekWired: false,
  dispatch: DISPATCH.legacy,
  guards: [12],
  stateCache: 'perApplier',
  sidecarIndex: false,
  coldStart: 'replays',
  sidecarVersion: 1,
  storageCipher: false,
  rotationEpoch: 'zero',
  registers: [],
  snapshotHeader: 1,
  raftWrapGate: false,
  activeCutover: 'ignored',
  raftEnvelope: false,
  rotateOnStartup: false,
  registryProjection: false,
  discovery: false,
  onHalt: 'group',
};

/** What a change did: the fields it set, under its own name. */
interface Change extends Partial<Stage> {
  readonly name: string;
  readonly pull: number;
}

const CHANGES: readonly Change[] = [
  // The dispatcher: first only the tags it knew, then the closed band.
  { name: '4-first-cut', pull: 748, refuted: true, dispatch: DISPATCH.knownOnly },
  { name: '4', pull: 748, dispatch: DISPATCH.closed },
  // The server, not yet registered in any process.
  { name: '5A', pull: 754, handlers: READS },
  { name: '5B', pull: 756, handlers: ROTATE },
  { name: '5C', pull: 759, commits: ['491cc796'], handlers: BOOTSTRAP },
  // Registered; five rounds about who may propose.
  {
    name: '5D-r0',
    pull: 760,
    refuted: true,
    commits: ['b1f022ff'],
    service: 'perGroup',
    fullNodeId: 'groupId',
    mutators: alwaysWired,
    capability: bySidecarPath,
  },
  { name: '5D-r1', pull: 760, refuted: true, commits: ['33d1db54'], fullNodeId: 'derived' },
  { name: '5D-r2', pull: 760, refuted: true, commits: ['cf214fe7'], mutators: bySidecarPath },
  { name: '5D-r3', pull: 760, refuted: true, commits: ['6a7a27a8', 'b9dce73b'] },
  {
    name: '5D',
    also: ['5D-r4', '5D-r5'],
    pull: 760,
    commits: ['fc8bc1fd', 'd2c6c83b', '298df0c9'],
    mutators: neverWired,
  },
  // The applier, then its keys.
  { name: '6A', pull: 765, commits: ['4dc931d4'], applier: 'registryOnly' },
  { name: '6B-1', pull: 768, applier: 'full' },
  { name: '6B-2-r1', pull: 776, refuted: true, kekWired: true, mutators: byTwoFlags, guards: [2, 12] },
  { name: '6B-2', pull: 776, commits: ['e9b015ce'], mutators: nodeLocal },
  // Guards.
  { name: '6C-1', pull: 778, guards: [2, 3, 4, 5, 6, 12] },
  { name: '6C-2', pull: 781, guards: [2, 3, 4, 5, 6, 7, 8, 12] },
  { name: '6C-2d', also: ['6C-2b', '6C-2c'], pull: 784, guards: [2, 3, 4, 5, 6, 7, 8, 12, 14], sidecarIndex: true },
  { name: '6D-3', also: ['6D-2'], pull: 793 },
  // The storage cutover.
  {
    name: '6D-4',
    pull: 804,
    dispatch: DISPATCH.storageCutover,
    sidecarVersion: 2,
  },
  { name: '6D-6b', also: ['6D-5', '6D-6a'], pull: 820, handlers: STORAGE },
  {
    name: '6D-6c-2',
    also: ['6D-6c-1'],
    pull: 826,
    stateCache: 'shared',
    storageCipher: true,
    guards: [2, 3, 4, 5, 6, 7, 8, 11, 12, 14],
  },
  { name: '6D-6c-3', also: ['6D', '6D-6c-3b'], pull: 832, commits: ['b4b9bf8a'], fanout: nodeLocal },
  // Writer registration.
  { name: '7a', also: ['7a-2'], pull: 847, registers: ['processStart'], guards: [2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 17] },
  { name: '7b', also: ["7b'"], pull: 864, registers: ['processStart', 'watcher'], rotationEpoch: 'pinned' },
  { name: '7c', pull: 872, registers: ['processStart', 'watcher', 'membershipChange'] },
  { name: '8a', pull: 886, snapshotHeader: 2 },
  // The raft cutover.
  { name: '6E-1a', pull: 899, dispatch: DISPATCH.raftCutover },
  {
    name: '6E-2d',
    also: ['6E-1b', '6E-2a', '6E-2b', '6E-2c'],
    pull: 933,
    handlers: ALL,
    activeCutover: 'refused',
    coldStart: 'marks',
  },
  { name: '6E-2e', also: ['6E-2e-1'], pull: 944, coldStart: 'skips' },
  {
    name: '6E',
    also: ['6C-3', '6C-4', '6F'],
    pull: 1019,
    commits: ['be5da97d'],
    raftWrapGate: true,
    activeCutover: 'wrapped',
    raftEnvelope: true,
    rotateOnStartup: true,
    registers: ['processStart', 'watcher', 'membershipChange', 'raftWatcher'],
    guards: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
    onHalt: 'process',
  },
  {
    name: 'HEAD',
    also: ['5E'],
    pull: 1149,
    commits: ['d9a031d0'],
    service: 'shared',
    proposesInto: 'defaultGroup',
    registryProjection: true,
    discovery: true,
  },
];

/** Every row of the table in order of release, from primitives only to the current one. */
export const STAGES: readonly Stage[] = released();

function released(): Stage[] {
  const rows: Stage[] = [PRIMITIVES];
  let last = PRIMITIVES;
  for (const change of CHANGES) {
    last = { ...last, also: [], refuted: false, commits: [], ...change };
    rows.push(last);
  }
  return rows;
}

/** Names of the rows, in order of release. */
export const STAGE_NAMES: readonly string[] = STAGES.map((s) => s.name);

/** A row by one of its names, or by a commit it describes (eight hex digits or more). Null if there is none. */
export function stageOf(nameOrCommit: string): Stage | null {
  const named = STAGES.find((s) => s.name === nameOrCommit || s.also.includes(nameOrCommit));
  return named ?? STAGES.find((s) => s.commits.some((c) => nameOrCommit.startsWith(c))) ?? null;
}

/** Whether a row came out before another. Both must be rows of the table. */
export function isBefore(a: Stage, b: Stage): boolean {
  return STAGES.indexOf(a) < STAGES.indexOf(b);
}
