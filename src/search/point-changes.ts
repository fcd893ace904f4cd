// Every change of the gate at one point that would have prevented a violation. The gate is put in question over all atoms
// that may be read there; what the one search says of each situation then judges every change: one fact more, the contrary
// of one, two facts, one fact instead, never. A change that is left out here is one a reviewer has to find by himself.
import { atomsOf, FALSE, TRUE } from '../gate/formula.ts';
import type { Build } from '../scenario/build.ts';
import type { Blame, Scenario } from '../scenario/scenario.ts';
import type { Culprit } from './blame.ts';
import { mayComeBefore, tellsOfAbility } from './direct-cause.ts';
import type { SearchOptions } from './exhaustive.ts';
import { ModelLimit } from './model/limit.ts';
import { admittingCombinations, fits, isStillAsked } from './no-gate.ts';
import { everOpened, isSafe, largestSafe } from './open-sets.ts';
import { isAdmission, type Suspect } from './suspects.ts';
import { gateOf, inquire, openedBy, passCombinations, type Inquiry } from './weakest-gate.ts';

/** A gate at one point put in question over some atoms, and in which combinations of situations runs pass it. */
export interface Asked {
  readonly suspect: Suspect;
  readonly inquiry: Inquiry;
  readonly passing: readonly (readonly number[])[];
  /** Those of runs in which an entry is admitted, here or elsewhere. */
  readonly admitting: readonly (readonly number[])[];
}

/** A stronger gate that holds. */
interface Change {
  readonly atoms: readonly string[];
  /** The situations it opens, and those of them in which it is ever asked. */
  readonly open: readonly number[];
  readonly live: readonly number[];
  /** No other that was tried refuses less. */
  readonly least: boolean;
}

/** Most atoms that are put in question at once, and most states of one search for what they tell. */
const MOST_ATOMS = 12;
const MOST_STATES = 300_000;
/** Whom every message has to pass is asked about in many more states; beyond so many nothing is said of it. */
const MOST_STATES_OF_CONNECTIONS = 60_000;

/** Puts the gate at a point in question, over every atom that may be read there: in parts, where they are too many for one search. */
export function askAbout(scenario: Scenario, suspect: Suspect, options: SearchOptions): Asked[] {
  const { builds, at } = suspect;
  const [build] = builds;
  const own = atomsOf(build.gates[at] ?? FALSE);
  const usable = Object.keys(build.subject.atoms).filter(
    (name) => !own.includes(name) && fits(build, name, at) && (at !== 'connect' || asksJoiner(build, name)),
  );
  if (at === 'connect' && usable.length === 0) return [];
  const most = at === 'connect' && own.length === 0 ? MOST_STATES_OF_CONNECTIONS : MOST_STATES;
  const limits = { ...options, maxStates: Math.min(options.maxStates ?? most, most) };
  const about = { at, builds: builds.map((one) => one.name), exceptSetUp: at !== 'wire' };
  const ask = (others: readonly string[]): Asked[] => {
    const atoms = [...own, ...others];
    const half = others.length >> 1;
    const inHalves = (): Asked[] => [...ask(others.slice(0, half)), ...ask(others.slice(half))];
    if (atoms.length > MOST_ATOMS && half > 0) return inHalves();
    try {
      const inquiry = inquire(scenario, { ...about, atoms }, 'boolean', limits);
      const { searched } = inquiry;
      if (at === 'connect' && !searched.complete) return [];
      return [{ suspect, inquiry, passing: passCombinations(searched), admitting: admittingCombinations(searched) }];
    } catch (error) {
      if (!(error instanceof ModelLimit) || half === 0) throw error;
      return inHalves();
    }
  };
  return ask(usable);
}

/** Whether an atom asks the member that the step is about. */
export function asksJoiner({ subject }: Build, name: string): boolean {
  const atom = subject.atoms[name]!;
  return atom.seenBy === 'asking' && atom.who === 'joiner';
}

