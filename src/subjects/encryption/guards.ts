// The start-up guards of one process over its simulated disk: what production runs before it opens a group, and once more
// when every replica has replayed its log. The guards themselves are the admin layer's; here is only what they look at.
import type { FullNodeId } from '../../base/ids.ts';
import { isProposal, proposalPayload } from '../../fsm/index.ts';
import type { KvStore } from '../../fsm/index.ts';
import { Failure, plain } from '../../fsm/failure.ts';
import { Opcode } from '../../fsm/opcodes.ts';
import { readSnapshotHeader, registryKey } from '../../fsm/encryption/index.ts';
import { GuardRefusal, deriveNodeId, isSidecarRelevant, startAfterReplay, startBeforeOpen } from '../../admin/index.ts';
import { fromFailure } from '../../admin/guard-refusals.ts';
import { guardSidecarBehindRaftLog } from '../../admin/startup-log.ts';
import { sidecarFile } from '../../admin/sidecar-file.ts';
import type { RegistryReader, StartInput, StartPlan } from '../../admin/index.ts';
import type { GroupPort, ProcessPort } from '../../scenario/program.ts';
import type { ProcessKeys } from './process-keys.ts';
import { storeOf } from './replica.ts';
import type { Replica } from './replica.ts';
import type { Wrong } from './wrong.ts';

/** Runs the guards a release has. Every refusal is the text the process exits with. */
export class StartupGuards {
  readonly #port: ProcessPort;
  readonly #keys: ProcessKeys;
  readonly #wrong: ReadonlySet<Wrong>;
  #plan: StartPlan | null = null;

  constructor(port: ProcessPort, keys: ProcessKeys, wrong: ReadonlySet<Wrong>) {
    this.#port = port;
    this.#keys = keys;
    this.#wrong = wrong;
  }

  /** Guards 1 to 11; what they decided is pinned in the process's keys. */
  beforeOpen(): string | null {
    const plan = startBeforeOpen(this.#input(), {
      snapshotCutover: () => snapshotCutover(this.#port.groups[0]),
      members: () =>
        this.#port.groups
          .flatMap((group) => [...group.members().voters, ...group.members().learners])
          .map((name) => deriveNodeId(name))
          .map((id) => (this.#wrong.has('other-narrowing') ? upperHalf(id) : id)),
      registry: () => this.#defaultRegistry(),
    });
    if (plan instanceof GuardRefusal) return plan.text;
    this.#plan = plan;
    this.#keys.adopt(plan);
    return null;
  }

  /** Guards 13 to 17. */
  afterReplay(groups: readonly GroupPort[], replicas: ReadonlyMap<string, Replica>): string | null {
    const first = groups[0];
    const replica = first === undefined ? undefined : replicas.get(first.name);
    if (first === undefined || replica === undefined || this.#plan === null) return null;
    const refusal = startAfterReplay(this.#input(), this.#plan, {
      registry: registryOf(replica.store),
      appliedIndex: BigInt(first.appliedIndex()),
      scan: (after, upTo) => scanLog(first, after, upTo, this.#wrong),
      restoredCutover: BigInt(replica.fsm.restoredCutover),
    });
    return refusal?.text ?? this.#judgeUnindexed(first);
  }

  /** What a gap guard that knows no sidecar without an index would say. */
  #judgeUnindexed(group: GroupPort): string | null {
    if (!this.#wrong.has('unindexed-is-behind')) return null;
    const sidecar = sidecarFile(this.#keys.files, this.#keys.flags.sidecarPath ?? '').read();
    if (sidecar instanceof Failure || sidecar.appliedIndex !== 0n) return null;
    const refusal = guardSidecarBehindRaftLog(0n, BigInt(group.appliedIndex()), (after, upTo) =>
      scanLog(group, after, upTo, this.#wrong),
    );
    return refusal?.text ?? null;
  }

  #input(): StartInput {
    const { flags, stage, me, keystore } = this.#keys;
    const { groups } = this.#port;
    return {
      encryptionEnabled: flags.encryptionEnabled,
      kekFile: flags.kekFile,
      sidecarPath: flags.sidecarPath,
      files: this.#keys.files,
      fullNodeId: me,
      defaultGroup: groups[0]?.id ?? 1,
      groupCount: groups.length,
      keystore,
      build: stage,
    };
  }

  #defaultRegistry(): RegistryReader {
    const group = this.#port.groups[0];
    return group === undefined ? { row: () => null } : registryOf(storeOf(this.#port, group.name));
  }
}

/** An id by its upper bits: members that narrow to one key by the lower ones look apart. */
function upperHalf(id: FullNodeId): FullNodeId {
  return String(BigInt(id) >> 32n) as FullNodeId;
}

/** The raft cutover in the header of the newest snapshot a group has on disk; a file without a header has none. */
function snapshotCutover(group: GroupPort | undefined): bigint | GuardRefusal {
  const bytes = group?.snapshot?.() ?? null;
  if (bytes === null) return 0n;
  const header = readSnapshotHeader(bytes);
  return header instanceof Failure
    ? fromFailure(header, 'encryption startup guard: read restored snapshot header')
    : BigInt(header.cutover);
}

/** The writer registry in a group's store. */
export function registryOf(store: KvStore): RegistryReader {
  return { row: (dekId, nodeId16) => store.get(registryKey(dekId, nodeId16)) };
}

/** Whether the log holds an entry in (after, upTo] that changes the sidecar; raft envelopes are not opened. */
function scanLog(group: GroupPort, after: bigint, upTo: bigint, wrong: ReadonlySet<Wrong>): boolean | Failure {
  const first = Number(after) + 1;
  if (first < group.firstIndex()) {
    const range = `[${first}, ${Number(upTo) + 1})`;
    const why = 'requested index is unavailable due to compaction';
    return plain(`encryption scanner: read raft entries ${range} from MemoryStorage: ${why}`);
  }
  for (let index = first; index <= Number(upTo); index++) {
    const data = group.entry(index);
    if (data === null || !isProposal(data)) continue;
    const opcode = wrong.has('scanner-at-data-0') ? data[0] : proposalPayload(data)[0];
    if (opcode === undefined) continue;
    if (isSidecarRelevant(opcode)) return true;
    if (opcode === Opcode.Registration && wrong.has('scanner-sees-registrations')) return true;
  }
  return false;
}
