// Who is to blame for a violation: an atom missing from a gate, a gate missing at a point of a build, or no admission gate
// at all. Each suspect is tried: the gate at its point is put in question over every atom that may be read there, and one
// search tells which stronger gates would have held. What is named here has been checked, not guessed.
import { atomsOf, FALSE, TRUE, type Formula } from '../gate/formula.ts';
import type { Build } from '../scenario/build.ts';
import type { Blame, Scenario } from '../scenario/scenario.ts';
import type { Searched, SearchOptions } from './exhaustive.ts';
import { tellsOfAbility } from './direct-cause.ts';
import { ModelLimit } from './model/limit.ts';
import { Move } from './model/moves.ts';
import { disturbanceIn, fits, isStillAsked } from './no-gate.ts';
import { ascending, isSafe, largestSafe } from './open-sets.ts';
import { retell, type Told } from './retell.ts';
import { withGate } from './variants.ts';
import { askedRank, asReviewed, isAdmission } from './blame-order.ts';
import { gateOf, inquire, openedBy, shortestAgainst, type Inquiry } from './weakest-gate.ts';
import { rpcOf } from './witness.ts';

/** A point that a run passed, or could have been stopped at. */
export interface Suspect {
  /** The build it passed it in; where one change would not do, every build that has the same gate there. */
  readonly builds: readonly [Build, ...Build[]];
  readonly at: string;
}

/** One way in which the violation would not have happened, checked within the bound. */
export interface Culprit {
  readonly blame: Blame | readonly Blame[];
  readonly suspect: Suspect;
  /** Another point that has to be shut for this change to help; absent where the change does alone. */
  readonly beside?: Suspect;
  /** The gate as it is, and one that would have held; null where no gate at this point would. */
  readonly from: Formula | null;
  readonly to: Formula | null;
  /** Of a gate that must never open: its missing fact tells that the binary cannot apply the entry. */
  readonly direct?: true;
  /** No other change of this gate that was tried refuses less. */
  readonly least: boolean;
  /** Whether the search behind it was complete, and how many states it saw. */
  readonly proved: boolean;
  readonly states: number;
}

/** Most atoms that are tried at a point. */
const MOST_ATOMS = 12;
/** Most states of each search for a second change: it is asked only where no single one does. */
const MOST_STATES_BESIDE = 400_000;

/** Everything that would have prevented a violation; first what a reviewer would ask for first. */
export function culpritsOf(
  scenario: Scenario,
  searched: Searched,
  told: readonly Told[],
  options: SearchOptions,
): Culprit[] {
  const suspects = suspectsIn(searched, told);
  const alone = suspects.flatMap((suspect) => tryAt(scenario, suspect, options));
  // What stands in two builds in the same words is one rule: where a change of either alone does nothing, it is changed in both.
  const helps = alone.some(({ blame, to }) => blame !== 'no admission gate' && to !== null);
  const shared = helps ? [] : suspects.flatMap((suspect) => sharedBy(scenario, suspect));
  const culprits = [...alone, ...shared.flatMap((suspect) => tryAt(scenario, suspect, options))];
  const atoms = culprits.filter((c) => c.blame !== 'no admission gate' && 'atom' in first(c.blame));
  const helpful = atoms.filter((c) => c.to !== null && c.to.f !== 'false');
  const points = culprits.filter((c) => c.blame !== 'no admission gate' && 'gatePoint' in first(c.blame));
  const none = culprits.filter((c) => c.blame === 'no admission gate');
  const order = (found: readonly Culprit[]): Culprit[] => asReviewed(scenario, found);
  if (helpful.some((c) => isAdmission(c.suspect.at))) return order([...helpful, ...points]);
  // Where delivery alone does the damage, the entry is unsafe whatever is asked: the facts that are never true are missing.
  // Where something else defeats every gate, none of those facts would be to the point.
  if (disturbanceIn(told) === null) return order([...atoms, ...points]);
  const found = [...helpful, ...points];
  const both = found.length > 0 ? [] : suspects.flatMap((suspect) => besideShut(scenario, suspect, options));
  return order([...found, ...none.slice(0, 1), ...both]);
}

/**
 * Changes that help once another point is shut, where shutting that point alone does not: what it stops comes about another
 * way, too. Points before entries of the feature are left out, since shutting one of them stops the feature.
 */
function besideShut(scenario: Scenario, beside: Suspect, options: SearchOptions): Culprit[] {
  if (isAdmission(beside.at)) return [];
  const limits = { ...options, maxStates: Math.min(options.maxStates ?? MOST_STATES_BESIDE, MOST_STATES_BESIDE) };
  const alone = inquiryAt(scenario, beside, limits);
  const otherWay = shortestAgainst(alone, []);
  if (otherWay === null) return [];
  const next = suspectsIn(alone.searched, retell(alone.searched, otherWay.state));
  const others = next.filter(({ builds: [build], at }) => build.name !== beside.builds[0].name || at !== beside.at);
  return others.flatMap((suspect) => firstThatHelps(scenario, suspect, beside, limits));
}