/** Whether everything holds, and entries are still admitted, with a gate that opens only these situations. */
export function holdsWith({ inquiry, admitting }: Asked, open: readonly number[]): boolean {
  return isSafe(open, inquiry.judgement.unsafe) && isStillAsked(admitting, open);
}

/** What a stronger gate at one point could have done, by all that was asked about it. */
export function changesAt(scenario: Scenario, parts: readonly Asked[]): Culprit[] {
  const found = parts.flatMap((asked) => changesIn(scenario, asked));
  // What no atom of one part can do, one of another may.
  const opens = found.some(({ to }) => to !== null && to.f !== 'false');
  return opens
    ? found.filter(({ blame, to }) => blame !== 'no admission gate' && (to?.f !== 'false' || isAtomic(blame)))
    : found;
}

/** Whether a blame is of facts, and of no point as a whole. */
export function isAtomic(blame: Culprit['blame']): boolean {
  return ([blame].flat() as Blame[]).every((one) => typeof one === 'object' && 'atom' in one);
}

function changesIn(scenario: Scenario, asked: Asked): Culprit[] {
  const { suspect, inquiry, passing } = asked;
  const {
    builds: [build],
    at,
  } = suspect;
  const { reached, unsafe } = inquiry.judgement;
  if (reached.length === 0 || unsafe.length === 0 || !isSafe([], unsafe)) return [];
  const from = build.gates[at] ?? null;
  const now = from === null ? reached : openedBy(inquiry, from);
  const always = { suspect, from, least: true, proved: inquiry.searched.complete, states: inquiry.searched.store.size };
  const points = pointsOf(suspect);
  const point = points.length === 1 ? points[0]! : points;
  const opening = openingChanges(asked, now).map(({ atoms, open, least }): Culprit => {
    return { ...always, blame: blameOf(atoms, at), to: gateOf(inquiry, open), least };
  });
  const shutting = shuttingAtoms(scenario, asked, now).map((name): Culprit => {
    const shut = { ...always, blame: blameOf([name], at), to: FALSE };
    return tellsOfAbility(scenario, build, name, at) ? { ...shut, direct: true } : shut;
  });
  if (opening.length > 0) return [...opening, ...shutting];
  const isUseful = (open: readonly number[]): boolean =>
    everOpened(open, passing).length > 0 && isStillAsked(asked.admitting, open);
  const best = largestSafe({ ...inquiry.judgement, reached: now }).find(isUseful);
  if (best !== undefined) return [{ ...always, blame: point, to: gateOf(inquiry, best) }, ...shutting];
  // Shutting a point is no loss as long as entries are still admitted elsewhere; to shut every connection is.
  const shut: Culprit = { ...always, blame: point, to: FALSE };
  const elsewhere = isStillAsked(asked.admitting, []) && at !== 'connect' ? [shut] : [];
  if (!isAdmission(at)) return elsewhere;
  const none: Culprit = { ...always, blame: 'no admission gate', to: null };
  const never: Culprit[] = [...shutting, none, ...elsewhere];
  // Where nothing can refuse, that nothing does is to blame, though it should have refused always.
  return isUngated(build, at) && never.length === 1 ? [none, { ...shut, stops: true }] : never;
}

/** Whether nothing can refuse at a point; before the RPCs are wired, whether nothing can refuse them later either. */
function isUngated({ gates, subject }: Build, at: string): boolean {
  const proposing = Object.keys(subject.rpcs).filter((rpc) => subject.rpcs[rpc]!.proposes !== undefined);
  return [at, ...(at === 'wire' ? proposing : [])].every((point) => (gates[point] ?? TRUE).f === 'true');
}

function blameOf(atoms: readonly string[], at: string): Blame | Blame[] {
  const blames = atoms.map((atom): Blame => ({ atom, at }));
  return blames.length === 1 ? blames[0]! : blames;
}

