// Drives recorded lives of a whole process: start-up guards, epoch bumps, opening and replay, the guards behind the
// replay, proposals raw or through the wrap, and the next start over what all of that left on disk. Group 1 is the
// default group.
import { GuardRefusal } from '../../admin/guard-refusals.ts';
import { deriveNodeId } from '../../admin/node-id.ts';
import type { RegistryReader } from '../../admin/ports.ts';
import { stageOf } from '../../admin/stages.ts';
import { isSidecarRelevant } from '../../admin/startup-log.ts';
import { engineRefusal, startAfterReplay, startBeforeOpen } from '../../admin/startup-sequence.ts';
import type { StartInput, StartPlan } from '../../admin/startup-sequence.ts';
import { InputError } from '../../base/errors.ts';
import { equalBytes } from '../../base/bytes.ts';
import {
  Cipher,
  DISPATCH,
  Failure,
  Hlc,
  Keystore,
  KvFsm,
  MemoryFiles,
  NonceFactory,
  StateCache,
  WrapRuntime,
  createApplier,
  decodeRegistryRow,
  encodeKvPayload,
  nodeId16,
  put,
  raftCutoverScope,
  rawRequest,
  readSidecar,
  readSnapshotHeader,
  registryKey,
} from '../../fsm/index.ts';
import type { Sidecar } from '../../fsm/index.ts';
import type { CaseResult } from './case-result.ts';
import { compareErrorText, compareJson, hex } from './compare.ts';
import { OneVoterDisk, OneVoterEngine } from './one-voter.ts';
import { pad32 } from './pad32.ts';
import { firstOf, runSections } from './sections.ts';

interface SidecarDigest {
  readonly active_raft: number;
  readonly active_storage: number;
  readonly local_epochs: Readonly<Record<string, number>>;
  readonly raft_applied_index: number;
  readonly raft_cutover: boolean;
  readonly storage_envelope_active: boolean;
}
interface Step {
  readonly start?: string;
  readonly propose?: string;
  readonly check?: string;
  readonly ok?: boolean;
  readonly error?: string;
  readonly storage_epoch?: number;
  readonly raft_epoch?: number;
  readonly registry_last_seen_active_storage?: number;
  readonly sidecar?: SidecarDigest | null;
  readonly group?: number;
  readonly payload?: string;
  readonly via_wrap?: boolean;
  readonly engine_cutover_is_inert?: boolean;
}
interface Case {
  readonly groups: number;
  readonly steps: readonly Step[];
}

const PATH = '<dir>/enc/keys.json';
const NODE = deriveNodeId('n1');
const DEFAULT_GROUP = 1;
/** The stage the recordings were made at. */
const STAGE = 'HEAD';

/** Runs every case of a `restart.json`. */
export function runRestart(json: Readonly<Record<string, unknown>>): CaseResult[] {
  return runSections(json, { cases: (c: Case) => runCase(c) });
}

function runCase(c: Case): string | null {
  const node = new RecordedNode(c.groups);
  for (const [i, step] of c.steps.entries()) {
    const problem = node.step(step);
    if (problem !== null) return `step ${i} (${step.start ?? step.propose ?? step.check}): ${problem}`;
  }
  return null;
}

/** One process load: what it pinned, and its open engines by group. */
interface Load {
  readonly plan: StartPlan;
  readonly runtime: WrapRuntime;
  readonly engines: readonly OneVoterEngine[];
}

/** The node: its disks last, a load does not. */
class RecordedNode {
  readonly #files = new MemoryFiles();
  readonly #disks: readonly OneVoterDisk[];
  readonly #groups: number;
  #load: Load | null = null;
  #snapshotEvery = 0;

  constructor(groups: number) {
    this.#groups = groups;
    this.#disks = Array.from({ length: groups }, () => new OneVoterDisk());
  }

  step(step: Step): string | null {
    if (step.start !== undefined) return this.#start(step, step.start);
    if (step.check !== undefined) return this.#check(step);
    if (step.payload !== undefined) return this.#propose(step, hex(step.payload));
    if (step.propose !== undefined) return this.#writeMany(step.propose);
    return 'nobody knows what to do in this step';
  }

