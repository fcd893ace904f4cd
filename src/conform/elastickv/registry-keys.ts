// Drives the recorded writer-registry keys and values, malformed ones included, and the narrowing of node identities.
import { equalBytes, keyToBytes } from '../../base/bytes.ts';
import type { FullNodeId } from '../../base/ids.ts';
import { nodeId16 } from '../../fsm/encryption/node-id16.ts';
import {
  decodeRegistryKey,
  decodeRegistryRow,
  encodeRegistryRow,
  isRegistryKey,
  registryDekPrefix,
  registryKey,
} from '../../fsm/encryption/registry.ts';
import { Failure } from '../../fsm/failure.ts';
import type { CaseResult } from './case-result.ts';
import { compareHex, compareJson, compareOutcome, hex } from './compare.ts';
import type { RecordedOutcome } from './compare.ts';
import { firstOf, runSections } from './sections.ts';

interface Key {
  readonly dek_id: number;
  readonly node_id16: number;
  readonly dek_prefix: string;
  readonly key: string;
}
type KeyDecode = RecordedOutcome & {
  readonly key: string;
  readonly is_registry_key: boolean;
  readonly dek_id?: number;
  readonly node_id16?: number;
};
interface Value {
  readonly full_node_id: string;
  readonly first: number;
  readonly last: number;
  readonly value: string;
}
type ValueDecode = RecordedOutcome & { readonly value: string };
interface Narrowing {
  readonly full_node_id: string;
  readonly node_id16: number;
}

/** Runs every case of a `registry-keys.json`. */
export function runRegistryKeys(json: Readonly<Record<string, unknown>>): CaseResult[] {
  return runSections(json, {
    key_decode: runKeyDecode,
    keys: runKey,
    node_id16: (c: Narrowing) => compareJson('low bits', c.node_id16, nodeId16(c.full_node_id as FullNodeId)),
    prefix_ascii: runPrefix,
    value_decode_bad: runValueDecode,
    values: runValue,
  });
}

function runPrefix(ascii: string): string | null {
  const prefix = keyToBytes(ascii);
  const ours = registryKey(0, 0).subarray(0, prefix.length);
  return equalBytes(prefix, ours) ? null : `a key does not start with ${JSON.stringify(ascii)}`;
}

function runKey(c: Key): string | null {
  const key = registryKey(c.dek_id, c.node_id16);
  const parts = decodeRegistryKey(hex(c.key));
  return firstOf(
    compareHex('key', c.key, key),
    compareHex('prefix of the DEK', c.dek_prefix, registryDekPrefix(c.dek_id)),
    parts instanceof Failure
      ? parts.text
      : compareJson('parts', [c.dek_id, c.node_id16], [parts.dekId, parts.nodeId16]),
  );
}

function runKeyDecode(c: KeyDecode): string | null {
  const key = hex(c.key);
  const parts = decodeRegistryKey(key);
  return firstOf(
    compareJson('is a registry key', c.is_registry_key, isRegistryKey(key)),
    compareOutcome(c, parts instanceof Failure ? parts : null),
    parts instanceof Failure || c.dek_id === undefined
      ? null
      : compareJson('parts', [c.dek_id, c.node_id16], [parts.dekId, parts.nodeId16]),
  );
}

function runValue(c: Value): string | null {
  const row = {
    fullNodeId: c.full_node_id as FullNodeId,
    firstSeenLocalEpoch: c.first,
    lastSeenLocalEpoch: c.last,
  };
  const decoded = decodeRegistryRow(hex(c.value));
  return firstOf(
    compareHex('value', c.value, encodeRegistryRow(row)),
    decoded instanceof Failure ? decoded.text : compareJson('row', row, decoded),
  );
}

function runValueDecode(c: ValueDecode): string | null {
  const row = decodeRegistryRow(hex(c.value));
  return compareOutcome(c, row instanceof Failure ? row : null);
}
