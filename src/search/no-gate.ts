// Why no gate at a point can be safe. Something the plan or the fault menu allows happens after the gate was passed and
// does not pass it; this file finds out what, and asks whether a gate at the point it does pass, or a plan without it,
// would help.
import type { Formula } from '../gate/formula.ts';
import { textOf } from '../gate/text.ts';
import type { Build } from '../scenario/build.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { walkPlan } from '../scenario/validate-plan.ts';
import { passed, search, type Searched, type SearchOptions } from './exhaustive.ts';
import { ADMITTED } from './model/model.ts';
import { Move } from './model/moves.ts';
import { retell, type Told } from './retell.ts';
import { gateOf, inquire, shortestAgainst, type Inquiry } from './weakest-gate.ts';
import { largestSafe, minimalSets } from './open-sets.ts';
import { withGate, withoutRollBacks } from './variants.ts';

/** What each disturbing move is called, and the gate point it passes. */
const DISTURBANCES: Readonly<Partial<Record<Move, { readonly says: string; readonly at: string | null }>>> = {
  [Move.RollBack]: { says: 'a roll-back', at: 'startup' },
  [Move.Upgrade]: { says: 'an upgrade', at: 'startup' },
  [Move.Restart]: { says: 'a restart', at: 'startup' },
  [Move.Crash]: { says: 'a crash', at: 'startup' },
  [Move.Member]: { says: 'a membership change', at: 'join' },
  [Move.Lose]: { says: 'a replaced node', at: 'join' },
  [Move.Elect]: { says: 'an election', at: null },
  [Move.Install]: { says: 'a snapshot', at: null },
};

/** The first thing that happens after the last admission and does not pass the gate; null if nothing but delivery does. */
export function disturbanceIn(told: readonly Told[]): Told | null {
  const last = told.map((t) => t.move).lastIndexOf(Move.Admit);
  return told.slice(last + 1).find((t) => t.cost > 0 && DISTURBANCES[t.move] !== undefined) ?? null;
}

/** The move that defeats every gate at the point in question. */
export function whatDefeats(inquiry: Inquiry): string {
  const { searched, judgement } = inquiry;
  if (judgement.reached.length === 0) return 'nothing: the gate was never asked';
  // The best informed situation is the one in which a gate has most to go by.
  const best = judgement.reached[judgement.reached.length - 1]!;
  const broken = shortestAgainst(inquiry, [best]);
  if (broken === null) return 'a run that passes the gate more than once';
  const told = retell(searched, broken.state);
  if (!told.some((t) => t.move === Move.Admit)) return 'a run that never passes the gate';
  const disturbance = disturbanceIn(told);
  if (disturbance === null) return 'delivery alone: the entry is unsafe whenever it is admitted';
  const { says } = DISTURBANCES[disturbance.move]!;
  const { model } = searched.system;
  const build = model.builds[model.build(disturbance.after, disturbance.node)]?.name ?? '';
  const onto = disturbance.move === Move.RollBack || disturbance.move === Move.Upgrade ? ` to ${build}` : '';
  return `${says}${onto} while the entry is in flight: it does not pass this gate`;
}

/** What would help instead: gates at other points, and assumptions about operators, each checked. */
export function whatElseHelps(
  scenario: Scenario,
  at: string,
  builds: readonly string[],
  inquiry: Inquiry,
  options: SearchOptions,
): string[] {
  const best = inquiry.judgement.reached[inquiry.judgement.reached.length - 1];
  if (best === undefined) return [];
  const gate = gateOf(inquiry, [best]);
  const gated = builds.reduce((s, build) => withGate(s, build, at, gate), scenario);
  const help: string[] = [];
  for (const build of scenario.builds) {
    for (const point of ['startup', 'join', 'promote']) {
      const says = helpAt(gated, build, point, options);
      if (says !== null) help.push(`${says} (with ${textOf(gate)} at ${at})`);
    }
  }
  if (mentionsRollBack(scenario.plan)) {
    const searched = search(withoutRollBacks(gated), options);
    if (searched.complete && searched.broken.length === 0) {
      help.push(`the assumption that nobody rolls back (with ${textOf(gate)} at ${at})`);
    }
  }
  return help;
}

/** A gate at another point of a build that makes everything hold; null if there is none. */
function helpAt(scenario: Scenario, build: Build, point: string, options: SearchOptions): string | null {
  const atoms = Object.keys(build.subject.atoms).filter((name) => fits(build, name, point));
  const about = { at: point, builds: [build.name], atoms, exceptSetUp: true };
  const inquiry = inquire(scenario, about, 'boolean', options);
  if (!inquiry.searched.complete || inquiry.judgement.reached.length === 0 || inquiry.judgement.unsafe.length === 0)
    return null;
  const safe = largestSafe(inquiry.judgement)[0];
  if (safe === undefined) return null;
  const formula: Formula = gateOf(inquiry, safe);
  if (formula.f === 'true' || !isStillAsked(admittingCombinations(inquiry.searched), safe)) return null;
  if (formula.f !== 'false') return `a ${point} gate in ${build.name}: ${textOf(formula)}`;
  return `a ${point} gate in ${build.name} on a fact that no atom tells yet`;
}

/** The combinations of situations in which runs pass the gate in question and an entry is admitted, here or elsewhere. */
export function admittingCombinations(searched: Searched): number[][] {
  const words = new Uint32Array(searched.store.words);
  const s = new Uint8Array(words.buffer);
  const { model, passes } = searched.system;
  const seen = new Set<string>();
  const found: number[][] = [];
  for (let id = 0; id < searched.store.size; id++) {
    searched.store.read(id, words);
    if (s[ADMITTED] === 0) continue;
    const ways = passed(model, s);
    if (seen.has(ways.join())) continue;
    seen.add(ways.join());
    found.push(ways.map((way) => passes.situations[way]!));
  }
  return minimalSets(found);
}

/** Whether entries are still admitted where a gate opens these situations only: a gate that stops all is no help. */
export function isStillAsked(admitting: readonly (readonly number[])[], open: readonly number[]): boolean {
  return admitting.some((combination) => combination.every((situation) => open.includes(situation)));
}

/** Which atoms may be asked at a point: at process start nobody is asked. */
export function fits(build: Build, atom: string, point: string): boolean {
  const { seenBy } = build.subject.atoms[atom]!;
  return seenBy === 'self' || (point !== 'startup' && point !== 'wire' && seenBy !== 'ghost');
}

function mentionsRollBack(plan: Plan): boolean {
  let found = false;
  walkPlan(plan, (step) => {
    found ||= step.plan === 'rolling' && step.mayRollBack > 0;
  });
  return found;
}
