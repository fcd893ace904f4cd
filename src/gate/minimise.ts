// The shortest two-level text of a gate (Quine and McCluskey). A search finds a set of safe situations; a reviewer reads
// a formula. One that is longer than it need be hides which atoms matter, and blames the wrong one.
import { assert } from '../base/assert.ts';
import { FALSE, TRUE, atomsOf } from './formula.ts';
import type { Formula } from './formula.ts';
import { truthTable } from './truth-table.ts';
import type { TruthTable } from './truth-table.ts';

/** The most atoms that are minimised: 4,096 rows. */
export const MAX_MINIMISED_ATOMS = 12;

/** How many partial covers are looked at before the best one found so far is taken. */
const COVER_BUDGET = 20_000;

/** A conjunction: the atoms in `mask` have the values in `value`; `value` lies inside `mask`. */
interface Implicant {
  readonly mask: number;
  readonly value: number;
}

/** A formula that says the same with the fewest literals, as a disjunction of conjunctions or the reverse. */
export function minimise(formula: Formula): Formula {
  return formulaOfTable(truthTable(formula, atomsOf(formula)));
}

/** The shortest two-level formula of a table of at most 12 atoms; the disjunction of conjunctions where both are equal. */
export function formulaOfTable(table: TruthTable): Formula {
  const { atoms, rows } = table;
  assert(atoms.length <= MAX_MINIMISED_ATOMS, 'gate-atoms', () => `${atoms.length} atoms; at most 12 are minimised`);
  if (rows.every((value) => value === 1)) return TRUE;
  if (rows.every((value) => value === 0)) return FALSE;
  const sum = leastCover(rows, 1, atoms.length);
  const product = leastCover(rows, 0, atoms.length);
  return literals(product) < literals(sum)
    ? join('and', product, (cube) => join('or', bits(cube, atoms), (bit) => literal(atoms, bit, !isSet(cube, bit))))
    : join('or', sum, (cube) => join('and', bits(cube, atoms), (bit) => literal(atoms, bit, isSet(cube, bit))));
}

/** The prime implicants of a table: its maximal conjunctions, fewest literals first. */
export function primeImplicants(rows: Uint8Array, wanted: 0 | 1, atomCount: number): Implicant[] {
  const full = (1 << atomCount) - 1;
  let level = new Map<number, Implicant>();
  const key = (cube: Implicant): number => cube.mask * (full + 1) + cube.value;
  rows.forEach((value, row) => {
    if (value !== wanted) return;
    const cube = { mask: full, value: row };
    level.set(key(cube), cube);
  });
  const primes: Implicant[] = [];
  while (level.size > 0) {
    const merged = new Map<number, Implicant>();
    const cubes = [...level.values()].sort((a, b) => key(a) - key(b));
    for (const cube of cubes) {
      let isPrime = true;
      for (let bit = 0; bit < atomCount; bit++) {
        const flag = 1 << bit;
        if ((cube.mask & flag) === 0 || !level.has(key({ mask: cube.mask, value: cube.value ^ flag }))) continue;
        isPrime = false;
        const wider = { mask: cube.mask & ~flag, value: cube.value & ~flag };
        merged.set(key(wider), wider);
      }
      if (isPrime) primes.push(cube);
    }
    level = merged;
  }
  return primes.sort((a, b) => popCount(a.mask) - popCount(b.mask) || key(a) - key(b));
}

/** The cheapest set of prime implicants that covers all wanted rows. */
function leastCover(rows: Uint8Array, wanted: 0 | 1, atomCount: number): Implicant[] {
  const primes = primeImplicants(rows, wanted, atomCount);
  const needed: number[] = [];
  rows.forEach((value, row) => {
    if (value === wanted) needed.push(row);
  });
  const coveredBy = new Map(needed.map((row) => [row, primes.filter((cube) => covers(cube, row))]));
  const essential = primes.filter((cube) =>
    needed.some((row) => coveredBy.get(row)!.length === 1 && covers(cube, row)),
  );
  const open = needed.filter((row) => !essential.some((cube) => covers(cube, row)));
  return [...essential, ...coverRest(open, coveredBy)];
}

/** Branch and bound over the rows no essential implicant covers, the row with the fewest choices first. */
function coverRest(rows: readonly number[], coveredBy: ReadonlyMap<number, readonly Implicant[]>): Implicant[] {
  let best: Implicant[] | null = null;
  let bestCost = Infinity;
  let budget = COVER_BUDGET;
  const extend = (open: readonly number[], chosen: readonly Implicant[], cost: number): void => {
    if (cost >= bestCost || (budget-- <= 0 && best !== null)) return;
    const hardest = open.reduce<number | null>(
      (least, row) => (least === null || coveredBy.get(row)!.length < coveredBy.get(least)!.length ? row : least),
      null,
    );
    if (hardest === null) {
      best = [...chosen];
      bestCost = cost;
      return;
    }
    const gain = (cube: Implicant): number => open.filter((row) => covers(cube, row)).length;
    const choices = [...coveredBy.get(hardest)!].sort(
      (a, b) => gain(b) - gain(a) || popCount(a.mask) - popCount(b.mask),
    );
    for (const cube of choices) {
      const rest = open.filter((row) => !covers(cube, row));
      extend(rest, [...chosen, cube], cost + popCount(cube.mask));
    }
  };
  extend(rows, [], 0);
  return best ?? [];
}

function covers(cube: Implicant, row: number): boolean {
  return (row & cube.mask) === cube.value;
}

function literals(cover: readonly Implicant[]): number {
  return cover.reduce((sum, cube) => sum + popCount(cube.mask), 0);
}

/** The positions of a conjunction's literals, ascending. */
function bits(cube: Implicant, atoms: readonly string[]): number[] {
  return atoms.map((_, bit) => bit).filter((bit) => ((cube.mask >>> bit) & 1) === 1);
}

function isSet(cube: Implicant, bit: number): boolean {
  return ((cube.value >>> bit) & 1) === 1;
}

function literal(atoms: readonly string[], bit: number, positive: boolean): Formula {
  const atom: Formula = { f: 'atom', name: atoms[bit]! };
  return positive ? atom : { f: 'not', of: atom };
}

function join<T>(f: 'and' | 'or', parts: readonly T[], make: (part: T) => Formula): Formula {
  const of = parts.map(make);
  const only = of[0];
  return of.length === 1 && only !== undefined ? only : { f, of };
}

function popCount(n: number): number {
  let count = 0;
  for (let rest = n; rest !== 0; rest &= rest - 1) count++;
  return count;
}
