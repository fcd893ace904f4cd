// What never occurred in all that was tried: atoms that had one value whenever a gate was decided, atoms nobody asked for,
// and fleets the plan allows that no run and no state of the search was ever in. "Holds" over a flag that every node has
// says nothing about the flag, and a verdict that kept this to itself would be taken for more than it is.
import { byCodeUnits } from '../base/text.ts';
import { atomsOf, type Formula } from '../gate/formula.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Seen, SeenAtom, SeenGate } from '../sim/verdict.ts';
import type { Searched } from './exhaustive.ts';
import { fleetsOf } from './fleets.ts';
import type { Question } from './model/model.ts';
import { withGate } from './variants.ts';

/** An atom of a gate that had one value at every decision. */
export interface UnseenAtom extends SeenGate {
  readonly atom: string;
  /** The value it always had; null: it was never asked for. */
  readonly was: boolean | null;
}

/** What never occurred. */
export interface Unseen {
  /** By name, over all gates of all builds. */
  readonly atoms: readonly Pick<UnseenAtom, 'atom' | 'was'>[];
  /** Gate by gate: an atom that differs at one gate may have one value at another. */
  readonly gates: readonly UnseenAtom[];
  /** How many fleets the plan allows; null where they are beyond counting. */
  readonly fleets: number | null;
  /** Those never seen: by node of the cluster the build it would have run, empty where it never ran. */
  readonly neverRan: readonly (readonly string[])[];
}

/** Nothing was seen. */
export const NOTHING_SEEN: Seen = { atoms: [], untold: [], fleets: [] };

function gateKey({ build, at }: SeenGate): string {
  return `${build}\n${at}`;
}

function atomKey(one: SeenGate & { readonly atom: string }): string {
  return `${gateKey(one)}\n${one.atom}`;
}

/** What two parts of a search have seen together; the same whichever comes first, and however the runs were shared out. */
export function mergeSeen(a: Seen, b: Seen): Seen {
  const atoms = new Map<string, SeenAtom>();
  for (const one of [...a.atoms, ...b.atoms]) {
    const known = atoms.get(atomKey(one)) ?? one;
    const wasTrue = known.wasTrue || one.wasTrue;
    const wasFalse = known.wasFalse || one.wasFalse;
    atoms.set(atomKey(one), { ...one, wasTrue, wasFalse });
  }
  const untold = new Map([...a.untold, ...b.untold].map((one) => [gateKey(one), one]));
  const fleets = new Map([...a.fleets, ...b.fleets].map((one) => [one.join('\n'), one]));
  return { atoms: sorted(atoms), untold: sorted(untold), fleets: sorted(fleets) };
}

function sorted<T>(byKey: ReadonlyMap<string, T>): T[] {
  return [...byKey].sort(([a], [b]) => byCodeUnits(a, b)).map(([, value]) => value);
}

/** The first of each key. */
function unique<T>(values: readonly T[], keyOf: (value: T) => string): T[] {
  const known = new Set<string>();
  return values.filter((value) => {
    const key = keyOf(value);
    const isNew = !known.has(key);
    known.add(key);
    return isNew;
  });
}

/** Whether the second has nothing that the first has not: then there is nothing to merge. */
export function isSeen(all: Seen, more: Seen): boolean {
  if (more.atoms.length > all.atoms.length || more.fleets.length > all.fleets.length) return false;
  return (
    more.atoms.every((one) =>
      all.atoms.some(
        (known) =>
          known.atom === one.atom &&
          known.at === one.at &&
          known.build === one.build &&
          (known.wasTrue || !one.wasTrue) &&
          (known.wasFalse || !one.wasFalse),
      ),
    ) &&
    more.untold.every((one) => all.untold.some((known) => known.at === one.at && known.build === one.build)) &&
    more.fleets.every((one) => all.fleets.some((known) => known.every((build, i) => build === one[i])))
  );
}

/** What an exhaustive search has seen. */
export function seenInSearch(searched: Searched): Seen {
  const { model } = searched.system;
  const atoms = model.gates.flatMap(({ build, at, atoms: asked, seen }) =>
    asked.flatMap(({ name }, i): SeenAtom[] => {
      const was = (value: 0 | 1): boolean => seen.some((found, bits) => found === 1 && ((bits >> i) & 1) === value);
      const [wasTrue, wasFalse] = [was(1), was(0)];
      return wasTrue || wasFalse ? [{ build: model.builds[build]!.name, at, atom: name, wasTrue, wasFalse }] : [];
    }),
  );
  return { atoms, untold: [], fleets: fleetsIn(searched) };
}

