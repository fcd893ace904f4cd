// Drives the recorded encryption bodies: each value must encode to the recorded bytes and decode back to itself, each
// malformed body must be refused with the recorded class and text.
import { equalBytes, toHex } from '../../base/bytes.ts';
import type { FullNodeId } from '../../base/ids.ts';
import type { Bootstrap, Registration, Rotation } from '../../fsm/encryption/ports.ts';
import {
  decodeBootstrap,
  decodeRegistration,
  decodeRotation,
  encodeBootstrap,
  encodeRegistration,
  encodeRotation,
  taggedPayload,
} from '../../fsm/encryption/wire.ts';
import { Failure } from '../../fsm/failure.ts';
import { DISPATCH, Opcode } from '../../fsm/opcodes.ts';
import type { CaseResult } from './case-result.ts';
import { compareHex, compareJson, compareOutcome, hex } from './compare.ts';
import type { RecordedOutcome } from './compare.ts';
import { firstOf, runSections } from './sections.ts';

interface Row {
  readonly dek_id: number;
  readonly full_node_id: string;
  readonly local_epoch: number;
}
interface BootstrapValue {
  readonly storage_dek_id: number;
  readonly wrapped_storage: string;
  readonly raft_dek_id: number;
  readonly wrapped_raft: string;
  readonly batch: readonly Row[] | null;
}
interface RotationValue {
  readonly sub_tag: number;
  readonly dek_id: number;
  readonly purpose: number;
  readonly wrapped: string;
  readonly proposer: Row;
}
interface Recorded<T> {
  readonly entry?: string;
  readonly entry_first_byte?: string;
  readonly payload: string;
  readonly value: T;
}
interface Large {
  readonly batch_count: number;
  readonly decode_ok: boolean;
  readonly payload_len: number;
  readonly wrapped_raft: string;
  readonly wrapped_storage: string;
}
type DecodeCase = RecordedOutcome & { readonly kind: string; readonly payload: string };

const { subTags } = DISPATCH.raftCutover;

/** Runs every case of a `fsmwire.json`. */
export function runFsmWire(json: Readonly<Record<string, unknown>>): CaseResult[] {
  const decodeCases = (json['decode_cases'] ?? []) as readonly DecodeCase[];
  return runSections(json, {
    registration: (c: Recorded<Row>) =>
      roundTrip(c, Opcode.Registration, encodeRegistration(rowOf(c.value)), decodeRegistration, rowOf(c.value)),
    bootstrap: (c: Recorded<BootstrapValue>) =>
      roundTrip(c, Opcode.Bootstrap, encodeBootstrap(bootstrapOf(c.value)), decodeBootstrap, bootstrapOf(c.value)),
    rotation: (c: Recorded<RotationValue>) =>
      roundTrip(c, Opcode.Rotation, encodeRotation(rotationOf(c.value)), decodeRot, rotationOf(c.value)),
    bootstrap_large: runLarge,
    decode_cases: (c: DecodeCase) => runDecode(c),
    malformed_count: (count: number) =>
      compareJson('rejected bodies recorded', count, decodeCases.filter((c) => c.ok === false).length),
  });
}

function roundTrip<T>(
  c: Recorded<unknown>,
  opcode: number,
  body: Uint8Array,
  decode: (body: Uint8Array) => T | Failure,
  value: T,
): string | null {
  const decoded = decode(hex(c.payload));
  const payload = taggedPayload(opcode, body);
  return firstOf(
    compareHex('payload', c.payload, body),
    c.entry === undefined ? null : compareHex('entry', c.entry, payload),
    c.entry_first_byte === undefined ? null : compareHex('first byte', c.entry_first_byte, payload.subarray(0, 1)),
    decoded instanceof Failure
      ? `decode: ${decoded.text}`
      : compareJson('decoded value', readable(value), readable(decoded)),
  );
}

/** A batch too large to be written into the file: only its rule of construction is recorded. */
function runLarge(c: Large): string | null {
  const batch: Registration[] = [];
  for (let i = 0; i < c.batch_count; i++) {
    batch.push({ dekId: 1, fullNodeId: String(i + 1) as FullNodeId, localEpoch: i % 65536 });
  }
  const value: Bootstrap = {
    storageDekId: 1,
    wrappedStorage: hex(c.wrapped_storage),
    raftDekId: 2,
    wrappedRaft: hex(c.wrapped_raft),
    batch,
  };
  const body = encodeBootstrap(value);
  const decoded = decodeBootstrap(body);
  const ok = !(decoded instanceof Failure);
  return firstOf(
    compareJson('payload length', c.payload_len, body.length),
    compareJson('decodes', c.decode_ok, ok),
    ok && !equalBytes(encodeBootstrap(decoded), body) ? 'does not encode to the same bytes again' : null,
  );
}

function runDecode(c: DecodeCase): string | null {
  const body = hex(c.payload);
  switch (c.kind) {
    case 'registration':
      return outcome(c, body, decodeRegistration(body), (value) => encodeRegistration(value));
    case 'bootstrap':
      return outcome(c, body, decodeBootstrap(body), (value) => encodeBootstrap(value));
    case 'rotation':
      return outcome(c, body, decodeRot(body), (value) => encodeRotation(value));
    default:
      return `unknown kind ${JSON.stringify(c.kind)}`;
  }
}

function outcome<T>(
  c: DecodeCase,
  body: Uint8Array,
  decoded: T | Failure,
  encode: (value: T) => Uint8Array,
): string | null {
  if (decoded instanceof Failure) return compareOutcome(c, decoded);
  return firstOf(
    compareOutcome(c, null),
    equalBytes(encode(decoded), body) ? null : 'does not encode to the same bytes again',
  );
}

function decodeRot(body: Uint8Array): Rotation | Failure {
  return decodeRotation(body, subTags);
}

function rowOf(row: Row): Registration {
  return { dekId: row.dek_id, fullNodeId: row.full_node_id as FullNodeId, localEpoch: row.local_epoch };
}

function bootstrapOf(value: BootstrapValue): Bootstrap {
  return {
    storageDekId: value.storage_dek_id,
    wrappedStorage: hex(value.wrapped_storage),
    raftDekId: value.raft_dek_id,
    wrappedRaft: hex(value.wrapped_raft),
    batch: (value.batch ?? []).map(rowOf),
  };
}

function rotationOf(value: RotationValue): Rotation {
  return {
    subTag: value.sub_tag,
    dekId: value.dek_id,
    purpose: value.purpose,
    wrapped: hex(value.wrapped),
    proposer: rowOf(value.proposer),
  };
}

/** The value with its byte strings as text, so that two of them can be compared. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(readable);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, readable(member)]));
}
