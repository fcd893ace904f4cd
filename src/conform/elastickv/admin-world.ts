// The stub parts behind a recorded admin case, one for each word of its wiring. A word this file does not know is an
// error of the case, never a default: a corpus with a new word would otherwise pass without being run.
import type { FullNodeId } from '../../base/ids.ts';
import { fullNodeId } from '../../base/ids.ts';
import { done } from '../../base/task.ts';
import { EngineError } from '../../admin/ports.ts';
import type {
  CapabilityFanout,
  CapabilityVerdict,
  CutoverBarrier,
  EngineErrorKind,
  LeaderView,
  Proposer,
  RegistryReader,
  RoleName,
} from '../../admin/ports.ts';
import { sidecarFile } from '../../admin/sidecar-file.ts';
import { bareWiring } from '../../admin/wiring.ts';
import type { Wiring } from '../../admin/wiring.ts';
import { MemoryFiles } from '../../fsm/encryption/memory-files.ts';
import { nodeId16 } from '../../fsm/encryption/node-id16.ts';
import { encodeRegistryRow } from '../../fsm/encryption/registry.ts';
import { Failure } from '../../fsm/failure.ts';
import { VirtualContext, VirtualTime } from './virtual-time.ts';

/** Corpus texts stand in for paths that differ from run to run. */
const PATH = '<path>';
const NO_DEADLINE_MS = 600_000;

/** The wiring words of a case; absent means the option was not given. */
export type WiringWords = Readonly<Record<string, string>>;

/** The numbers and sidecar texts a corpus file shares among its cases. */
export interface AdminCorpus {
  readonly params: Readonly<Record<string, string | number>>;
  readonly sidecars: Readonly<Record<string, string>>;
}

/** One entry as a stub proposer was given it. */
export interface ProposedEntry {
  readonly entry: string;
  readonly via: 'raw' | 'post-cutover';
}

const ENGINE_ERRORS: Readonly<Record<string, EngineError>> = {
  'err-not-leader': new EngineError('notLeader'),
  'err-leadership-lost': new EngineError('leadershipLost'),
  'err-transfer': new EngineError('transferInProgress'),
  'err-canceled': new EngineError('canceled'),
  'err-deadline': new EngineError('deadline'),
  'err-cutover-in-progress': new EngineError('cutoverInProgress'),
  'err-other': new EngineError('other', 'boom'),
};

/** The state behind one server: files, time, what was proposed and what the barrier was told. */
export class AdminWorld {
  readonly time = new VirtualTime();
  readonly files = new MemoryFiles();
  readonly proposed: ProposedEntry[] = [];
  readonly barrierCalls: string[] = [];
  readonly wiring: Wiring;
  readonly #corpus: AdminCorpus;
  readonly #foreignRow: string | null;
  #context = new VirtualContext(this.time, NO_DEADLINE_MS);
  #proposer: string;
  #onPropose: string;

  /** @param foreignRow identity in the rows of `registry: collision`, which the words leave open; null for any other */
  constructor(corpus: AdminCorpus, words: WiringWords, foreignRow: string | null = null) {
    this.#corpus = corpus;
    this.#foreignRow = foreignRow;
    this.#proposer = words['proposer'] ?? 'nil';
    this.#onPropose = words['on_propose'] ?? 'none';
    this.#placeSidecar(words['sidecar'] ?? 'unset');
    this.wiring = this.#wire(words);
  }

  /** Starts a call's context; a recorded deadline is in milliseconds. */
  context(deadlineMs: number = NO_DEADLINE_MS): VirtualContext {
    this.#context = new VirtualContext(this.time, deadlineMs);
    return this.#context;
  }

  /** Applies a change between two calls of a sequence. Throws an Error for words it does not know. */
  change(words: string): void {
    const effect = /^proposal now applies the (storage|raft) cutover$/.exec(words)?.[1];
    if (effect !== undefined) this.#onPropose = `apply-${effect}-cutover`;
    else if (words === 'raw proposer now succeeds') this.#proposer = 'ok';
    else throw new TypeError(`unknown wiring change ${JSON.stringify(words)}`);
  }

