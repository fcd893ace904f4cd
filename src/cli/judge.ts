// What a search comes to: does the scenario do what it says of itself? Every way of not doing so is a sentence, because
// "not as expected" alone would send its reader into the trace.
import type { ExpectedViolation, Scenario } from '../scenario/scenario.ts';
import { isGivenByApply, type ModelWitness } from './explore.ts';
import type { Searched } from './search-scenario.ts';
import type { Found } from './sweep.ts';

/** The verdict over everything that was tried. */
export interface Judgement {
  readonly verdict: 'holds' | 'violated' | 'inconclusive';
  readonly expected: boolean;
  /** Why it is not as expected, or not decided; empty otherwise. */
  readonly why: readonly string[];
  readonly neverMet: readonly string[];
  /** What runs found, the expected violation first. */
  readonly found: readonly Found[];
  /** What only the exhaustive search found, no run having shown it. */
  readonly inModel: readonly ModelWitness[];
}

function sometimesOf(scenario: Scenario): string[] {
  return scenario.properties.filter((property) => property.p === 'sometimes').map((property) => property.name);
}

/** A violation that the expected one does not account for: it came first, or without it. */
function isUnforeseen(found: Found, expect: ExpectedViolation, all: readonly Found[]): boolean {
  if (found.property === expect.violates || found.after.includes(expect.violates)) return false;
  return !all.some((one) => one.property === expect.violates && one.seed === found.seed);
}

function foundText(one: Found, runs: number): string {
  const by = one.count === 0 ? 'exhaustive search' : `${one.count} of ${runs} runs`;
  return `${one.property} is violated (${by}): ${one.says}`;
}

function modelText({ property, rows }: ModelWitness): string {
  return `in the exhaustive model ${property} breaks in ${rows.length} steps; no run of the simulator followed it`;
}

/** What speaks against the expectation. */
function against(scenario: Scenario, found: readonly Found[], runs: number): string[] {
  const { expect } = scenario;
  if (expect === 'holds') {
    return found.map((one) => `it should hold, but ${foundText(one, runs)}`);
  }
  const isShown = found.some((one) => one.property === expect.violates);
  const missing = isShown ? [] : [`${expect.violates} should be violated, but no run did so`];
  const unforeseen = found.filter((one) => isUnforeseen(one, expect, found));
  return [...missing, ...unforeseen.map((one) => `besides what is expected, ${foundText(one, runs)}`)];
}

/** What was not decided, and why. */
function undecided({ sweep, explored, exhaustive }: Searched): string[] {
  const open: string[] = [];
  if (sweep.inconclusiveWhy !== null) {
    open.push(`${sweep.inconclusive} of ${sweep.runs} runs ended undecided: ${sweep.inconclusiveWhy}`);
  }
  if (sweep.cutShort) open.push(`the budget ended after ${sweep.runs} runs`);
  if (exhaustive === 'asked' && explored !== null && !explored.complete)
    open.push(`the exhaustive search is not complete: ${explored.why ?? 'cut off'}`);
  return open;
}

/**
 * What may happen and never did, in runs or in the model. Where the model sees a feature from the outside only, its word
 * does not count.
 */
function neverMetIn(scenario: Scenario, { sweep, model }: Searched): string[] {
  const inModel = isGivenByApply(scenario) ? (model?.met ?? []) : [];
  return sometimesOf(scenario).filter((name) => !sweep.met.includes(name) && !inModel.includes(name));
}

/** Judges a search by the scenario's expectation. */
export function judge(scenario: Scenario, searched: Searched): Judgement {
  const { sweep, explored } = searched;
  const { expect } = scenario;
  const wanted = (one: Found): number => (expect !== 'holds' && one.property === expect.violates ? 0 : 1);
  const found = sweep.found.toSorted((a, b) => wanted(a) - wanted(b) || a.atRun - b.atRun);
  const inModel = (explored?.witnesses ?? []).filter((one) => !found.some((other) => other.property === one.property));
  const neverMet = sweep.runs === 0 ? [] : neverMetIn(scenario, searched);
  const isViolated = found.length > 0;
  // What time did not allow to happen is undecided, not refuted.
  const excused = (sweep.cutShort || inModel.length > 0) && !isViolated;
  const vacuous = neverMet.map((name) => `"${name}" never occurred within ${sweep.runs} runs`);
  const objections = excused ? [] : [...against(scenario, found, sweep.runs), ...vacuous];
  const open = [...inModel.map(modelText), ...undecided(searched)];
  const isOpen = sweep.inconclusive > 0 || sweep.cutShort || inModel.length > 0;
  return {
    verdict: isViolated ? 'violated' : isOpen ? 'inconclusive' : 'holds',
    expected: objections.length === 0,
    why: [...objections, ...open],
    neverMet,
    found,
    inModel,
  };
}
