// Drives the recorded dispatch of entries by their first byte, with and without an applier, leases, KV framing, and the
// headers of snapshots.
import { toHex } from '../../base/bytes.ts';
import {
  CutoverLatch,
  encodeSnapshotHeader,
  readSnapshotHeader,
  snapshotBody,
} from '../../fsm/encryption/snapshot-header.ts';
import type { EncryptionApplier } from '../../fsm/encryption/ports.ts';
import { Failure, failure, plain } from '../../fsm/failure.ts';
import { Hlc } from '../../fsm/hlc.ts';
import { decodeCommand, decodeRequest, encodeKvPayload, put, rawRequest } from '../../fsm/kv-codec.ts';
import type { KvRequest } from '../../fsm/kv-codec.ts';
import { KvFsm } from '../../fsm/kv-fsm.ts';
import { KvStore } from '../../fsm/kv-store.ts';
import { DISPATCH, Opcode } from '../../fsm/opcodes.ts';
import { isHalt } from '../../fsm/state-machine.ts';
import type { ApplyResult, Halt } from '../../fsm/state-machine.ts';
import { EntryType, entry } from '../../raft/types.ts';
import type { CaseResult } from './case-result.ts';
import { compareErrorText, compareHex, compareJson, compareOutcome, hex } from './compare.ts';
import type { RecordedOutcome } from './compare.ts';
import { firstOf, runSections } from './sections.ts';

interface Applied {
  readonly outcome: string;
  readonly error?: string;
  readonly is_err_encryption_apply?: boolean;
}
interface FirstByte {
  readonly entry: string;
  readonly first_byte: number;
  readonly applier_calls: number;
  readonly applier_ok: Applied;
  readonly no_applier: Applied;
}
type EncryptionEntry = Applied & { readonly applier: string; readonly entry: string; readonly index_seen?: number };
type Lease = Applied & { readonly entry: string; readonly ceiling_ms?: string };
interface Framing {
  readonly payload: string;
  readonly requests: readonly {
    readonly key: string;
    readonly op: string;
    readonly ts: string;
    readonly value: string;
  }[];
}
interface Latch {
  readonly observed: readonly string[];
  readonly result: readonly { readonly emitted_cutover: string; readonly v2: boolean }[];
}
type HeaderRead = RecordedOutcome & {
  readonly stream: string;
  readonly ceiling?: string;
  readonly cutover?: string;
  readonly remaining?: string;
};
interface HeaderWrite {
  readonly ceiling_ms: string;
  readonly cutover: string;
  readonly header: string;
  readonly v2: boolean;
}

/** Names of mutations, by their numbers. */
const OPS = ['PUT', 'DEL', 'DEL_PREFIX'];

/** The index the recorder announced before each entry. */
const ANNOUNCED_INDEX = 4242;

/** Runs every case of a `fsm-dispatch.json`. */
export function runFsmDispatch(json: Readonly<Record<string, unknown>>): CaseResult[] {
  const entries = (json['encryption_entries'] ?? []) as readonly EncryptionEntry[];
  const announced = entries.find((c) => (c.index_seen ?? 0) !== 0)?.index_seen ?? ANNOUNCED_INDEX;
  return runSections(json, {
    dispatch_first_byte: runFirstByte,
    empty_entry: (c: Applied) => compareApplied(c, apply(null, new Uint8Array(0), announced)),
    encryption_entries: (c: EncryptionEntry) => runEncryptionEntry(c, announced),
    hlc_lease: runLease,
    kv_framing: runFraming,
    no_downgrade_latch: runLatch,
    raft_envelope_not_unwrapped: (c: Applied & { readonly entry: string }) =>
      compareApplied(c, apply(new StubApplier('ok'), hex(c.entry), announced)),
    snapshot_header_read: runHeaderRead,
    snapshot_header_write: runHeaderWrite,
    volatile_only: (c: { readonly first_byte: number; readonly volatile: boolean }) =>
      compareJson('volatile', c.volatile, fsm(null).isVolatileOnly(Uint8Array.of(c.first_byte, 0))),
  });
}

/** An applier that answers what the case says, and notes what it was asked. */
class StubApplier implements EncryptionApplier {
  readonly #answer: Failure | null;
  calls = 0;
  /** Index it was given last; 0 for a registration, which has none. */
  indexSeen = 0;

  constructor(kind: string) {
    this.#answer = STUB_ANSWERS[kind] ?? null;
    if (kind !== 'ok' && this.#answer === null) throw new RangeError(`unknown applier ${JSON.stringify(kind)}`);
  }

  applyRegistration(): Failure | null {
    return this.#called(0);
  }

  applyBootstrap(index: number): Failure | null {
    return this.#called(index);
  }

  applyRotation(index: number): Failure | null {
    return this.#called(index);
  }

  #called(index: number): Failure | null {
    this.calls++;
    this.indexSeen = index;
    return this.#answer;
  }
}

