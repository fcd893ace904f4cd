// A gate as its truth table: the form in which two gates are the same or not, whatever their words. Row r gives the
// value where atom i holds exactly if bit i of r is set. Comparing texts instead would call `a and b` and `b and a`
// two findings.
import { assert } from '../base/assert.ts';
import { atomsOf, evaluate } from './formula.ts';
import type { Formula } from './formula.ts';

/** The most atoms a table is made for: 65,536 rows. */
export const MAX_TABLE_ATOMS = 16;

/** The value of a gate for every assignment; `rows[r]` is 0 or 1. */
export interface TruthTable {
  readonly atoms: readonly string[];
  readonly rows: Uint8Array;
}

/** The table of a formula over the given atoms, which have to include its own. At most 16. */
export function truthTable(formula: Formula, atoms: readonly string[]): TruthTable {
  assert(atoms.length <= MAX_TABLE_ATOMS, 'gate-atoms', () => `${atoms.length} atoms; a truth table takes 16`);
  const position = new Map(atoms.map((name, i) => [name, i]));
  for (const name of atomsOf(formula)) {
    assert(position.has(name), 'gate-atom-unlisted', () => `"${name}" is not among ${atoms.join(', ')}`);
  }
  const rows = new Uint8Array(1 << atoms.length);
  for (let row = 0; row < rows.length; row++) {
    rows[row] = evaluate(formula, (name) => ((row >>> position.get(name)!) & 1) === 1) ? 1 : 0;
  }
  return { atoms, rows };
}

/** A table of at most 5 atoms from its rows as one number, row r in bit r. */
export function tableOfBits(bits: number, atoms: readonly string[]): TruthTable {
  assert(atoms.length <= 5, 'gate-atoms', () => `${atoms.length} atoms; one number holds the rows of 5`);
  return { atoms, rows: Uint8Array.from({ length: 1 << atoms.length }, (_, row) => (bits >>> row) & 1) };
}

/** The rows of a table of at most 5 atoms as one uint32: its canonical form. */
export function bitsOf(table: TruthTable): number {
  assert(table.atoms.length <= 5, 'gate-atoms', () => `${table.atoms.length} atoms; one number holds the rows of 5`);
  return table.rows.reduce((bits, value, row) => (bits | (value << row)) >>> 0, 0);
}

/** A text that is equal for equal tables over the same atoms in the same order: the rows in hexadecimal, row 0 last. */
export function tableKey(table: TruthTable): string {
  let key = '';
  for (let row = 0; row < table.rows.length; row += 4) {
    let digit = 0;
    for (let i = 0; i < 4; i++) digit |= (table.rows[row + i] ?? 0) << i;
    key = digit.toString(16) + key;
  }
  return key;
}

/** How many rows are open. */
export function openRows(table: TruthTable): number {
  return table.rows.reduce((sum, value) => sum + value, 0);
}

/** Whether no atom becoming true ever closes the gate. */
export function isMonotone(table: TruthTable): boolean {
  return firstDecrease(table) === null;
}

/** A row and an atom whose becoming true closes the gate; null for a monotone gate. */
export function firstDecrease(table: TruthTable): { readonly row: number; readonly atom: string } | null {
  for (let row = 0; row < table.rows.length; row++) {
    if (table.rows[row] === 0) continue;
    for (const [i, atom] of table.atoms.entries()) {
      if (((row >>> i) & 1) === 0 && table.rows[row | (1 << i)] === 0) return { row, atom };
    }
  }
  return null;
}

/** The union of the atoms of several formulas, in order of appearance. */
export function jointAtoms(...formulas: readonly Formula[]): string[] {
  return formulas.flatMap(atomsOf).filter((name, i, all) => all.indexOf(name) === i);
}

/** Whether two gates are open in the same situations, by exhaustion over their atoms (at most 16). */
export function equivalent(a: Formula, b: Formula): boolean {
  return distinguishing(a, b) === null;
}

/** Whether `a` is open only where `b` is: at least as strict. */
export function implies(a: Formula, b: Formula): boolean {
  const atoms = jointAtoms(a, b);
  const right = truthTable(b, atoms).rows;
  return truthTable(a, atoms).rows.every((value, row) => value === 0 || right[row] === 1);
}

/** The atoms that hold in the first situation where two gates differ; null if there is none. */
export function distinguishing(a: Formula, b: Formula): readonly string[] | null {
  const atoms = jointAtoms(a, b);
  const right = truthTable(b, atoms).rows;
  const row = truthTable(a, atoms).rows.findIndex((value, r) => value !== right[r]);
  return row < 0 ? null : atoms.filter((_, i) => ((row >>> i) & 1) === 1);
}
