// The shortest gate that tells situations to be opened from situations to be closed. A search knows only the situations
// that were reached; what a gate says in others is free, and the formula a reviewer reads should not say more than it must.
import { FALSE, TRUE, type Formula } from '../gate/formula.ts';

/** A conjunction or disjunction of literals: the atoms in `mask`, those in `value` positive, the others negated. */
interface Cube {
  readonly mask: number;
  readonly value: number;
}

/** How many partial covers are looked at before the best found so far is taken. */
const COVER_BUDGET = 50_000;

/**
 * The shortest two-level gate that is open in every situation of `open` and closed in every one of `shut`.
 * @param positive no negations: more good news never closes the gate; `open` must not lie below `shut` then
 */
export function shortestGate(
  atoms: readonly string[],
  open: readonly number[],
  shut: readonly number[],
  positive: boolean,
): Formula {
  if (shut.length === 0) return TRUE;
  if (open.length === 0) return FALSE;
  const sum = leastCover(cubes(atoms.length, positive), open, shut, holdsAll);
  // A disjunction fails exactly where the conjunction of the opposite literals holds.
  const clauses = leastCover(cubes(atoms.length, positive), shut, open, failsAll);
  if (sum === null || (clauses !== null && size(clauses) < size(sum))) {
    return joined('and', clauses ?? [], (cube) => joined('or', bitsOf(cube.mask), (bit) => literal(atoms, bit, cube)));
  }
  return joined('or', sum, (cube) => joined('and', bitsOf(cube.mask), (bit) => literal(atoms, bit, cube)));
}

function holdsAll(cube: Cube, situation: number): boolean {
  return ((situation ^ cube.value) & cube.mask) === 0;
}

function failsAll(cube: Cube, situation: number): boolean {
  return ((situation ^ cube.value) & cube.mask) === cube.mask;
}

/** Every cube, fewest literals first, atoms in the order given. */
function cubes(atomCount: number, positive: boolean): Cube[] {
  const all: Cube[] = [];
  for (let mask = 1; mask < 1 << atomCount; mask++) {
    if (positive) all.push({ mask, value: mask });
    else
      for (let value = mask; ; value = (value - 1) & mask) {
        all.push({ mask, value });
        if (value === 0) break;
      }
  }
  return all.sort((a, b) => count(a.mask) - count(b.mask) || a.mask - b.mask || b.value - a.value);
}

/** The cheapest set of cubes that matches all of `wanted` and none of `unwanted`; null if there is none. */
function leastCover(
  all: readonly Cube[],
  wanted: readonly number[],
  unwanted: readonly number[],
  matches: (cube: Cube, situation: number) => boolean,
): Cube[] | null {
  const usable: Cube[] = [];
  for (const cube of all) {
    if (unwanted.some((situation) => matches(cube, situation))) continue;
    const wider = usable.some((u) => (u.mask & cube.mask) === u.mask && (u.value & u.mask) === (cube.value & u.mask));
    if (!wider) usable.push(cube);
  }
  let best: Cube[] | null = null;
  let bestSize = Infinity;
  let budget = COVER_BUDGET;
  const extend = (open: readonly number[], chosen: readonly Cube[], cost: number): void => {
    if (cost >= bestSize || (budget-- <= 0 && best !== null)) return;
    const next = open[0];
    if (next === undefined) {
      best = [...chosen];
      bestSize = cost;
      return;
    }
    for (const cube of usable) {
      if (!matches(cube, next)) continue;
      extend(
        open.filter((situation) => !matches(cube, situation)),
        [...chosen, cube],
        cost + count(cube.mask),
      );
    }
  };
  extend(wanted, [], 0);
  return best;
}

function size(cover: readonly Cube[]): number {
  return cover.reduce((sum, cube) => sum + count(cube.mask), 0);
}

function bitsOf(mask: number): number[] {
  const bits: number[] = [];
  for (let bit = 0; mask >> bit !== 0; bit++) if ((mask & (1 << bit)) !== 0) bits.push(bit);
  return bits;
}

function literal(atoms: readonly string[], bit: number, cube: Cube): Formula {
  const atom: Formula = { f: 'atom', name: atoms[bit]! };
  return (cube.value & (1 << bit)) !== 0 ? atom : { f: 'not', of: atom };
}

function joined<T>(f: 'and' | 'or', parts: readonly T[], make: (part: T) => Formula): Formula {
  const of = parts.map(make);
  const only = of[0];
  return of.length === 1 && only !== undefined ? only : { f, of };
}

function count(mask: number): number {
  let bits = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}
