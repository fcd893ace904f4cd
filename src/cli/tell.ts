// Turns a found violation into what is told about it: the run is repeated from its tape with the trace kept, and the
// story's facts are read off the trace. It happens in a worker, where the scenario is loaded anyway.
import { downAtEnd, haltSentences } from '../report/halts.ts';
import { runSteps } from '../report/run-steps.ts';
import { violationText } from '../report/violation-text.ts';
import type { Story } from '../report/story.ts';
import type { Bound, Scenario } from '../scenario/scenario.ts';
import type { Tape } from '../sim/kernel/choices.ts';
import { tapeSource } from '../sim/kernel/tape-source.ts';
import { run } from '../sim/run.ts';
import { causeOf, shortest, shrinkTape, type ShrinkResult } from '../search/index.ts';
import type { RunResult, Violation } from '../sim/verdict.ts';

/** Facts of a story; what depends on the search and on file names is added by who tells it. */
export interface StoryFacts extends Omit<Story, 'origin' | 'replay' | 'shortest'> {
  /** Events of the whole run. */
  readonly events: number;
  readonly haltedIn: readonly Hit[];
}

/** The replicas of one group that halted. */
export interface Hit {
  readonly group: string;
  readonly nodes: readonly string[];
}

/** Which nodes halted in which groups, in order of the first halt. */
function haltsOf(result: RunResult): Hit[] {
  const halted = new Map<string, string[]>();
  for (const e of result.trace) {
    if (e.kind !== 'haltApply') continue;
    const nodes = halted.get(e.group) ?? [];
    halted.set(e.group, nodes.includes(e.node) ? nodes : [...nodes, e.node]);
  }
  return [...halted].map(([group, nodes]) => ({ group, nodes }));
}

/** What is hit: groups with a halted replica, groups that lost a whole process, and which are left alone. */
function blastText(hits: readonly Hit[], { cluster }: Scenario, { trace }: RunResult): string[] {
  if (hits.length === 0) return [];
  const down = downAtEnd(trace);
  const others = cluster.groups.filter(({ name }) => !hits.some((hit) => hit.group === name));
  const unhit = others.map(({ name, voters, learners }) => {
    const gone = down.filter((node) => voters.includes(node) || learners.includes(node));
    const verb = gone.length === 1 ? 'is' : 'are';
    return gone.length === 0 ? `${name} unaffected` : `${name} on ${gone.join(', ')}, which ${verb} down as a whole`;
  });
  return [[...hits.map(({ group, nodes }) => `${group} on ${nodes.join(', ')}`), ...unhit].join('; ')];
}

/** How many voters the group in which a run halts had to begin with; of several groups, the largest. */
export function votersOf(scenario: Scenario, result: RunResult): number {
  const halt = result.trace.find((e) => e.kind === 'haltApply');
  const groups = scenario.cluster.groups.filter((group) => halt === undefined || group.name === halt.group);
  return Math.max(0, ...groups.map((group) => group.voters.length));
}

/** The violation of a run that has this property; the first of the run if it has none. */
function violationOf(result: RunResult, property: string): Violation | undefined {
  return result.violations.find((violation) => violation.property === property) ?? result.violations[0];
}

/** The facts about a recorded run that violates a property; null if it violates nothing. */
export function factsOf(scenario: Scenario, result: RunResult, property: string): StoryFacts | null {
  const violation = violationOf(result, property);
  if (violation === undefined) return null;
  const hits = haltsOf(result);
  const others = result.violations.filter((other) => other !== violation);
  return {
    property: violation.property,
    says: violation.says,
    atMs: violation.atMs,
    nodes: scenario.cluster.nodes,
    rows: runSteps(scenario, result.trace, violation, votersOf(scenario, result)),
    minimal: false,
    shrunk: false,
    halted: haltSentences(result.trace, violation.says),
    blast: blastText(hits, scenario, result),
    blame: [],
    notIt: [],
    noReturn: [],
    repair: [],
    also: others.map(violationText),
    taken: result.taken,
    events: result.events,
    haltedIn: hits,
  };
}

/** A tape and the story of its run. */
export interface Telling {
  readonly facts: StoryFacts;
  readonly tape: Tape;
  readonly code: string;
  readonly hash: string;
  /** Fingerprint of the cause. */
  readonly cause: string;
}

/** How far to shrink before telling. */
export interface Shrinking {
  /** Most runs to spend. */
  readonly maxRuns: number;
  /** Look for the shortest story as well, by exhaustive search. */
  readonly prove: boolean;
  readonly stop: () => boolean;
}

/** States that are looked at for the shortest story of a finding. */
const STATES_FOR_SHORTEST = 200_000;

function shrunkTape(
  scenario: Scenario,
  tape: Tape,
  property: string,
  { maxRuns, prove, stop }: Shrinking,
): ShrinkResult | null {
  const options = { property, maxRuns, stop };
  if (!prove) return shrinkTape(scenario, tape, options);
  return shortest(scenario, tape, { ...options, search: { maxStates: STATES_FOR_SHORTEST, ...boundOf(scenario) } });
}

function boundOf({ explore }: Scenario): { bound?: Bound } {
  return explore.bound === undefined ? {} : { bound: explore.bound };
}

/**
 * Repeats a tape, shrunk if that is asked for, and tells what it shows; null if it violates nothing.
 * @param property the violation that is told, and that has to stay
 */
export function tell(scenario: Scenario, tape: Tape, property: string, shrinking: Shrinking | null): Telling | null {
  const shrunk = shrinking === null ? null : shrunkTape(scenario, tape, property, shrinking);
  const result = shrunk?.run ?? run(scenario, tapeSource(tape), { record: true });
  const facts = factsOf(scenario, result, property);
  if (facts === null) return null;
  const violation = violationOf(result, property)!;
  const cause = causeOf(scenario, result.trace, violation);
  return {
    facts: { ...facts, shrunk: shrunk !== null },
    tape: shrunk?.tape ?? tape,
    code: violation.code,
    hash: result.hash,
    cause,
  };
}
