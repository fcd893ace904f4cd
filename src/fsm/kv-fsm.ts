// The replicated state machine of one group on one node. The first byte decides: data and leases answer, the closed band
// applies or halts, everything else is tried as the legacy protobuf it once was. Which bytes are in the band is a
// property of the build, and the reason a mixed cluster can fall apart: an old build skips, in silence and with its
// index advancing, what a new one applies.
import { readU32 } from '../base/bytes.ts';
import type { Entry, Index } from '../raft/types.ts';
import { applyEncryption, isVolatilePayload } from './encryption/dispatch.ts';
import type { EncryptionApplier } from './encryption/ports.ts';
import { CutoverLatch, encodeSnapshotHeader, readSnapshotHeader, snapshotBody } from './encryption/snapshot-header.ts';
import { Failure } from './failure.ts';
import type { Hlc } from './hlc.ts';
import { Op, decodeCommand, decodeRequest } from './kv-codec.ts';
import type { KvRequest, Mutation } from './kv-codec.ts';
import type { KvStore } from './kv-store.ts';
import { Opcode } from './opcodes.ts';
import type { DispatchTable } from './opcodes.ts';
import { APPLIED, refused } from './state-machine.ts';
import type { ApplyResult, Halt, StateMachine } from './state-machine.ts';

/** What a process opens a group's state machine with. */
export interface KvFsmOptions {
  /** Survives the process. */
  readonly store: KvStore;
  /** Shared by the groups of the process. */
  readonly hlc: Hlc;
  readonly dispatch: DispatchTable;
  /** Null: every tag of the closed band halts. */
  readonly applier: EncryptionApplier | null;
  /** The raft cutover index as the sidecar has it, a decimal uint64; null: snapshots stay at version 1. */
  readonly cutoverSource: (() => string) | null;
  /**
   * Whether a cold start believes the store's durable mark; a build that does not restores the newest snapshot at every
   * start and applies the whole log behind it again. True unless given.
   */
  readonly trustsMark?: boolean;
}

const PROTO_FAULT = refused('proto: cannot parse invalid wire-format data');
const INVALID_REQUEST = 'invalid request';
const LEASE_BYTES = 8;

/** @source elastickv kv.kvFSM */
export class KvFsm implements StateMachine {
  readonly #store: KvStore;
  readonly #hlc: Hlc;
  readonly #dispatch: DispatchTable;
  readonly #applier: EncryptionApplier | null;
  readonly #cutoverSource: (() => string) | null;
  readonly #trustsMark: boolean;
  readonly #latch = new CutoverLatch();
  #applyIndex: Index = 0;
  #restoredCutover = '0';

  constructor(options: KvFsmOptions) {
    this.#store = options.store;
    this.#hlc = options.hlc;
    this.#dispatch = options.dispatch;
    this.#applier = options.applier;
    this.#cutoverSource = options.cutoverSource;
    this.#trustsMark = options.trustsMark ?? true;
  }

  setApplyIndex(index: Index): void {
    this.#applyIndex = index;
  }

