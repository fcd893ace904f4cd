// `raftgate gate weakest | diff | mutate`: questions that need a search. The answers come as data from a worker; here they
// are put into lines and into the exit code.
import { InputError } from '../../base/errors.ts';
import { weakestLines, weakestRecord } from '../../report/weakest.ts';
import { formulaOf, type Formula } from '../../gate/formula.ts';
import { parseFormula, textOf } from '../../gate/text.ts';
import {
  diffLines,
  diffRecord,
  killOutcome,
  mutantRecord,
  mutationLines,
  mutationText,
} from '../../report/gate-answers.ts';
import { plainCase } from '../../report/case.ts';
import type { Bound, WeakestQuestion } from '../../scenario/scenario.ts';
import type { Cli } from '../cli.ts';
import type { GateDiffFlags, GateFlags, GateMutateFlags } from '../commands/gate.ts';
import { askWeakest } from '../conclude-question.ts';
import { discover } from '../discover.ts';
import { Exit } from '../exit.ts';
import type { Loaded } from '../load-scenarios.ts';
import { namesOf, onlyOne, scenarioOf } from '../only.ts';
import { alone, Pool } from '../pool.ts';
import { Progress } from '../progress.ts';
import { Reporting } from '../reporting.ts';
import { UNASKED_STATES } from '../search-scenario.ts';
import { placedGates, type PlacedGate } from './gate-tables.ts';

function isQuestion(one: Loaded): one is Loaded<WeakestQuestion> {
  return one.scenario.kind === 'weakest';
}

/** The questions among what a pattern means. @throws InputError CLI001 if there is none */
async function questions(pattern: string, cwd: string): Promise<readonly Loaded<WeakestQuestion>[]> {
  const found = await discover([pattern], cwd);
  const asked = found.filter(isQuestion);
  if (asked.length > 0) return asked;
  const names = namesOf(found);
  throw new InputError('CLI001', `"${pattern}" means ${names}: no question; write one with scenario.weakestGate`);
}

/** `raftgate gate weakest SCENARIO`: every question that the pattern means, in turn. */
export async function gateWeakest(this: Cli, flags: GateFlags, pattern: string): Promise<void> {
  const asked = await questions(pattern, this.cwd);
  const reporting = new Reporting(this, flags);
  const pool = new Pool(1);
  try {
    for (const [i, one] of asked.entries()) {
      const { answer, asExpected, why, cpuMs } = await askWeakest(one, pool, flags, this.cwd);
      const { name } = one.scenario;
      const outcome = asExpected ? 'passed' : answer.complete ? 'failed' : 'skipped';
      reporting.record(weakestRecord(answer));
      reporting.case(plainCase('weakest', { name, file: one.file, outcome, why: why ?? 'not decided', cpuMs }));
      reporting.text([...(i === 0 ? [] : ['']), ` ${name}`, '', ...weakestLines(answer)]);
      if (outcome !== 'failed') continue;
      reporting.text(['', ` NOT as expected: ${why ?? ''}`]);
      this.exit(Exit.NotAsExpected);
    }
  } finally {
    await pool.close();
  }
  reporting.close(true);
}

/** How far to search, from the flags. */
function limits({ budget, bound }: GateFlags): { stopAtMs: number | null; bound: Bound | null } {
  return { stopAtMs: budget === undefined ? null : Date.now() + budget, bound: bound ?? null };
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

/** Where the gate stands that is compared; null in a question. @throws InputError CLI002 if nothing says so */
function placeIn({ scenario }: Loaded, gates: readonly GivenGate[]): { build: string; at: string } | null {
  if (scenario.kind === 'weakest') return null;
  const place = gates.find((gate) => gate.place !== null)?.place ?? null;
  if (place !== null) return { build: place.build.name, at: place.at };
  const hint = 'name one gate as build@point, or a question with --scenario';
  throw new InputError('CLI002', `in "${scenario.name}" nothing says which gate is compared; ${hint}`);
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
  const place = placeIn(one, [after, before]);
  const reporting = new Reporting(this, flags);
  const asked = { url: one.url, name: one.scenario.name, place, before: before.formula, after: after.formula };
  const diff = await alone('diffTask', { ...asked, ...limits(flags) });
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
  const one = await onlyOne(pattern, this.cwd);
  const scenario = scenarioOf(one);
  if (scenario.expect !== 'holds')
    throw new InputError('CLI001', `"${scenario.name}" is to break; only gates of what holds can be judged`, {
      file: one.file,
    });
  const reporting = new Reporting(this, flags);
  const progress = new Progress(this);
  progress.show(() => ` ${scenario.name}: its gates are changed one way after the other`);
  const maxStates = flags.budget === undefined ? UNASKED_STATES : null;
  const result = await alone('mutateTask', { url: one.url, name: scenario.name, maxStates, ...limits(flags) });
  progress.clear();
  for (const mutant of result.mutants) reporting.record(mutantRecord(scenario.name, mutant));
  const { killed, counted, score, states } = result;
  const outcome = killOutcome(result, flags.minKill ?? 0);
  const why = mutationText(result);
  reporting.record({ kind: 'mutation', scenario: scenario.name, killed, counted, score, states });
  reporting.case(plainCase('mutation', { name: scenario.name, file: one.file, outcome, why }));
  reporting.text([` ${scenario.name}`, '', ...mutationLines(result)]);
  reporting.close(true);
  if (outcome !== 'passed') this.exit(outcome === 'failed' ? Exit.NotAsExpected : Exit.Inconclusive);
}
