// The essential steps of a run as a table with a column per node, time downwards: who did what, and what reached whom.
// A reviewer reads a column to follow a node and a row to follow an entry; what does not fit beside is set below.
import { seconds, WIDTH, wrap } from './layout.ts';

/** One row: what happened at a node. */
export interface StepRow {
  /** Virtual ms; null where the step is a model's, which has no clock. */
  readonly atMs: number | null;
  readonly node: string;
  /** The node a message came from; null where nothing was sent. */
  readonly from: string | null;
  readonly text: string;
  /** Why it could happen; empty if that is plain. */
  readonly note: string;
}

const LEFT = 19;
const MIN_COLUMN = 10;
const MAX_COLUMN = 18;

/** The nodes that get a column: those that do something, in the order given. */
function columnsFor(nodes: readonly string[], rows: readonly StepRow[]): readonly string[] {
  return nodes.filter((node) => rows.some((row) => row.node === node || row.from === node));
}

/** Puts a text into a line at a column; what stands there already is kept. */
function place(line: string, column: number, text: string): string {
  return line.padEnd(column) + text;
}

/** The cells of one row: an arrow from the sender if there is one, and the text at the node's column. */
function cells(row: StepRow, nodes: readonly string[], width: number): string {
  const at = nodes.indexOf(row.node) * width;
  const from = row.from === null ? -1 : nodes.indexOf(row.from) * width;
  if (from < 0 || from === at) return place('', at, row.text);
  if (from < at) return place(place('', from, `${'.'.repeat(Math.max(1, at - from - 2))}>`), at, row.text);
  const text = place('', at, `${row.text} `);
  return `${text}<${'.'.repeat(Math.max(1, from - text.length))}`;
}

/** One row and its note: beside it if it fits, else on the lines below, under the text. */
function lines(row: StepRow, n: number, nodes: readonly string[], width: number): string[] {
  const head = `${String(n).padStart(6)}  ${(row.atMs === null ? '' : seconds(row.atMs)).padStart(9)}`.padEnd(LEFT);
  const first = (head + cells(row, nodes, width)).trimEnd();
  const text = first.length <= WIDTH ? [first] : shifted(head, row);
  if (row.note === '') return text;
  const only = text.length === 1 ? first : '';
  const beside = `${only}    ${row.note}`;
  if (only !== '' && beside.length <= WIDTH) return [beside];
  const indent = Math.min(LEFT + nodes.indexOf(row.node) * width, WIDTH - 40) + 2;
  return [...text, ...wrap(row.note, WIDTH - indent).map((part) => ' '.repeat(indent) + part)];
}

/** A row too long for its column names its node and is moved to the left, as little as will do. */
function shifted(head: string, row: StepRow): string[] {
  const sender = row.from === null ? '' : `${row.from} > `;
  const text = `${sender}${row.node}: ${row.text}`;
  if (LEFT + text.length <= WIDTH) return [head + text.padStart(WIDTH - LEFT)];
  return wrap(text, WIDTH - LEFT).map((part, i) => (i === 0 ? head + part : ' '.repeat(LEFT + 2) + part));
}

/**
 * The table's lines, its head included.
 * @param nodes all nodes of the cluster, in declaration order
 */
export function stepsTable(nodes: readonly string[], rows: readonly StepRow[]): string[] {
  const shown = columnsFor(nodes, rows);
  const fair = Math.floor((WIDTH - LEFT) / Math.max(1, shown.length));
  const width = Math.min(MAX_COLUMN, Math.max(MIN_COLUMN, fair));
  const names = shown.map((node) => (node.length < width ? node : `${node.slice(0, width - 2)}…`).padEnd(width));
  const head = `     #  ${'time'.padStart(9)}`.padEnd(LEFT) + names.join('');
  return [head.trimEnd(), ...rows.flatMap((row, i) => lines(row, i + 1, shown, width))];
}
