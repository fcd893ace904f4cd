// Text as UTF-8 and back. What a simulation writes is mostly ASCII and short, where a loop beats the platform's encoder by
// far; keys and values cross it several times per client operation.
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Beyond this the platform's coder is faster, in code units or bytes. */
const SHORT = 128;

/** Orders texts by their code units, wherever it runs. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A text as UTF-8. */
export function encodeText(text: string): Uint8Array {
  const { length } = text;
  if (length > SHORT) return encoder.encode(text);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 128) return encoder.encode(text);
    bytes[i] = unit;
  }
  return bytes;
}

/** A text from UTF-8 in [from, to) of the bytes; what is none becomes the replacement character. */
export function decodeText(bytes: Uint8Array, from = 0, to = bytes.length): string {
  if (to - from > SHORT) return decoder.decode(bytes.subarray(from, to));
  let text = '';
  for (let i = from; i < to; i++) {
    const unit = bytes[i]!;
    if (unit >= 128) return decoder.decode(bytes.subarray(from, to));
    text += String.fromCharCode(unit);
  }
  return text;
}
