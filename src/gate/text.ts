// A formula as text and back: `a and (b or not c)`. Reports, tapes, findings and the command line pass gates around in
// this form, so what is printed can be read again; a second notation would be a second meaning.
import { InputError } from '../base/errors.ts';
import { FALSE, TRUE } from './formula.ts';
import type { Formula } from './formula.ts';

const WORDS = ['and', 'or', 'not'];

/** A formula as text; `not` binds tighter than `and`, `and` tighter than `or`. */
export function textOf(formula: Formula): string {
  return render(formula, 0);
}

/** @param around how tightly what stands around binds: 0 nothing, 1 `or`, 2 `and`, 3 `not` */
function render(formula: Formula, around: number): string {
  switch (formula.f) {
    case 'true':
      return 'open';
    case 'false':
      return 'closed';
    case 'atom':
      return formula.name;
    case 'not':
      return `not ${render(formula.of, 3)}`;
    case 'and':
    case 'or': {
      // An empty conjunction asks for nothing, an empty disjunction offers nothing.
      if (formula.of.length === 0) return formula.f === 'and' ? 'open' : 'closed';
      const only = formula.of[0];
      if (formula.of.length === 1 && only !== undefined) return render(only, around);
      const strength = formula.f === 'and' ? 2 : 1;
      const text = formula.of.map((part) => render(part, strength)).join(` ${formula.f} `);
      return around >= strength ? `(${text})` : text;
    }
  }
}

/**
 * Reads a formula from text.
 * @throws InputError SCN005 naming the column where it cannot be read
 */
export function parseFormula(text: string): Formula {
  const reader = new TokenReader(text);
  const formula = disjunction(reader);
  if (reader.peek() !== '') throw reader.error('a gate ends here');
  return formula;
}

/** Walks the words and parentheses of a gate's text. */
class TokenReader {
  readonly #text: string;
  readonly #tokens: { readonly word: string; readonly column: number }[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = [...text.matchAll(/[()]|[^\s()]+/g)].map((m) => ({ word: m[0], column: m.index + 1 }));
  }

  /** The next word, empty at the end. */
  peek(): string {
    return this.#tokens[this.#at]?.word ?? '';
  }

  /** Steps over the next word if it is this one. */
  take(word: string): boolean {
    if (this.peek() !== word) return false;
    this.#at++;
    return true;
  }

  next(): string {
    const word = this.peek();
    this.#at++;
    return word;
  }

  error(expected: string): InputError {
    const column = this.#tokens[this.#at]?.column ?? this.#text.length + 1;
    const found = this.peek() === '' ? 'the end' : `"${this.peek()}"`;
    return new InputError('SCN005', `gate "${this.#text}", column ${column}: ${expected}, found ${found}`);
  }
}

function disjunction(reader: TokenReader): Formula {
  return joined(reader, 'or', conjunction);
}

function conjunction(reader: TokenReader): Formula {
  return joined(reader, 'and', literal);
}

function joined(reader: TokenReader, word: 'and' | 'or', part: (reader: TokenReader) => Formula): Formula {
  const first = part(reader);
  if (reader.peek() !== word) return first;
  const of = [first];
  while (reader.take(word)) of.push(part(reader));
  return { f: word, of };
}

function literal(reader: TokenReader): Formula {
  if (reader.take('not')) return { f: 'not', of: literal(reader) };
  if (reader.take('(')) {
    const inside = disjunction(reader);
    if (!reader.take(')')) throw reader.error('wants ")"');
    return inside;
  }
  const word = reader.peek();
  if (word === '' || word === ')' || WORDS.includes(word)) throw reader.error('wants an atom, "not" or "("');
  reader.next();
  if (word === 'open') return TRUE;
  return word === 'closed' ? FALSE : { f: 'atom', name: word };
}
