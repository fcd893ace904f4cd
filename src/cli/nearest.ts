// The name a user may have meant. A mistyped scenario, gate or workload should cost one glance, not a search.

/** How many single-character edits, a swap of neighbours counted as one, turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** How far a name is from what was typed; the last part of a path counts as well as the whole. */
function distance(typed: string, name: string): number {
  const tail = name.slice(name.lastIndexOf('/') + 1);
  return Math.min(editDistance(typed, name), editDistance(typed, tail));
}

/** The nearest name, if it is near enough to have been meant: at most a third of the letters differ. */
export function nearest(typed: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.floor(typed.length / 3) + 1;
  for (const name of names) {
    const d = distance(typed.toLowerCase(), name.toLowerCase());
    if (d < least) {
      least = d;
      best = name;
    }
  }
  return best;
}
