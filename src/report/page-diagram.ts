// The essential steps of a run as a space-time diagram: a life line per node, time downwards, an arrow where one node's
// entry reached another. Drawn as SVG text, so that a page needs nothing but itself.
import { xml } from './junit.ts';
import { seconds } from './layout.ts';
import type { StepRow } from './steps-table.ts';

const LEFT = 80;
const COLUMN = 210;
const TOP = 34;
const ROW = 30;

/** Where a node's life line runs. */
function x(nodes: readonly string[], node: string): number {
  return LEFT + Math.max(0, nodes.indexOf(node)) * COLUMN + 10;
}

function stepMarks(row: StepRow, i: number, nodes: readonly string[]): string {
  const y = TOP + i * ROW + ROW;
  const at = x(nodes, row.node);
  const isHalt = row.text.startsWith('HALT');
  const title = row.note === '' ? '' : `<title>${xml(row.note)}</title>`;
  const from = row.from === null || row.from === row.node ? null : x(nodes, row.from);
  const arrow =
    from === null
      ? ''
      : `<path class="arrow" marker-end="url(#head)" d="M${from},${y - ROW / 2} L${at + (from < at ? -6 : 6)},${y}"/>`;
  return [
    `<text class="time" x="4" y="${y + 4}">${row.atMs === null ? '' : seconds(row.atMs)}</text>`,
    arrow,
    `<circle class="${isHalt ? 'halt' : 'dot'}" cx="${at}" cy="${y}" r="4">${title}</circle>`,
    `<text class="${isHalt ? 'halt' : ''}" x="${at + 9}" y="${y + 4}">${title}${xml(row.text)}</text>`,
  ].join('');
}

/** The diagram; nodes that do nothing are left out. */
export function stepsDiagram(nodes: readonly string[], rows: readonly StepRow[]): string {
  const shown = nodes.filter((node) => rows.some((row) => row.node === node || row.from === node));
  const height = TOP + rows.length * ROW + ROW;
  const width = LEFT + Math.max(1, shown.length) * COLUMN + 160;
  const lives = shown.map((node) => {
    const at = x(shown, node);
    return `<text x="${at}" y="18" text-anchor="middle">${xml(node)}</text><line class="life" x1="${at}" y1="26" x2="${at}" y2="${height - 8}"/>`;
  });
  const marks = rows.map((row, i) => stepMarks(row, i, shown));
  const head =
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0,0 L8,4 L0,8 z"/></marker></defs>';
  const label = 'Essential steps: a line per node, time downwards';
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">${head}${lives.join('')}${marks.join('')}</svg>`;
}
