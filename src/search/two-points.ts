// Two changes where no single one does: what a gate at one point stops comes about another way as well. A point is shut, or
// asks for one fact more, and a change at another point is looked for in what is left; both are needed as a whole.
import type { Formula } from '../gate/formula.ts';
import { FALSE } from '../gate/formula.ts';
import type { Blame, Scenario } from '../scenario/scenario.ts';
import { asReviewed, askedRank } from './blame-order.ts';
import type { Culprit } from './blame.ts';
import { search, type SearchOptions } from './exhaustive.ts';
import { fits } from './no-gate.ts';
import { askAbout, asksJoiner, changesAt, holdsWith, pointsOf, type Asked } from './point-changes.ts';
import { retell } from './retell.ts';
import { isAdmission, suspectsIn, type Suspect } from './suspects.ts';
import { withGate } from './variants.ts';
import { shortestAgainst } from './weakest-gate.ts';

/** Most facts that are tried as the first of two changes at a point. */
const MOST_FIRST = 3;
/** Most searches for what is missing beside a point that is shut, and most states of each. */
const BESIDE = { searches: 6, maxStates: 400_000 } as const;
/** The same for a second change after a first: what is not proved within that is not said. */
const AFTER = { searches: 12, maxStates: 60_000 } as const;

/** What may still be spent on looking for pairs. */
interface Budget {
  searches: number;
}

/** Pairs of changes of which one is at a point asked about. */
export function pairsOfChanges(scenario: Scenario, all: readonly Asked[], options: SearchOptions): Culprit[] {
  const within = (most: number): SearchOptions => ({
    ...options,
    maxStates: Math.min(options.maxStates ?? most, most),
  });
  const [beside, after] = [{ searches: BESIDE.searches }, { searches: AFTER.searches }];
  const others = all.filter(({ suspect }) => !isAdmission(suspect.at) && suspect.at !== 'connect');
  const found = others.flatMap((asked) => changesBeside(scenario, asked, within(BESIDE.maxStates), beside));
  if (found.length > 0) return found;
  return all
    .filter(({ suspect }) => isAdmission(suspect.at))
    .flatMap(({ suspect }) => changesAfter(scenario, suspect, within(AFTER.maxStates), after));
}

/** Changes that help once a point is shut, where shutting it alone does not. */
function changesBeside(
  scenario: Scenario,
  { suspect: beside, inquiry }: Asked,
  options: SearchOptions,
  budget: Budget,
): Culprit[] {
  const otherWay = shortestAgainst(inquiry, []);
  if (otherWay === null) return [];
  const next = suspectsIn(inquiry.searched, retell(inquiry.searched, otherWay.state));
  return othersThan(beside, next).flatMap((suspect) => firstThatHelps(scenario, suspect, beside, options, budget));
}

/** The first single fact that, asked for as well at a point, leaves only what passes the other; none if there is none. */
function firstThatHelps(
  scenario: Scenario,
  suspect: Suspect,
  beside: Suspect,
  options: SearchOptions,
  budget: Budget,
): Culprit[] {
  for (const { name, from, to } of factsFor(suspect)) {
    const {
      builds: [build],
      at,
    } = suspect;
    if (budget.searches-- <= 0) return [];
    const both = askAbout(withGate(scenario, build.name, at, to), beside, options)[0];
    if (both === undefined || !holdsWith(both, [])) continue;
    const { complete: proved, store } = both.inquiry.searched;
    const blame: Blame[] = [...pointsOf(beside), { atom: name, at }];
    const shut = { ...beside, to: FALSE };
    return [{ blame, suspect, beside: shut, from, to, least: true, proved, states: store.size }];
  }
  return [];
}

/** The first fact that, asked for as well before an entry, leaves a violation that a change at another point prevents. */
function changesAfter(scenario: Scenario, suspect: Suspect, options: SearchOptions, budget: Budget): Culprit[] {
  const {
    builds: [build],
    at,
  } = suspect;
  for (const { name, from, to } of factsFor(suspect).slice(0, MOST_FIRST)) {
    const changed = withGate(scenario, build.name, at, to);
    const searched = search(changed, options);
    const broken = searched.broken[0];
    if (broken === undefined) continue;
    const others = othersThan(suspect, suspectsIn(searched, retell(searched, broken.state)));
    budget.searches -= 1 + others.length;
    if (budget.searches < 0) return [];
    const found = others.flatMap((other) => changesAt(changed, askAbout(changed, other, options)));
    const second = asReviewed(
      changed,
      // To shut what comes before entries is no second half of anything: it would do alone.
      found.filter(
        ({ proved, suspect: { at: other }, to: gate }) => proved && (gate?.f !== 'false' || !isAdmission(other)),
      ),
    )[0];
    if (second === undefined || second.to === null) continue;
    const blame = [...([second.blame].flat() as Blame[]), { atom: name, at }];
    return [{ ...second, blame, suspect, beside: { ...second.suspect, to: second.to }, from, to }];
  }
  return [];
}

/** Suspects but for the one given, and for connections. */
function othersThan({ builds: [own], at }: Suspect, suspects: readonly Suspect[]): Suspect[] {
  return suspects.filter((one) => one.at !== 'connect' && (one.builds[0].name !== own.name || one.at !== at));
}

/** Whether a gate asks for a fact in any case. */
function asks(gate: Formula | null, name: string): boolean {
  if (gate === null) return false;
  return gate.f === 'and' ? gate.of.some((part) => asks(part, name)) : gate.f === 'atom' && gate.name === name;
}

/** A gate with one fact more. */
interface Stronger {
  readonly name: string;
  readonly from: Formula | null;
  readonly to: Formula;
}

/** The facts that the gate at a point could ask for as well, the likeliest first. */
function factsFor({ builds: [build], at }: Suspect): Stronger[] {
  const from = build.gates[at] ?? null;
  const usable = Object.keys(build.subject.atoms).filter((name) => fits(build, name, at) && !asks(from, name));
  // Before a member comes in, ask that member.
  const key = (name: string): number => 2 * askedRank(build, name) + (asksJoiner(build, name) ? 0 : 1);
  return usable
    .sort((a, b) => key(a) - key(b))
    .map((name) => {
      const fact: Formula = { f: 'atom', name };
      return { name, from, to: from === null || from.f === 'true' ? fact : { f: 'and', of: [from, fact] } };
    });
}