const STUB_ANSWERS: Readonly<Record<string, Failure>> = {
  'plain-error': plain('disk gone'),
  'encryption-apply-error': failure('ErrEncryptionApply', 'applier: refused'),
  'kek-not-configured': failure(
    'ErrKEKNotConfigured',
    'applier: bootstrap requires WithKEK + WithKeystore + WithSidecarPath',
  ),
};

function fsm(applier: EncryptionApplier | null, hlc = new Hlc()): KvFsm {
  return new KvFsm({ store: new KvStore(), hlc, dispatch: DISPATCH.raftCutover, applier, cutoverSource: null });
}

function apply(
  applier: EncryptionApplier | null,
  payload: Uint8Array,
  index: number,
  hlc = new Hlc(),
): ApplyResult | Halt {
  const machine = fsm(applier, hlc);
  machine.setApplyIndex(index);
  return machine.apply(entry(1, index, EntryType.Normal, payload), payload);
}

function compareApplied(c: Applied, got: ApplyResult | Halt): string | null {
  const outcome = isHalt(got) ? 'halt' : got.error === null ? 'nil' : 'error';
  const text = isHalt(got) ? got.detail : (got.error ?? '');
  // Under the closed band every error, of whatever class, is marked as the applier's.
  const marked = c.is_err_encryption_apply === undefined ? null : compareJson('marked as a halt', true, isHalt(got));
  return firstOf(compareJson('outcome', c.outcome, outcome), compareErrorText(c.error ?? '', text), marked);
}

function runFirstByte(c: FirstByte): string | null {
  const payload = hex(c.entry);
  const applier = new StubApplier('ok');
  return firstOf(
    compareJson('first byte', c.first_byte, payload[0]),
    compareApplied(c.applier_ok, apply(applier, payload, ANNOUNCED_INDEX)),
    compareJson('calls of the applier', c.applier_calls, applier.calls),
    compareApplied(c.no_applier, apply(null, payload, ANNOUNCED_INDEX)),
  );
}

function runEncryptionEntry(c: EncryptionEntry, announced: number): string | null {
  const applier = c.applier === 'absent' ? null : new StubApplier(c.applier);
  const got = apply(applier, hex(c.entry), announced);
  return firstOf(
    compareApplied(c, got),
    c.index_seen === undefined ? null : compareJson('index seen', c.index_seen, applier?.indexSeen),
  );
}

function runLease(c: Lease): string | null {
  const hlc = new Hlc();
  const got = apply(null, hex(c.entry), ANNOUNCED_INDEX, hlc);
  const ceiling = c.ceiling_ms === undefined ? null : compareJson('ceiling', c.ceiling_ms, hlc.ceilingDecimal);
  return firstOf(compareApplied(c, got), ceiling);
}

function runFraming(c: Framing): string | null {
  const requests = c.requests.map((r): KvRequest => {
    const op = OPS.indexOf(r.op);
    if (op < 0) throw new RangeError(`unknown operation ${JSON.stringify(r.op)}`);
    const ts = BigInt(r.ts);
    const mutation = { ...put(hex(r.key), hex(r.value)), op };
    return rawRequest([mutation], Number(ts >> 32n), Number(ts & 0xffff_ffffn));
  });
  const payload = encodeKvPayload(requests);
  const recorded = hex(c.payload);
  const single = recorded[0] === Opcode.KvSingle ? decodeRequest(recorded, 1) : null;
  const decoded = recorded[0] === Opcode.KvBatch ? decodeCommand(recorded, 1) : single === null ? null : [single];
  return firstOf(
    payload === null ? 'the requests are refused' : compareHex('payload', c.payload, payload),
    decoded === null ? 'the payload does not decode' : compareJson('requests', c.requests, decoded.map(readable)),
  );
}

function readable(r: KvRequest): unknown {
  const m = r.mutations[0]!;
  const ts = String((BigInt(r.tsHigh) << 32n) | BigInt(r.tsLow));
  return { key: toHex(m.key), op: OPS[m.op] ?? String(m.op), ts, value: toHex(m.value) };
}

function runLatch(c: Latch): string | null {
  const latch = new CutoverLatch();
  const result = c.observed.map((cutover) => {
    const emitted = latch.observe(cutover);
    return { emitted_cutover: emitted.cutover, v2: emitted.v2 };
  });
  return compareJson('emitted', c.result, result);
}

function runHeaderRead(c: HeaderRead): string | null {
  const stream = hex(c.stream);
  const header = readSnapshotHeader(stream);
  if (header instanceof Failure) return compareOutcome(c, header);
  return firstOf(
    compareOutcome(c, null),
    compareJson('header', [c.ceiling, c.cutover], [header.ceilingMs, header.cutover]),
    compareHex('rest of the stream', c.remaining ?? '', snapshotBody(stream, header)),
  );
}

function runHeaderWrite(c: HeaderWrite): string | null {
  return compareHex('header', c.header, encodeSnapshotHeader(c.ceiling_ms, c.cutover, c.v2));
}
