// Measures shrinking. Each scenario that is expected to break gives a failing tape, which is made short and held against the
// shortest witness that the exhaustive search knows; then the same is done over the rollout, where only that it works is
// counted; then a hundred tapes of one bug are shrunk: how many different stories are left? Each part can be asked for alone.
import { FOLDERS } from '../measure-kit/corpus.ts';
import { publish, table } from '../measure-kit/document.ts';
import { ENOUGH, measureCases, type Case } from './cases.ts';
import { measureSeeds } from './seeds.ts';
import { measureStories } from './stories.ts';

/** Bugs of which a hundred tapes are shrunk. */
const BUGS = [
  'corpus/cockroach#36714/one fact stands for another',
  'corpus/cockroach#41171/old trigger, new binary',
  'corpus/kafka/a controller that reports none',
  'encryption/6A-6B/learner forgotten',
  'pr760/round1/no flag',
];

/** General plans of the current release, hundreds of them and much alike: one of so many is measured. */
const GENERAL = 'rollout/head/';
const OF_GENERAL = 12;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What is gone of so many. */
function cut(left: number, of: number): number {
  return of === 0 ? 1 : (of - left) / of;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function rowOf(one: Case): (string | number)[] {
  const { scenario, tape, asked, disturbing, left, fewest, steps, optimum, cpuSeconds } = one;
  const length = steps ?? 'unknown';
  return [
    scenario,
    tape,
    asked,
    disturbing,
    left,
    percent(cut(left, asked)),
    percent(cut(left, disturbing)),
    left < 2 ? 'yes' : (fewest ?? 'not asked'),
    length,
    optimum ?? 'unknown',
    cpuSeconds.toFixed(1),
  ];
}

/** Median and worst cut, of all choices and of those that were not plain. */
function cutsOf(cases: readonly Case[]): string[] {
  const all = cases.map(({ left, asked }) => cut(left, asked));
  const disturbing = cases.map((one) => cut(one.left, one.disturbing));
  return [
    `Of the choices a run was asked for, the median cut is ${percent(median(all))}, the worst ${percent(Math.min(...all))}; of those alone`,
    `that were answered with something else than the plainest, ${percent(median(disturbing))} and ${percent(Math.min(...disturbing))}.`,
    belowOf(cases),
  ];
}

/** Where less is cut than should be, and whether more can be. */
function belowOf(cases: readonly Case[]): string {
  const below = cases.filter(({ fewest }) => fewest !== null);
  const of = (which: Case['fewest']): number => below.filter(({ fewest }) => fewest === which).length;
  const names = below.map(({ scenario, left, disturbing }) => `${scenario} (${left} of ${disturbing} left)`);
  return `Less than ${percent(ENOUGH)} of those is cut in ${below.length} of ${cases.length}; fewer choices would not do in ${of('yes')} of them, would do in ${of('no')}, not known in ${of('unknown')}${names.length === 0 ? '' : `: ${names.join('; ')}`}.`;
}

function lengthsOf(cases: readonly Case[]): string {
  const ratios = cases.flatMap(({ steps, optimum }) => (steps === null || optimum === null ? [] : [steps / optimum]));
  const share = (is: (ratio: number) => boolean): string => `${ratios.filter(is).length} of ${ratios.length}`;
  return `Steps are equal to the optimum in ${share((r) => r === 1)}, within 1.5 times in ${share((r) => r <= 1.5)}, fewer in ${share((r) => r < 1)}.`;
}

const longest = (cases: readonly Case[]): string => Math.max(...cases.map((one) => one.cpuSeconds)).toFixed(1);

/** Every scenario held against something known from outside: a row each. */
async function measureCorpus(): Promise<void> {
  const { cases, without } = await measureCases(FOLDERS);
  const head = [
    'scenario',
    'tape',
    'choices',
    'not plain',
    'left',
    'cut',
    'of not plain',
    'fewest',
    'steps',
    'optimum',
    'CPU s',
  ];
  publish('measure:shrink', [
    ...table(head, cases.map(rowOf)),
    '',
    ...cutsOf(cases),
    lengthsOf(cases),
    `The longest took ${longest(cases)} CPU seconds, exhaustive search included.`,
    ...without.map((name) => `No failing tape of ${name}.`),
  ]);
}

/** The rollout and Raft itself: whether it works at all, and how long it takes. */
async function measureRollout(): Promise<void> {
  const { cases, without } = await measureCases(
    ['scenarios/rollout', 'scenarios/raft'],
    ({ name }, i) => !name.startsWith(GENERAL) || i % OF_GENERAL === 0,
  );
  const same = cases.filter((one) => one.isSame).length;
  publish('measure:shrink -- rollout', [
    `Of ${cases.length} scenarios of the rollout and of Raft that are expected to break (every ${OF_GENERAL}th of the general plans of the current`,
    `release, all others), the shrunk run breaks the same property for the same cause in ${same}; the longest took`,
    `${longest(cases)} CPU seconds. ${without.length} gave no failing tape.`,
    ...cutsOf(cases),
    lengthsOf(cases),
  ]);
}

/** Many tapes of one bug. */
async function measureBugs(): Promise<void> {
  const rows = await measureStories(BUGS);
  publish('measure:shrink -- stories', table(['one bug', 'tapes', 'different when shrunk', 'different stories'], rows));
}

/** Many seeds of some bugs. */
async function measureMany(): Promise<void> {
  const all = (await measureSeeds()).filter((cases) => cases.length > 0);
  const worst = (cases: readonly Case[], of: (one: Case) => number): string =>
    percent(Math.min(...cases.map((one) => cut(one.left, of(one)))));
  const rows = all.map((cases) => [
    cases[0]!.scenario,
    cases.length,
    median(cases.map(({ disturbing }) => disturbing)),
    `${Math.min(...cases.map(({ left }) => left))} to ${Math.max(...cases.map(({ left }) => left))}`,
    worst(cases, ({ asked }) => asked),
    worst(cases, ({ disturbing }) => disturbing),
    cases.filter(({ fewest }) => fewest !== null).length,
    cases.filter(({ fewest }) => fewest === 'yes').length,
    longest(cases),
  ]);
  const head = [
    'one bug',
    'tapes',
    'not plain, median',
    'left',
    'worst cut',
    'of not plain',
    `below ${percent(ENOUGH)}`,
    'of these the fewest',
    'longest, CPU s',
  ];
  publish('measure:shrink -- seeds', [...table(head, rows), '', ...cutsOf(all.flat())]);
}

const PARTS = { corpus: measureCorpus, rollout: measureRollout, seeds: measureMany, stories: measureBugs };
type Part = keyof typeof PARTS;

const asked = process.argv.slice(2) as Part[];
for (const part of asked.length > 0 ? asked : (Object.keys(PARTS) as Part[])) await PARTS[part]();
