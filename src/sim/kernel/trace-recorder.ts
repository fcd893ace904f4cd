// The trace of a run as integers. Each event is one short record in a chunk of memory; full chunks go through SHA-256, and
// are kept only when the trace is wanted. Words are made of records on demand: a run that nobody looks at builds no string
// and no object per event, and yet has the same hash as the run that is printed, since the hash is over the records.
import { createHash, type Hash } from 'node:crypto';
import { assert } from '../../base/assert.ts';
import type { Message, Role } from '../../raft/index.ts';
import type { Scheduler } from './scheduler.ts';
import type { TraceEvent } from './trace.ts';
import { renderRecords, type TraceNames } from './trace-render.ts';
import { KV_OPS, KV_PHASES, Rec, RECORD_HEAD, type KvOp, type KvPhase } from './trace-records.ts';

/** 16 KiB: most runs are short, and what is laid out for each of them has to be collected again. */
const CHUNK_INTS = 4_096;

/** Fields of a rare event: those of the trace event of that kind, without its place. */
export type RareFields<K extends TraceEvent['kind']> = TraceEvent extends infer E
  ? E extends { kind: infer Kinds }
    ? K extends Kinds
      ? Omit<E, 'kind' | 'seq' | 'atMs' | 'node' | 'group'>
      : never
    : never
  : never;

/** Events that have no method of their own. */
export type RareKind = Exclude<
  TraceEvent['kind'],
  'send' | 'deliver' | 'lose' | 'role' | 'append' | 'commit' | 'apply' | 'kv'
>;

/** Records the events of one run. Nodes and groups are numbers from 1, 0 for none. */
export class TraceRecorder {
  /** Number of the event recorded last; the first is 1. */
  seq = 0;
  readonly #names: TraceNames;
  readonly #scheduler: Scheduler;
  readonly #keep: boolean;
  readonly #hash: Hash = createHash('sha256');
  #chunk = new Int32Array(CHUNK_INTS);
  #length = 0;
  readonly #full: Int32Array[] = [];
  /** Texts by number, while the trace is kept. */
  readonly #texts: string[] = [];
  #textCount = 0;
  readonly #textIds = new Map<string, number>();
  /** Last name seen with an opcode, so that a steady stream of one kind of entry looks nothing up. */
  readonly #opcodeName: string[] = [];
  readonly #opcodeText: number[] = [];
  #digest: string | null = null;

  /** @param keep whether the trace will be asked for */
  constructor(names: TraceNames, scheduler: Scheduler, keep: boolean) {
    assert(LITTLE_ENDIAN, 'BIG_ENDIAN', () => 'the trace hash is defined over little-endian integers');
    this.#names = names;
    this.#scheduler = scheduler;
    this.#keep = keep;
  }

  /** A message leaves its sender. */
  send(from: number, to: number, group: number, m: Message): void {
    this.#message(Rec.Send, from, from, to, group, m);
  }

  /** It arrives. */
  deliver(from: number, to: number, group: number, m: Message): void {
    this.#message(Rec.Deliver, to, from, to, group, m);
  }

  /** It is lost: on a cut link, by the weather, or because nobody is there. */
  lose(from: number, to: number, group: number, m: Message): void {
    this.#message(Rec.Lose, from, from, to, group, m);
  }

  role(node: number, group: number, role: Role, term: number): void {
    const at = this.#begin(Rec.Role, node, group, 2);
    this.#chunk[at] = role;
    this.#chunk[at + 1] = this.#int(term);
  }

  commit(node: number, group: number, index: number, term: number): void {
    const at = this.#begin(Rec.Commit, node, group, 2);
    this.#chunk[at] = this.#int(index);
    this.#chunk[at + 1] = this.#int(term);
  }

  /** An entry came to stand in a replica's log. @param name short name of what it asks for, '' for none */
  append(node: number, group: number, index: number, term: number, opcode: number, name: string): void {
    const text = this.#opcode(opcode, name);
    const at = this.#begin(Rec.Append, node, group, 4);
    this.#chunk[at] = this.#int(index);
    this.#chunk[at + 1] = this.#int(term);
    this.#chunk[at + 2] = opcode;
    this.#chunk[at + 3] = text;
  }

  /** An entry was applied. @param error the plain error every replica skips alike; null for none */
  apply(
    node: number,
    group: number,
    index: number,
    term: number,
    opcode: number,
    name: string,
    error: string | null,
  ): void {
    const text = this.#opcode(opcode, name);
    const reason = error === null ? -1 : this.#text(error);
    const at = this.#begin(Rec.Apply, node, group, 5);
    this.#chunk[at] = this.#int(index);
    this.#chunk[at + 1] = this.#int(term);
    this.#chunk[at + 2] = opcode;
    this.#chunk[at + 3] = text;
    this.#chunk[at + 4] = reason;
  }

