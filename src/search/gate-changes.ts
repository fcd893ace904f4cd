// Small changes of gates: one conjunct less, `and` turned into `or`, fewer members asked, answers of any age taken, the same
// gate at another point. They are what a careless edit does; whether anything notices is for others to find out.
import { atomsOf, evaluate, TRUE, type Formula } from '../gate/formula.ts';
import { textOf } from '../gate/text.ts';
import type { Members } from '../gate/atom.ts';
import type { Build } from '../scenario/build.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { withAtoms, withGate } from './variants.ts';

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

/** One changed scenario. */
export interface Candidate {
  readonly build: Build;
  readonly at: string;
  readonly operator: Operator;
  readonly to: string;
  readonly scenario: Scenario;
  /** The gate after the change where it stays a gate over the same atoms; null otherwise. */
  readonly formula: Formula | null;
}

/** Every small change of every gate of a scenario's builds. */
export function candidatesOf(scenario: Scenario): Candidate[] {
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
      return rewrites(formula.of).map(({ operator, formula: of }) => ({ operator, formula: negated(of) }));
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

function negated(formula: Formula): Formula {
  return formula.f === 'not' ? formula.of : { f: 'not', of: formula };
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
    // A twin of the atom, at this gate alone: other gates go on asking as they did.
    const make = (operator: Operator, to: string, changed: typeof atom): Candidate[] => {
      const twin = `${name} ${to}`;
      const formula = renamed(build.gates[at]!, name, twin);
      const known = withAtoms(scenario, { [twin]: changed });
      return [{ build, at, operator, to: twin, scenario: withGate(known, build.name, at, formula), formula }];
    };
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

/** The formula with another atom in the place of one. */
function renamed(formula: Formula, from: string, to: string): Formula {
  switch (formula.f) {
    case 'atom':
      return formula.name === from ? { f: 'atom', name: to } : formula;
    case 'not':
      return { f: 'not', of: renamed(formula.of, from, to) };
    case 'and':
    case 'or':
      return { f: formula.f, of: formula.of.map((part) => renamed(part, from, to)) };
    default:
      return formula;
  }
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
