// Puts measured tables into the documents that show them. Each stands between two marks; only what is between them is replaced, so that
// a figure in the document is one that a command has printed, never one that somebody remembered.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './corpus.ts';

/** A table in Markdown, its columns padded as the formatter pads them. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const texts = [head, ...rows].map((row) => row.map((cell) => String(cell).replaceAll('|', '\\|')));
  const widths = head.map((_, i) => Math.max(3, ...texts.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [line(texts[0]!), rule, ...texts.slice(1).map(line)];
}

/**
 * Replaces what stands between the marks of one measurement.
 * @param document where, from the root of the project
 * @throws Error if the document has no such marks
 */
export function publish(name: string, lines: readonly string[], document = 'docs/search.md'): void {
  const path = join(ROOT, document);
  const text = readFileSync(path, 'utf8');
  const [from, to] = [`<!-- measured by: npm run ${name} -->`, `<!-- end of ${name} -->`];
  const start = text.indexOf(from);
  const end = text.indexOf(to);
  if (start < 0 || end < start) throw new Error(`${document} has no marks for ${name}`);
  const body = ['', '', ...lines, '', ''].join('\n');
  writeFileSync(path, text.slice(0, start + from.length) + body + text.slice(end));
  process.stdout.write(`${lines.join('\n')}\n`);
}
