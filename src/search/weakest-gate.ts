// The weakest gate that still holds. The gate is left open as a question: one search passes it in every situation it can
// find and remembers in which, so that each violation names the combination of situations that made it possible. The
// weakest safe gates are then the largest sets of situations that contain no such combination; no candidate is run.
import { evaluate, formulaOf, FALSE, TRUE, type Formula } from '../gate/formula.ts';
import { textOf } from '../gate/text.ts';
import type { Scenario, WeakestQuestion } from '../scenario/scenario.ts';
import { passed, search, type Broken, type Searched, type SearchOptions } from './exhaustive.ts';
import { shortestGate } from './gate-formula.ts';
import { everOpened, isSafe, largestSafe, minimalSets, weakerNeighbours, type Judgement } from './open-sets.ts';
import { whatDefeats, whatElseHelps } from './no-gate.ts';
import type { ResolvedBound } from './model/bound.ts';
import type { Question } from './model/model.ts';
import { unseenInQuestion, type Unseen } from './vacuity.ts';
import { witnessOf, type Witness } from './witness.ts';

/** Which gates are candidates: those that good news never closes, or all. */
export type GateSpace = 'monotone' | 'boolean';

export interface WeakestOptions extends Omit<SearchOptions, 'question' | 'all'> {
  /** Default: all gates up to three atoms, monotone ones beyond. */
  readonly space?: GateSpace;
}

export interface WeakerGate {
  readonly gate: string;
  readonly formula: Formula;
  readonly property: string;
  readonly steps: number;
  readonly witness: Witness;
}

export interface WeakestResult {
  readonly scenario: string;
  readonly at: string;
  readonly atoms: readonly string[];
  readonly space: GateSpace;
  /** The weakest safe gate as text; null where none but "never" is safe. */
  readonly gate: string | null;
  readonly formula: Formula | null;
  /** Other weakest gates, incomparable with the first. */
  readonly alternatives: readonly string[];
  /** How many gates the space holds; all are judged. Infinity where they are beyond counting. */
  readonly candidates: number;
  readonly states: number;
  readonly complete: boolean;
  readonly why: string | null;
  readonly bound: ResolvedBound;
  readonly situations: readonly Situation[];
  /** Gates that refuse a little less, each with a shortest run that breaks it. */
  readonly weaker: readonly WeakerGate[];
  /** Simple gates that are safe but refuse more than these properties need. */
  readonly stricter: readonly { readonly gate: string; readonly note: string }[];
  /** Atoms, or pairs of them, for or against which there is no evidence. */
  readonly indistinct: readonly string[];
  /** Atoms that never differed, the candidates among them, and fleets that never ran. */
  readonly unseen: Unseen;
  /** Where no gate helps: the move that defeats every gate at this point, and what would help instead. */
  readonly defeatedBy: string | null;
  readonly instead: readonly string[];
  readonly asExpected: boolean;
}

/** A distinct vector of atom values at the gate, as reached. */
export interface Situation {
  readonly atoms: Readonly<Record<string, boolean>>;
  /** Whether the weakest gate is open in it. */
  readonly open: boolean;
}

/** What one search tells about every gate over the atoms at a point. */
export interface Inquiry {
  readonly searched: Searched;
  readonly atoms: readonly string[];
  readonly judgement: Judgement;
}

/** A weakest safe gate. */
interface Weakest {
  /** The situations it may open. */
  readonly open: readonly number[];
  /** Those of them in which it is ever asked. */
  readonly live: readonly number[];
}

/** Answers a question about a gate. */
export function weakestGate(question: WeakestQuestion, options: WeakestOptions = {}): WeakestResult {
  const space = options.space ?? (question.atoms.length <= 3 ? 'boolean' : 'monotone');
  const scenario = question.with('open');
  const builds = askedBuilds(question);
  const inquiry = inquire(scenario, { at: question.at, builds, atoms: question.atoms }, space, options);
  const { searched, judgement } = inquiry;
  const passes = passCombinations(searched);
  const best = weakestOf(judgement, passes);
  const weakest = best[0] ?? null;
  const gateFor = ({ open, live }: Weakest): Formula => gateOf(inquiry, live, open);
  const formula = weakest === null ? null : gateFor(weakest);
  const defeated = weakest === null ? whatDefeats(inquiry) : null;
  return {
    scenario: question.name,
    at: question.at,
    atoms: question.atoms,
    space,
    gate: formula === null ? null : textOf(formula),
    formula,
    alternatives: best.slice(1).map((other) => textOf(gateFor(other))),
    candidates: candidatesIn(space, question.atoms.length),
    states: searched.store.size,
    complete: searched.complete,
    why: searched.why,
    bound: searched.bound,
    situations: judgement.reached.map((bits) => ({
      atoms: named(question.atoms, bits),
      open: weakest?.live.includes(bits) ?? false,
    })),
    weaker: weakerGates(inquiry, weakest?.open ?? []),
    stricter: weakest === null ? [] : stricterGates(inquiry, weakest.live, passes),
    indistinct: indistinct(question.atoms, judgement.reached),
    unseen: unseenInQuestion(scenario, { at: question.at, builds, atoms: question.atoms }, searched),
    defeatedBy: defeated,
    instead: defeated === null ? [] : whatElseHelps(scenario, question.at, builds, inquiry, options),
    asExpected: isAsExpected(question, inquiry, best, passes),
  };
}