  #start(step: Step, words: string): string | null {
    const every = /snapshot every (\d+) entries/.exec(words);
    if (every !== null) this.#snapshotEvery = Number(every[1]);
    if (words.includes('sidecar file was lost')) this.#files.remove(PATH);
    const started = this.#open();
    this.#load = started instanceof GuardRefusal ? null : started;
    return firstOf(
      compareJson('starts', step.ok, !(started instanceof GuardRefusal)),
      compareErrorText(step.error ?? '', started instanceof GuardRefusal ? started.text : ''),
      this.#compareEpochs(step),
      this.#compareSidecar(step),
    );
  }

  #compareEpochs(step: Step): string | null {
    if (this.#load === null) return null;
    const { storageEpoch, raftEpoch } = this.#load.plan;
    const seen = step.registry_last_seen_active_storage;
    return firstOf(
      compareJson('epochs', [step.storage_epoch, step.raft_epoch], [storageEpoch, raftEpoch]),
      seen === undefined ? null : compareJson('last seen epoch', seen, this.#lastSeen()),
    );
  }

  #input(keystore: Keystore): StartInput {
    return {
      encryptionEnabled: true,
      kekFile: '<dir>/kek',
      sidecarPath: PATH,
      files: this.#files,
      fullNodeId: NODE,
      defaultGroup: DEFAULT_GROUP,
      groupCount: this.#groups,
      keystore,
      build: build(),
      unwrapper: pad32(),
    };
  }

  #open(): Load | GuardRefusal {
    const keystore = new Keystore();
    const input = this.#input(keystore);
    const plan = startBeforeOpen(input, {
      snapshotCutover: () => this.#snapshotCutover(),
      members: () => [NODE],
      registry: () => this.#registry(),
    });
    if (plan instanceof GuardRefusal) return plan;
    const cipher = new Cipher(keystore);
    const nonces = new NonceFactory(nodeId16(NODE), plan.raftEpoch);
    const runtime = new WrapRuntime({ cipher, nonces, fullNodeId: NODE, raftEpoch: plan.raftEpoch });
    const sidecar = this.#sidecar();
    if (plan.raftCutoverIndex !== 0n) runtime.publish(Number(plan.raftCutoverIndex), sidecar?.active.raft ?? 0);
    const opened = this.#openGroups(plan, keystore, runtime);
    if (opened instanceof GuardRefusal) return opened;
    const first = opened[0]!;
    const refusal = startAfterReplay(input, plan, {
      registry: this.#registry(),
      appliedIndex: BigInt(first.applied),
      restoredCutover: BigInt(first.restoredCutover),
      scan(after, upTo) {
        const opcodes = first.opcodes(Number(after), Number(upTo));
        return opcodes instanceof Failure ? opcodes : opcodes.some(isSidecarRelevant);
      },
    });
    if (refusal !== null) return refusal;
    for (const engine of opened) engine.lead();
    return { plan, runtime, engines: opened };
  }

  #openGroups(plan: StartPlan, keystore: Keystore, runtime: WrapRuntime): OneVoterEngine[] | GuardRefusal {
    const cache = new StateCache();
    const engines: OneVoterEngine[] = [];
    const hlc = new Hlc();
    for (const [i, disk] of this.#disks.entries()) {
      const applier = createApplier({
        registry: disk.store,
        kek: plan.kek,
        keystore,
        files: this.#files,
        sidecarPath: PATH,
        cache,
        now: () => '2026-01-02T03:04:05Z',
        localEpoch: plan.storageEpoch,
        raftLocalEpoch: plan.raftEpoch,
        installWrap(cutoverIndex, dekId) {
          runtime.publish(cutoverIndex, dekId);
          return null;
        },
      });
      if (applier instanceof Failure) return engineRefusal(i + 1, applier.text);
      disk.store.reopen({
        cipher: new Cipher(keystore),
        nonces: new NonceFactory(nodeId16(NODE), plan.storageEpoch),
        activeDekId: () => cache.activeStorageDekId,
        envelopeActive: () => cache.storageEnvelopeActive,
        registered: () => cache.registered,
      });
      const cutoverSource = (): string => String(this.#sidecar()?.raftEnvelopeCutoverIndex ?? 0n);
      const fsm = new KvFsm({ store: disk.store, hlc, dispatch: DISPATCH.raftCutover, applier, cutoverSource });
      const parts = {
        fsm,
        cutover: () => runtime.cutoverIndex,
        unwrapper: runtime,
        snapshotEvery: this.#snapshotEvery,
      };
      const engine = OneVoterEngine.open(disk, parts);
      if (engine instanceof Failure) return engineRefusal(i + 1, engine.text);
      engines.push(engine);
    }
    return engines;
  }

  #propose(step: Step, payload: Uint8Array): string | null {
    if (this.#load === null) return 'there is no process';
    const { runtime, engines } = this.#load;
    const engine = engines[(step.group ?? DEFAULT_GROUP) - 1];
    if (engine === undefined) return `there is no group ${step.group}`;
    const error = step.via_wrap === true ? wrapAndPropose(runtime, engine, payload) : rawPropose(engine, payload);
    return firstOf(
      compareJson('ok', step.ok, error === ''),
      compareErrorText(step.error ?? '', error),
      this.#compareSidecar(step),
    );
  }

  /** "300 kv puts …": as many writes as the words say. */
  #writeMany(words: string): string | null {
    const count = /^(\d+) kv puts/.exec(words);
    const engine = this.#load?.engines[0];
    if (count === null || engine === undefined) return 'nobody knows what to propose in this step';
    for (let i = 1; i <= Number(count[1]); i++) {
      const outcome = engine.propose(encodeKvPayload([rawRequest([put(Uint8Array.of(i), Uint8Array.of(i))], 1, i)])!);
      if (!outcome.ok) return outcome.error;
    }
    return null;
  }

  #check(step: Step): string | null {
    if (step.engine_cutover_is_inert !== undefined) {
      return compareJson('inert cutover', step.engine_cutover_is_inert, this.#load?.runtime.cutoverIndex === 0);
    }
    if (step.check !== 'ValidateCutoverScope') return `unknown check ${JSON.stringify(step.check)}`;
    return compareErrorText(step.error ?? '', raftCutoverScope(this.#groups) ?? '');
  }

  #compareSidecar(step: Step): string | null {
    if (step.sidecar === undefined) return null;
    const sidecar = this.#sidecar();
    return compareJson('sidecar', ordered(step.sidecar), sidecar === null ? null : digestOf(sidecar));
  }

  #sidecar(): Sidecar | null {
    const sidecar = readSidecar(this.#files, PATH);
    return sidecar instanceof Failure ? null : sidecar;
  }

  #registry(): RegistryReader {
    return { row: (dekId, narrow) => this.#disks[0]!.store.get(registryKey(dekId, narrow)) };
  }

  #lastSeen(): number | null {
    const row = this.#registry().row(this.#sidecar()?.active.storage ?? 0, nodeId16(NODE));
    const decoded = row === null || row instanceof Failure ? row : decodeRegistryRow(row);
    return decoded === null || decoded instanceof Failure ? null : decoded.lastSeenLocalEpoch;
  }

  #snapshotCutover(): bigint {
    const { snapshot } = this.#disks[0]!;
    const header = snapshot === null ? null : readSnapshotHeader(snapshot.bytes);
    if (header instanceof Failure) throw new InputError('CNF001', `our own snapshot is refused: ${header.text}`);
    return BigInt(header?.cutover ?? '0');
  }
}