/** The fleets of all states. States that differ only in which of equal nodes is which are one there, and several here. */
function fleetsIn({ system, store, symmetry }: Searched): (readonly string[])[] {
  const { model } = system;
  const words = new Uint32Array(store.words);
  const s = new Uint8Array(words.buffer);
  // A character a node: builds are few.
  const known = new Set<string>();
  const codes: string[] = [];
  for (let id = 0; id < store.size; id++) {
    store.read(id, words);
    let code = '';
    for (let n = 0; n < model.nodes.length; n++) code += String.fromCharCode(model.build(s, n) + 1);
    if (known.has(code)) continue;
    known.add(code);
    codes.push(code);
  }
  const names = ['', ...model.builds.map((build) => build.name)];
  const canonical = codes.map((code) => model.nodes.map((_, n) => names[code.charCodeAt(n)]!));
  const all = symmetry.classes.reduce(
    (fleets, nodes) => fleets.flatMap((fleet) => rearranged(fleet, nodes)),
    canonical,
  );
  return unique(all, (fleet) => fleet.join('\n'));
}

/** The fleet with the builds of these nodes dealt out in every other way. */
function rearranged(fleet: readonly string[], nodes: readonly number[]): string[][] {
  const deal = (left: readonly string[]): string[][] =>
    left.length === 0
      ? [[]]
      : unique(left, (build) => build).flatMap((build) => {
          const at = left.indexOf(build);
          return deal(left.filter((_, i) => i !== at)).map((rest) => [build, ...rest]);
        });
  return deal(nodes.map((n) => fleet[n]!)).map((dealt) =>
    fleet.map((build, n) => (nodes.includes(n) ? dealt[nodes.indexOf(n)]! : build)),
  );
}

/** The same of a question: its candidate atoms stand in the place of the gate that is asked about. */
export function unseenInQuestion(
  scenario: Scenario,
  { at, builds, atoms }: Pick<Question, 'at' | 'builds' | 'atoms'>,
  searched: Searched,
): Unseen {
  const candidates: Formula = { f: 'and', of: atoms.map((name) => ({ f: 'atom', name })) };
  const asked = builds.reduce((changed, build) => withGate(changed, build, at, candidates), scenario);
  return unseenIn(asked, seenInSearch(searched));
}

/** What a scenario allows and nobody has seen. */
export function unseenIn(scenario: Scenario, seen: Seen): Unseen {
  const sights = sightsOf(scenario, seen);
  const names = unique(
    sights.map(({ atom }) => atom),
    (atom) => atom,
  );
  const atoms = names.flatMap((atom) => {
    const all = sights.filter((sight) => sight.atom === atom);
    const was = valueOf({ wasTrue: all.some((one) => one.wasTrue), wasFalse: all.some((one) => one.wasFalse) });
    return was === undefined ? [] : [{ atom, was }];
  });
  const gates = sights.flatMap(({ build, at, atom, ...sight }): UnseenAtom[] => {
    const was = valueOf(sight);
    return was === undefined ? [] : [{ build, at, atom, was }];
  });
  const allowed = fleetsOf(scenario.plan, scenario.cluster.nodes);
  const ran = new Set(seen.fleets.map((fleet) => fleet.join('\n')));
  const neverRan = (allowed ?? []).filter((fleet) => !ran.has(fleet.join('\n')));
  return { atoms, gates, fleets: allowed?.length ?? null, neverRan };
}

/** The one value that was seen; null for none, undefined for both. */
function valueOf({ wasTrue, wasFalse }: Pick<SeenAtom, 'wasTrue' | 'wasFalse'>): boolean | null | undefined {
  if (wasTrue && wasFalse) return undefined;
  return wasTrue || wasFalse ? wasTrue : null;
}

/** Every atom of every gate, and what was seen of it. Nothing is said of gates whose values nobody was told. */
function sightsOf(scenario: Scenario, seen: Seen): SeenAtom[] {
  const known = new Map(seen.atoms.map((one) => [atomKey(one), one]));
  const untold = new Set(seen.untold.map(gateKey));
  return scenario.builds.flatMap((build) =>
    Object.entries(build.gates).flatMap(([at, gate]) =>
      atomsOf(gate).map((atom): SeenAtom => {
        const place = { build: build.name, at, atom };
        const both = untold.has(gateKey(place));
        return known.get(atomKey(place)) ?? { ...place, wasTrue: both, wasFalse: both };
      }),
    ),
  );
}
