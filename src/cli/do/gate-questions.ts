// `raftgate gate weakest | diff | mutate`: questions that need a search. The answers come as data; here they are put
// into lines and into the exit code.
import { InputError } from '../../base/errors.ts';
import { weakestLines, weakestRecord } from '../../report/weakest.ts';
import { formulaOf, type Formula } from '../../gate/formula.ts';
import { parseFormula, textOf } from '../../gate/text.ts';
import { diffLines, diffRecord, mutantRecord, mutationLines } from '../../report/gate-answers.ts';
import type { Bound, Scenario, WeakestQuestion } from '../../scenario/scenario.ts';
import { gateDiff, mutateGates, withGate } from '../../search/index.ts';
import type { Cli } from '../cli.ts';
import type { GateDiffFlags, GateFlags, GateMutateFlags } from '../commands/gate.ts';
import { askWeakest } from '../conclude-question.ts';
import { discover } from '../discover.ts';
import { Exit } from '../exit.ts';
import type { Loaded } from '../load-scenarios.ts';
import { Pool } from '../pool.ts';
import { Reporting } from '../reporting.ts';
import { stopper } from '../worker-tasks.ts';
import { placedGates, type PlacedGate } from './gate-tables.ts';

/**
 * The one scenario or question that a pattern means.
 * @throws InputError CLI001 if it means several
 */
export async function only(pattern: string, cwd: string): Promise<Loaded> {
  const [first, ...others] = await discover([pattern], cwd);
  if (first !== undefined && others.length === 0) return first;
  const names = [first, ...others].flatMap((one) => (one === undefined ? [] : [one.scenario.name]));
  throw new InputError('CLI001', `"${pattern}" means ${names.join(', ')}; name one`);
}

function isQuestion(one: Loaded): one is Loaded<WeakestQuestion> {
  return one.scenario.kind === 'weakest';
}

/** The questions among what a pattern means. @throws InputError CLI001 if there is none */
async function questions(pattern: string, cwd: string): Promise<readonly Loaded<WeakestQuestion>[]> {
  const found = await discover([pattern], cwd);
  const asked = found.filter(isQuestion);
  if (asked.length > 0) return asked;
  const names = found.map((one) => one.scenario.name).join(', ');
  throw new InputError('CLI001', `"${pattern}" means ${names}: no question; write one with scenario.weakestGate`);
}

/** `raftgate gate weakest SCENARIO`: every question that the pattern means, in turn. */
export async function gateWeakest(this: Cli, flags: GateFlags, pattern: string): Promise<void> {
  const asked = await questions(pattern, this.cwd);
  const reporting = new Reporting(this, flags);
  const pool = new Pool(1);
  for (const [i, one] of asked.entries()) {
    const { answer, asExpected, why } = await askWeakest(one, pool, flags, this.cwd);
    reporting.record(weakestRecord(answer));
    reporting.text([...(i === 0 ? [] : ['']), ` ${one.scenario.name}`, '', ...weakestLines(answer)]);
    if (why !== null && answer.complete) reporting.text(['', ` NOT as expected: ${why}`]);
    if (!asExpected && answer.complete) this.exit(Exit.NotAsExpected);
  }
  reporting.close(true);
}

/** The scenario itself, or the scenario of a question. */
export function scenarioIn({ scenario }: Loaded): Scenario {
  return scenario.kind === 'scenario' ? scenario : scenario.with('open');
}

/** What a search may use, from the flags. */
function means(flags: GateFlags): { stop: () => boolean; bound?: Bound } {
  const stopAtMs = flags.budget === undefined ? null : Date.now() + flags.budget;
  return { stop: stopper(stopAtMs, null), ...(flags.bound === undefined ? {} : { bound: flags.bound }) };
}

/** A gate that was named on the command line, and where it stands if it was named by its place. */
interface GivenGate {
  readonly formula: Formula;
  readonly place: PlacedGate | null;
}

/** A gate by `build@point`, or as a formula. @throws InputError SCN005 if it is neither */
function given(text: string, gates: readonly PlacedGate[]): GivenGate {
  const place = gates.find((gate) => gate.name === text) ?? null;
  if (place !== null) return { formula: place.formula, place };
  return { formula: text === 'open' || text === 'closed' ? formulaOf(text) : parseFormula(text), place: null };
}

/** The question in which two gates are compared: a weakest-gate question, or a scenario with the gate put in question. */
function comparison(one: Loaded, gates: readonly GivenGate[]): WeakestQuestion {
  const { scenario } = one;
  if (scenario.kind === 'weakest') return scenario;
  const place = gates.find((gate) => gate.place !== null)?.place ?? null;
  if (place === null) {
    const hint = 'name one gate as build@point, or a question with --scenario';
    throw new InputError('CLI002', `in "${scenario.name}" nothing says which gate is compared; ${hint}`);
  }
  return {
    kind: 'weakest',
    name: scenario.name,
    at: place.at,
    atoms: [],
    with: (candidate) => withGate(scenario, place.build.name, place.at, formulaOf(candidate)),
    expect: null,
  };
}

/** `raftgate gate diff A B` */
export async function gateDifference(this: Cli, flags: GateDiffFlags, a: string, b: string): Promise<void> {
  const loaded = await discover(flags.scenario === undefined ? [] : [flags.scenario], this.cwd);
  const gates = placedGates(loaded);
  const before = given(a, gates);
  const after = given(b, gates);
  const name = (after.place ?? before.place)?.scenarios[0];
  const one =
    loaded.length === 1
      ? loaded[0]
      : (loaded.find(isQuestionOf(flags.scenario)) ?? loaded.find((each) => each.scenario.name === name));
  if (one === undefined)
    throw new InputError('CLI002', 'name the scenario in which the gates are compared with --scenario');
  const asked = comparison(one, [after, before]);
  const diff = gateDiff(asked, before.formula, after.formula, means(flags));
  const reporting = new Reporting(this, flags);
  const texts = [textOf(before.formula), textOf(after.formula)] as const;
  reporting.record(diffRecord(asked.name, diff, ...texts));
  reporting.text([` ${asked.name}`, '', ...diffLines(diff, ...texts)]);
  reporting.close(true);
}

/** Of several that a pattern means, the question. */
function isQuestionOf(pattern: string | undefined): (one: Loaded) => boolean {
  return (one) => pattern !== undefined && one.scenario.kind === 'weakest';
}

/** `raftgate gate mutate SCENARIO` */
export async function gateMutate(this: Cli, flags: GateMutateFlags, pattern: string): Promise<void> {
  const one = await only(pattern, this.cwd);
  const scenario = scenarioIn(one);
  if (scenario.expect !== 'holds')
    throw new InputError('CLI001', `"${scenario.name}" is to break; only gates of what holds can be judged`, {
      file: one.file,
    });
  const result = mutateGates(scenario, means(flags));
  const reporting = new Reporting(this, flags);
  for (const mutant of result.mutants) reporting.record(mutantRecord(scenario.name, mutant));
  const { killed, counted, score, states } = result;
  reporting.record({ kind: 'mutation', scenario: scenario.name, killed, counted, score, states } as {
    kind: string;
    scenario: string;
  });
  reporting.text([` ${scenario.name}`, '', ...mutationLines(result)]);
  reporting.close(true);
  if (flags.minKill !== undefined && score < flags.minKill) this.exit(Exit.NotAsExpected);
}
