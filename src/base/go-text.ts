// Texts as Go's formatting verbs write them. The store's refusals carry names and paths in them; an operator's script that
// matches the real text has to match ours, whatever characters a name is made of.

const SHORT: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};
/** What Go does not print: every character outside letters, marks, numbers, punctuation, symbols and the plain space. */
const NEEDS_ESCAPE = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** `%q` of a string. @source Go strconv.Quote */
export function goQuote(text: string): string {
  return `"${text.replace(NEEDS_ESCAPE, escapeOf)}"`;
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0)!;
  const short = SHORT[character];
  if (short !== undefined) return short;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  // A lone surrogate has no UTF-8 form: what Go holds in its place is the replacement character.
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  return code < 0x1_0000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
