// Who is to blame for a violation: an atom missing from a gate, a gate missing at a point of a build, or no admission gate
// at all. Each point that the run passed is put in question, and one search a point tells which stronger gates would have
// held. What is named here has been checked, not guessed, and every single change that would have done is named.
import { byCodeUnits } from '../base/text.ts';
import type { Formula } from '../gate/formula.ts';
import type { Blame, Scenario } from '../scenario/scenario.ts';
import { asReviewed } from './blame-order.ts';
import type { Searched, SearchOptions } from './exhaustive.ts';
import { disturbanceIn } from './no-gate.ts';
import { askAbout, changesAt, isAtomic } from './point-changes.ts';
import type { Told } from './retell.ts';
import { isAdmission, sharedBy, suspectsIn, type Suspect } from './suspects.ts';
import { pairsOfChanges } from './two-points.ts';

/** One way in which the violation would not have happened, checked within the bound. */
export interface Culprit {
  readonly blame: Blame | readonly Blame[];
  readonly suspect: Suspect;
  /** Another gate that has to be changed for this change to help; absent where the change does alone. */
  readonly beside?: Suspect & { readonly to: Formula };
  /** The gate as it is, and one that would have held; null where no gate at this point would. */
  readonly from: Formula | null;
  readonly to: Formula | null;
  /** Of a gate that must never open: its missing fact tells that the entry cannot be applied. */
  readonly direct?: true;
  /** Of a gate that must never open: nothing is admitted any more once it does not. */
  readonly stops?: true;
  /** It shuts its gate for good, and something else is more to the point: it is named after all others. */
  readonly aside?: true;
  /** No other change of this gate that was tried refuses less. */
  readonly least: boolean;
  /** Whether the search behind it was complete, and how many states it saw. */
  readonly proved: boolean;
  readonly states: number;
}

/** Everything that would have prevented a violation; first what a reviewer would ask for first. */
export function culpritsOf(
  scenario: Scenario,
  searched: Searched,
  told: readonly Told[],
  options: SearchOptions,
): Culprit[] {
  const suspects = suspectsIn(searched, told);
  const asked = suspects.map((suspect) => askAbout(scenario, suspect, options));
  const alone = asked.flatMap((parts) => changesAt(scenario, parts));
  // What stands in two builds in the same words is one rule: where a change of either alone does nothing, it is changed in both.
  const helps = alone.some(({ to, stops }) => to !== null && stops === undefined);
  const rules = helps ? [] : distinct(suspects.flatMap((suspect) => sharedBy(scenario, suspect)));
  const culprits = [...alone, ...rules.flatMap((rule) => changesAt(scenario, askAbout(scenario, rule, options)))];
  const pairs = (): Culprit[] =>
    pairsOfChanges(
      scenario,
      asked.flatMap(([first]) => first ?? []),
      options,
    );
  return asReviewed(scenario, inClasses(culprits, told, pairs));
}

/** Each rule once, whichever of its builds it was met in. */
function distinct(suspects: readonly Suspect[]): Suspect[] {
  const keyOf = ({ builds, at }: Suspect): string =>
    JSON.stringify([at, builds.map(({ name }) => name).sort(byCodeUnits)]);
  const keys = suspects.map(keyOf);
  return suspects.filter((_, i) => keys.indexOf(keys[i]!) === i);
}

/** The culprits to be named; those that are beside the point are marked so. @param pairs finds pairs of changes */
function inClasses(culprits: readonly Culprit[], told: readonly Told[], pairs: () => Culprit[]): Culprit[] {
  const helpful = culprits.filter((c) => isAtomic(c.blame) && c.to !== null && !isShut(c));
  const shutting = culprits.filter((c) => isAtomic(c.blame) && isShut(c));
  const points = culprits.filter((c) => !isAtomic(c.blame) && c.to !== null && c.stops === undefined);
  const none = culprits.filter((c) => c.to === null);
  const aside = culprits.filter((c) => c.stops === true).map(asAside);
  if (helpful.some((c) => isAdmission(c.suspect.at))) {
    return [...helpful, ...points, ...shutting.map(asAside), ...aside];
  }
  // Where delivery alone does the damage, the entry is unsafe whatever is asked: the facts that are never true are missing.
  // Where something else defeats every gate, none of those facts would be to the point.
  const found = [...helpful, ...points];
  // To shut the door to some is a way out, but hardly the one that is looked for.
  const isAnswered = found.some((c) => c.suspect.at !== 'connect');
  if (disturbanceIn(told) === null && shutting.length > 0) {
    const isTold = helpful.length > 0 || shutting.some(({ direct }) => direct === true);
    return [...found, ...(isTold ? [] : none), ...shutting, ...aside];
  }
  return [...found, ...none, ...(isAnswered ? [] : pairs()), ...shutting.map(asAside), ...aside];
}

function asAside(culprit: Culprit): Culprit {
  return { ...culprit, aside: true };
}

function isShut({ to }: Culprit): boolean {
  return to?.f === 'false';
}
