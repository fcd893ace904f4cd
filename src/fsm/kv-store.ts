// One group's durable data on one node: versions of user keys, and raw keys (the writer registry) beside them. It plays
// the part of the real store's Pebble: what it holds has survived every crash, so a process that restarts is given the
// same store again, and `durableAppliedIndex` says up to where. Only data mutations move that mark; an encryption entry
// behind the last of them is applied again at every start, and a store that moved it for them would hide that.
import { NO_BYTES, bytesToKey, keyToBytes } from '../base/bytes.ts';
import { CLEARTEXT_GATES, EncState, openBody, sealBody, versionedKey } from './encryption/storage-envelope.ts';
import type { EmitGates, SealedBody } from './encryption/storage-envelope.ts';
import type { RawStore } from './encryption/ports.ts';
import { Failure, plain } from './failure.ts';
import { Op } from './kv-codec.ts';
import type { Mutation } from './kv-codec.ts';
import { decodeBody, encodeBody } from './kv-snapshot.ts';

/** One version of a key. */
export interface Version {
  readonly tsHigh: number;
  readonly tsLow: number;
  readonly tombstone: boolean;
  /** How the body is stored; see EncState. */
  readonly encState: number;
  readonly body: Uint8Array;
  /** Fingerprint of what this version means, whatever its stored form. int32 */
  readonly hash: number;
}

/** What a read finds. */
export type ReadResult =
  | { readonly kind: 'found'; readonly value: Uint8Array; readonly version: Version }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** How a store writes and how much it keeps. */
export interface KvStoreOptions {
  /** Switches of encryption at rest; none by default. */
  readonly gates?: EmitGates;
  /** Versions kept per key, at least 1; all by default. Replicas of a group must agree on it. */
  readonly keepVersions?: number;
}

const ABSENT: ReadResult = { kind: 'absent' };

/** Keys, versions and raw rows. @source elastickv store.MVCCStore, raft-apply half */
export class KvStore implements RawStore {
  #rows = new Map<string, Version[]>();
  #raw = new Map<string, Uint8Array>();
  #digest = 0;
  #durableIndex = 0;
  #clearWrites = 0;
  #touchedIndex = 0;
  #marks = true;
  #gates: EmitGates;
  readonly #keep: number;

  constructor(options: KvStoreOptions = {}) {
    this.#gates = options.gates ?? CLEARTEXT_GATES;
    this.#keep = options.keepVersions ?? Number.MAX_SAFE_INTEGER;
  }

  /**
   * A new process opened this store: its switches replace those of the old one.
   * @param marks whether its writes move the durable mark; a binary from before the mark leaves it as it finds it
   */
  reopen(gates: EmitGates, marks = true): void {
    this.#gates = gates;
    this.#marks = marks;
  }

