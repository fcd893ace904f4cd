// The unified diff every conformance run prints, and the counts it ends with. One printer for all corpora: a mismatch
// must read the same whether it is a log line of Raft or a byte of an envelope, and a reader must be able to find the
// place in the file from the diff alone. The edit script is Myers' greedy one, so the diff is the shortest there is; a
// pair of texts that differ almost everywhere is shown as a replacement instead of costing quadratic time.

/** How many units of a corpus passed, failed and were skipped by name. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** No units yet. */
export const NO_COUNTS: Counts = { passed: 0, failed: 0, skipped: 0 };

/** The sum of two counts. */
export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The line a conformance run ends with: `N passed, M failed`, and `, K skipped` if there were any. */
export function countsLine(c: Counts): string {
  const skipped = c.skipped > 0 ? `, ${c.skipped} skipped` : '';
  return `${c.passed} passed, ${c.failed} failed${skipped}`;
}

/** Names and limits of a printed diff. */
export interface DiffOptions {
  /** What stands behind `---`: where the expectation was read. */
  readonly expectedName: string;
  /** What stands behind `+++`. */
  readonly actualName: string;
  /** Unchanged lines around a change; 3 by default. */
  readonly context?: number;
  /** Diff lines printed at most before the rest is only counted; 200 by default. */
  readonly maxLines?: number;
}

type Mark = ' ' | '-' | '+';
interface Edit {
  readonly mark: Mark;
  readonly line: string;
}

/** Beyond this many changed lines the middle is shown as removed and added as a whole. */
const MAX_DISTANCE = 1000;

/** The lines of a text; a final newline does not start another line. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

/**
 * The unified diff between two texts as printable lines, empty if they are equal.
 * @source E. Myers, An O(ND) Difference Algorithm and Its Variations
 */
export function unifiedDiff(expected: string, actual: string, options: DiffOptions): string[] {
  if (expected === actual) return [];
  const edits = editScript(linesOf(expected), linesOf(actual));
  const out = [`--- ${options.expectedName}`, `+++ ${options.actualName}`];
  const body = hunks(edits, options.context ?? 3);
  const max = options.maxLines ?? 200;
  for (const line of body.slice(0, max)) out.push(line);
  if (body.length > max) out.push(`... ${body.length - max} more diff lines`);
  if (body.length === 0) out.push('(the texts differ only in their final newline)');
  return out;
}

/** Turns an edit script into hunks with their `@@` headers. */
function hunks(edits: readonly Edit[], context: number): string[] {
  const out: string[] = [];
  let expectedLine = 1;
  let actualLine = 1;
  let i = 0;
  while (i < edits.length) {
    const next = edits.findIndex((e, k) => k >= i && e.mark !== ' ');
    if (next < 0) break;
    const start = Math.max(i, next - context);
    expectedLine += start - i;
    actualLine += start - i;
    const end = hunkEnd(edits, next, context);
    const part = edits.slice(start, end);
    const expectedCount = part.filter((e) => e.mark !== '+').length;
    const actualCount = part.filter((e) => e.mark !== '-').length;
    out.push(`@@ -${expectedLine},${expectedCount} +${actualLine},${actualCount} @@`);
    for (const e of part) out.push(e.mark + e.line);
    expectedLine += expectedCount;
    actualLine += actualCount;
    i = end;
  }
  return out;
}

/** One past the last edit of the hunk whose first change is at `from`. */
function hunkEnd(edits: readonly Edit[], from: number, context: number): number {
  let last = from;
  for (let k = from; k < edits.length && k - last <= 2 * context; k++) {
    if (edits[k]?.mark !== ' ') last = k;
  }
  return Math.min(edits.length, last + context + 1);
}

function editScript(a: readonly string[], b: readonly string[]): Edit[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  const most = Math.min(a.length, b.length) - head;
  while (tail < most && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const kept = (lines: readonly string[]): Edit[] => lines.map((line) => ({ mark: ' ', line }));
  return [
    ...kept(a.slice(0, head)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...kept(a.slice(a.length - tail)),
  ];
}

/** The shortest edit script of two texts that share neither their first nor their last line. */
function middle(a: readonly string[], b: readonly string[]): Edit[] {
  const frontiers = searchForward(a, b);
  if (frontiers === null) {
    return [...a.map((line): Edit => ({ mark: '-', line })), ...b.map((line): Edit => ({ mark: '+', line }))];
  }
  return walkBack(a, b, frontiers);
}

/** The furthest reaching x of every diagonal k = x - y, one frontier for each edit distance; null if it is too long. */
function searchForward(a: readonly string[], b: readonly string[]): Int32Array[] | null {
  const frontiers: Int32Array[] = [];
  const limit = Math.min(a.length + b.length, MAX_DISTANCE);
  // Diagonal k lives at index k + d + 1, with a guard on either side.
  let previous = new Int32Array(3);
  for (let d = 0; d <= limit; d++) {
    const row = new Int32Array(2 * d + 5);
    for (let k = -d; k <= d; k += 2) {
      const below = previous[k + 1 + d] ?? 0;
      const right = (previous[k - 1 + d] ?? 0) + 1;
      let x = k === -d || (k !== d && right - 1 < below) ? below : right;
      if (d === 0) x = 0;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      row[k + d + 1] = x;
      if (x >= a.length && x - k >= b.length) {
        frontiers.push(row);
        return frontiers;
      }
    }
    frontiers.push(row);
    previous = row;
  }
  return null;
}

function walkBack(a: readonly string[], b: readonly string[], frontiers: readonly Int32Array[]): Edit[] {
  const reversed: Edit[] = [];
  let x = a.length;
  let y = b.length;
  for (let d = frontiers.length - 1; d > 0; d--) {
    const previous = frontiers[d - 1] as Int32Array;
    const k = x - y;
    const below = previous[k + 1 + d] ?? 0;
    const right = (previous[k - 1 + d] ?? 0) + 1;
    const down = k === -d || (k !== d && right - 1 < below);
    const fromX = down ? below : right - 1;
    const fromY = down ? fromX - (k + 1) : fromX - (k - 1);
    while (x > fromX + (down ? 0 : 1) && y > fromY + (down ? 1 : 0)) {
      reversed.push({ mark: ' ', line: a[--x] as string });
      y--;
    }
    if (down) reversed.push({ mark: '+', line: b[--y] as string });
    else reversed.push({ mark: '-', line: a[--x] as string });
  }
  while (x > 0 && y > 0) {
    reversed.push({ mark: ' ', line: a[--x] as string });
    y--;
  }
  return reversed.reverse();
}
