// Everything that reads bytes it did not write, each with well-formed inputs to start from and what must hold for any
// input: no exception, only the failures of its own list, and, where a format has one form only, the same bytes again.
import { equalBytes } from '../../src/base/bytes.ts';
import type { FullNodeId } from '../../src/base/ids.ts';
import {
  Cipher,
  EncState,
  Keystore,
  KekWrapper,
  MemoryFiles,
  NonceFactory,
  StateCache,
  bumpLocalEpoch,
  createApplier,
  decodeBootstrap,
  decodeEnvelope,
  decodeRegistration,
  decodeRegistryKey,
  decodeRegistryRow,
  decodeRotation,
  decodeValueHeader,
  encodeBootstrap,
  encodeEnvelope,
  encodeRegistration,
  encodeRegistryRow,
  encodeRotation,
  encodeSnapshotHeader,
  encodeValueHeader,
  formatSidecar,
  loadKek,
  openBody,
  parseSidecar,
  readSidecar,
  readSnapshotHeader,
  registryKey,
  taggedPayload,
  unwrapRaftPayload,
  wrapRaftPayload,
  writeSidecar,
} from '../../src/fsm/encryption/index.ts';
import {
  DISPATCH,
  Failure,
  Hlc,
  KvFsm,
  KvStore,
  decodeCommand,
  decodeRequest,
  del,
  encodeKvPayload,
  encodeRequest,
  isHalt,
  isProposal,
  leasePayload,
  proposalIdWide,
  proposalPayload,
  put,
  rawRequest,
  wrapProposal,
  wrapProposalWide,
} from '../../src/fsm/index.ts';
import type { FailureCode, KvRequest } from '../../src/fsm/index.ts';
import { EntryType, entry } from '../../src/raft/types.ts';

/** One reader under test. `run` answers null, or what must not happen. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  readonly run: (bytes: Uint8Array) => string | null;
}

const { subTags } = DISPATCH.raftCutover;
const row = { dekId: 7, fullNodeId: '626980046172116160' as FullNodeId, localEpoch: 3 };
const wrapped = new KekWrapper(filled(1), 'fuzz').wrap(filled(2), new NonceFactory(1, 1)) as Uint8Array;
const rotation = { subTag: 1, dekId: 7, purpose: 1, wrapped, proposer: row };
const bootstrap = { storageDekId: 7, wrappedStorage: wrapped, raftDekId: 8, wrappedRaft: wrapped, batch: [row, row] };
const keystore = new Keystore();
keystore.set(7, filled(2));
const cipher = new Cipher(keystore);
const nonces = new NonceFactory(1, 2);
const raftEnvelope = wrapRaftPayload(cipher, text('payload'), 7, nonces.next() as Uint8Array) as Uint8Array;
const cutovers = [
  { ...rotation, subTag: 4, wrapped: new Uint8Array(0) },
  { ...rotation, subTag: 5, purpose: 2, dekId: 8, wrapped: new Uint8Array(0), proposer: { ...row, dekId: 8 } },
];
const payloads = [
  taggedPayload(3, encodeRegistration(row)),
  taggedPayload(4, encodeBootstrap(bootstrap)),
  ...[rotation, ...cutovers].map((p) => taggedPayload(5, encodeRotation(p))),
];
const requests = [
  rawRequest([put(text('key'), text('value'))], 5, 9),
  rawRequest([put(text('a'), text('b')), del(text('key'))], 0xffff_ffff, 0xffff_ffff),
];
const kvPayloads = [encodeKvPayload(requests)!, ...requests.map((r) => encodeKvPayload([r])!), leasePayload(1234)];
const sidecarText = text(
  '{"version":2,"raft_applied_index":18446744073709551615,"storage_envelope_active":true,"active":{"storage":7,"raft":8},' +
    '"keys":{"7":{"purpose":"storage","wrapped":"AAAA","created":"c\\u003c","local_epoch":65534},' +
    '"8":{"purpose":"raft","wrapped":[1,2,255],"created":null,"local_epoch":0}},"future":[{"a":[true,1.5e3]}]}',
);

/** The readers, each with the failures it may answer with. */
export const TARGETS: readonly Target[] = [
  canonical('registration', [payloads[0]!.subarray(1)], WIRE(), decodeRegistration, encodeRegistration),
  canonical('bootstrap', [payloads[1]!.subarray(1)], WIRE(), decodeBootstrap, encodeBootstrap),
  canonical(
    'rotation',
    payloads.slice(2).map((p) => p.subarray(1)),
    [...WIRE(), 'ErrFSMWireSubtag'],
    (b) => decodeRotation(b, subTags),
    encodeRotation,
  ),
  canonical(
    'registry row',
    [encodeRegistryRow({ fullNodeId: row.fullNodeId, firstSeenLocalEpoch: 1, lastSeenLocalEpoch: 2 })],
    ['ErrRegistryValueMalformed'],
    decodeRegistryRow,
    encodeRegistryRow,
  ),
  canonical('registry key', [registryKey(7, 9)], ['ErrRegistryKeyMalformed'], decodeRegistryKey, (k) =>
    registryKey(k.dekId, k.nodeId16),
  ),
  canonical('envelope', [raftEnvelope], ['ErrEnvelopeShort', 'ErrEnvelopeVersion'], decodeEnvelope, encodeEnvelope),
  {
    name: 'proposal',
    seeds: [wrapProposal(1, text('p')), wrapProposalWide('18446744073709551615', text('p'))],
    run: runProposal,
  },
  { name: 'raft envelope', seeds: [raftEnvelope], run: runRaftEnvelope },
  { name: 'value at rest', seeds: storedValues(), run: runStoredValue },
  { name: 'kv payload', seeds: kvPayloads.map((p) => p.subarray(1)), run: runRequests },
  {
    name: 'sidecar',
    seeds: [sidecarText, text(formatSidecar(parseSidecar(new TextDecoder().decode(sidecarText)) as never))],
    run: runSidecar,
  },
  { name: 'KEK file', seeds: [filled(3), filled(3).subarray(1)], run: runKek },
  { name: 'wrapped DEK', seeds: [wrapped], run: runWrappedDek },
  { name: 'snapshot header', seeds: headers(), run: runHeader },
  { name: 'snapshot', seeds: [snapshot()], run: runRestore },
  { name: 'apply', seeds: [...payloads, ...kvPayloads], run: runApply },
];