  /** A client's operation moves on. @param client number of the client, below 2^24 */
  kv(client: number, group: number, op: KvOp, phase: KvPhase, key: string, value: string | null): void {
    const keyText = this.#text(key);
    const valueText = value === null ? -1 : this.#fresh(value);
    const at = this.#begin(Rec.Kv, 0, group, 3);
    this.#chunk[at] = (client << 8) | (KV_OPS.indexOf(op) << 4) | KV_PHASES.indexOf(phase);
    this.#chunk[at + 1] = keyText;
    this.#chunk[at + 2] = valueText;
  }

  /** Any other event; its fields travel as one JSON text. */
  rare<K extends RareKind>(kind: K, node: number, group: number, fields: RareFields<K>): void {
    const kindText = this.#text(kind);
    const fieldsText = this.#fresh(JSON.stringify(fields));
    const at = this.#begin(Rec.Rare, node, group, 2);
    this.#chunk[at] = kindText;
    this.#chunk[at + 1] = fieldsText;
  }

  /** SHA-256 of all records, hex. The trace is closed by it. */
  hash(): string {
    if (this.#digest === null) {
      this.#hash.update(bytesOf(this.#chunk, this.#length));
      this.#digest = this.#hash.digest('hex');
    }
    return this.#digest;
  }

  /** All events so far; empty unless the trace is kept. */
  events(): TraceEvent[] {
    if (!this.#keep) return [];
    return renderRecords([...this.#full, this.#chunk.subarray(0, this.#length)], this.#texts, this.#names);
  }

  #message(kind: Rec, node: number, from: number, to: number, group: number, m: Message): void {
    const at = this.#begin(kind, node, group, 6);
    const chunk = this.#chunk;
    chunk[at] = (m.type << 16) | (from << 8) | to;
    chunk[at + 1] = this.#int(m.term);
    chunk[at + 2] = this.#int(m.index);
    chunk[at + 3] = m.entries.length;
    chunk[at + 4] = this.#int(m.commit);
    chunk[at + 5] = m.reject ? 1 : 0;
  }

  /** Writes the head of the next record. @returns where its fields begin */
  #begin(kind: Rec, node: number, group: number, fields: number): number {
    assert(this.#digest === null, 'TRACE_CLOSED', () => `an event of kind ${kind} after the end of the trace`);
    if (this.#length + RECORD_HEAD + fields > CHUNK_INTS) this.#flush();
    const at = this.#length;
    this.#length = at + RECORD_HEAD + fields;
    this.#chunk[at] = (fields << 8) | kind;
    this.#chunk[at + 1] = this.#scheduler.nowMs;
    this.#chunk[at + 2] = (node << 16) | group;
    this.seq++;
    return at + RECORD_HEAD;
  }

  #int(value: number): number {
    assert((value | 0) === value, 'TRACE_RANGE', () => `${value} is beyond the trace's 32 bits`);
    return value;
  }

  #opcode(opcode: number, name: string): number {
    const slot = opcode + 1;
    if (this.#opcodeName[slot] === name) return this.#opcodeText[slot]!;
    const text = this.#text(name);
    this.#opcodeName[slot] = name;
    this.#opcodeText[slot] = text;
    return text;
  }

  /** The number of a text in this run. Its code units enter the trace where it is first used. */
  #text(text: string): number {
    let id = this.#textIds.get(text);
    if (id === undefined) this.#textIds.set(text, (id = this.#fresh(text)));
    return id;
  }

  /** The same for a text that will hardly come again: it is not looked up, and kept only with the trace. */
  #fresh(text: string): number {
    const id = this.#textCount++;
    if (this.#keep) this.#texts.push(text);
    this.#raw((text.length << 8) | Rec.Text);
    for (let i = 0; i < text.length; i += 2) this.#raw(text.charCodeAt(i) | ((text.charCodeAt(i + 1) || 0) << 16));
    return id;
  }

  #raw(word: number): void {
    if (this.#length === CHUNK_INTS) this.#flush();
    this.#chunk[this.#length++] = word;
  }

  #flush(): void {
    this.#hash.update(bytesOf(this.#chunk, this.#length));
    if (this.#keep) this.#full.push(this.#chunk.slice(0, this.#length));
    this.#length = 0;
  }
}

function bytesOf(chunk: Int32Array, ints: number): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset, 4 * ints);
}

const LITTLE_ENDIAN = new Uint8Array(Int32Array.of(1).buffer)[0] === 1;