/** The first single fact that, asked for as well at a point, leaves only what passes the other; none if there is none. */
function firstThatHelps(scenario: Scenario, suspect: Suspect, beside: Suspect, options: SearchOptions): Culprit[] {
  const {
    builds: [build],
    at,
  } = suspect;
  const from = build.gates[at] ?? null;
  const own = from === null ? [] : atomsOf(from);
  const usable = Object.keys(build.subject.atoms).filter((name) => fits(build, name, at) && !own.includes(name));
  // Before a member comes in, ask that member.
  const asksJoiner = (name: string): boolean => {
    const atom = build.subject.atoms[name]!;
    return atom.seenBy === 'asking' && atom.who === 'joiner';
  };
  const key = (name: string): number => 2 * askedRank(build, name) + (asksJoiner(name) ? 0 : 1);
  const points = beside.builds.map((one) => pointOf(one, beside.at));
  for (const name of usable.sort((a, b) => key(a) - key(b))) {
    const fact: Formula = { f: 'atom', name };
    const to: Formula = from === null || from.f === 'true' ? fact : { f: 'and', of: [from, fact] };
    const both = inquiryAt(withGate(scenario, build.name, at, to), beside, options);
    if (!isSafe([], both.judgement.unsafe) || !isStillAsked(both, [])) continue;
    const { complete: proved, store } = both.searched;
    const blame: Blame[] = [...points, { atom: name, at }];
    return [{ blame, suspect, beside, from, to, least: true, proved, states: store.size }];
  }
  return [];
}

function first(blame: Blame | readonly Blame[]): object {
  const one = (Array.isArray(blame) ? (blame as readonly Blame[])[0] : blame) as Blame | undefined;
  return typeof one === 'object' ? one : {};
}

/** The gate points a run passed, in order; each build's once. */
export function suspectsIn(searched: Searched, told: readonly Told[]): Suspect[] {
  const { model } = searched.system;
  const suspects: Suspect[] = [];
  const add = (build: number, at: string): void => {
    const found = model.builds[build];
    if (found === undefined || suspects.some((s) => s.builds[0] === found && s.at === at)) return;
    suspects.push({ builds: [found], at });
  };
  for (const t of told) {
    if (t.move === Move.Admit) {
      const build = model.build(t.after, t.node);
      const rpc = rpcOf(model, t);
      if (rpc !== undefined) {
        add(build, rpc);
        add(build, 'wire');
      }
    }
    if (t.move === Move.Member) {
      const action = model.plan.tree.nodes[t.detail]!.action;
      const change = action?.do === 'member' ? action.change : 'removeMember';
      if (change !== 'removeMember')
        add(model.build(t.after, model.leader(t.after, t.group)), change === 'promote' ? 'promote' : 'join');
    }
  }
  for (const t of told) {
    const starts =
      t.move === Move.RollBack || t.move === Move.Upgrade || t.move === Move.Restart || t.move === Move.Crash;
    if (starts) add(model.build(t.after, t.node), 'startup');
  }
  return suspects;
}

/** The suspect in every build that has the same gate at that point; nothing where there is one such build. */
function sharedBy(scenario: Scenario, { builds: [first], at }: Suspect): Suspect[] {
  const others = scenario.builds.filter((build) => build.name !== first.name && sameGate(build, first, at));
  return others.length === 0 ? [] : [{ builds: [first, ...others], at }];
}

function sameGate(one: Build, other: Build, at: string): boolean {
  const textAt = (build: Build): string => JSON.stringify(build.gates[at] ?? TRUE);
  return textAt(one) === textAt(other) && one.serves.includes(at) === other.serves.includes(at);
}

