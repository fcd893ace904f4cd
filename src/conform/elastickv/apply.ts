// Drives recorded sequences of encryption entries through one applier, and compares after every step everything a step
// can leave behind: the error, the sidecar's text, the registry, the keystore, the cache, the calls of the installer.
// Steps go on after a failure, as the recorder did, to show the state a halted replica restarts from.
import { createApplier } from '../../fsm/encryption/applier.ts';
import type { Applier } from '../../fsm/encryption/applier.ts';
import { KEK_BYTES, KekWrapper } from '../../fsm/encryption/kek.ts';
import { Keystore } from '../../fsm/encryption/keystore.ts';
import type { MemoryFiles } from '../../fsm/encryption/memory-files.ts';
import type { KeyUnwrapper, RawStore, Rotation, WrapInstaller } from '../../fsm/encryption/ports.ts';
import { StateCache } from '../../fsm/encryption/state-cache.ts';
import { decodeBootstrap, decodeRegistration } from '../../fsm/encryption/wire.ts';
import { Failure, plain } from '../../fsm/failure.ts';
import { KvStore } from '../../fsm/kv-store.ts';
import type { FullNodeId } from '../../base/ids.ts';
import { ByteReader, toHex } from '../../base/bytes.ts';
import type { CaseResult } from './case-result.ts';
import { compareJson, compareOutcome, compareText, hex } from './compare.ts';
import type { RecordedOutcome } from './compare.ts';
import { firstOf, runSections } from './sections.ts';
import { pad32 } from './pad32.ts';
import { filesWithSidecar, sidecarText } from './sidecar.ts';

interface Config {
  readonly kek: string;
  readonly kek_fail_on?: string;
  readonly keystore: boolean;
  readonly sidecar_path: boolean;
  readonly installer: string;
  readonly local_epoch: number;
  readonly raft_local_epoch: number;
  readonly now: string;
  readonly registry_get_error?: string;
  readonly registry_set_error?: string;
  readonly registry_set_error_from_step?: number;
}
interface Cache {
  readonly active_storage: number;
  readonly bootstrapped: boolean;
  readonly storage_envelope_active: boolean;
}
type Step = RecordedOutcome & {
  readonly op: string;
  readonly entry?: string;
  readonly raft_index?: string;
  readonly cache?: Cache;
  readonly keystore?: Readonly<Record<string, string>>;
  readonly installer_calls?: readonly { readonly active_raft_dek_id: number; readonly cutover_index: string }[];
  readonly registry_rows?: readonly (readonly [string, string])[];
  readonly registry_unchanged?: boolean;
  readonly sidecar?: string | null;
  readonly sidecar_unchanged?: boolean;
};
interface Sequence {
  readonly name: string;
  readonly config: Config;
  readonly initial_sidecar?: string;
  readonly construct?: RecordedOutcome;
  readonly steps?: readonly Step[];
}

const PATH = '<path>';

/** Runs every sequence of an `apply.json`. */
export function runApply(json: Readonly<Record<string, unknown>>): CaseResult[] {
  const kekHex = json['kek_hex_for_aesgcm'];
  const kek = typeof kekHex === 'string' ? hex(kekHex) : new Uint8Array(KEK_BYTES);
  return runSections(json, { sequences: (s: Sequence) => runSequence(s, kek) }, ['kek_hex_for_aesgcm']);
}

function runSequence(s: Sequence, kek: Uint8Array): string | null {
  const node = new RecordedNode(s, kek);
  const constructed = node.start();
  const problem = compareOutcome(s.construct ?? { ok: true }, constructed);
  if (problem !== null) return `construction: ${problem}`;
  for (const [i, step] of (s.steps ?? []).entries()) {
    const differs = node.step(i, step);
    if (differs !== null) return `step ${i} (${step.op}): ${differs}`;
  }
  return null;
}

/** One node as the recorder had it: files and registry survive a restart, keystore, cache and applier do not. */
class RecordedNode {
  readonly #config: Config;
  readonly #kek: KeyUnwrapper | null;
  readonly #files: MemoryFiles;
  readonly #store = new KvStore();
  #stepIndex = 0;
  #keystore = new Keystore();
  #cache = new StateCache();
  #applier: Applier | null = null;
  #installs: { active_raft_dek_id: number; cutover_index: string }[] = [];

  constructor(s: Sequence, kek: Uint8Array) {
    this.#config = s.config;
    this.#kek = unwrapperOf(s.config, kek);
    this.#files = filesWithSidecar(PATH, s.initial_sidecar ?? null);
  }

  /** A new process over what is durable. */
  start(): Failure | null {
    this.#keystore = new Keystore();
    this.#cache = new StateCache();
    const created = createApplier({
      registry: this.#registry(),
      kek: this.#kek,
      keystore: this.#config.keystore ? this.#keystore : null,
      files: this.#files,
      sidecarPath: this.#config.sidecar_path ? PATH : '',
      cache: this.#cache,
      now: () => this.#config.now,
      localEpoch: this.#config.local_epoch,
      raftLocalEpoch: this.#config.raft_local_epoch,
      installWrap: this.#installer(),
    });
    this.#applier = created instanceof Failure ? null : created;
    return created instanceof Failure ? created : null;
  }