  #param(name: string): string {
    const value = this.#corpus.params[name];
    if (value === undefined) throw new TypeError(`the corpus has no parameter ${name}`);
    return String(value);
  }

  #placeSidecar(word: string): void {
    if (word === 'unset' || word === 'missing') return;
    const text = this.#corpus.sidecars[word];
    if (text === undefined) throw new TypeError(`unknown sidecar ${word}`);
    this.files.put(PATH, new TextEncoder().encode(text));
  }

  #wire(words: WiringWords): Wiring {
    const me = idOf(words['server_full_node_id'] ?? this.#param('server_full_node_id'));
    const registryView = words['registry_leader_view'] ?? '';
    const post = words['post_cutover_proposer'] ?? 'nil';
    return {
      ...bareWiring(me, this.time),
      buildSha: 'build-sha-x',
      sidecar: (words['sidecar'] ?? 'unset') === 'unset' ? null : sidecarFile(this.files, PATH),
      proposer: this.#proposer === 'nil' ? null : this.#proposerPort(() => this.#proposer, 'raw'),
      postCutoverProposer: post === 'nil' ? null : this.#proposerPort(() => post, 'post-cutover'),
      leaderView: this.#leaderView(words['leader_view'] ?? 'nil'),
      registryLeaderView: registryView === '' ? null : this.#leaderView(registryView),
      registry: this.#registry(words['registry'] ?? 'nil', me),
      capabilityFanout: this.#fanout(words['fanout'] ?? 'nil'),
      cutoverBarrier: this.#barrier(words['barrier'] ?? 'nil'),
      latestAppliedIndex: this.#latestApplied(words['latest_applied_index'] ?? ''),
      raftWrapGate: oneOf('raft_wrap_gate', words['raft_wrap_gate'] ?? 'on', { on: true, off: false }),
    };
  }

  #latestApplied(word: string): (() => number) | null {
    const reached = Number(this.#param('applied_callback_reached'));
    return oneOf('latest_applied_index', word, { '': null, reached: () => reached, never: () => 0 });
  }

  #proposerPort(word: () => string, via: ProposedEntry['via']): Proposer {
    const propose: Proposer['propose'] = (data) => {
      this.proposed.push({ entry: Buffer.from(data).toString('hex'), via });
      const error = ENGINE_ERRORS[word()];
      if (error !== undefined) return fails(error);
      if (word() === 'nil-result') return done(null);
      if (word() !== 'ok') throw new TypeError(`unknown proposer ${word()}`);
      this.#applyEffect();
      return done({ index: Number(this.#param('commit_index')), response: null });
    };
    return { propose, proposeAdmin: propose };
  }

  /** What a committed entry does to the sidecar. */
  #applyEffect(): void {
    const commit = Number(this.#param('commit_index'));
    switch (this.#onPropose) {
      case 'none':
        return;
      case 'corrupt-sidecar':
        return this.files.put(PATH, new Uint8Array(0));
      case 'delete-sidecar':
        return this.files.remove(PATH);
      case 'stale-noop':
        return this.#edit({ raft_applied_index: commit });
      case 'apply-storage-cutover':
        return this.#edit({
          raft_applied_index: commit,
          storage_envelope_active: true,
          storage_envelope_cutover_index: commit,
        });
      case 'apply-storage-cutover-index-zero':
        return this.#edit({
          raft_applied_index: commit,
          storage_envelope_active: true,
          storage_envelope_cutover_index: 0,
        });
      case 'apply-raft-cutover':
        return this.#edit({ raft_applied_index: commit, raft_envelope_cutover_index: commit });
      default:
        throw new TypeError(`unknown on_propose ${this.#onPropose}`);
    }
  }

  #edit(fields: Record<string, unknown>): void {
    const sidecar = JSON.parse(new TextDecoder().decode(this.files.read(PATH))) as Record<string, unknown>;
    this.files.put(PATH, new TextEncoder().encode(JSON.stringify({ ...sidecar, ...fields })));
  }

  #leaderView(word: string): LeaderView | null {
    if (word === 'nil') return null;
    const id = this.#param('leader_id');
    const known = { id, address: this.#param('leader_address') };
    const nobody = { id: '', address: '' };
    const states: Readonly<Record<string, readonly [RoleName, { id: string; address: string }]>> = {
      'follower-known': ['follower', known],
      'follower-unknown': ['follower', nobody],
      'follower-id-only': ['follower', { id, address: '' }],
      candidate: ['candidate', known],
      shutdown: ['shutdown', nobody],
    };
    const verifyErrors: Readonly<Record<string, EngineError>> = viewErrors('leader-verify', 'no quorum');
    const readErrors: Readonly<Record<string, EngineError>> = viewErrors('leader-read', 'read index lost');
    const isLeader = word === 'leader' || word in verifyErrors || word in readErrors;
    const [state, leader] = states[word] ?? ['leader' as const, known];
    if (!isLeader && !(word in states)) throw new TypeError(`unknown leader view ${word}`);
    return {
      state: () => state,
      leader: () => leader,
      verifyLeader: () => doneOr(verifyErrors[word], undefined),
      linearizableRead: () => doneOr(readErrors[word], Number(this.#param('commit_index'))),
    };
  }

  #registry(word: string, me: FullNodeId): RegistryReader | null {
    if (word === 'nil') return null;
    if (word === 'io-error') return { row: () => new Failure('', 'disk gone') };
    const other = idOf(this.#param('other_full_node_id'));
    const storage = Number(this.#param('storage_dek'));
    const raft = Number(this.#param('raft_dek'));
    const rows = new Map<string, Uint8Array>();
    const put = (dek: number, id: FullNodeId, value: Uint8Array): void =>
      void rows.set(`${dek} ${nodeId16(id)}`, value);
    switch (word) {
      case 'empty':
        break;
      case 'rows':
        put(storage, me, rowOf(me, Number(this.#param('registry_me_storage_epoch'))));
        put(raft, me, rowOf(me, Number(this.#param('registry_me_raft_epoch'))));
        put(storage, other, rowOf(other, Number(this.#param('registry_other_storage_epoch'))));
        break;
      case 'collision':
        for (const id of [me, other]) put(storage, id, rowOf(this.#foreigner(id), 1));
        break;
      case 'malformed':
        for (const id of [me, other]) put(storage, id, new Uint8Array(3));
        break;
      default:
        throw new TypeError(`unknown registry ${word}`);
    }
    return { row: (dek, node16) => rows.get(`${dek} ${node16}`) ?? null };
  }

  /** Another identity in the slot of this one. */
  #foreigner(id: FullNodeId): FullNodeId {
    const recorded = this.#foreignRow === null ? null : idOf(this.#foreignRow);
    if (recorded !== null && recorded !== id && nodeId16(recorded) === nodeId16(id)) return recorded;
    return (BigInt(id) ^ 0x10000n).toString() as FullNodeId;
  }

  #fanout(word: string): CapabilityFanout | null {
    if (word === 'nil') return null;
    const first = idOf(this.#param('verdict_node_1'));
    const second = idOf(this.#param('verdict_node_2'));
    const good: CapabilityVerdict = {
      fullNodeId: first,
      reachable: true,
      encryptionCapable: true,
      buildSha: 'b1',
      sidecarPresent: true,
      error: '',
    };
    const peer = { ...good, fullNodeId: second, buildSha: 'b2', sidecarPresent: false };
    const unable = { ...peer, encryptionCapable: false };
    const silent = { ...unable, reachable: false };
    const verdicts = oneOf<readonly CapabilityVerdict[]>('fanout', word, {
      ok: [good, peer],
      'not-capable': [good, unable],
      unreachable: [good, { ...peer, reachable: false }],
      'unreachable-and-not-capable': [good, silent],
      'not-ok-without-reason': [good, peer],
      'cancels-caller-not-ok': [good, silent],
      empty: [],
      error: [],
      canceled: [],
      deadline: [],
    });
    const errors: Readonly<Record<string, EngineError>> = {
      error: new EngineError('other', 'configuration for group 2 unavailable'),
      canceled: new EngineError('canceled'),
      deadline: new EngineError('deadline'),
    };
    return {
      run: () => {
        if (word === 'cancels-caller-not-ok') this.#context.finish('canceled');
        return doneOr(errors[word], { ok: word === 'ok', verdicts });
      },
    };
  }

  #barrier(word: string): CutoverBarrier | null {
    if (word === 'nil') return null;
    const drain = oneOf<EngineErrorKind | null>('barrier', word, {
      ok: null,
      'scope-refused': null,
      'drain-canceled': 'canceled',
      'drain-deadline': 'deadline',
      'drain-error': 'other',
    });
    const error = drain === null ? undefined : new EngineError(drain, drain === 'other' ? 'stuck' : undefined);
    return {
      scope: () => (word === 'scope-refused' ? 'scope refused' : null),
      begin: () => void this.barrierCalls.push('begin'),
      waitDrained: () => {
        this.barrierCalls.push('wait-drained');
        return doneOr(error, undefined);
      },
      installWrap: () => void this.barrierCalls.push('install-wrap'),
      end: () => void this.barrierCalls.push('end'),
    };
  }
}

function idOf(decimal: string): FullNodeId {
  const id = fullNodeId(decimal);
  if (id === null) throw new TypeError(`not a uint64: ${decimal}`);
  return id;
}

function rowOf(id: FullNodeId, lastSeenLocalEpoch: number): Uint8Array {
  return encodeRegistryRow({ fullNodeId: id, firstSeenLocalEpoch: 0, lastSeenLocalEpoch });
}

function viewErrors(prefix: string, plainText: string): Record<string, EngineError> {
  return {
    [`${prefix}-fails`]: new EngineError('other', plainText),
    [`${prefix}-canceled`]: new EngineError('canceled'),
    [`${prefix}-deadline`]: new EngineError('deadline'),
  };
}

function oneOf<T>(what: string, word: string, choices: Readonly<Record<string, T>>): T {
  if (!(word in choices)) throw new TypeError(`unknown ${what} ${word}`);
  return choices[word] as T;
}

function* fails(error: Error): Generator<never, never, void> {
  throw error;
}

function doneOr<T>(error: Error | undefined, value: T): ReturnType<typeof done<T>> {
  return error === undefined ? done(value) : fails(error);
}