/** What a stronger gate at one point could have done. */
function tryAt(scenario: Scenario, suspect: Suspect, options: SearchOptions): Culprit[] {
  const {
    builds: [build],
    at,
  } = suspect;
  const from = build.gates[at] ?? null;
  const inquiry = inquiryAt(scenario, suspect, options);
  if (inquiry.judgement.reached.length === 0 || inquiry.judgement.unsafe.length === 0) return [];
  const now = from === null ? inquiry.judgement.reached : openedBy(inquiry, from);
  const proved = inquiry.searched.complete;
  const states = inquiry.searched.store.size;
  const stronger = changesTo(inquiry, now);
  // A gate that shuts for ever is a culprit only if no gate that opens at times would do. One that opens only after what it
  // guards has happened shuts for ever.
  const useful = stronger.filter(({ open }) => open.length > 0 && isStillAsked(inquiry, open));
  const chosen =
    useful.length > 0
      ? useful
      : isAdmission(at)
        ? stronger.filter(({ atoms }) => atoms.every((name) => build.subject.atoms[name]!.seenBy !== 'log'))
        : [];
  const culprits = chosen.map(({ atoms, open, least }): Culprit => {
    const blames = atoms.map((atom): Blame => ({ atom, at }));
    const to = gateOf(inquiry, open);
    const direct = open.length === 0 && atoms.every((name) => tellsOfAbility(build, name));
    const told = { blame: blames.length === 1 ? blames[0]! : blames, suspect, from, to, least, proved, states };
    return direct ? { ...told, direct } : told;
  });
  const best = largestSafe({ ...inquiry.judgement, reached: now }).filter((open) => open.length > 0)[0];
  if (isAdmission(at) && best === undefined && useful.length === 0) {
    culprits.push({ blame: 'no admission gate', suspect, from, to: null, least: true, proved, states });
  }
  // Shutting a point is no loss as long as entries are still admitted elsewhere.
  if (useful.length === 0) {
    const open = best ?? [];
    if (isSafe(open, inquiry.judgement.unsafe) && isStillAsked(inquiry, open)) {
      const to = open.length === 0 ? FALSE : gateOf(inquiry, open);
      culprits.push({
        blame: suspect.builds.length === 1 ? pointOf(build, at) : suspect.builds.map((one) => pointOf(one, at)),
        suspect,
        from,
        to,
        least: true,
        proved,
        states,
      });
    }
  }
  return culprits;
}

function pointOf(build: Build, at: string): Blame {
  return { gatePoint: at, build: build.name };
}

/** Puts the gate at a point in question, over every atom that may be read there, or as many as can be told apart. */
export function inquiryAt(scenario: Scenario, { builds, at }: Suspect, options: SearchOptions): Inquiry {
  const [build] = builds;
  const names = builds.map((one) => one.name);
  const own = atomsOf(build.gates[at] ?? FALSE);
  const usable = Object.keys(build.subject.atoms).filter((name) => fits(build, name, at) && !own.includes(name));
  const ask = (most: number): Inquiry => {
    const atoms = [...own, ...usable].slice(0, Math.max(most, own.length));
    return inquire(scenario, { at, builds: names, atoms, exceptSetUp: at !== 'wire' }, 'boolean', options);
  };
  try {
    return ask(MOST_ATOMS);
  } catch (error) {
    if (!(error instanceof ModelLimit)) throw error;
    return ask(MOST_ATOMS >> 1);
  }
}

interface Strengthening {
  readonly atoms: readonly string[];
  readonly open: readonly number[];
  /** No other that was tried refuses less. */
  readonly least: boolean;
}

/** Atoms that make the gate safe when they are asked for as well; failing that, when they are asked for instead. */
function changesTo(inquiry: Inquiry, now: readonly number[]): Strengthening[] {
  const stronger = strengthenings(inquiry, now);
  const { reached } = inquiry.judgement;
  if (now.length === reached.length || stronger.some(({ open }) => open.length > 0)) return stronger;
  const instead = strengthenings(inquiry, reached);
  return instead.some(({ open }) => open.length > 0) ? instead : stronger;
}

/** Single atoms, else pairs, that leave only safe ones of these situations; those that refuse least come first. */
function strengthenings(inquiry: Inquiry, now: readonly number[]): Strengthening[] {
  const candidates = inquiry.atoms;
  const openWith = (atoms: readonly string[]): number[] =>
    now.filter((bits) => atoms.every((name) => (bits & (1 << inquiry.atoms.indexOf(name))) !== 0));
  const safe = (sets: readonly (readonly string[])[]): Strengthening[] => {
    const tried = sets.map((atoms): Strengthening => ({ atoms, open: openWith(atoms), least: true }));
    const good = tried.filter(({ open }) => isSafe(open, inquiry.judgement.unsafe));
    const isLeast = ({ open }: Strengthening): boolean => !good.some((other) => isLarger(other.open, open));
    const least = good.filter(isLeast);
    const more = good.filter((one) => one.open.length > 0 && !isLeast(one)).map((one) => ({ ...one, least: false }));
    return [...least, ...more];
  };
  const singles = safe(candidates.map((name) => [name]));
  if (singles.some(({ open }) => open.length > 0)) return singles;
  const pairs = candidates.flatMap((a, i) => candidates.slice(i + 1).map((b) => [a, b]));
  const useful = safe(pairs).filter(({ open }) => open.length > 0);
  return useful.length > 0 ? useful : singles;
}

function isLarger(one: readonly number[], other: readonly number[]): boolean {
  return one.length > other.length && ascending(other).every((situation) => one.includes(situation));
}
