// The grammar of etcd's data-driven scripts: directives, their arguments, input and expected output, each with its
// place in the file. The parser refuses what it cannot read, with file, line and column: a directive that were skipped
// in silence would count as passed. Everything about what a directive means stands elsewhere.
import { InputError } from '../../base/errors.ts';

/** One argument of a directive: `key`, `key=value` or `key=(v1, v2)`. */
export interface Argument {
  readonly key: string;
  /** Empty for a bare key; one empty string for `key=`. */
  readonly values: readonly string[];
}

/** One directive of a script. */
export interface Directive {
  readonly file: string;
  /** Line of the command in the file; the first is 1. */
  readonly line: number;
  /** The command line as it stands in the file, continuation lines joined. */
  readonly text: string;
  readonly command: string;
  readonly args: readonly Argument[];
  readonly input: string;
  /** Expected output; ends in a newline unless it is empty. */
  readonly expected: string;
}

const SEPARATOR = '----';

/** Whether a text has a directive at all, that is a line that separates one from its output. */
export function looksLikeScript(text: string): boolean {
  return /^----\r?$/m.test(text);
}

/**
 * Reads a whole script.
 * @throws InputError CNF001 with file, line and column
 * @source FORMAT section 1; cockroachdb/datadriven
 */
export function parseScript(file: string, text: string): Directive[] {
  const reader = new LineReader(file, text);
  const directives: Directive[] = [];
  for (let raw = reader.next(); raw !== null; raw = reader.next()) {
    const line = goTrim(raw);
    if (line === '' || line.startsWith('#')) continue;
    directives.push(readDirective(reader, line));
  }
  return directives;
}

function readDirective(reader: LineReader, firstLine: string): Directive {
  const lineNumber = reader.lineNumber;
  let text = firstLine;
  while (text.endsWith('\\')) {
    const more = reader.next();
    if (more === null) break;
    text = `${text.slice(0, -1)} ${goTrim(more)}`;
  }
  const { command, args } = parseCommandLine(text, reader.file, lineNumber);
  const input: string[] = [];
  for (let line = reader.next(); line !== SEPARATOR; line = reader.next()) {
    if (line === null) throw badScript(reader.file, lineNumber, 1, `directive "${text}" has no ${SEPARATOR} line`);
    input.push(line);
  }
  const expected = readExpected(reader);
  return { file: reader.file, line: lineNumber, text, command, args, input: goTrim(input.join('\n')), expected };
}

/** Form A ends at the first blank line; form B starts with a second separator and ends at two in a row. */
function readExpected(reader: LineReader): string {
  let out = '';
  const first = reader.next();
  if (first !== SEPARATOR) {
    for (let line = first; line !== null && goTrim(line) !== ''; line = reader.next()) out += `${line}\n`;
    return out;
  }
  for (let line = reader.next(); line !== null; line = reader.next()) {
    if (line !== SEPARATOR) {
      out += `${line}\n`;
      continue;
    }
    const second = reader.next();
    if (second === SEPARATOR) {
      const blank = reader.next();
      if (blank !== null && blank !== '') {
        throw badScript(reader.file, reader.lineNumber, 1, `a blank line must follow the closing ${SEPARATOR} lines`);
      }
      return out;
    }
    out += `${line}\n${second === null ? '' : `${second}\n`}`;
  }
  return out;
}

/** Reads lines and knows the number of the last one read. */
class LineReader {
  readonly file: string;
  lineNumber = 0;
  private readonly lines: readonly string[];

  constructor(file: string, text: string) {
    this.file = file;
    const lines = text.split('\n');
    if (lines[lines.length - 1] === '') lines.pop();
    this.lines = lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  next(): string | null {
    const line = this.lines[this.lineNumber];
    if (line === undefined) return null;
    this.lineNumber++;
    return line;
  }
}

/**
 * Splits a command line into command and arguments.
 * @throws InputError CNF001
 */
export function parseCommandLine(
  line: string,
  file: string,
  lineNumber: number,
): { command: string; args: readonly Argument[] } {
  const end = indexOfAny(line, ' ', 0);
  const args: Argument[] = [];
  let at = skipBlank(line, end);
  while (at < line.length) {
    const keyEnd = indexOfAny(line, ' =', at);
    if (keyEnd === at) throw badScript(file, lineNumber, at + 1, `an argument of "${line}" has no key`);
    const key = line.slice(at, keyEnd);
    let values: readonly string[] = [];
    at = keyEnd;
    if (line[at] === '=') {
      if (line[at + 1] === '(') {
        const list = parseList(line, at + 2, file, lineNumber);
        values = list.values;
        at = list.end;
      } else {
        const valueEnd = indexOfAny(line, ' ', at + 1);
        values = [line.slice(at + 1, valueEnd)];
        at = valueEnd;
      }
    }
    args.push({ key, values });
    at = skipBlank(line, at);
  }
  return { command: line.slice(0, end), args };
}

/** The values of `(v1, v2, ...)`, from behind the opening parenthesis; only commas outside inner parentheses separate. */
function parseList(line: string, from: number, file: string, lineNumber: number): { values: string[]; end: number } {
  const values: string[] = [];
  let depth = 1;
  let start = from;
  let at = from;
  while (depth > 0) {
    const c = line[at];
    if (c === undefined) throw badScript(file, lineNumber, from, `a list of "${line}" is not closed`);
    at++;
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === ',' && depth === 1) {
      values.push(line.slice(start, at - 1));
      while (line[at] === ' ') at++;
      start = at;
    }
  }
  values.push(line.slice(start, at - 1));
  return { values, end: at };
}

function indexOfAny(line: string, chars: string, from: number): number {
  let at = from;
  while (at < line.length && !chars.includes(line[at] as string)) at++;
  return at;
}

function skipBlank(line: string, from: number): number {
  let at = from;
  while (at < line.length && GO_SPACE.test(line[at] as string)) at++;
  return at;
}

const GO_SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const GO_TRIM = new RegExp(`^(?:${GO_SPACE.source})+|(?:${GO_SPACE.source})+$`, 'g');

/** Trims what Go's strings.TrimSpace trims: U+0085 too, and not U+FEFF. */
function goTrim(text: string): string {
  return text.replace(GO_TRIM, '');
}

/** Bad script grammar at a place of a file. */
export function badScript(file: string, line: number, column: number, message: string): InputError {
  return new InputError('CNF001', message, { file, line, column });
}

/** Bad use of a command: what the reference harness ends its test for. */
export function badDirective(d: Directive, message: string): InputError {
  return badScript(d.file, d.line, 1, `${d.command}: ${message}`);
}
