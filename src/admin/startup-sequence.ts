// The start of a process, guard by guard, in the order production runs them. The order carries meaning: the cutover is
// compared before an epoch is spent, the KEK is named before a symptom of its absence, and the epoch is bumped before
// any store opens, because replay writes. The bump is durable at once: a later guard that refuses does not give it back.
// A build names the guards it has by number, so that an older one starts where a newer one would not.
import type { FullNodeId } from '../base/ids.ts';
import type { Files } from '../fsm/encryption/files.ts';
import { KekWrapper, loadKek } from '../fsm/encryption/kek.ts';
import type { Keystore } from '../fsm/encryption/keystore.ts';
import type { KeyUnwrapper } from '../fsm/encryption/ports.ts';
import { bumpLocalEpoch } from '../fsm/encryption/sidecar.ts';
import { Failure } from '../fsm/failure.ts';
import { GuardRefusal, fromFailure, refusePlain } from './guard-refusals.ts';
import type { RegistryReader, SidecarReader, SidecarState } from './ports.ts';
import { sidecarFile } from './sidecar-file.ts';
import type { Stage } from './stages.ts';
import {
  checkEpochAfterReplay,
  checkEpochBeforeBump,
  checkMemberCollision,
  checkRaftEpoch,
  checkStartRegistration,
} from './startup-epochs.ts';
import { checkStartupGuards, existingSidecar, probeSidecarFilesystem } from './startup-guards.ts';
import { checkCutoverDivergence, checkSidecarGap } from './startup-log.ts';
import type { RelevantScan } from './startup-log.ts';

const REFUSED = 'encryption startup guards refused process start';

/** What a process is started with, and the disk it is started on. */
export interface StartInput {
  readonly encryptionEnabled: boolean;
  readonly kekFile: string | null;
  readonly sidecarPath: string | null;
  readonly files: Files;
  readonly fullNodeId: FullNodeId;
  readonly defaultGroup: number;
  readonly groupCount: number;
  readonly keystore: Keystore;
  /** The build's row: which guards it has and what it does with a recorded cutover. */
  readonly build: Pick<Stage, 'guards' | 'activeCutover' | 'storageCipher'>;
  /** Replaces the KEK file's wrapper; recorded cases bring their own. */
  readonly unwrapper?: KeyUnwrapper;
}

/** What is on disk beside the sidecar, before anything is opened. */
export interface DiskView {
  /** Raft cutover in the header of the default group's newest snapshot, 0 if there is none. */
  snapshotCutover(): bigint | GuardRefusal;
  /** Members of all groups: persisted peers, else the bootstrap list. */
  members(): readonly FullNodeId[] | GuardRefusal;
  /** The default group's writer registry as stored. */
  registry(): RegistryReader | GuardRefusal;
}

/** What a start that may go on has decided. */
export interface StartPlan {
  /** Null without `--kekFile`. */
  readonly kek: KeyUnwrapper | null;
  /** The wrapper behind `kek` when it came from the file: rotations wrap with it. */
  readonly kekFile: KekWrapper | null;
  /** True under the triple condition: cipher and nonce factories are wired. */
  readonly cipherWired: boolean;
  /** Epochs this process pins, 0 where nothing was bumped. */
  readonly storageEpoch: number;
  readonly raftEpoch: number;
  /** The cutover the sidecar records, 0 if none. */
  readonly raftCutoverIndex: bigint;
}

/** What the default group's replica knows once it has replayed its log. */
export interface ReplayedView {
  readonly registry: RegistryReader;
  readonly appliedIndex: bigint;
  readonly scan: RelevantScan | null;
  /** Raft cutover in the snapshot the state machine was restored from, 0 if none. */
  readonly restoredCutover: bigint;
}

