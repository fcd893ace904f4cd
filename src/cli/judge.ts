// What a sweep comes to: does the scenario do what it says of itself? Every way of not doing so is a sentence, because
// "not as expected" alone would send its reader into the trace.
import type { ExpectedViolation, Scenario } from '../scenario/scenario.ts';
import type { Found, Sweep } from './sweep.ts';

/** The verdict over all runs of a scenario. */
export interface Judgement {
  readonly verdict: 'holds' | 'violated' | 'inconclusive';
  readonly expected: boolean;
  /** Why it is not as expected, or not decided; empty otherwise. */
  readonly why: readonly string[];
  readonly neverMet: readonly string[];
  /** What was found, the expected violation first. */
  readonly found: readonly Found[];
}

function sometimesOf(scenario: Scenario): string[] {
  return scenario.properties.filter((property) => property.p === 'sometimes').map((property) => property.name);
}

/** A violation that the expected one does not account for: it came first, or without it. */
function isUnforeseen(found: Found, expect: ExpectedViolation, all: readonly Found[]): boolean {
  if (found.property === expect.violates || found.after.includes(expect.violates)) return false;
  return !all.some((one) => one.property === expect.violates && one.seed === found.seed);
}

function whyNot(scenario: Scenario, found: readonly Found[], runs: number): string[] {
  const { expect } = scenario;
  const told = (one: Found): string => `${one.property} is violated (${one.count} of ${runs} runs): ${one.says}`;
  if (expect === 'holds') return found.map((one) => `it should hold, but ${told(one)}`);
  const unforeseen = found.filter((one) => isUnforeseen(one, expect, found));
  const missing = found.some((one) => one.property === expect.violates)
    ? []
    : [`${expect.violates} should be violated, but no run did so`];
  return [...missing, ...unforeseen.map((one) => `besides what is expected, ${told(one)}`)];
}

/** Judges a sweep by the scenario's expectation. */
export function judge(scenario: Scenario, sweep: Sweep): Judgement {
  const { expect } = scenario;
  const wanted = (one: Found): number => (expect !== 'holds' && one.property === expect.violates ? 0 : 1);
  const found = sweep.found.toSorted((a, b) => wanted(a) - wanted(b) || a.atRun - b.atRun);
  const neverMet = sweep.runs === 0 ? [] : sometimesOf(scenario).filter((name) => !sweep.met.includes(name));
  const broken = whyNot(scenario, found, sweep.runs);
  const vacuous = neverMet.map((name) => `"${name}" never occurred within ${sweep.runs} runs`);
  const undecided = sweep.inconclusive > 0 || (sweep.cutShort && found.length === 0);
  const verdict = found.length > 0 ? 'violated' : undecided ? 'inconclusive' : 'holds';
  // What time did not allow to happen is undecided, not refuted.
  const excused = sweep.cutShort && found.length === 0;
  const against = excused ? [] : [...broken, ...vacuous];
  return { verdict, expected: against.length === 0, why: [...against, ...limits(sweep)], neverMet, found };
}

function limits(sweep: Sweep): string[] {
  const runs = sweep.inconclusive;
  const cut =
    sweep.inconclusiveWhy === null ? [] : [`${runs} of ${sweep.runs} runs ended undecided: ${sweep.inconclusiveWhy}`];
  return sweep.cutShort ? [...cut, `the budget ended after ${sweep.runs} runs`] : cut;
}
