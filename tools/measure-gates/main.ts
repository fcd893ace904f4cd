// Holds the one search that judges all gates to brute force: each gate of a space is put in place and its scenario searched
// on its own. Questions are those of the scenarios, and one for every gate in them over all atoms that may stand there.
import { atomsOf, type Formula } from '../../src/gate/formula.ts';
import { monotoneGates } from '../../src/gate/monotone.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { search } from '../../src/search/index.ts';
import { shortestGate } from '../../src/search/gate-formula.ts';
import { fits } from '../../src/search/no-gate.ts';
import { isSafe } from '../../src/search/open-sets.ts';
import { withGate } from '../../src/search/variants.ts';
import { inquire, openedBy, type GateSpace } from '../../src/search/weakest-gate.ts';
import { corpus } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';

/** States that a single search may have. */
const LIMITS = { maxStates: 60_000 } as const;
/** States that all searches of one question may come to. */
const MOST_STATES = 100_000;

interface Asked {
  readonly scenario: Scenario;
  readonly build: string;
  readonly at: string;
  readonly atoms: readonly string[];
}

/** One question for every gate: over its own atoms and others that fit, three at most for the full space. */
function asked(scenario: Scenario): Asked[] {
  return scenario.builds.flatMap((build) =>
    Object.entries(build.gates).map(([at, gate]) => {
      const own = atomsOf(gate);
      const others = Object.keys(build.subject.atoms).filter((name) => fits(build, name, at) && !own.includes(name));
      return { scenario, build: build.name, at, atoms: [...own, ...others].slice(0, Math.max(3, own.length)) };
    }),
  );
}

/** The gate that is open in the rows of a truth table. */
function gateOfRows(atoms: readonly string[], rows: number, monotone: boolean): Formula {
  const all = Array.from({ length: 1 << atoms.length }, (_, row) => row);
  const open = all.filter((row) => ((rows >>> row) & 1) === 1);
  const shut = all.filter((row) => ((rows >>> row) & 1) === 0);
  if (shut.length === 0) return { f: 'true' };
  return open.length === 0 ? { f: 'false' } : shortestGate(atoms, open, shut, monotone);
}

interface Compared {
  readonly gates: number;
  readonly disagreements: number;
}

/** Runs every gate of a space by itself. A text: why it was not done. */
function compare({ scenario, build, at, atoms }: Asked, space: GateSpace): Compared | string {
  const opened = withGate(scenario, build, at, { f: 'true' });
  const inquiry = inquire(opened, { at, builds: [build], atoms }, space, LIMITS);
  if (!inquiry.searched.complete) return 'the search is beyond the limit';
  if (inquiry.judgement.reached.length === 0) return 'the gate is never asked';
  const monotone = space === 'monotone';
  const tables = monotone
    ? monotoneGates(atoms.length)
    : Array.from({ length: 2 ** (2 ** atoms.length) }, (_, rows) => rows);
  if (tables.length * inquiry.searched.store.size > MOST_STATES) return 'brute force is beyond the limit';
  let disagreements = 0;
  for (const rows of tables) {
    const formula = gateOfRows(atoms, rows, monotone);
    const searched = search(withGate(scenario, build, at, formula), LIMITS);
    if (!searched.complete && searched.broken.length === 0) return 'a gate by itself is beyond the limit';
    const foretold = isSafe(openedBy(inquiry, formula), inquiry.judgement.unsafe);
    if (foretold !== (searched.broken.length === 0)) disagreements++;
  }
  return { gates: tables.length, disagreements };
}

const { scenarios } = await corpus();
const rows: (string | number)[][] = [];
const left: string[] = [];
for (const one of scenarios.flatMap(asked)) {
  for (const space of one.atoms.length <= 3 ? (['boolean', 'monotone'] as const) : (['monotone'] as const)) {
    const what = `${one.scenario.name}, ${one.build}@${one.at}`;
    const found = compare(one, space);
    if (typeof found === 'string') left.push(`* ${what} (${space}): ${found}`);
    else rows.push([what, one.atoms.length, space, found.gates, found.disagreements]);
  }
}
const gates = rows.reduce((sum, row) => sum + Number(row[3]), 0);
const wrong = rows.reduce((sum, row) => sum + Number(row[4]), 0);
publish('measure:gates', [
  ...table(['gate', 'atoms', 'space', 'gates run', 'disagreements'], rows),
  '',
  `${gates} gates, each run by itself; one search foretold another verdict for ${wrong} of them. Not run:`,
  '',
  ...left,
]);
