// What worker threads do, by name. A task names a scenario by its compiled module, because a scenario holds functions
// and cannot be sent; everything else that goes in and out is plain data. What only some tasks need is loaded by them: most
// commands are short, and a worker that loads the whole search for twenty runs costs more than the runs.
import type { Tape } from '../sim/kernel/choices.ts';
import type { Bound, Scenario, WeakestQuestion } from '../scenario/scenario.ts';
import type { TraceEvent } from '../sim/kernel/trace.ts';
import { seedSource } from '../sim/kernel/seed-source.ts';
import { run } from '../sim/run.ts';
import { InputError, InvariantError } from '../base/errors.ts';
import type { GateDiff, MutationResult, Witness } from '../search/index.ts';
import type { DiffTask, MutateTask } from './answer-gates.ts';
import type { ShrinkAnswer, ShrinkTask } from './answer-shrink.ts';
import type { QuestionAnswer, WeakestTask } from './answer-weakest.ts';
import { candidateOf, candidateScenario } from './candidate.ts';
import type { Explored } from './explore.ts';
import { asFailure, type Outcome } from './failures.ts';
import { scenariosOf } from './load-scenarios.ts';
import { sweep, type Draw, type Sweep } from './sweep.ts';
import { stopper, type ScenarioRef } from './task.ts';
import type { Telling } from './tell.ts';

/** Runs to make of a scenario. */
export interface SweepTask extends ScenarioRef {
  readonly draws: readonly Draw[];
  readonly wantsRecords: boolean;
  /** Milliseconds since the epoch; null: no end. */
  readonly stopAtMs: number | null;
  /** Set by the main thread when nobody waits for the answer any more. */
  readonly stopFlag: SharedArrayBuffer | null;
}

/** One run, for its hash. */
export interface HashTask extends ScenarioRef {
  readonly seed: string;
  readonly record: boolean;
}

process.setSourceMapsEnabled(true);

const loaded = new Map<string, Promise<readonly (Scenario | WeakestQuestion)[]>>();

/** The scenario or question that a task names. */
export async function find({ url, name }: ScenarioRef): Promise<Scenario | WeakestQuestion> {
  const scenarios = loaded.get(url) ?? import(url).then((exports) => scenariosOf(exports as Record<string, unknown>));
  loaded.set(url, scenarios);
  const wanted = candidateOf(name)?.question ?? name;
  const found = (await scenarios).find((one) => one.name === wanted);
  if (found === undefined) throw new InvariantError('CLI_NO_SCENARIO', `${url} does not export ${name}`);
  return found;
}

async function findScenario(ref: ScenarioRef): Promise<Scenario> {
  const found = await find(ref);
  return found.kind === 'scenario' ? found : candidateScenario(found, ref.name);
}

/** Makes the runs of a chunk. */
export async function sweepTask(task: SweepTask): Promise<Sweep> {
  const scenario = await findScenario(task);
  return sweep(scenario, task.draws, task.wantsRecords, stopper(task.stopAtMs, task.stopFlag));
}

/** A run by its hash and, if it was recorded, its trace. */
export interface TraceAnswer {
  readonly hash: string;
  readonly trace: readonly TraceEvent[];
}

/** One run, with its trace if the task says so. */
export async function traceTask(task: HashTask): Promise<TraceAnswer> {
  const { hash, trace } = run(await findScenario(task), seedSource(task.seed), { record: task.record });
  return { hash, trace };
}

/** The hash of one run's trace. */
export async function hashTask(task: HashTask): Promise<string> {
  return (await traceTask(task)).hash;
}

/** A tape of a violation, to be told. */
export interface TellTask extends ScenarioRef {
  readonly tape: Tape;
  readonly property: string;
  /** Most runs to spend on shrinking it; null: tell it as it is. */
  readonly shrinkRuns: number | null;
  /** Look for the shortest story as well, by exhaustive search. */
  readonly prove: boolean;
  readonly stopFlag: SharedArrayBuffer | null;
}

/** What there is to tell about a tape; null if it violates nothing. */
export async function tellTask({
  tape,
  property,
  shrinkRuns,
  prove,
  stopFlag,
  ...ref
}: TellTask): Promise<Telling | null> {
  const { tell } = await import('./tell.ts');
  const shrinking = shrinkRuns === null ? null : { maxRuns: shrinkRuns, prove, stop: stopper(null, stopFlag) };
  return tell(await findScenario(ref), tape, property, shrinking);
}

/** Asks a weakest-gate question and writes the witnesses of weaker gates as tapes. */
export async function weakestTask(task: WeakestTask): Promise<QuestionAnswer> {
  const { answerWeakest } = await import('./answer-weakest.ts');
  const question = await find(task);
  if (question.kind !== 'weakest') {
    throw new InputError('CLI001', `"${task.name}" is a scenario, not a weakest-gate question`, { file: task.file });
  }
  return answerWeakest(question, task);
}

/** An exhaustive search within a bound. */
export interface ExploreTask extends ScenarioRef {
  readonly bound: Bound | null;
  readonly stopAtMs: number | null;
  readonly stopFlag: SharedArrayBuffer | null;
  readonly maxStates: number | null;
  readonly repairs: boolean;
}

/** Searches a scenario exhaustively. */
export async function exploreTask(task: ExploreTask): Promise<Explored> {
  const { explore } = await import('./explore.ts');
  const { bound, maxStates, repairs, stopAtMs, stopFlag } = task;
  return explore(await findScenario(task), { bound, maxStates, repairs, stop: stopper(stopAtMs, stopFlag) });
}

/** A claim of the exhaustive search, to be shown by a run. */
export interface ConfirmTask extends ScenarioRef {
  readonly witness: Witness;
}

/** The tape of a run that shows a witness; null if none was found. */
export async function confirmTask({ witness, ...ref }: ConfirmTask): Promise<Tape | null> {
  const { confirm } = await import('../search/index.ts');
  return confirm(await findScenario(ref), witness).tape;
}

/** Compares two gates. */
export async function diffTask(task: DiffTask): Promise<GateDiff> {
  const { answerDiff } = await import('./answer-gates.ts');
  return answerDiff(await find(task), task);
}

/** Changes the gates of a scenario, one small way after the other. */
export async function mutateTask(task: MutateTask): Promise<MutationResult> {
  const { answerMutate } = await import('./answer-gates.ts');
  return answerMutate(await findScenario(task), task);
}

/** Makes a tape shorter; null if it no longer violates its property. */
export async function shrinkTask(task: ShrinkTask): Promise<ShrinkAnswer | null> {
  const { answerShrink } = await import('./answer-shrink.ts');
  return answerShrink(await findScenario(task), task);
}

const TASKS = {
  confirmTask,
  diffTask,
  exploreTask,
  mutateTask,
  shrinkTask,
  sweepTask,
  traceTask,
  hashTask,
  tellTask,
  weakestTask,
};

/** Every task by name. */
export type Tasks = typeof TASKS;

/** A task to be done in a worker thread; how it ended comes back as data. */
export async function perform<K extends keyof Tasks>({
  name,
  task,
}: {
  readonly name: K;
  readonly task: Parameters<Tasks[K]>[0];
}): Promise<Outcome<Awaited<ReturnType<Tasks[K]>>>> {
  const act = TASKS[name] as (given: typeof task) => Promise<Awaited<ReturnType<Tasks[K]>>>;
  try {
    return { value: await act(task) };
  } catch (error) {
    return { failure: asFailure(error) };
  }
}
