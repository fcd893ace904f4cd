// Of several changes that would each have prevented a violation, which does a reviewer ask for first? One that can be made,
// before one in a release that is out; a point where nothing was asked, before one where the wrong thing was; a gate that
// opens at times, before one that never does; of facts for a gate that never opens, the one that tells why. Among facts that
// make no difference here: what everybody concerned was asked, as nothing speaks for asking fewer, and nothing for asking
// those whom the entry does not reach.
import { byCodeUnits } from '../base/text.ts';
import type { Members } from '../gate/atom.ts';
import type { Build } from '../scenario/build.ts';
import type { Blame, Scenario } from '../scenario/scenario.ts';
import type { Plan } from '../scenario/plan.ts';
import { buildOfStep, walkPlan } from '../scenario/validate-plan.ts';
import type { Culprit } from './blame.ts';
import { isAdmission } from './suspects.ts';

/** The culprits, the likeliest request first; equals stay in their order. */
export function asReviewed(scenario: Scenario, culprits: readonly Culprit[]): Culprit[] {
  const old = leftBehind(scenario.plan);
  const keys = culprits.map((culprit) => [
    ...urgency(culprit, old),
    culprit.direct ? 0 : 1,
    culprit.least ? 0 : 1,
    membersRank(culprit),
  ]);
  return culprits
    .map((culprit, i) => ({ culprit, key: keys[i]!, i }))
    .sort((a, b) => compare(a.key, b.key) || a.i - b.i)
    .map(({ culprit }) => culprit);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** How soon a change is asked for, smaller is sooner. */
function urgency({ blame, suspect, from, to, aside }: Culprit, old: readonly string[]): number[] {
  const isOld = old.includes(suspect.builds[0].name);
  const isPoint = isGatePoint(blame);
  if (aside === true) return [5, 0];
  if (blame === 'no admission gate') return [3, 0];
  // Nothing can be added to what starts a release that is out; what it admits is another matter.
  if (isOld && !isAdmission(suspect.at) && isPoint) return [4, 0];
  const never = to === null || to.f === 'false';
  // A release that must not admit the entry at all is to be wired shut: which of its facts is missing is beside the point.
  if (never) return isOld && isPoint ? [1, suspect.at === 'wire' ? 1 : 2] : [2, isPoint ? 1 : 0];
  // A door that every message goes through is shut last of all that would help.
  if (suspect.at === 'connect') return [2, 2];
  return [from === null || from.f === 'true' ? 0 : 1, 0];
}

function isGatePoint(blame: Culprit['blame']): boolean {
  return ([blame].flat() as Blame[]).some((one) => typeof one === 'object' && 'gatePoint' in one);
}

const RANKS: Readonly<Record<string, number>> = {
  joiner: 0,
  votersAndLearners: 0,
  voters: 1,
  learners: 1,
  quorumOfVoters: 3,
};

/** How well those are chosen whom a missing atom would have asked. */
function membersRank({ blame, suspect }: Culprit): number {
  const atoms = ([blame].flat() as Blame[]).flatMap((one) =>
    typeof one === 'object' && 'atom' in one ? [one.atom] : [],
  );
  const ranks = atoms.map((name) => askedRank(suspect.builds[0], name));
  return Math.max(0, ...ranks);
}

/** How well an atom chooses whom it asks, smaller is better; one that asks nobody stands behind those that ask well. */
export function askedRank({ subject }: Build, name: string): number {
  const atom = subject.atoms[name];
  return atom?.seenBy === 'asking' ? rankOf(atom.who) : 2;
}

function rankOf(who: Members): number {
  return RANKS[typeof who === 'object' ? who.who : who] ?? 2;
}

/** Builds that nodes start with and the plan leads away from. */
function leftBehind(plan: Plan): string[] {
  const started = new Set<string>();
  const reached = new Set<string>();
  walkPlan(plan, (step) => {
    const build = buildOfStep(step);
    if (build !== null) (step.plan === 'start' ? started : reached).add(build.name);
  });
  return reached.size === 0 ? [] : [...started].filter((name) => !reached.has(name)).sort(byCodeUnits);
}
