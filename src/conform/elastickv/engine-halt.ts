// Drives recorded lives of one engine: what a proposal does to the applied index, which ones stop the engine, what every
// later call on it answers, and what opening it again comes to, with the same parts or with others.
import { isSidecarRelevant } from '../../admin/startup-log.ts';
import type { FullNodeId } from '../../base/ids.ts';
import { Cipher } from '../../fsm/encryption/cipher.ts';
import { MemoryFiles } from '../../fsm/encryption/memory-files.ts';
import { NonceFactory } from '../../fsm/encryption/nonce-factory.ts';
import { StateCache } from '../../fsm/encryption/state-cache.ts';
import { readSidecar } from '../../fsm/encryption/sidecar.ts';
import { WrapRuntime } from '../../fsm/encryption/wrap-runtime.ts';
import { DISPATCH, Failure, Hlc, Keystore, KvFsm, createApplier, decodeRequest } from '../../fsm/index.ts';
import type { Applier } from '../../fsm/index.ts';
import type { CaseResult } from './case-result.ts';
import { compareErrorText, compareJson, hex } from './compare.ts';
import { OneVoterDisk, OneVoterEngine } from './one-voter.ts';
import { pad32 } from './pad32.ts';
import { firstOf, runSections } from './sections.ts';

interface Step {
  readonly open?: string;
  readonly propose?: string;
  readonly scan?: string;
  readonly ok?: boolean;
  readonly error?: string;
  readonly state?: string;
  readonly applied_index?: number;
  readonly durable_applied_index?: number;
  readonly durable_present?: boolean;
  readonly entry?: string;
  readonly applied_delta?: number;
  readonly applied_advanced?: boolean;
  readonly response_error?: string;
  readonly engine_err?: string;
  readonly state_after?: string;
  readonly linearizable_read_ok?: boolean;
  readonly linearizable_read_error?: string;
  readonly value_readable?: boolean;
  readonly hit?: boolean;
}

const PATH = '<dir>/keys.json';
const NODE = '77' as FullNodeId;

/** Runs every case of an `engine-halt.json`. */
export function runEngineHalt(json: Readonly<Record<string, unknown>>): CaseResult[] {
  return runSections(json, { cases: (c: { readonly steps: readonly Step[] }) => runCase(c.steps) });
}

function runCase(steps: readonly Step[]): string | null {
  const life = new RecordedLife();
  for (const [i, step] of steps.entries()) {
    const problem = life.step(step);
    if (problem !== null) return `step ${i} (${step.open ?? step.propose ?? step.scan}): ${problem}`;
  }
  return null;
}

/** Disk and files last; everything else is the current process's. */
class RecordedLife {
  readonly #files = new MemoryFiles();
  #disk = new OneVoterDisk();
  #engine: OneVoterEngine | null = null;
  #keystore = new Keystore();
  #withApplier = false;
  #withCipher = false;
  #lastEntry = 0;

  step(step: Step): string | null {
    if (step.open !== undefined) return this.#open(step, step.open);
    if (step.propose !== undefined) return this.#propose(step);
    if (step.scan !== undefined) return this.#scan(step);
    return 'nobody knows what to do in this step';
  }

