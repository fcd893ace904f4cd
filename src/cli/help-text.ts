// Help in eighty columns. The argument scanner sets its tables as wide as their widest cell; here every line is folded
// under its own text, and defaults that say nothing are left out, so that help reads the same in any window.
import { WIDTH, wrap } from '../report/layout.ts';

/** The column at which the text of a table row begins; for other lines, where the line itself begins. */
function textColumn(line: string): number {
  const row = /^\s*(?:-\w\s+)?(?:\[?-[-\w]*\]?|[\w.-]+)\s{2,}/.exec(line);
  if (row !== null && /^\s/.test(line)) return row[0].length;
  return /^\s*/.exec(line)?.[0].length ?? 0;
}

function foldLine(line: string): string {
  const plain = line.replace(/\s+\[default = (false|)\]$/, '');
  const column = textColumn(plain);
  const text = plain.slice(column).replace(/\s{2,}/g, ' ');
  if (plain.length <= WIDTH && !/\s{3,}\[/.test(plain)) return plain;
  return plain.slice(0, column) + wrap(text, WIDTH - column).join(`\n${' '.repeat(column)}`);
}

/** Lists that may be empty; the scanner knows their least length and shows them as if it were one. */
const MAY_BE_EMPTY = /<(PATTERN|WORKLOAD)>\.\.\./g;

/** Folds every line of a text to eighty columns. */
export function foldHelp(text: string): string {
  return text.replace(MAY_BE_EMPTY, '[$1]...').split('\n').map(foldLine).join('\n');
}

/** Prose for help: lines joined, an empty line between paragraphs. */
export function prose(...lines: readonly string[]): string {
  return lines
    .map((line) => (line === '' ? '\n\n' : `${line} `))
    .join('')
    .replaceAll(' \n', '\n')
    .trim();
}