  apply(_entry: Entry, payload: Uint8Array): ApplyResult | Halt {
    if (payload.length === 0) return refused(INVALID_REQUEST);
    const tag = payload[0]!;
    if (tag === Opcode.HlcLease) return this.#applyLease(payload);
    const band = this.#dispatch.closedBand;
    if (band !== null && tag >= band[0] && tag <= band[1]) {
      this.#store.markTouched(this.#applyIndex);
      return applyEncryption(this.#applier, this.#applyIndex, payload, this.#dispatch.subTags);
    }
    if (tag === Opcode.KvSingle) {
      const request = decodeRequest(payload, 1);
      return request === null ? PROTO_FAULT : this.#applyOne(request);
    }
    if (tag === Opcode.KvBatch) {
      const requests = decodeCommand(payload, 1);
      if (requests === null) return PROTO_FAULT;
      return requests.length === 0 ? refused(INVALID_REQUEST) : this.#applyAll(requests);
    }
    return this.#applyLegacy(payload);
  }

  isVolatileOnly(payload: Uint8Array): boolean {
    return isVolatilePayload(payload);
  }

  durableAppliedIndex(): Index {
    return this.#trustsMark ? this.#store.durableAppliedIndex : 0;
  }

  snapshot(index: Index): Uint8Array {
    const emitted = this.#latch.observe(this.#cutoverSource === null ? '0' : this.#cutoverSource());
    const header = encodeSnapshotHeader(this.#hlc.ceilingDecimal, emitted.cutover, emitted.v2);
    const body = this.#store.snapshotBody();
    const bytes = new Uint8Array(header.length + body.length);
    bytes.set(header);
    bytes.set(body, header.length);
    this.#store.markDurable(index);
    return bytes;
  }

  restore(bytes: Uint8Array, index: Index): string | null {
    const header = readSnapshotHeader(bytes);
    if (header instanceof Failure) return header.text;
    const failed = this.#store.restoreBody(snapshotBody(bytes, header), index);
    if (failed !== null) return failed.text;
    this.#takeHeader(header.ceilingMs, header.cutover);
    return null;
  }

  /** A cold start that skips the body of a snapshot still takes its header. Null, or why the header is refused. */
  restoreHeader(bytes: Uint8Array): string | null {
    const header = readSnapshotHeader(bytes);
    if (header instanceof Failure) return header.text;
    this.#takeHeader(header.ceilingMs, header.cutover);
    return null;
  }

  /** The cutover of the snapshot restored last, "0" if none; nothing but the next start compares it. */
  get restoredCutover(): string {
    return this.#restoredCutover;
  }

  stateIndex(): Index {
    return this.#store.stateIndex;
  }

  digest(): number {
    return this.#store.digest;
  }

  #takeHeader(ceilingMs: string, cutover: string): void {
    const ceiling = BigInt(ceilingMs);
    this.#hlc.raiseCeiling(Number(ceiling >> 32n), Number(ceiling & 0xffff_ffffn));
    this.#restoredCutover = cutover;
  }

  #applyLease(payload: Uint8Array): ApplyResult {
    if (payload.length !== 1 + LEASE_BYTES) {
      return refused(`hlc lease: expected ${LEASE_BYTES} bytes, got ${payload.length - 1}`);
    }
    this.#hlc.raiseCeiling(readU32(payload, 1), readU32(payload, 5));
    return APPLIED;
  }

  /** Whole payload, no tag: a non-empty RaftCommand, or else a Request. */
  #applyLegacy(payload: Uint8Array): ApplyResult {
    const requests = decodeCommand(payload);
    if (requests !== null && requests.length > 0) return this.#applyAll(requests);
    const request = decodeRequest(payload);
    return request === null ? PROTO_FAULT : this.#applyOne(request);
  }

  #applyAll(requests: readonly KvRequest[]): ApplyResult {
    if (requests.length === 1) return this.#applyOne(requests[0]!);
    let errors: string | null = null;
    for (const request of requests) {
      const { error } = this.#applyOne(request);
      if (error !== null) errors = errors === null ? error : `${errors}; ${error}`;
    }
    return errors === null ? APPLIED : refused(errors);
  }

  #applyOne(request: KvRequest): ApplyResult {
    const error = this.#mutate(request);
    if (error !== null) return refused(error);
    this.#hlc.observe(request.tsHigh, request.tsLow);
    return APPLIED;
  }

  #mutate(request: KvRequest): string | null {
    // Transactions are outside this model: every replica refuses them alike.
    if (request.isTxn) return INVALID_REQUEST;
    const { mutations, tsHigh, tsLow } = request;
    for (const m of mutations) {
      if (m.op !== Op.DelPrefix) continue;
      this.#store.deletePrefix(m.key, tsHigh, tsLow, this.#applyIndex);
      return null;
    }
    const bad = judgeMutations(mutations);
    if (bad !== null) return bad;
    return this.#store.apply(mutations, tsHigh, tsLow, this.#applyIndex)?.text ?? null;
  }
}

function judgeMutations(mutations: readonly Mutation[]): string | null {
  for (const m of mutations) if (m.key.length === 0) return INVALID_REQUEST;
  for (const m of mutations) if (m.op !== Op.Put && m.op !== Op.Del) return 'unknown request type';
  return null;
}

/** A lease payload. @param ceilingMs a safe integer */
export function leasePayload(ceilingMs: number): Uint8Array {
  const payload = new Uint8Array(1 + LEASE_BYTES);
  payload[0] = Opcode.HlcLease;
  new DataView(payload.buffer).setBigUint64(1, BigInt(ceilingMs));
  return payload;
}
