// Reads JSON as Go's encoding/json does, where JavaScript's own parser would lie: numbers keep their digits (a raft
// index may exceed 2^53 and JSON.parse would round it in silence), members keep their order and their repetitions, and
// nesting is bounded by a counter instead of by the host's stack. No library in use keeps all three; the grammar is
// small, and literals are still handed to JSON.parse.

/** A JSON document: numbers as their source text, members in source order. */
export type JsonValue =
  | null
  | boolean
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: JsonValue[] }
  | { readonly kind: 'object'; readonly members: [name: string, value: JsonValue][] };

/** Deepest nesting Go accepts. */
const MAX_DEPTH = 10_000;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERAL = /true|false|null/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

type Container = Extract<JsonValue, { readonly kind: 'array' | 'object' }>;
interface Frame {
  readonly container: Container;
  /** The member name waiting for its value. */
  name: string;
}

class Scanner {
  readonly text: string;
  at = 0;
  constructor(text: string) {
    this.text = text;
  }

  /** The text the expression matches here, or null; moves behind it. */
  match(expression: RegExp): string | null {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (found === null) return null;
    this.at = expression.lastIndex;
    return found[0];
  }

  /** The next character that is not white space, '' at the end; stays in front of it. */
  peek(): string {
    this.match(SPACE);
    return this.text.charAt(this.at);
  }
}

/** The document, or why it is none (one sentence, not Go's wording). */
export function parseJson(text: string): JsonValue | string {
  const s = new Scanner(text);
  const stack: Frame[] = [];
  for (;;) {
    const value = readValue(s);
    if (typeof value === 'string') return value;
    let done = value;
    if (value !== null && typeof value === 'object' && (value.kind === 'array' || value.kind === 'object')) {
      const close = value.kind === 'array' ? ']' : '}';
      if (s.peek() === close) s.at++;
      else {
        stack.push({ container: value, name: '' });
        if (stack.length > MAX_DEPTH) return 'exceeded max depth';
        if (value.kind === 'object' && !readName(s, stack[stack.length - 1]!)) return fault(s, 'object key string');
        continue;
      }
    }
    // A value is complete: hang it into its container, and close every container that ends here.
    for (;;) {
      const frame = stack[stack.length - 1];
      if (frame === undefined) return s.peek() === '' ? done : fault(s, 'end of the document');
      hang(frame, done);
      const next = s.peek();
      const isObject = frame.container.kind === 'object';
      if (next === (isObject ? '}' : ']')) {
        s.at++;
        stack.pop();
        done = frame.container;
        continue;
      }
      if (next !== ',') return fault(s, isObject ? 'comma after object key:value pair' : 'comma after array element');
      s.at++;
      if (isObject && !readName(s, frame)) return fault(s, 'object key string');
      break;
    }
  }
}

function hang(frame: Frame, value: JsonValue): void {
  if (frame.container.kind === 'array') frame.container.items.push(value);
  else frame.container.members.push([frame.name, value]);
}

/** A scalar, or an empty container whose content is still to come; a string is a fault. */
function readValue(s: Scanner): JsonValue | string {
  const first = s.peek();
  if (first === '{') {
    s.at++;
    return { kind: 'object', members: [] };
  }
  if (first === '[') {
    s.at++;
    return { kind: 'array', items: [] };
  }
  if (first === '"') {
    const value = readString(s);
    return value === null ? fault(s, 'string') : { kind: 'string', value };
  }
  const literal = s.match(LITERAL);
  if (literal !== null) return literal === 'null' ? null : literal === 'true';
  const number = s.match(NUMBER);
  return number === null ? fault(s, 'beginning of value') : { kind: 'number', text: number };
}

/** Reads `"name" :` into the frame; false if it is not there. */
function readName(s: Scanner, frame: Frame): boolean {
  if (s.peek() !== '"') return false;
  const name = readString(s);
  if (name === null || s.peek() !== ':') return false;
  s.at++;
  frame.name = name;
  return true;
}

/** Reads a string literal; JSON.parse is the judge of its escapes. Null if it is none. */
function readString(s: Scanner): string | null {
  const start = s.at;
  let end = start + 1;
  while (end < s.text.length && s.text.charCodeAt(end) !== QUOTE) end += s.text.charCodeAt(end) === BACKSLASH ? 2 : 1;
  try {
    const value: unknown = JSON.parse(s.text.slice(start, end + 1));
    s.at = end + 1;
    return typeof value === 'string' ? wellFormed(value) : null;
  } catch {
    return null;
  }
}

/** A lone surrogate becomes the replacement character, as in Go. */
function wellFormed(value: string): string {
  return value.replace(/\p{Surrogate}/gu, '\ufffd');
}

function fault(s: Scanner, wanted: string): string {
  if (s.peek() === '') return 'unexpected end of JSON input';
  return `invalid character ${JSON.stringify(s.text.charAt(s.at))} at offset ${s.at}, looking for ${wanted}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A string literal as Go's HTML-escaping encoder writes it. */
export function goString(value: string): string {
  const escaped = wellFormed(value).replace(/["\\<>&\u0000-\u001f\u2028\u2029]/g, (c) => {
    return ESCAPES[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

/** Name folding of Go's decoder: ASCII case, and the two letters that fold into ASCII. */
export function foldName(name: string): string {
  return name
    .replace(/\u017f/g, 's')
    .replace(/\u212a/g, 'k')
    .replace(/[A-Z]+/g, (c) => c.toLowerCase());
}

/** Bytes of standard base64 with padding, line breaks skipped, as Go reads them; null if it is not that. */
export function decodeBase64(text: string): Uint8Array | null {
  const packed = text.replace(/[\r\n]/g, '');
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) return null;
  return Uint8Array.from(Buffer.from(packed, 'base64'));
}

/** Standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
