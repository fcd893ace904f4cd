// Go's %q of bytes: what the reference prints for an entry's payload. Printable text stays as it is, the rest is
// escaped, and bytes that are not UTF-8 show as \xNN, so that two different payloads never print alike.

const SHORT: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** Go prints letters, marks, numbers, punctuation, symbols and the ASCII space. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const MALFORMED = -1;

/** Code point that starts at a byte, or MALFORMED. Its length in bytes follows from its value. */
function codePointAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return first;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return MALFORMED;
  let code = first & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i]!;
    if ((next & 0xc0) !== 0x80) return MALFORMED;
    code = (code << 6) | (next & 0x3f);
  }
  // Overlong forms, surrogates and what lies beyond Unicode are not characters.
  const least = length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80;
  return code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? MALFORMED : code;
}

function encodedLength(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

function hexadecimal(n: number, digits: number): string {
  return n.toString(16).padStart(digits, '0');
}

function escaped(code: number): string {
  const short = SHORT[code];
  if (short !== undefined) return short;
  const char = String.fromCodePoint(code);
  if (PRINTABLE.test(char)) return char;
  if (code < 0x20 || code === 0x7f) return `\\x${hexadecimal(code, 2)}`;
  return code < 0x10000 ? `\\u${hexadecimal(code, 4)}` : `\\U${hexadecimal(code, 8)}`;
}

/** Go's %q of bytes. @source Go strconv.Quote */
export function quote(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const code = codePointAt(bytes, at);
    if (code === MALFORMED) {
      text += `\\x${hexadecimal(bytes[at]!, 2)}`;
      at++;
    } else {
      text += escaped(code);
      at += encodedLength(code);
    }
  }
  return `"${text}"`;
}