/** The point as a blame, in each of its builds. */
export function pointsOf({ builds, at }: Suspect): Blame[] {
  return builds.map(({ name }) => ({ gatePoint: at, build: name }));
}

/** Atoms that make the gate safe when they are asked for as well; failing that, when they are asked for instead. */
function openingChanges(asked: Asked, now: readonly number[]): Change[] {
  const { reached } = asked.inquiry.judgement;
  const stronger = strengthenings(asked, now);
  return stronger.length > 0 || now.length === reached.length ? stronger : strengthenings(asked, reached);
}

/** Single facts, else pairs, that leave only safe ones of these situations and some; those that refuse least come first. */
function strengthenings(asked: Asked, within: readonly number[]): Change[] {
  const { atoms } = asked.inquiry;
  const singles = useful(
    asked,
    within,
    atoms.map((name) => [fact(name)]),
  );
  // The contrary of a fact is asked for only where it lets pass what no fact does.
  const contraries = useful(asked, within, contrariesIn(asked)).filter(
    ({ live }) => !singles.some((one) => covers(one.live, live)),
  );
  if (singles.length + contraries.length > 0) return [...singles, ...contraries];
  return useful(
    asked,
    within,
    atoms.flatMap((a, i) => atoms.slice(i + 1).map((b) => [fact(a), fact(b)])),
  );
}

/** A fact, or its contrary, that a gate asks for. */
interface Literal {
  readonly name: string;
  readonly holds: boolean;
}

function fact(name: string): Literal {
  return { name, holds: true };
}

/** Contraries of what a node knows by itself: that somebody does not say something may be silence. */
function contrariesIn({ suspect, inquiry }: Asked): Literal[][] {
  const { atoms } = suspect.builds[0].subject;
  return inquiry.atoms.filter((name) => atoms[name]!.seenBy !== 'asking').map((name) => [{ name, holds: false }]);
}

/** Those that hold and still open at times. */
function useful(asked: Asked, within: readonly number[], sets: readonly (readonly Literal[])[]): Change[] {
  const found = sets.map((literals) => changeTo(asked, within, literals));
  const good = found.filter(({ open, live }) => live.length > 0 && holdsWith(asked, open));
  const isLeast = (one: Change): boolean =>
    !good.some((other) => other.live.length > one.live.length && covers(other.live, one.live));
  const ranked = good.map((one) => ({ ...one, least: isLeast(one) }));
  return [...ranked.filter(({ least }) => least), ...ranked.filter(({ least }) => !least)];
}

function changeTo({ inquiry, passing }: Asked, within: readonly number[], literals: readonly Literal[]): Change {
  const isTrue = (bits: number, name: string): boolean => (bits & (1 << inquiry.atoms.indexOf(name))) !== 0;
  const open = within.filter((bits) => literals.every(({ name, holds }) => isTrue(bits, name) === holds));
  return { atoms: literals.map(({ name }) => name), open, live: everOpened(open, passing), least: true };
}

function covers(one: readonly number[], other: readonly number[]): boolean {
  return other.every((situation) => one.includes(situation));
}

/**
 * Atoms that would have kept everything away from this point, since they are never true there: in the gate they would have
 * prevented it as well. A fact that only the entry itself brings about is none of them: it is what the gate is there to allow.
 */
function shuttingAtoms(scenario: Scenario, asked: Asked, now: readonly number[]): string[] {
  const { suspect, inquiry, admitting } = asked;
  const {
    builds: [build],
    at,
  } = suspect;
  if (at === 'connect' || (!isAdmission(at) && !isStillAsked(admitting, []))) return [];
  return inquiry.atoms.filter((name) => {
    const { open, live } = changeTo(asked, now, [fact(name)]);
    return (
      isSafe(open, inquiry.judgement.unsafe) &&
      (live.length === 0 || !isStillAsked(admitting, open)) &&
      mayComeBefore(scenario, build, name, at)
    );
  });
}
