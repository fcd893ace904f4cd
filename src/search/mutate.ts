// Which part of a gate does any property need? Each gate is changed in one small way, and the changed scenario is searched:
// a mutant that breaks something is killed by a witness; one that decides alike wherever the search came is equivalent;
// one that opens more and still holds shows a part of the gate that the stated properties do not need.
import { atomsOf, evaluate, TRUE, type Formula } from '../gate/formula.ts';
import { textOf } from '../gate/text.ts';
import type { Members } from '../gate/atom.ts';
import type { Build } from '../scenario/build.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { search, type SearchOptions } from './exhaustive.ts';
import { inquire, openedBy } from './weakest-gate.ts';
import { withAtoms, withGate } from './variants.ts';
import { witnessOf, type Witness } from './witness.ts';

export type Operator =
  | 'drop conjunct'
  | 'and to or'
  | 'negate atom'
  | 'voters to quorum'
  | 'drop learners'
  | 'fresh to stale'
  | 'move to wire'
  | 'move to the RPC'
  | 'drop gate';

export interface Mutant {
  readonly build: string;
  readonly at: string;
  readonly operator: Operator;
  readonly from: string;
  readonly to: string;
  readonly outcome: 'killed' | 'equivalent' | 'unneeded' | 'survived';
  /** Why it is what it is, in a few words. */
  readonly because: string;
  readonly property: string | null;
  readonly steps: number | null;
  readonly witness: Witness | null;
}

export interface MutationResult {
  readonly scenario: string;
  readonly mutants: readonly Mutant[];
  readonly killed: number;
  /** Mutants that are neither equivalent nor unneeded. */
  readonly counted: number;
  /** Killed of those counted, in percent; 100 where none is counted. */
  readonly score: number;
  readonly states: number;
}

/** One changed scenario. */
interface Candidate {
  readonly build: Build;
  readonly at: string;
  readonly operator: Operator;
  readonly to: string;
  readonly scenario: Scenario;
  /** The gate after the change where it stays a gate over the same atoms; null otherwise. */
  readonly formula: Formula | null;
}

/** Mutates every gate of a scenario's builds. The scenario itself has to hold. */
export function mutateGates(scenario: Scenario, options: Omit<SearchOptions, 'question' | 'all'> = {}): MutationResult {
  const mutants: Mutant[] = [];
  let states = 0;
  for (const candidate of candidatesOf(scenario)) {
    const searched = search(candidate.scenario, options);
    states += searched.store.size;
    const broken = searched.broken[0];
    const { build, at, operator, to } = candidate;
    const common = { build: build.name, at, operator, from: textOf(build.gates[at]!), to };
    if (broken !== undefined) {
      const witness = witnessOf(searched, broken);
      const because = `${witness.property} breaks in ${broken.depth} steps`;
      mutants.push({ ...common, outcome: 'killed', because, property: witness.property, steps: broken.depth, witness });
      continue;
    }
    mutants.push({
      ...common,
      ...survivor(scenario, candidate, searched.complete, searched.why, options),
      property: null,
      steps: null,
      witness: null,
    });
  }
  const killed = mutants.filter((mutant) => mutant.outcome === 'killed').length;
  const counted = mutants.filter((mutant) => mutant.outcome === 'killed' || mutant.outcome === 'survived').length;
  return {
    scenario: scenario.name,
    mutants,
    killed,
    counted,
    score: counted === 0 ? 100 : Math.floor((100 * killed) / counted),
    states,
  };
}

/** What it means that a mutant breaks nothing. */
function survivor(
  scenario: Scenario,
  { build, at, formula }: Candidate,
  complete: boolean,
  why: string | null,
  options: SearchOptions,
): Pick<Mutant, 'outcome' | 'because'> {
  if (!complete) return { outcome: 'survived', because: why ?? 'the search is not complete' };
  if (formula === null)
    return { outcome: 'unneeded', because: 'no stated property needs the difference within the bound' };
  const gate = build.gates[at]!;
  const atoms = atomsOf({ f: 'and', of: [gate, formula] });
  const inquiry = inquire(scenario, { at, builds: [build.name], atoms }, 'boolean', options);
  const before = openedBy(inquiry, gate);
  const after = openedBy(inquiry, formula);
  const alike = before.length === after.length && before.every((situation) => after.includes(situation));
  if (alike && inquiry.searched.complete) {
    return {
      outcome: 'equivalent',
      because: `decides alike in all ${inquiry.judgement.reached.length} situations reached`,
    };
  }
  const more = after.filter((situation) => !before.includes(situation)).length;
  const fewer = before.filter((situation) => !after.includes(situation)).length;
  return {
    outcome: 'unneeded',
    because: `opens in ${more} more and ${fewer} fewer situations, and everything still holds`,
  };
}

function candidatesOf(scenario: Scenario): Candidate[] {
  return scenario.builds.flatMap((build) =>
    Object.keys(build.gates).flatMap((at) => [
      ...formulaMutants(scenario, build, at),
      ...atomMutants(scenario, build, at),
      ...moves(scenario, build, at),
    ]),
  );
}