  /** The same data on another disk. */
  copy(): KvStore {
    const other = new KvStore({ keepVersions: this.#keep });
    const names = [...this.#rows.keys()].sort((a, b) => (a < b ? -1 : 1));
    for (const name of names) other.#rows.set(name, this.#rows.get(name)!.slice());
    other.#raw = new Map(this.#raw);
    other.#digest = this.#digest;
    other.#durableIndex = this.#durableIndex;
    return other;
  }

  /** The highest index whose effect is known to be durable here; 0 if nothing says so. */
  get durableAppliedIndex(): number {
    return this.#durableIndex;
  }

  /** Raises the mark: a snapshot at `index` was persisted. */
  markDurable(index: number): void {
    // What is not marked is here all the same, and will be written again.
    if (!this.#marks) this.markTouched(index);
    else if (index > this.#durableIndex) this.#durableIndex = index;
  }

  /** Notes that an entry may have written raw rows, which the durable mark does not follow. */
  markTouched(index: number): void {
    if (index > this.#touchedIndex) this.#touchedIndex = index;
  }

  /** The highest index whose effect may be in here: above the durable mark where raw rows came after it. */
  get stateIndex(): number {
    return Math.max(this.#durableIndex, this.#touchedIndex);
  }

  /** How many values were ever written here in cleartext; one that a snapshot brought is not counted. */
  get clearWrites(): number {
    return this.#clearWrites;
  }

  /** int32 over what every replica must agree on; stored forms and marks are left out. */
  get digest(): number {
    return this.#digest;
  }

  /** A raw row, null if absent. */
  get(key: Uint8Array): Uint8Array | null {
    return this.#raw.get(bytesToKey(key)) ?? null;
  }

  /** Writes a raw key. Synchronous, and the durable mark stays. */
  set(key: Uint8Array, value: Uint8Array): null {
    const name = bytesToKey(key);
    const before = this.#raw.get(name);
    if (before !== undefined) this.#digest = (this.#digest - rawHash(name, before)) | 0;
    this.#raw.set(name, value);
    this.#digest = (this.#digest + rawHash(name, value)) | 0;
    return null;
  }

  /** The newest version of a user key at or below a timestamp; the newest of all by default. */
  read(key: Uint8Array, tsHigh = 0xffff_ffff, tsLow = 0xffff_ffff): ReadResult {
    const versions = this.#rows.get(bytesToKey(key));
    if (versions === undefined) return ABSENT;
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i]!;
      if (compareTs(version.tsHigh, version.tsLow, tsHigh, tsLow) > 0) continue;
      if (version.tombstone) return ABSENT;
      const header = { tombstone: false, encState: version.encState, expireHigh: 0, expireLow: 0 };
      const at = versionedKey(key, version.tsHigh, version.tsLow);
      const value = openBody(this.#gates.cipher, at, header, version.body);
      return value instanceof Failure ? { kind: 'failed', failure: value } : { kind: 'found', value, version };
    }
    return ABSENT;
  }

  /**
   * Applies mutations of one request, all or none, in one batch with the durable mark.
   * @param index raises the durable mark; 0 leaves it (a duplicate, or a write that is not from the log)
   * @returns null, or the plain error every replica answers alike
   */
  apply(mutations: readonly Mutation[], tsHigh: number, tsLow: number, index: number): Failure | null {
    // Almost every request holds one mutation; it needs no lists.
    const failed =
      mutations.length === 1 ? this.#applyOne(mutations[0]!, tsHigh, tsLow) : this.#applyAll(mutations, tsHigh, tsLow);
    if (failed === null) this.markDurable(index);
    return failed;
  }

  #applyOne(m: Mutation, tsHigh: number, tsLow: number): Failure | null {
    const name = bytesToKey(m.key);
    if (this.#conflicts(name, tsHigh, tsLow)) return conflict(name);
    const sealed = this.#seal(m, tsHigh, tsLow);
    if (sealed instanceof Failure) return sealed;
    this.#write(name, m, sealed, tsHigh, tsLow);
    return null;
  }

  #applyAll(mutations: readonly Mutation[], tsHigh: number, tsLow: number): Failure | null {
    const names: string[] = [];
    for (const m of mutations) {
      const name = bytesToKey(m.key);
      if (this.#conflicts(name, tsHigh, tsLow)) return conflict(name);
      names.push(name);
    }
    const bodies: SealedBody[] = [];
    for (const m of mutations) {
      const sealed = this.#seal(m, tsHigh, tsLow);
      if (sealed instanceof Failure) return sealed;
      bodies.push(sealed);
    }
    for (let i = 0; i < names.length; i++) {
      this.#write(names[i]!, mutations[i]!, bodies[i]!, tsHigh, tsLow);
    }
    return null;
  }

  /** True if a newer version stands in the way. */
  #conflicts(name: string, tsHigh: number, tsLow: number): boolean {
    const newest = this.#newest(name);
    return newest !== undefined && compareTs(newest.tsHigh, newest.tsLow, tsHigh, tsLow) > 0;
  }

  /** Puts a tombstone on every visible key with the prefix. */
  deletePrefix(prefix: Uint8Array, tsHigh: number, tsLow: number, index: number): void {
    const start = bytesToKey(prefix);
    const names = [...this.#rows.keys()].sort((a, b) => (a < b ? -1 : 1));
    const cleartext = { encState: EncState.Cleartext, body: NO_BYTES };
    for (const name of names) {
      if (!name.startsWith(start) || this.#newest(name)!.tombstone) continue;
      const mutation = { op: Op.Del, key: keyToBytes(name), value: NO_BYTES, offsetHigh: 0, offsetLow: 0 };
      this.#write(name, mutation, cleartext, tsHigh, tsLow);
    }
    this.markDurable(index);
  }

  /** Number of user keys, deleted ones included. */
  get keyCount(): number {
    return this.#rows.size;
  }

  /** Every stored version, keys ascending, oldest version first: what is at rest on this disk. */
  forEachVersion(visit: (key: Uint8Array, version: Version) => void): void {
    for (const name of [...this.#rows.keys()].sort((a, b) => (a < b ? -1 : 1))) {
      const key = keyToBytes(name);
      for (const version of this.#rows.get(name)!) visit(key, version);
    }
  }

  /** Raw rows, keys ascending. */
  rawRows(): [key: Uint8Array, value: Uint8Array][] {
    const rows: [Uint8Array, Uint8Array][] = [];
    for (const name of [...this.#raw.keys()].sort((a, b) => (a < b ? -1 : 1))) {
      rows.push([keyToBytes(name), this.#raw.get(name)!]);
    }
    return rows;
  }

  /** The store body of a snapshot: everything, stored forms as they are. */
  snapshotBody(): Uint8Array {
    return encodeBody(this);
  }

  /**
   * Replaces everything by a snapshot body taken at `index`, the durable mark as it stood then included: the mark is a
   * row among the others. Null, or why the bytes are refused (nothing changed).
   */
  restoreBody(body: Uint8Array, index: number): Failure | null {
    const content = decodeBody(body);
    if (content instanceof Failure) return content;
    this.#rows = content.rows;
    this.#raw = content.raw;
    this.#digest = 0;
    for (const name of [...this.#raw.keys()].sort((a, b) => (a < b ? -1 : 1))) {
      this.#digest = (this.#digest + rawHash(name, this.#raw.get(name)!)) | 0;
    }
    this.forEachVersion((_key, version) => {
      this.#digest = (this.#digest + version.hash) | 0;
    });
    this.#durableIndex = content.durableIndex;
    this.#touchedIndex = index;
    return null;
  }

  #newest(name: string): Version | undefined {
    const versions = this.#rows.get(name);
    return versions === undefined ? undefined : versions[versions.length - 1];
  }

  #seal(m: Mutation, tsHigh: number, tsLow: number): SealedBody | Failure {
    if (m.op === Op.Del) return { encState: EncState.Cleartext, body: NO_BYTES };
    // The body outlives the entry it is a view into.
    if (this.#gates.cipher === null) return { encState: EncState.Cleartext, body: m.value.slice() };
    const sealed = sealBody(this.#gates, versionedKey(m.key, tsHigh, tsLow), m.value, false);
    if (sealed instanceof Failure || sealed.encState === EncState.Encrypted) return sealed;
    return { encState: sealed.encState, body: sealed.body.slice() };
  }

  #write(name: string, m: Mutation, stored: SealedBody, tsHigh: number, tsLow: number): void {
    const tombstone = m.op === Op.Del;
    const version: Version = {
      tsHigh,
      tsLow,
      tombstone,
      encState: stored.encState,
      body: stored.body,
      hash: versionHash(name, tsHigh, tsLow, tombstone, m.value),
    };
    if (!tombstone && stored.encState === EncState.Cleartext) this.#clearWrites++;
    let versions = this.#rows.get(name);
    if (versions === undefined) {
      versions = [];
      this.#rows.set(name, versions);
    }
    const newest = versions[versions.length - 1];
    if (newest !== undefined && newest.tsHigh === tsHigh && newest.tsLow === tsLow) {
      // The same key at the same timestamp is the same row.
      versions.pop();
      this.#digest = (this.#digest - newest.hash) | 0;
    }
    versions.push(version);
    this.#digest = (this.#digest + version.hash) | 0;
    while (versions.length > this.#keep) this.#digest = (this.#digest - versions.shift()!.hash) | 0;
  }
}

function conflict(name: string): Failure {
  return plain(`key: ${name}: write conflict`);
}

function compareTs(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  return aHigh !== bHigh ? aHigh - bHigh : aLow - bLow;
}

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

function versionHash(name: string, tsHigh: number, tsLow: number, tombstone: boolean, value: Uint8Array): number {
  let h = tombstone ? ~FNV_OFFSET : FNV_OFFSET;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), FNV_PRIME);
  h = Math.imul(h ^ tsHigh, FNV_PRIME);
  h = Math.imul(h ^ tsLow, FNV_PRIME);
  if (!tombstone) for (let i = 0; i < value.length; i++) h = Math.imul(h ^ value[i]!, FNV_PRIME);
  return scramble(h);
}

function rawHash(name: string, value: Uint8Array): number {
  let h = Math.imul(FNV_OFFSET ^ name.length, FNV_PRIME);
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), FNV_PRIME);
  for (let i = 0; i < value.length; i++) h = Math.imul(h ^ value[i]!, FNV_PRIME);
  return scramble(h);
}

/** Spreads the bits, so that sums of hashes of similar rows do not cancel. */
function scramble(h: number): number {
  let x = h ^ (h >>> 16);
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b | 0);
  return (x ^ (x >>> 16)) | 0;
}