function WIRE(): FailureCode[] {
  return ['ErrFSMWireMalformed', 'ErrFSMWireVersion'];
}

/** A format with one form only: what decodes must encode to the bytes it came from. */
function canonical<T>(
  name: string,
  seeds: readonly Uint8Array[],
  codes: readonly FailureCode[],
  decode: (bytes: Uint8Array) => T | Failure,
  encode: (value: T) => Uint8Array | Failure,
): Target {
  return {
    name,
    seeds,
    run(bytes) {
      const value = decode(bytes);
      if (value instanceof Failure) return among(codes, value);
      const again = encode(value);
      if (again instanceof Failure) return `what was decoded does not encode: ${again.text}`;
      return equalBytes(again, bytes) ? null : 'encodes to other bytes than it was decoded from';
    },
  };
}

function runProposal(bytes: Uint8Array): string | null {
  if (!isProposal(bytes)) return null;
  const again = wrapProposalWide(proposalIdWide(bytes), proposalPayload(bytes));
  return equalBytes(again, bytes) ? null : 'encodes to other bytes than it was decoded from';
}

function runRaftEnvelope(bytes: Uint8Array): string | null {
  const payload = unwrapRaftPayload(cipher, bytes);
  if (payload instanceof Failure) {
    return among(
      ['ErrEnvelopeShort', 'ErrEnvelopeVersion', 'ErrUnknownKeyID', 'ErrReservedKeyID', 'ErrIntegrity'],
      payload,
    );
  }
  // Only the flag is outside the tag.
  return equalBytes(bytes.subarray(2), raftEnvelope.subarray(2)) ? null : 'a tampered envelope was opened';
}

function runStoredValue(bytes: Uint8Array): string | null {
  const header = decodeValueHeader(bytes);
  if (header instanceof Failure) return among(['ErrEncryptedValueReservedState', ''], header);
  const value = openBody(cipher, text('key-and-ts'), header, bytes.subarray(9));
  if (!(value instanceof Failure)) return null;
  return among(
    ['ErrEncryptedReadIntegrity', 'ErrEnvelopeShort', 'ErrEnvelopeVersion', 'ErrUnknownKeyID', 'ErrReservedKeyID'],
    value,
  );
}

function runRequests(bytes: Uint8Array): string | null {
  decodeCommand(bytes);
  const request = decodeRequest(bytes);
  if (request === null) return null;
  const again = decodeRequest(encodeRequest(request));
  return again !== null && sameRequest(request, again) ? null : 'decodes to something else the second time';
}

function runSidecar(bytes: Uint8Array): string | null {
  const files = new MemoryFiles();
  files.put('keys.json', bytes);
  const sidecar = readSidecar(files, 'keys.json');
  const codes: FailureCode[] = ['', 'ErrSidecarVersion', 'ErrSidecarKeyIDFormat', 'ErrSidecarReservedKeyID'];
  codes.push('ErrSidecarPurpose', 'ErrSidecarActiveKeyMissing', 'ErrSidecarActivePurposeMismatch');
  if (sidecar instanceof Failure) return among(codes, sidecar);
  bumpLocalEpoch(files, 'keys.json', 7);
  const failed = writeSidecar(files, 'keys.json', sidecar);
  if (failed !== null) return `what was read cannot be written: ${failed.text}`;
  const again = readSidecar(files, 'keys.json');
  if (again instanceof Failure) return `what was written cannot be read: ${again.text}`;
  return formatSidecar(again) === formatSidecar(sidecar) ? null : 'reads as something else the second time';
}