/** Guards 1 to 11, the epoch bumps included. @source admin.md §10 */
export function startBeforeOpen(input: StartInput, disk: DiskView): StartPlan | GuardRefusal {
  const sidecar = input.sidecarPath === null ? null : sidecarFile(input.files, input.sidecarPath);
  const active = input.encryptionEnabled ? sidecar : null;
  const diverged = has(input, 1) && active !== null ? divergence(input, active, disk.snapshotCutover()) : null;
  if (diverged !== null) return diverged;
  const kek = has(input, 2) && input.kekFile !== null ? kekOf(input, input.kekFile) : null;
  if (kek instanceof GuardRefusal) return kek;
  const refusal = (has(input, 3) ? flagGuards(input, sidecar, kek) : null) ?? membershipGuards(input, active, disk);
  if (refusal !== null) return refusal;
  return writeWiring(input, active, kek);
}

/** Guards 13 to 17, once every group has replayed its log. @source admin.md §10 */
export function startAfterReplay(input: StartInput, plan: StartPlan, replayed: ReplayedView): GuardRefusal | null {
  if (!input.encryptionEnabled || input.sidecarPath === null) return null;
  const reader = sidecarFile(input.files, input.sidecarPath);
  const sidecar = existingSidecar(reader);
  if (sidecar instanceof GuardRefusal) return sidecar;
  if (sidecar === null) return null;
  const { registry, appliedIndex, scan, restoredCutover } = replayed;
  const me = input.fullNodeId;
  return (
    (has(input, 13) ? checkEpochAfterReplay(registry, me, sidecar) : null) ??
    (has(input, 14) ? checkSidecarGap(reader, sidecar, input.defaultGroup, appliedIndex, scan) : null) ??
    (has(input, 15) ? checkCutoverDivergence(restoredCutover, sidecar, input.defaultGroup) : null) ??
    (has(input, 16) && plan.cipherWired ? checkRaftEpoch(registry, me, sidecar, plan.raftEpoch) : null) ??
    (has(input, 17) && plan.cipherWired ? checkStartRegistration(registry, me, sidecar, plan.storageEpoch) : null)
  );
}

/** Guard 12's words for an engine that does not come up. */
export function engineRefusal(group: number, why: string): GuardRefusal {
  return refusePlain(`failed to start raft group ${group}: ${why}`);
}

function has(input: StartInput, guard: number): boolean {
  return input.build.guards.includes(guard);
}

function divergence(input: StartInput, reader: SidecarReader, header: bigint | GuardRefusal): GuardRefusal | null {
  const sidecar = existingSidecar(reader);
  if (sidecar instanceof GuardRefusal) return sidecar;
  return header instanceof GuardRefusal ? header : checkCutoverDivergence(header, sidecar, input.defaultGroup);
}

function kekOf(input: StartInput, path: string): KeyUnwrapper | GuardRefusal {
  if (input.unwrapper !== undefined) return input.unwrapper;
  const loaded = loadKek(input.files, path);
  return loaded instanceof Failure ? fromFailure(loaded, `failed to load KEK from ${path}`) : loaded;
}

function flagGuards(input: StartInput, sidecar: SidecarReader | null, kek: KeyUnwrapper | null): GuardRefusal | null {
  const refusal = checkStartupGuards({
    encryptionEnabled: input.encryptionEnabled,
    kekConfigured: input.kekFile !== null,
    kek,
    sidecar,
    probe: () => (sidecar === null ? null : probeSidecarFilesystem(input.files, sidecar.path)),
    withEpochAndProbe: has(input, 7),
  });
  return refusal?.within(REFUSED) ?? null;
}

/** Guards 9 and 10: nothing to ask before the first bootstrap. */
function membershipGuards(input: StartInput, reader: SidecarReader | null, disk: DiskView): GuardRefusal | null {
  if (reader === null || !(has(input, 9) || has(input, 10))) return null;
  const sidecar = existingSidecar(reader);
  if (sidecar instanceof GuardRefusal) return sidecar;
  if (sidecar === null || sidecar.activeStorage === 0) return null;
  if (has(input, 9)) {
    const members = disk.members();
    const clash = members instanceof GuardRefusal ? members : checkMemberCollision(members);
    if (clash !== null) return clash;
  }
  if (!has(input, 10)) return null;
  const registry = disk.registry();
  return registry instanceof GuardRefusal ? registry : checkEpochBeforeBump(registry, input.fullNodeId, sidecar);
}

