// Lines of at most eighty columns that read the same in a terminal, a log and a diff. Colour is decided once, by the
// caller: a text that is compared or stored must not depend on what it is looked at with.
import pc from 'picocolors';

/** How wide a line may be. */
export const WIDTH = 80;

/** Colours, or their absence. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
}

/** Colours for a terminal that wants them; plain text for all else. */
export function paint(colour: boolean): Paint {
  const c = pc.createColors(colour);
  return { bold: c.bold, dim: c.dim, good: c.green, bad: c.red, warn: c.yellow };
}

/** Breaks a text at spaces into lines of at most `width` columns; a longer word stands on a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}

/** A label and a text that may take several lines, all but the first set under the first. */
export function labelled(label: string, text: string, indent = 3, column = 13): string[] {
  return wrap(text, WIDTH - column).map((line, i) =>
    i === 0 ? ' '.repeat(indent) + label.padEnd(column - indent) + line : ' '.repeat(column) + line,
  );
}

/** Left and right of one line, set at its two ends; the left part gives way where both do not fit. */
export function ends(left: string, right: string, width = WIDTH): string {
  const room = width - right.length - 2;
  const kept = left.length <= room ? left : `${left.slice(0, Math.max(0, room - 1))}…`;
  return kept + ' '.repeat(Math.max(2, width - kept.length - right.length)) + right;
}

/** Rows as columns, each as wide as its widest cell; numbers are set to the right. */
export function columns(rows: readonly (readonly string[])[], indent = 1): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) => {
    const cells = row.map((cell, i) =>
      /^[\d,.]+$/.test(cell) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
    );
    return (' '.repeat(indent) + cells.join('  ')).trimEnd();
  });
}

/** A whole number with commas between thousands. */
export function grouped(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count and its noun: `1 run`, `2,000 runs`. */
export function count(n: number, noun: string): string {
  return `${grouped(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** Virtual ms as seconds with three decimals: `0.264s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)}s`;
}
