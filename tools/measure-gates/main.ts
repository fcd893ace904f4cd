// Holds the one search that judges all gates to brute force: each gate of a space is put in place and its scenario searched
// on its own. Questions are those of the scenarios, and one for every gate in them over its own atoms and others that fit.
import { atomsOf, formulaOf } from '../../src/gate/formula.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { ModelLimit } from '../../src/search/index.ts';
import { fits } from '../../src/search/no-gate.ts';
import { isSafe } from '../../src/search/open-sets.ts';
import { withGate } from '../../src/search/variants.ts';
import { askedBuilds, inquire, type GateSpace, type Inquiry } from '../../src/search/weakest-gate.ts';
import { corpus, searchable } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';
import { BeyondLimit, BruteForce, type Asked, type Behaviour } from './brute-force.ts';

/** States that a single search may have, and all searches of one question together. */
const LIMITS = { maxStates: 300_000 } as const;
const MOST_STATES = 6_000_000;
/** Up to so many atoms the full space is run as well. */
const FULL = 3;
const MOST_ATOMS = 7;

/** One question for every gate: over its own atoms and others that fit, three at least where there are as many. */
function askedIn(scenario: Scenario): Asked[] {
  return scenario.builds.flatMap((build) =>
    Object.entries(build.gates).map(([at, gate]) => {
      const own = atomsOf(gate);
      const others = Object.keys(build.subject.atoms).filter((name) => fits(build, name, at) && !own.includes(name));
      const atoms = [...own, ...others].slice(0, Math.max(FULL, own.length));
      return { name: `${scenario.name}, ${build.name}@${at}`, scenario, builds: [build.name], at, atoms };
    }),
  );
}

interface Compared {
  readonly behaviours: number;
  readonly runs: number;
  readonly disagreements: number;
}

/** Whether the search foretells another verdict for a gate that behaves so, however it decides where nothing is said. */
function isForetoldWrong({ judgement }: Inquiry, { open, shut, breaks }: Behaviour, monotone: boolean): boolean {
  const { reached, unsafe } = judgement;
  const least = reached.filter((bits) => (monotone ? open.some((one) => (one & ~bits) === 0) : open.includes(bits)));
  const most = reached.filter((bits) => (monotone ? !shut.some((one) => (bits & ~one) === 0) : open.includes(bits)));
  return isSafe(least, unsafe) === breaks || isSafe(most, unsafe) === breaks;
}

/** Runs every gate of a space by itself. A text: why it was not done. */
function compare(asked: Asked, space: GateSpace): Compared | string {
  const { scenario, builds, at, atoms } = asked;
  try {
    const opened = builds.reduce((one, build) => withGate(one, build, at, formulaOf('open')), scenario);
    const inquiry = inquire(opened, { at, builds, atoms }, space, LIMITS);
    if (!inquiry.searched.complete) return 'the search is beyond the limit';
    if (inquiry.judgement.reached.length === 0) return 'the gate is never asked';
    const force = new BruteForce(asked, LIMITS.maxStates, MOST_STATES);
    const behaviours = space === 'monotone' ? force.monotone() : force.all();
    const wrong = behaviours.filter((one) => isForetoldWrong(inquiry, one, space === 'monotone'));
    return { behaviours: behaviours.length, runs: force.made, disagreements: wrong.length };
  } catch (error) {
    if (error instanceof BeyondLimit) return 'brute force is beyond the limit';
    if (error instanceof ModelLimit) return error.message;
    throw error;
  }
}

const { scenarios, questions } = await corpus();
const all: Asked[] = [
  ...questions.map((one) => {
    const { name, at, atoms } = one;
    return { name, at, atoms, builds: askedBuilds(one), scenario: searchable(one.with('open'), LIMITS) };
  }),
  ...scenarios.map((one) => searchable(one, LIMITS)).flatMap(askedIn),
];
const rows: (string | number)[][] = [];
const left: string[] = [];
let silent = 0;
for (const one of all.filter(({ atoms }) => atoms.length <= MOST_ATOMS)) {
  for (const space of one.atoms.length <= FULL ? (['boolean', 'monotone'] as const) : (['monotone'] as const)) {
    const found = compare(one, space);
    if (found === 'the gate is never asked') silent++;
    else if (typeof found === 'string') left.push(`- ${one.name} (${space}): ${found}`);
    else rows.push([one.name, one.atoms.length, space, found.behaviours, found.runs, found.disagreements]);
  }
}
const sum = (column: number): number => rows.reduce((total, row) => total + Number(row[column]), 0);
publish('measure:gates', [
  ...table(['gate', 'atoms', 'space', 'gates told apart', 'of these run', 'disagreements'], rows),
  '',
  `${sum(3)} gates that behave differently (of the monotone ones every other behaves like one of them), ${sum(4)} runs; one search`,
  `foretold another verdict for ${sum(5)} of them. ${silent} times nobody came to the gate in question. ${left.length === 0 ? 'None was left out.' : 'Left out:'}`,
  ...(left.length === 0 ? [] : ['', ...left]),
]);
