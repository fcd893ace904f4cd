// How an unknown name is reported: what was asked for, what there is, and the likeliest meant. A user who is told only
// "unknown atom" has to search a file for a name that is one letter away.

/** "no node "eats"; there are east, west (did you mean east?)". */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const there = known.length === 0 ? 'there is none' : `there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`;
  const meant = nearest(name, known);
  return `no ${what} "${name}"; ${there}${meant === null ? '' : ` (did you mean ${meant}?)`}`;
}

/** The known name closest to a misspelt one; null where none is close. */
export function nearest(name: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = slack(name.length) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** How many letters of a name may be wrong: beyond that, and in a name of a letter or two, a suggestion misleads. */
function slack(letters: number): number {
  if (letters < 3) return 0;
  return letters < 5 ? 1 : Math.min(3, Math.floor(letters / 2));
}

/** The first value that occurs twice, with both positions; null if all differ. */
export function firstDuplicate(
  names: readonly string[],
): { readonly name: string; readonly at: number; readonly before: number } | null {
  const seen = new Map<string, number>();
  for (const [at, name] of names.entries()) {
    const before = seen.get(name);
    if (before !== undefined) return { name, at, before };
    seen.set(name, at);
  }
  return null;
}

/** The values, each once, in order of first appearance. */
export function distinct(names: readonly string[]): string[] {
  return names.filter((name, i) => names.indexOf(name) === i);
}

/** Letters to insert, delete, replace or swap with a neighbour (Damerau's distance, optimal alignment). */
function editDistance(a: string, b: string): number {
  let previous: number[] = [];
  let row: number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const before = previous;
    previous = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, substitute);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
  }
  return row[b.length]!;
}