function runKek(bytes: Uint8Array): string | null {
  const files = new MemoryFiles();
  const mode = bytes.length > 0 ? 0o600 | (bytes[0]! & 0o177) : 0o600;
  files.put('kek', bytes, mode);
  const kek = loadKek(files, 'kek');
  if (kek instanceof Failure) return among(['', 'ErrInsecureKEKFile'], kek);
  return bytes.length === 32 && (mode & 0o077) === 0 ? null : 'a KEK file was accepted that must not be';
}

function runWrappedDek(bytes: Uint8Array): string | null {
  const dek = new KekWrapper(filled(1), 'fuzz').unwrap(bytes);
  if (dek instanceof Failure) return among([''], dek);
  return equalBytes(bytes, wrapped) ? null : 'a tampered DEK was unwrapped';
}

function runHeader(bytes: Uint8Array): string | null {
  const header = readSnapshotHeader(bytes);
  if (header instanceof Failure)
    return among(['', 'ErrSnapshotHeaderInvalidLength', 'ErrSnapshotHeaderUnknownMagic'], header);
  return header.sizeBytes <= bytes.length ? null : 'the header is longer than the stream';
}

function runRestore(bytes: Uint8Array): string | null {
  const { machine, store } = newFsm();
  if (machine.restore(bytes, 9) !== null) {
    return store.keyCount === 0 && store.durableAppliedIndex === 0 ? null : 'a refused snapshot left something behind';
  }
  const digest = machine.digest();
  const copy = newFsm();
  const again = copy.machine.restore(machine.snapshot(9), 9);
  if (again !== null) return `the snapshot of a restored store is refused: ${again}`;
  return copy.machine.digest() === digest ? null : 'the digest changed over a snapshot';
}

function runApply(bytes: Uint8Array): string | null {
  const { machine } = newFsm();
  for (const payload of [payloads[1]!, bytes, bytes]) {
    machine.setApplyIndex(5);
    const outcome = machine.apply(entry(1, 5, EntryType.Normal, payload), payload);
    const closed = payload.length > 0 && payload[0]! >= 3 && payload[0]! <= 7;
    if (isHalt(outcome) && !closed) return `halted on ${outcome.detail}`;
    if (!isHalt(outcome) && outcome.error !== null && closed) return `skipped ${outcome.error}`;
  }
  return null;
}

function newFsm(): { readonly machine: KvFsm; readonly store: KvStore } {
  const store = new KvStore();
  const applier = createApplier({
    registry: store,
    kek: new KekWrapper(filled(1), 'fuzz'),
    keystore: new Keystore(),
    files: new MemoryFiles(),
    sidecarPath: 'keys.json',
    cache: new StateCache(),
    now: () => '2026-01-02T03:04:05Z',
    localEpoch: 1,
    raftLocalEpoch: 1,
    installWrap: null,
  });
  if (applier instanceof Failure) throw new TypeError(applier.text);
  const dispatch = DISPATCH.raftCutover;
  return { machine: new KvFsm({ store, hlc: new Hlc(), dispatch, applier, cutoverSource: null }), store };
}

function snapshot(): Uint8Array {
  const { machine } = newFsm();
  for (const payload of [...payloads.slice(0, 2), ...kvPayloads])
    machine.apply(entry(1, 5, EntryType.Normal, payload), payload);
  return machine.snapshot(9);
}

function headers(): Uint8Array[] {
  return [encodeSnapshotHeader('77', '0', false), encodeSnapshotHeader('77', '99', true), text('EKVPBBL1 legacy body')];
}

function storedValues(): Uint8Array[] {
  const header = { tombstone: false, encState: EncState.Encrypted, expireHigh: 0, expireLow: 0 };
  const clear = encodeValueHeader({ ...header, encState: EncState.Cleartext });
  return [joined(encodeValueHeader(header), raftEnvelope), joined(clear, raftEnvelope), joined(clear, text('plain'))];
}

function sameRequest(a: KvRequest, b: KvRequest): boolean {
  return JSON.stringify(plainOf(a)) === JSON.stringify(plainOf(b));
}

function plainOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([name, member]) => [name, plainOf(member)]);
}

function among(codes: readonly FailureCode[], failed: Failure): string | null {
  return codes.includes(failed.code) ? null : `failed with ${failed.code || '(no class)'}: ${failed.text}`;
}

function filled(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

function text(ascii: string): Uint8Array {
  return new TextEncoder().encode(ascii);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