function build(): StartInput['build'] {
  const stage = stageOf(STAGE);
  if (stage === null) throw new InputError('CNF001', `there is no stage ${STAGE}`);
  return stage;
}

function rawPropose(engine: OneVoterEngine, payload: Uint8Array): string {
  const outcome = engine.propose(payload);
  return outcome.ok ? '' : outcome.error;
}

/** Through the group's proposer: wrapped, and a committed registration of its own opens the wrap for everything else. */
function wrapAndPropose(runtime: WrapRuntime, engine: OneVoterEngine, payload: Uint8Array): string {
  const wrapped = runtime.wrap(payload);
  if (wrapped instanceof Failure) return `kv: raft payload wrap: ${wrapped.text}`;
  const own = runtime.cutoverIndex !== 0 && equalBytes(payload, runtime.ownRegistration());
  const outcome = engine.propose(wrapped);
  if (!outcome.ok) return `kv: dynamic wrapped propose${own ? '-admin' : ''}: ${outcome.error}`;
  if (own) runtime.markRegistered(runtime.raftDekId);
  return '';
}

function digestOf(sidecar: Sidecar): SidecarDigest {
  const keys = [...(sidecar.keys ?? [])].sort(([a], [b]) => Number(a) - Number(b));
  return {
    active_raft: sidecar.active.raft,
    active_storage: sidecar.active.storage,
    local_epochs: Object.fromEntries(keys.map(([id, key]) => [id, key.localEpoch])),
    raft_applied_index: Number(sidecar.raftAppliedIndex),
    raft_cutover: sidecar.raftEnvelopeCutoverIndex !== 0n,
    storage_envelope_active: sidecar.storageEnvelopeActive,
  };
}

/** The recorded digest with its members in our order. */
function ordered(d: SidecarDigest | null): SidecarDigest | null {
  if (d === null) return null;
  const { active_raft, active_storage, local_epochs, raft_applied_index, raft_cutover, storage_envelope_active } = d;
  return { active_raft, active_storage, local_epochs, raft_applied_index, raft_cutover, storage_envelope_active };
}
