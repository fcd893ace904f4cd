// Which part of a gate does any property need? Each gate is changed in one small way, and the changed scenario is tried: a
// mutant that breaks something, or under which something can no longer happen, is killed; one that decides alike wherever
// the search came is equivalent; one that opens more and still holds shows a part of the gate that no property needs. What
// the model alone says of a feature it sees from the outside is a claim, and is not counted as a kill.
import { atomsOf } from '../gate/formula.ts';
import { textOf } from '../gate/text.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { confirm } from './confirm.ts';
import { ModelLimit, search, type Searched, type SearchOptions } from './exhaustive.ts';
import { candidatesOf, type Candidate, type Operator } from './gate-changes.ts';
import { openedBy, inquire } from './weakest-gate.ts';
import { manyRuns, type ManyRuns } from './many-runs.ts';
import { witnessOf, type Witness } from './witness.ts';

/** What a kill rests on. */
export type Shown =
  /** A run of the simulator shows it. */
  | 'by a run'
  /** The model runs the very functions that the simulator runs. */
  | 'by search'
  /** No run followed what the model claims. */
  | 'in the model only';

export interface Mutant {
  readonly build: string;
  readonly at: string;
  readonly operator: Operator;
  readonly from: string;
  readonly to: string;
  /** `undecided`: the search ended before it could tell; that counts neither for the gate nor against it. */
  readonly outcome: 'killed' | 'equivalent' | 'unneeded' | 'survived' | 'undecided';
  /** Of a mutant that is killed, what shows it; null for others. */
  readonly shown: Shown | null;
  /** Why it is what it is, in a few words. */
  readonly because: string;
  readonly property: string | null;
  readonly steps: number | null;
  readonly witness: Witness | null;
}

export interface MutationResult {
  readonly scenario: string;
  readonly mutants: readonly Mutant[];
  /** Killed by a run or by search; claims of the model alone are not among them. */
  readonly killed: number;
  /** Mutants that are neither equivalent nor unneeded, as far as that is known. */
  readonly counted: number;
  /** Killed of those counted, in percent; 100 where none is counted. */
  readonly score: number;
  readonly states: number;
}

export interface MutateOptions extends Omit<SearchOptions, 'question' | 'all'> {
  /** Runs of the simulator spent on one mutant; default 90. */
  readonly runs?: number;
}

/** A verdict on one mutant, without what names it. */
type Verdict = Pick<Mutant, 'outcome' | 'shown' | 'because' | 'property' | 'steps' | 'witness'>;

/** Mutates every gate of a scenario's builds. The scenario itself has to hold. */
export function mutateGates(scenario: Scenario, options: MutateOptions = {}): MutationResult {
  const trial = new Trial(scenario, options);
  const mutants = candidatesOf(scenario).map((candidate): Mutant => {
    const { build, at, operator, to } = candidate;
    return { build: build.name, at, operator, from: textOf(build.gates[at]!), to, ...trial.judge(candidate) };
  });
  const killed = mutants.filter(({ outcome, shown }) => outcome === 'killed' && shown !== 'in the model only').length;
  const counted = mutants.filter(({ outcome }) => outcome === 'killed' || outcome === 'survived').length;
  const score = counted === 0 ? 100 : Math.floor((100 * killed) / counted);
  return { scenario: scenario.name, mutants, killed, counted, score, states: trial.states };
}

const NO_KILL = { shown: null, property: null, steps: null, witness: null } as const;
/** A thing that happens in fewer runs than this may be missing by chance. */
const OFTEN = 5;

/** One scenario against its mutants. */
class Trial {
  states = 0;
  readonly #scenario: Scenario;
  readonly #options: SearchOptions;
  readonly #runs: number;
  /** The scenario as it is; null where the model cannot hold it. */
  readonly #base: Searched | null;
  /** Whether the model's word counts by itself. */
  readonly #isExact: boolean;
  #baseRuns: ManyRuns | null = null;

  constructor(scenario: Scenario, { runs, ...options }: MutateOptions) {
    this.#scenario = scenario;
    this.#options = { ...options, all: true };
    this.#runs = runs ?? 90;
    this.#base = this.#search(scenario);
    this.#isExact = scenario.builds.every((build) => build.subject.program === null);
  }

  judge(candidate: Candidate): Verdict {
    const searched = this.#base === null ? null : this.#search(candidate.scenario);
    return (
      this.#brokenIn(candidate, searched) ??
      this.#silenced(searched) ??
      this.#brokenInRuns(candidate, searched) ??
      this.#survivor(candidate, searched)
    );
  }

