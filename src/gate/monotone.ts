// All monotone gates over a few atoms: those that no good news closes. They are the candidates a designer means by "a
// gate over these facts", and the brute force that a cleverer search is held to. Their numbers are Dedekind's.
import { assert } from '../base/assert.ts';

/**
 * The truth tables of every monotone gate over `atomCount` atoms (0 to 5) as row bits, strictest (closed) first, ordered
 * by the number of open rows and then by value. 2, 3, 6, 20, 168 and 7581 of them.
 * @source Dedekind's problem: a monotone function of k atoms is a pair f0 <= f1 of monotone functions of k - 1
 */
export function monotoneGates(atomCount: number): number[] {
  assert(atomCount >= 0 && atomCount <= 5, 'gate-atoms', () => `${atomCount} atoms; all monotone gates of at most 5`);
  let gates = [0, 1];
  for (let atoms = 0; atoms < atomCount; atoms++) {
    const rows = 1 << atoms;
    const wider: number[] = [];
    for (const without of gates) {
      // The half where the new atom holds may be open wherever the other half is, and more.
      for (const withIt of gates) if ((without & ~withIt) === 0) wider.push((without | (withIt << rows)) >>> 0);
    }
    gates = wider;
  }
  return gates.sort((a, b) => openCount(a) - openCount(b) || a - b);
}

/** The strictly weaker monotone neighbours of a gate: those that open exactly one more situation. */
export function weakerNeighbours(bits: number, atomCount: number): number[] {
  const neighbours: number[] = [];
  for (let row = 0; row < 1 << atomCount; row++) {
    if (((bits >>> row) & 1) === 1) continue;
    // Every situation with more good news has to be open already.
    let minimal = true;
    for (let i = 0; i < atomCount; i++) {
      const above = row | (1 << i);
      if (above !== row && ((bits >>> above) & 1) === 0) minimal = false;
    }
    if (minimal) neighbours.push((bits | (1 << row)) >>> 0);
  }
  return neighbours;
}

function openCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