/** Searches with the gate at one point in question. */
export function inquire(
  scenario: Scenario,
  about: Pick<Question, 'at' | 'builds' | 'atoms'> & Partial<Question>,
  space: GateSpace,
  options: Omit<SearchOptions, 'question'> = {},
): Inquiry {
  const question: Question = { everySituation: space === 'boolean', exceptSetUp: false, ...about };
  const searched = search(scenario, { ...options, all: true, question });
  const { passes } = searched.system;
  const ways = searched.broken.map((broken) => waysOf(searched, broken));
  const unsafe = minimalSets(ways.map((numbers) => numbers.map((way) => passes.situations[way]!)));
  return {
    searched,
    atoms: question.atoms,
    judgement: { reached: [...passes.situations].sort((a, b) => a - b), unsafe, monotone: space === 'monotone' },
  };
}

/** Numbers of the situations in which a run passed the gate in question before it broke. */
export function waysOf(searched: Searched, broken: Broken): number[] {
  const words = new Uint32Array(searched.store.words);
  searched.store.read(broken.state, words);
  return passed(searched.system.model, new Uint8Array(words.buffer));
}

/** The combinations of situations in which runs of the search passed the gate. */
export function passCombinations(searched: Searched): number[][] {
  const words = new Uint32Array(searched.store.words);
  const s = new Uint8Array(words.buffer);
  const { model, passes } = searched.system;
  const seen = new Set<string>();
  const found: number[][] = [];
  for (let id = 0; id < searched.store.size; id++) {
    searched.store.read(id, words);
    const ways = passed(model, s);
    if (ways.length === 0 || seen.has(ways.join())) continue;
    seen.add(ways.join());
    found.push(ways.map((way) => passes.situations[way]!));
  }
  return found;
}

/** The weakest safe gates that open at all: the one that opens in most situations first. */
function weakestOf(judgement: Judgement, passes: readonly (readonly number[])[]): Weakest[] {
  const safe = largestSafe(judgement).map((open) => ({ open, live: everOpened(open, passes) }));
  const covers = (one: Weakest, other: Weakest): boolean => other.live.every((bits) => one.live.includes(bits));
  return safe
    .filter((one) => one.live.length > 0)
    .filter((one, i, all) => !all.some((other, j) => covers(other, one) && (!covers(one, other) || j < i)))
    .sort((a, b) => b.live.length - a.live.length);
}

/** The shortest gate that opens just these of the situations reached. @param may situations it may open besides */
export function gateOf({ atoms, judgement }: Inquiry, open: readonly number[], may = open): Formula {
  const shut = judgement.reached.filter((situation) => !may.includes(situation));
  if (shut.length === 0) return TRUE;
  return open.length === 0 ? FALSE : shortestGate(atoms, open, shut, judgement.monotone);
}

/** The situations reached that a gate opens. */
export function openedBy({ atoms, judgement }: Inquiry, formula: Formula): number[] {
  return judgement.reached.filter((bits) => evaluate(formula, (name) => (bits & (1 << atoms.indexOf(name))) !== 0));
}

/**
 * The shortest run that breaks a gate which opens these situations; null if it is safe.
 * @param through a situation the run has to pass
 */
export function shortestAgainst({ searched }: Inquiry, open: readonly number[], through?: number): Broken | null {
  const { situations } = searched.system.passes;
  let best: Broken | null = null;
  for (const broken of searched.broken) {
    if (best !== null && best.depth <= broken.depth) continue;
    const passed = waysOf(searched, broken).map((way) => situations[way]!);
    if (through !== undefined && !passed.includes(through)) continue;
    if (passed.every((situation) => open.includes(situation))) best = broken;
  }
  return best;
}