  #search(scenario: Scenario): Searched | null {
    try {
      const searched = search(scenario, this.#options);
      this.states += searched.store.size;
      return searched;
    } catch (error) {
      if (error instanceof ModelLimit) return null;
      throw error;
    }
  }

  /** Broken in the model, where the scenario as it is is not. */
  #brokenIn({ scenario }: Candidate, searched: Searched | null): Verdict | null {
    const known = this.#base?.broken.map((b) => b.property) ?? [];
    const broken = searched?.broken.find((b) => !known.includes(b.property));
    if (searched === null || broken === undefined) return null;
    const witness = witnessOf(searched, broken);
    const { property } = witness;
    const kill = { outcome: 'killed', property, steps: broken.depth } as const;
    const because = `${property} breaks in ${broken.depth} steps`;
    if (this.#isExact) return { ...kill, shown: 'by search', because, witness };
    const { stop } = this.#options;
    const tried = confirm(scenario, witness, { tries: this.#runs, ...(stop === undefined ? {} : { stop }) });
    if (tried.confirmed === 'confirmed') return { ...kill, shown: 'by a run', because, witness: tried };
    const run = this.#violationIn(scenario);
    if (run !== null) return run;
    return { ...kill, shown: 'in the model only', because: `${because}; no run followed it`, witness: tried };
  }

  /** Nothing breaks, but something that happens without the change no longer can: a gate welded shut is no pass. */
  #silenced(searched: Searched | null): Verdict | null {
    if (!this.#isExact || searched === null || !searched.complete) return null;
    const met = this.#base?.checks.coverage.met ?? [];
    const lost = searched.checks.coverage.neverMet.find((name) => met.includes(name));
    if (lost === undefined) return null;
    return { ...NO_KILL, outcome: 'killed', shown: 'by search', because: `"${lost}" never occurs`, property: lost };
  }

  /** Runs have the last word where the model is no proof. */
  #brokenInRuns({ scenario }: Candidate, searched: Searched | null): Verdict | null {
    const judgesAll = searched?.complete === true && searched.checks.unjudged.length === 0;
    return this.#isExact && judgesAll ? null : this.#violationIn(scenario);
  }

  #violationIn(scenario: Scenario): Verdict | null {
    const base = (this.#baseRuns ??= manyRuns(this.#scenario, this.#runs, this.#options.stop));
    const runs = manyRuns(scenario, this.#runs, this.#options.stop);
    const because = (what: string): string => `${what} of ${runs.made} runs`;
    const broken = runs.violated.find(({ name }) => !base.violated.some((one) => one.name === name));
    if (broken !== undefined) {
      const says = because(`${broken.name} breaks in ${broken.runs}`);
      return { ...NO_KILL, outcome: 'killed', shown: 'by a run', because: says, property: broken.name };
    }
    const lost = base.met.find(({ name, runs: n }) => n >= OFTEN && !runs.met.some((one) => one.name === name));
    if (lost === undefined || runs.made < base.made) return null;
    const says = because(`"${lost.name}" occurs in ${lost.runs} runs without the change, in none`);
    return { ...NO_KILL, outcome: 'killed', shown: 'by a run', because: says, property: lost.name };
  }

  /** What it means that a mutant breaks nothing. */
  #survivor({ build, at, scenario, formula }: Candidate, searched: Searched | null): Verdict {
    const verdict = (outcome: Mutant['outcome'], because: string): Verdict => ({ ...NO_KILL, outcome, because });
    if (searched === null) return verdict('survived', `${this.#runs} runs; the exhaustive model cannot hold it`);
    if (!searched.complete) return verdict('undecided', searched.why ?? 'the search is not complete');
    if (formula === null) return verdict('unneeded', 'no stated property needs the difference within the bound');
    const gate = build.gates[at]!;
    const atoms = atomsOf({ f: 'and', of: [gate, formula] });
    const inquiry = inquire(scenario, { at, builds: [build.name], atoms }, 'boolean', this.#options);
    const before = openedBy(inquiry, gate);
    const after = openedBy(inquiry, formula);
    const more = after.filter((situation) => !before.includes(situation)).length;
    const fewer = before.filter((situation) => !after.includes(situation)).length;
    if (more + fewer === 0 && inquiry.searched.complete) {
      return verdict('equivalent', `decides alike in all ${inquiry.judgement.reached.length} situations reached`);
    }
    return verdict('unneeded', `opens in ${more} more and ${fewer} fewer situations, and everything still holds`);
  }
}
