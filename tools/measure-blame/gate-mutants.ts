// Scenarios with one gate spoilt on purpose, so that who is to blame is known before anybody asks. Each comes of a scenario
// that holds; one part of one gate is lost, and that part is the culprit by construction. A mutant that breaks nothing has
// no culprit and is no case.
import type { Atom } from '../../src/gate/atom.ts';
import { atomsOf, type Formula } from '../../src/gate/formula.ts';
import type { Build } from '../../src/scenario/build.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { fits } from '../../src/search/no-gate.ts';
import { withAtoms, withGate } from '../../src/search/variants.ts';

/** A spoilt scenario and what was taken from it. */
export interface GateMutant {
  readonly operator: string;
  readonly base: string;
  readonly build: string;
  readonly at: string;
  /** The atoms of which any one, asked at that point again, would be right. Empty: the point itself lost its gate. */
  readonly culprits: readonly string[];
  readonly scenario: Scenario;
}

/** Every mutant of every gate of a scenario. */
export function gateMutants(scenario: Scenario): GateMutant[] {
  return scenario.builds.flatMap((build) =>
    Object.keys(build.gates).flatMap((at) => [
      ...lost(scenario, build, at),
      ...loosened(scenario, build, at),
      ...confused(scenario, build, at),
      ...askedOfFewer(scenario, build, at),
      ...moved(scenario, build, at),
    ]),
  );
}

function mutant(
  scenario: Scenario,
  build: Build,
  at: string,
  operator: string,
  culprits: readonly string[],
  gate: Formula | null,
): GateMutant {
  const spoilt = withGate(scenario, build.name, at, gate);
  return { operator, base: scenario.name, build: build.name, at, culprits, scenario: spoilt };
}

/** The conjuncts of a gate that are plain atoms. */
function conjuncts(gate: Formula): string[] {
  if (gate.f === 'atom') return [gate.name];
  return gate.f === 'and' ? gate.of.flatMap((part) => (part.f === 'atom' ? [part.name] : [])) : [];
}

/** A conjunct or the whole gate is forgotten. */
function lost(scenario: Scenario, build: Build, at: string): GateMutant[] {
  const gate = build.gates[at]!;
  if (gate.f === 'true') return [];
  const whole = mutant(scenario, build, at, 'gate lost', gate.f === 'atom' ? [gate.name] : [], null);
  if (gate.f !== 'and') return [whole];
  return conjuncts(gate).map((name) => {
    const of = gate.of.filter((part) => part.f !== 'atom' || part.name !== name);
    return mutant(scenario, build, at, 'conjunct lost', [name], of.length === 1 ? of[0]! : { f: 'and', of });
  });
}

/** An atom no longer decides alone: another one opens the gate as well. */
function loosened(scenario: Scenario, build: Build, at: string): GateMutant[] {
  const gate = build.gates[at]!;
  const names = conjuncts(gate);
  if (gate.f === 'and' && names.length === gate.of.length)
    return [mutant(scenario, build, at, 'and to or', names, { f: 'or', of: gate.of })];
  if (gate.f !== 'atom') return [];
  return others(build, at, names).map((name) =>
    mutant(scenario, build, at, 'or something else', names, { f: 'or', of: [gate, { f: 'atom', name }] }),
  );
}

/** Another atom is asked in place of the right one. */
function confused(scenario: Scenario, build: Build, at: string): GateMutant[] {
  const gate = build.gates[at]!;
  if (gate.f !== 'atom') return [];
  return others(build, at, [gate.name]).map((name) =>
    mutant(scenario, build, at, 'wrong atom', [gate.name], { f: 'atom', name }),
  );
}

function others(build: Build, at: string, own: readonly string[]): string[] {
  return Object.keys(build.subject.atoms).filter((name) => !own.includes(name) && fits(build, name, at));
}

/** The gate asks a twin of its atom that hears fewer members, or believes an old answer. The right atom is still there. */
function askedOfFewer(scenario: Scenario, build: Build, at: string): GateMutant[] {
  const gate = build.gates[at]!;
  return conjuncts(gate).flatMap((name) =>
    twins(build.subject.atoms[name]!).map(({ operator, atom }) => {
      const twin = `${name}, ${operator}`;
      const known = withAtoms(scenario, { [twin]: atom });
      const swap = (part: Formula): Formula =>
        part.f === 'atom' && part.name === name ? { f: 'atom', name: twin } : part;
      const changed: Formula = gate.f === 'and' ? { f: 'and', of: gate.of.map(swap) } : swap(gate);
      const now = known.builds.find((one) => one.name === build.name)!;
      return mutant(known, now, at, operator, [name], changed);
    }),
  );
}

function twins(atom: Atom): { operator: string; atom: Atom }[] {
  if (atom.seenBy !== 'asking' || typeof atom.who === 'object') return [];
  const { who } = atom;
  const found: { operator: string; atom: Atom }[] = [];
  if (who === 'votersAndLearners') found.push({ operator: 'voters only', atom: { ...atom, who: 'voters' } });
  if (who === 'voters' || who === 'votersAndLearners')
    found.push({ operator: 'a quorum only', atom: { ...atom, who: 'quorumOfVoters' } });
  return found;
}

/** The gate stands at another point, before another step than the one it was made for. */
function moved(scenario: Scenario, build: Build, at: string): GateMutant[] {
  const gate = build.gates[at]!;
  if (gate.f === 'true') return [];
  const proposing = Object.keys(build.subject.rpcs).filter((rpc) => build.subject.rpcs[rpc]!.proposes !== undefined);
  const points = [...proposing, 'wire', 'join', 'promote', 'startup'].filter(
    (point) => build.gates[point] === undefined && atomsOf(gate).every((name) => fits(build, name, point)),
  );
  const without = withGate(scenario, build.name, at, null);
  return points.map((point) => ({
    ...mutant(scenario, build, at, 'moved to another point', conjuncts(gate), null),
    scenario: withGate(without, build.name, point, gate),
  }));
}
