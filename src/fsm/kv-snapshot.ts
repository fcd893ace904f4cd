// The store body of a snapshot. It carries stored forms as they are, ciphertext included, and no key: a node that
// restores it without the keys holds values it cannot read, exactly as a real one does. Rows are written in key order,
// so that two replicas with the same content write the same bytes whatever their histories.
import { ByteReader, ByteWriter, bytesToKey } from '../base/bytes.ts';
import { plain } from './failure.ts';
import type { Failure } from './failure.ts';
import type { KvStore, Version } from './kv-store.ts';

/** What a body holds. */
export interface StoreContent {
  /** The store's durable mark when the body was taken, 0 for none. */
  readonly durableIndex: number;
  readonly rows: Map<string, Version[]>;
  readonly raw: Map<string, Uint8Array>;
}

const MAGIC = 0x52_47_4b_56;
/** Magic, mark and the count of raw rows. */
const HEAD_BYTES = 4 + 8 + 4;
const ROW_FIXED_BYTES = 4 + 8 + 1 + 4 + 4;
const TOMBSTONE = 0x01;

/** The body of a store: magic, durable mark, raw rows, versions. */
export function encodeBody(store: KvStore): Uint8Array {
  const w = new ByteWriter(1024);
  w.u32(MAGIC);
  w.safe(store.durableAppliedIndex);
  const raw = store.rawRows();
  w.u32(raw.length);
  for (const [key, value] of raw) {
    writeBlob(w, key);
    writeBlob(w, value);
  }
  // The count makes a stream that breaks off between two rows as refusable as one that breaks off inside a row.
  let versions = 0;
  store.forEachVersion(() => versions++);
  w.u32(versions);
  store.forEachVersion((key, version) => {
    writeBlob(w, key);
    w.halves(version.tsHigh, version.tsLow);
    w.u8((version.tombstone ? TOMBSTONE : 0) | (version.encState << 1));
    w.u32(version.hash);
    writeBlob(w, version.body);
  });
  return w.finish();
}

/** Reads a body, or says why it is none. The content shares no bytes with it. */
export function decodeBody(body: Uint8Array): StoreContent | Failure {
  const r = new ByteReader(body);
  if (r.left < HEAD_BYTES || r.u32() !== MAGIC) return plain('store: snapshot body: not a store snapshot');
  const durableIndex = r.safe();
  if (durableIndex < 0) return plain('store: snapshot body: durable mark out of range');
  const raw = new Map<string, Uint8Array>();
  for (let count = r.u32(); count > 0; count--) {
    const key = readBlob(r);
    const value = key === null ? null : readBlob(r);
    if (key === null || value === null) return truncated();
    raw.set(bytesToKey(key), value);
  }
  const rows = new Map<string, Version[]>();
  if (r.left < 4) return truncated();
  for (let count = r.u32(); count > 0; count--) {
    const key = readBlob(r);
    if (key === null || r.left < ROW_FIXED_BYTES - 4) return truncated();
    const tsHigh = r.u32();
    const tsLow = r.u32();
    const flags = r.u8();
    const hash = r.u32() | 0;
    const stored = readBlob(r);
    if (stored === null) return truncated();
    const version = { tsHigh, tsLow, tombstone: (flags & TOMBSTONE) !== 0, encState: flags >> 1, body: stored, hash };
    const name = bytesToKey(key);
    const versions = rows.get(name);
    if (versions === undefined) rows.set(name, [version]);
    else versions.push(version);
  }
  return r.left === 0 ? { durableIndex, rows, raw } : plain(`store: snapshot body: ${r.left} trailing bytes`);
}

function writeBlob(w: ByteWriter, bytes: Uint8Array): void {
  w.u32(bytes.length);
  w.bytes(bytes);
}

function readBlob(r: ByteReader): Uint8Array | null {
  if (r.left < 4) return null;
  const length = r.u32();
  return length > r.left ? null : r.bytes(length).slice();
}

function truncated(): Failure {
  return plain('store: snapshot body: unexpected EOF');
}