/** Guard 11: the write path, under the triple condition. */
function writeWiring(
  input: StartInput,
  reader: SidecarReader | null,
  kek: KeyUnwrapper | null,
): StartPlan | GuardRefusal {
  const kekFile = kek instanceof KekWrapper ? kek : null;
  const idle = { kek, kekFile, cipherWired: false, storageEpoch: 0, raftEpoch: 0, raftCutoverIndex: 0n };
  if (reader === null || kek === null || !input.build.storageCipher) return idle;
  const sidecar = existingSidecar(reader);
  if (sidecar instanceof GuardRefusal) return sidecar;
  const wired = { ...idle, cipherWired: true };
  if (sidecar === null) return wired;
  const refused = cutoverScope(input, sidecar);
  if (refused !== null) return refused;
  const wraps = input.build.activeCutover === 'wrapped' && sidecar.raftCutoverIndex !== 0n;
  const storageEpoch = spendEpoch(input, reader.path, sidecar, kek, 'storage');
  if (storageEpoch instanceof GuardRefusal) return storageEpoch;
  const raftEpoch = wraps ? spendEpoch(input, reader.path, sidecar, kek, 'raft') : 0;
  if (raftEpoch instanceof GuardRefusal) return raftEpoch;
  return { ...wired, storageEpoch, raftEpoch, raftCutoverIndex: wraps ? sidecar.raftCutoverIndex : 0n };
}

function cutoverScope(input: StartInput, sidecar: SidecarState): GuardRefusal | null {
  if (sidecar.raftCutoverIndex === 0n || input.build.activeCutover === 'ignored') return null;
  if (input.build.activeCutover === 'refused') {
    return refusePlain('encryption: active raft envelope sidecar requires a build that wraps and unwraps');
  }
  if (sidecar.activeRaft === 0) return refusePlain('encryption: active raft envelope sidecar requires active raft DEK');
  if (input.groupCount === 1) return null;
  return refusePlain(
    'encryption: active raft envelope sidecar requires exactly one shard group until per-group raft cutover indexes ' +
      `are implemented (got ${input.groupCount})`,
  );
}

/** Loads every key the sidecar holds, then raises the active one's epoch on disk. */
function spendEpoch(
  input: StartInput,
  path: string,
  sidecar: SidecarState,
  kek: KeyUnwrapper,
  slot: 'storage' | 'raft',
): number | GuardRefusal {
  const dekId = slot === 'storage' ? sidecar.activeStorage : sidecar.activeRaft;
  if (dekId === 0) return 0;
  const unloaded = hydrate(input.keystore, kek, sidecar);
  if (unloaded !== null) return unloaded.within(`prepare ${slot} nonce epoch: hydrate keystore`);
  const epoch = bumpLocalEpoch(input.files, path, dekId);
  return epoch instanceof Failure ? fromFailure(epoch, `prepare ${slot} nonce epoch: bump local_epoch`) : epoch;
}

/** Old values need retired keys too: the log that installed them may be compacted away. */
function hydrate(keystore: Keystore, kek: KeyUnwrapper, sidecar: SidecarState): GuardRefusal | null {
  const what = 'encryption: HydrateKeystoreFromSidecar';
  for (const key of sidecar.keys) {
    const dek = kek.unwrap(key.wrapped);
    if (dek instanceof Failure) return fromFailure(dek, `${what}: kek-unwrap key_id ${key.id}`);
    const refused = keystore.set(key.id, dek);
    if (refused !== null) return fromFailure(refused, `${what}: keystore set key_id ${key.id}`);
  }
  return null;
}
