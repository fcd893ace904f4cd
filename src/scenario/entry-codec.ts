// Entries of a feature given by `apply` alone, as bytes: the opcode, then its arguments. A replicated log holds bytes, so
// a feature that lives in objects only would never meet an entry it cannot read.
import { ByteReader, ByteWriter, VarintReader } from '../base/bytes.ts';
import { decodeText, encodeText } from '../base/text.ts';
import type { SubjectDefinition } from './subject.ts';

export type Args = Readonly<Record<string, string>>;

/** Opcode, count of arguments, then each name and value with its length in front. */
export function encodeEntry(opcode: number, args: Args): Uint8Array {
  const names = Object.keys(args);
  const w = new ByteWriter(32);
  w.u8(opcode);
  w.varint(0, names.length);
  for (const name of names) {
    writeText(w, name);
    writeText(w, args[name]!);
  }
  return w.finish();
}

/** The opcode and arguments of an entry; null if the bytes are none of ours. */
export function decodeEntry(data: Uint8Array): { readonly opcode: number; readonly args: Args } | null {
  if (data.length < 2) return null;
  const texts = new TextReader(data, 1);
  const count = texts.number();
  const args: Record<string, string> = {};
  for (let i = 0; i < count; i++) {
    const name = texts.text();
    const value = texts.text();
    if (name === null || value === null) return null;
    args[name] = value;
  }
  return count >= 0 && texts.atEnd() ? { opcode: data[0]!, args } : null;
}

/** A call's arguments as the body of its request. */
export function encodeArgs(args: Args): Uint8Array {
  return encodeEntry(0, args);
}

/** The arguments in a request's body; none if it is empty or not ours. */
export function decodeArgs(body: Uint8Array): Args {
  return decodeEntry(body)?.args ?? {};
}

/** The opcode of a KV write: the subject's own `put`, or else the lowest byte the subject does not use. */
export function putOpcode(subject: SubjectDefinition): number {
  const own = subject.opcodes['put'];
  if (own !== undefined) return own;
  const used = Object.values(subject.opcodes);
  let free = 0;
  while (used.includes(free)) free++;
  return free;
}

/** Names by opcode: one is looked up for each entry and replica. */
const NAMES = new WeakMap<SubjectDefinition, readonly (string | undefined)[]>();

function namesOf(subject: SubjectDefinition): readonly (string | undefined)[] {
  const known = NAMES.get(subject);
  if (known !== undefined) return known;
  const names: (string | undefined)[] = [];
  for (const name of Object.keys(subject.opcodes)) names[subject.opcodes[name]!] ??= name;
  NAMES.set(subject, names);
  return names;
}

/** The name of an opcode, for traces; `0x2a` for one the subject does not know. */
export function opcodeName(subject: SubjectDefinition, opcode: number): string {
  const named = namesOf(subject)[opcode];
  if (named !== undefined) return named;
  return opcode === putOpcode(subject) ? 'put' : `0x${opcode.toString(16).padStart(2, '0')}`;
}

function writeText(w: ByteWriter, text: string): void {
  const bytes = encodeText(text);
  w.varint(0, bytes.length);
  w.bytes(bytes);
}

/** Reads lengths and texts, front to back. */
class TextReader {
  readonly #reader: ByteReader;
  readonly #varint = new VarintReader();

  constructor(data: Uint8Array, at: number) {
    this.#reader = new ByteReader(data, at);
  }

  /** A length; -1 if it is cut short or exceeds an int32. */
  number(): number {
    const { source, at } = this.#reader;
    const next = this.#varint.read(source, at, source.length);
    if (next < 0 || this.#varint.high !== 0 || this.#varint.low > 0x7fff_ffff) return -1;
    this.#reader.at = next;
    return this.#varint.low;
  }

  text(): string | null {
    const length = this.number();
    if (length < 0 || length > this.#reader.left) return null;
    const { source, at } = this.#reader;
    this.#reader.at = at + length;
    return decodeText(source, at, at + length);
  }

  atEnd(): boolean {
    return this.#reader.left === 0;
  }
}