  /** What is wired stands in words; a step that does not say keeps what was wired before. */
  #open(step: Step, words: string): string | null {
    if (words.includes('fresh')) this.#disk = new OneVoterDisk();
    if (words.includes('applier')) this.#withApplier = !words.includes('no applier');
    if (words.includes('cipher')) this.#withCipher = !words.includes('no cipher');
    const opened = this.#start();
    this.#engine = opened instanceof OneVoterEngine ? opened : null;
    if (opened instanceof Failure) {
      return firstOf(compareJson('opens', step.ok, false), compareErrorText(step.error ?? '', opened.text));
    }
    const durable = this.#disk.store.durableAppliedIndex;
    opened.lead();
    return firstOf(
      compareJson('opens', step.ok, true),
      compareJson('state', step.state, opened.state),
      compareJson('applied index', step.applied_index, opened.applied),
      compareJson('durable index', [step.durable_applied_index, step.durable_present], [durable, durable !== 0]),
    );
  }

  #start(): OneVoterEngine | Failure {
    this.#keystore = new Keystore();
    const runtime = new WrapRuntime({
      cipher: new Cipher(this.#keystore),
      nonces: new NonceFactory(0, 0),
      fullNodeId: NODE,
      raftEpoch: 0,
    });
    const sidecar = readSidecar(this.#files, PATH);
    if (this.#withCipher && !(sidecar instanceof Failure)) {
      runtime.publish(Number(sidecar.raftEnvelopeCutoverIndex), sidecar.active.raft);
      for (const [id, key] of [...(sidecar.keys ?? [])].sort(([a], [b]) => Number(a) - Number(b))) {
        const dek = pad32().unwrap(key.wrapped ?? new Uint8Array(0));
        if (!(dek instanceof Failure)) this.#keystore.set(Number(id), dek);
      }
    }
    const applier = this.#withApplier ? this.#applier(runtime) : null;
    if (applier instanceof Failure) return applier;
    const { store } = this.#disk;
    const fsm = new KvFsm({ store, hlc: new Hlc(), dispatch: DISPATCH.raftCutover, applier, cutoverSource: null });
    return OneVoterEngine.open(this.#disk, {
      fsm,
      cutover: () => runtime.cutoverIndex,
      unwrapper: this.#withCipher ? runtime : null,
      snapshotEvery: 0,
    });
  }

  #applier(runtime: WrapRuntime): Applier | Failure {
    return createApplier({
      registry: this.#disk.store,
      kek: pad32(),
      keystore: this.#keystore,
      files: this.#files,
      sidecarPath: PATH,
      cache: new StateCache(),
      now: () => '2026-01-02T03:04:05Z',
      localEpoch: 0,
      raftLocalEpoch: 0,
      installWrap: this.#withCipher
        ? (cutoverIndex, dekId) => {
            runtime.publish(cutoverIndex, dekId);
            return null;
          }
        : null,
    });
  }

  #propose(step: Step): string | null {
    const engine = this.#engine;
    if (engine === null) return 'there is no engine';
    const before = engine.applied;
    const payload = hex(step.entry ?? '');
    const outcome = engine.propose(payload);
    const delta = engine.applied - before;
    if (outcome.ok) this.#lastEntry = outcome.index;
    const read = engine.error;
    return firstOf(
      compareJson('ok', step.ok, outcome.ok),
      compareErrorText(step.error ?? '', outcome.ok ? '' : outcome.error),
      compareErrorText(step.response_error ?? '', outcome.ok ? (outcome.responseError ?? '') : ''),
      compareErrorText(step.engine_err ?? '', engine.error ?? ''),
      compareJson('applied', [step.applied_delta, step.applied_advanced], [delta, delta > 0]),
      compareJson('state', step.state_after, engine.state),
      compareJson('linearizable read', step.linearizable_read_ok, read === null),
      compareErrorText(step.linearizable_read_error ?? '', read ?? ''),
      step.value_readable === undefined
        ? null
        : compareJson('value readable', step.value_readable, this.#isReadable(payload)),
    );
  }

  /** Whether the key that a wrapped payload writes can be read here. */
  #isReadable(payload: Uint8Array): boolean {
    const runtime = new WrapRuntime({
      cipher: new Cipher(this.#keystore),
      nonces: new NonceFactory(0, 0),
      fullNodeId: NODE,
      raftEpoch: 0,
    });
    const clear = runtime.unwrap(payload);
    const request = decodeRequest(clear instanceof Failure ? payload : clear, 1);
    const key = request?.mutations[0]?.key;
    return key !== undefined && this.#disk.store.read(key).kind === 'found';
  }

  /** The start-up scanner over the entry applied last. */
  #scan(step: Step): string | null {
    const opcodes = this.#engine?.opcodes(this.#lastEntry - 1, this.#lastEntry) ?? [];
    if (opcodes instanceof Failure) return opcodes.text;
    return compareJson('scanner hit', step.hit, opcodes.some(isSidecarRelevant));
  }
}