/** Builds whose gate at the point is the one asked about. */
export function askedBuilds(question: WeakestQuestion): string[] {
  const shut = question.with('closed').builds;
  const opened = question.with('open').builds;
  const gateAt = (name: string, builds: typeof shut): string =>
    JSON.stringify(builds.find((build) => build.name === name)?.gates[question.at] ?? null);
  return shut.map((build) => build.name).filter((name) => gateAt(name, shut) !== gateAt(name, opened));
}

function weakerGates(inquiry: Inquiry, weakest: readonly number[]): WeakerGate[] {
  const { atoms, judgement, searched } = inquiry;
  const simple = [TRUE, ...atoms.map((name): Formula => ({ f: 'atom', name }))]
    .map((formula) => openedBy(inquiry, formula))
    .filter((open) => open.length > weakest.length && weakest.every((situation) => open.includes(situation)));
  const sets = [...weakerNeighbours(weakest, judgement), ...simple];
  const gates: WeakerGate[] = [];
  for (const open of sets) {
    const broken = shortestAgainst(inquiry, open);
    if (broken === null) continue;
    const formula = gateOf(inquiry, open);
    const gate = textOf(formula);
    if (gates.some((other) => other.gate === gate)) continue;
    const witness = witnessOf(searched, broken);
    gates.push({ gate, formula, property: witness.property, steps: broken.depth, witness });
  }
  return gates;
}

function stricterGates(
  inquiry: Inquiry,
  weakest: readonly number[],
  passes: readonly (readonly number[])[],
): { gate: string; note: string }[] {
  const stricter: { gate: string; note: string }[] = [];
  for (const name of inquiry.atoms) {
    const open = everOpened(openedBy(inquiry, { f: 'atom', name }), passes);
    if (open.length === 0 || !isSafe(open, inquiry.judgement.unsafe)) continue;
    if (!open.every((situation) => weakest.includes(situation)) || open.length === weakest.length) continue;
    const refused = weakest.length - open.length;
    stricter.push({
      gate: name,
      note: `refuses in ${refused} situation${refused === 1 ? '' : 's'} that no property here needs refused`,
    });
  }
  return stricter;
}

function indistinct(atoms: readonly string[], reached: readonly number[]): string[] {
  if (reached.length === 0) return ['the gate was never asked'];
  const notes: string[] = [];
  const column = (i: number): string => reached.map((bits) => (bits >> i) & 1).join('');
  const constant = (i: number): boolean => !column(i).includes('0') || !column(i).includes('1');
  for (const [i, name] of atoms.entries()) {
    if (constant(i)) notes.push(`${name} was always ${column(i).includes('1') ? 'true' : 'false'}`);
  }
  for (const [i, name] of atoms.entries()) {
    const twin = atoms.findIndex((_, j) => j > i && column(i) === column(j));
    if (twin >= 0 && !constant(i)) notes.push(`${name} and ${atoms[twin]!} never differed`);
  }
  return notes;
}

/** Whether the gate that was expected is one of the weakest: safe, and open wherever that one ever is. */
function isAsExpected(
  question: WeakestQuestion,
  inquiry: Inquiry,
  best: readonly Weakest[],
  passes: readonly (readonly number[])[],
): boolean {
  const { expect } = question;
  if (expect === null) return true;
  // A gate that nobody ever asked is no answer to anything.
  if (!inquiry.searched.complete || inquiry.judgement.reached.length === 0) return false;
  if (expect === 'none') return best.length === 0;
  const opened = openedBy(inquiry, formulaOf(expect.equivalentTo));
  const wanted = everOpened(opened, passes);
  if (!isSafe(opened, inquiry.judgement.unsafe)) return false;
  if (best.length === 0) return wanted.length === 0;
  return best.some(({ live }) => live.length === wanted.length && wanted.every((bits) => live.includes(bits)));
}

function named(atoms: readonly string[], bits: number): Record<string, boolean> {
  return Object.fromEntries(atoms.map((name, i) => [name, (bits & (1 << i)) !== 0]));
}

/** Numbers of monotone gates over 0 to 8 atoms. @source Dedekind numbers, OEIS A000372 */
const DEDEKIND = [2, 3, 6, 20, 168, 7581, 7828354, 2414682040998, 56130437228687557907788];

/** Numbers of all gates over 0 to 5 atoms. */
const BOOLEAN = [2, 4, 16, 256, 65536, 4294967296];

function candidatesIn(space: GateSpace, atomCount: number): number {
  const known = space === 'boolean' ? BOOLEAN : DEDEKIND;
  return known[atomCount] ?? Infinity;
}
