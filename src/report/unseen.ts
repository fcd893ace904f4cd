// What never occurred, in a line or two below the verdict: a gate whose atoms had one value all along was not tried, and a
// mixed fleet that nobody ran is a case nobody has seen. The whole of it is told only to who asks.
import type { Unseen, UnseenAtom } from '../search/index.ts';
import { count, labelled } from './layout.ts';

/** Of fleets that never ran so many are named. */
const FEW = 2;

/** Names of atoms by what they always were. */
function byValue<T extends Pick<UnseenAtom, 'was'>>(atoms: readonly T[], nameOf: (atom: T) => string): string[] {
  return ([true, false, null] as const).flatMap((was) => {
    const names = [...new Set(atoms.filter((one) => one.was === was).map(nameOf))];
    if (names.length === 0) return [];
    return [`${was === null ? 'never asked' : `always ${was ? 'true' : 'false'}`}: ${names.join(', ')}`];
  });
}

function fleetText(fleet: readonly string[]): string {
  return fleet.map((build) => (build === '' ? '-' : build)).join(' | ');
}

/** Fleets that never ran, in one sentence; none if all did. */
export function fleetsText({ fleets, neverRan }: Unseen): string[] {
  if (neverRan.length === 0) return fleets === null ? ['more mixed fleets than can be counted'] : [];
  const some = neverRan.slice(0, FEW).map(fleetText).join('; ');
  const others = neverRan.length - FEW;
  const rest = others > 0 ? `; and ${others} more` : '';
  return [`${neverRan.length} of ${count(fleets ?? 0, 'fleet')} never ran: ${some}${rest}`];
}

/** The lines below a verdict; none where everything occurred. */
export function unseenLines(unseen: Unseen, verbose: boolean): string[] {
  const atoms = verbose
    ? byValue(unseen.gates, ({ atom, at, build }) => `${atom} ("${at}" of ${build})`)
    : byValue(unseen.atoms, ({ atom }) => atom);
  const told = verbose ? atoms : atoms.length === 0 ? [] : [atoms.join('; ')];
  const fleets = verbose ? unseen.neverRan.map((fleet) => `never ran: ${fleetText(fleet)}`) : fleetsText(unseen);
  return [...told, ...fleets].flatMap((text, i) => labelled(i === 0 ? 'unseen' : '', text));
}
