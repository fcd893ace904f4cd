// Which sets of situations a gate may open. A run is unsafe because of the situations in which it passed the gate; a gate
// is unsafe if it opens all of them. The weakest safe gates are the largest sets that contain no such combination.

/** More than this many weakest gates are not told apart further. */
const MOST = 64;

/** Situations are bits over the atoms; sets of them are lists in ascending order. */
export interface Judgement {
  /** Every situation reached. */
  readonly reached: readonly number[];
  /** Combinations that, all opened, lead to a violation; none contains another. */
  readonly unsafe: readonly (readonly number[])[];
  /** A gate that opens a situation opens every one with more good news. */
  readonly monotone: boolean;
}

/** Whether a gate that opens these situations is safe. */
export function isSafe(open: readonly number[], unsafe: Judgement['unsafe']): boolean {
  return !unsafe.some((combination) => combination.every((situation) => open.includes(situation)));
}

/** The largest safe sets, largest first. */
export function largestSafe(judgement: Judgement): number[][] {
  const { reached, unsafe } = judgement;
  let found: number[][] = [];
  const seen: string[] = [];
  const shrink = (open: readonly number[]): void => {
    const key = open.join();
    if (seen.includes(key) || found.length > MOST) return;
    seen.push(key);
    const combination = unsafe.find((all) => all.every((situation) => open.includes(situation)));
    if (combination === undefined) {
      if (found.some((other) => open.every((situation) => other.includes(situation)))) return;
      found = found.filter((other) => !other.every((situation) => open.includes(situation)));
      found.push([...open]);
      return;
    }
    for (const situation of combination) shrink(open.filter((other) => !closesToo(judgement, situation, other)));
  };
  shrink(ascending(reached));
  return found.sort((a, b) => b.length - a.length || (a.join() < b.join() ? -1 : 1));
}

/** Whether a gate that is closed in `situation` has to be closed in `other`. */
function closesToo({ monotone }: Judgement, situation: number, other: number): boolean {
  return other === situation || (monotone && (other & ~situation) === 0);
}

/**
 * What a gate that opens these situations ever opens. A situation may be reached only after the gate was passed in another
 * one; where that one is shut, being open here is no different from being shut.
 * @param passes the combinations of situations in which some run passes the gate
 */
export function everOpened(open: readonly number[], passes: readonly (readonly number[])[]): number[] {
  const used = passes.filter((combination) => combination.every((situation) => open.includes(situation)));
  return open.filter((situation) => used.some((combination) => combination.includes(situation)));
}

/** The sets that open just a little more: one more situation, with whatever that opens too. */
export function weakerNeighbours(open: readonly number[], { reached, monotone }: Judgement): number[][] {
  const neighbours: number[][] = [];
  for (const situation of reached) {
    if (open.includes(situation)) continue;
    const above = (other: number): boolean => other === situation || (monotone && (situation & ~other) === 0);
    const more = reached.filter((other) => open.includes(other) || above(other));
    if (more.length === open.length + 1) neighbours.push(ascending(more));
  }
  return neighbours;
}

/** The combinations that contain no other. */
export function minimalSets(sets: readonly (readonly number[])[]): number[][] {
  const minimal: number[][] = [];
  const bySize = sets.map((set) => ascending(set)).sort((a, b) => a.length - b.length);
  for (const set of bySize) {
    if (!minimal.some((other) => other.every((situation) => set.includes(situation)))) minimal.push(set);
  }
  return minimal;
}

/** Situations in ascending order. */
export function ascending(situations: readonly number[]): number[] {
  return [...situations].sort((a, b) => a - b);
}