  step(i: number, step: Step): string | null {
    this.#stepIndex = i;
    this.#installs = [];
    const before = this.#durable();
    const failed = step.op === 'restart' ? this.start() : this.#apply(step);
    const after = this.#durable();
    return firstOf(
      compareOutcome(step, failed),
      step.sidecar_unchanged === true ? compareText('sidecar', before.sidecar, after.sidecar) : null,
      step.sidecar === undefined ? null : compareText('sidecar', step.sidecar ?? '(no file)', after.sidecar),
      step.registry_unchanged === true ? compareText('registry', before.rows, after.rows) : null,
      step.registry_rows === undefined ? null : compareText('registry', rowLines(step.registry_rows), after.rows),
      step.keystore === undefined ? null : compareJson('keystore', step.keystore, this.#keys(step.keystore)),
      step.cache === undefined ? null : compareJson('cache', sorted(step.cache), this.#cached()),
      step.installer_calls === undefined
        ? null
        : compareJson('installer calls', step.installer_calls.map(sortedCall), this.#installs),
    );
  }

  #apply(step: Step): Failure | null {
    if (this.#applier === null) return plain('there is no applier');
    const body = hex(step.entry ?? '').subarray(1);
    const index = indexOf(step.raft_index);
    switch (step.op) {
      case 'registration': {
        const row = decodeRegistration(body);
        return row instanceof Failure ? row : this.#applier.applyRegistration(row);
      }
      case 'bootstrap': {
        const payload = decodeBootstrap(body);
        return payload instanceof Failure ? payload : this.#applier.applyBootstrap(index, payload);
      }
      case 'rotation':
        return this.#applier.applyRotation(index, readRotation(body));
      default:
        return plain(`unknown operation ${JSON.stringify(step.op)}`);
    }
  }

  #registry(): RawStore {
    const { registry_get_error: getError, registry_set_error: setError } = this.#config;
    const failsFrom = this.#config.registry_set_error_from_step ?? 0;
    return {
      get: (key) => (getError === undefined ? this.#store.get(key) : plain(getError)),
      set: (key, value) =>
        setError !== undefined && this.#stepIndex >= failsFrom ? plain(setError) : this.#store.set(key, value),
    };
  }

  /** Every call is recorded, one that fails too. */
  #installer(): WrapInstaller | null {
    const { installer } = this.#config;
    if (installer === 'absent') return null;
    return (cutoverIndex, dekId) => {
      this.#installs.push({ active_raft_dek_id: dekId, cutover_index: String(cutoverIndex) });
      return installer === 'fail' ? plain('installer failed') : null;
    };
  }

  #durable(): { readonly sidecar: string; readonly rows: string } {
    const rows = this.#store.rawRows().map(([key, value]) => [toHex(key), toHex(value)] as const);
    return { sidecar: sidecarText(this.#files, PATH) ?? '(no file)', rows: rowLines(rows) };
  }

  /** The keystore in the order of the recording, so that only its content is compared. */
  #keys(recorded: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const ids = this.#keystore.ids().map(String);
    const known = Object.keys(recorded).filter((id) => ids.includes(id));
    const order = [...known, ...ids.filter((id) => !known.includes(id))];
    return Object.fromEntries(order.map((id) => [id, toHex(this.#keystore.bytes(Number(id))!)]));
  }

  #cached(): Cache {
    const active = this.#cache.activeStorageDekId;
    return sorted({
      active_storage: active,
      bootstrapped: active !== 0,
      storage_envelope_active: this.#cache.storageEnvelopeActive,
    });
  }
}

/** `pad32` is the stand-in, `aesgcm` the real wrapper. */
function unwrapperOf(config: Config, kek: Uint8Array): KeyUnwrapper | null {
  if (config.kek === 'absent') return null;
  if (config.kek === 'aesgcm') return new KekWrapper(kek, 'recorded');
  return pad32(config.kek_fail_on ?? null);
}

/** Reads a rotation by layout alone: some steps hand the applier what the decoder would refuse. */
function readRotation(body: Uint8Array): Rotation {
  const r = new ByteReader(body, 1);
  const [subTag, dekId, purpose] = [r.u8(), r.u32(), r.u8()];
  const wrapped = r.bytes(r.u32());
  const proposer = { dekId: r.u32(), fullNodeId: r.u64() as FullNodeId, localEpoch: r.u16() };
  return { subTag, dekId, purpose, wrapped, proposer };
}

function indexOf(recorded: string | undefined): number {
  const index = Number(recorded ?? '0');
  if (!Number.isSafeInteger(index)) throw new RangeError(`raft index ${recorded} exceeds what any log can hold`);
  return index;
}

function rowLines(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([key, value]) => `${key} ${value}`).join('\n');
}

function sorted(cache: Cache): Cache {
  const { active_storage, bootstrapped, storage_envelope_active } = cache;
  return { active_storage, bootstrapped, storage_envelope_active };
}

function sortedCall(call: { readonly active_raft_dek_id: number; readonly cutover_index: string }): unknown {
  return { active_raft_dek_id: call.active_raft_dek_id, cutover_index: call.cutover_index };
}