function formulaMutants(scenario: Scenario, build: Build, at: string): Candidate[] {
  const gate = build.gates[at]!;
  const make = (operator: Operator, formula: Formula): Candidate => {
    const changed = withGate(scenario, build.name, at, formula);
    return { build, at, operator, to: textOf(formula), scenario: changed, formula };
  };
  if (gate.f === 'true') return [];
  const mutants = rewrites(gate).map(({ operator, formula }) => make(operator, formula));
  const whole = gate.f === 'atom' || gate.f === 'not' ? [make('drop gate', TRUE)] : [];
  return [...mutants, ...whole].filter((mutant) => !sameTruth(gate, mutant.formula!));
}

/** Every way to drop one conjunct, to turn one `and` into `or`, or to negate one atom. */
function rewrites(formula: Formula): { operator: Operator; formula: Formula }[] {
  switch (formula.f) {
    case 'atom':
      return [{ operator: 'negate atom', formula: { f: 'not', of: formula } }];
    case 'not':
      return rewrites(formula.of).map(({ operator, formula: of }) => ({ operator, formula: { f: 'not', of } }));
    case 'and':
    case 'or': {
      const { f, of } = formula;
      const inside = of.flatMap((part, i) =>
        rewrites(part).map((change) => ({
          ...change,
          formula: { f, of: of.map((p, j) => (j === i ? change.formula : p)) } as Formula,
        })),
      );
      if (f === 'or' || of.length < 2) return inside;
      const dropped = of.map((_, i) => ({
        operator: 'drop conjunct' as const,
        formula: only({ f, of: of.filter((_p, j) => j !== i) }),
      }));
      return [...dropped, { operator: 'and to or', formula: { f: 'or', of } }, ...inside];
    }
    default:
      return [];
  }
}

function only(formula: Formula): Formula {
  if (formula.f !== 'and' && formula.f !== 'or') return formula;
  return formula.of.length === 1 ? formula.of[0]! : formula;
}

/** Whether two gates agree for all values of their atoms. */
function sameTruth(one: Formula, other: Formula): boolean {
  const atoms = atomsOf({ f: 'and', of: [one, other] });
  for (let bits = 0; bits < 1 << atoms.length; bits++) {
    const holds = (name: string): boolean => (bits & (1 << atoms.indexOf(name))) !== 0;
    if (evaluate(one, holds) !== evaluate(other, holds)) return false;
  }
  return true;
}

/** Asks fewer members, or takes older answers. */
function atomMutants(scenario: Scenario, build: Build, at: string): Candidate[] {
  return atomsOf(build.gates[at]!).flatMap((name) => {
    const atom = build.subject.atoms[name];
    if (atom === undefined || atom.seenBy !== 'asking') return [];
    const make = (operator: Operator, to: string, changed: typeof atom): Candidate[] => [
      { build, at, operator, to: `${name} ${to}`, scenario: withAtoms(scenario, { [name]: changed }), formula: null },
    ];
    const who = typeof atom.who === 'object' ? atom.who.who : atom.who;
    const asking = (kind: 'voters' | 'quorumOfVoters'): Members =>
      typeof atom.who === 'object' ? { ...atom.who, who: kind } : kind;
    const quorum =
      who === 'voters' || who === 'votersAndLearners'
        ? make('voters to quorum', 'asks a quorum of voters', { ...atom, who: asking('quorumOfVoters') })
        : [];
    const learners =
      who === 'votersAndLearners' ? make('drop learners', 'asks voters only', { ...atom, who: asking('voters') }) : [];
    const { fresh, onSilence } = atom.options;
    const stale =
      fresh === undefined || onSilence !== 'lastAnswer'
        ? make('fresh to stale', 'takes the last answer of any age', {
            ...atom,
            options: { fresh: '24h', onSilence: 'lastAnswer' },
          })
        : [];
    return [...quorum, ...learners, ...stale];
  });
}

/** Asks at process start what was asked per call, or the reverse. */
function moves(scenario: Scenario, build: Build, at: string): Candidate[] {
  const gate = build.gates[at]!;
  if (gate.f === 'true' || gate.f === 'false') return [];
  const without = withGate(scenario, build.name, at, null);
  const move = (operator: Operator, to: string): Candidate => ({
    build,
    at,
    operator,
    to: `${textOf(gate)} at ${to}`,
    scenario: withGate(without, build.name, to, gate),
    formula: null,
  });
  if (build.subject.rpcs[at]?.proposes !== undefined && build.gates['wire'] === undefined)
    return [move('move to wire', 'wire')];
  if (at !== 'wire') return [];
  const rpcs = Object.keys(build.subject.rpcs).filter(
    (rpc) => build.subject.rpcs[rpc]!.proposes !== undefined && build.gates[rpc] === undefined,
  );
  return rpcs.slice(0, 1).map((rpc) => move('move to the RPC', rpc));
}
