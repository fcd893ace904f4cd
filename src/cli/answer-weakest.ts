// Asks the search for the weakest gate and brings its answer into the form that is reported: gates and bounds as text,
// witnesses as tapes with the command that replays them.
import type { WeakestAnswer, WeakerGate as ReportedWeaker } from '../report/weakest.ts';
import { boundText } from '../report/verdict-table.ts';
import type { Bound, WeakestQuestion } from '../scenario/scenario.ts';
import { formulaOf } from '../gate/formula.ts';
import { textOf } from '../gate/text.ts';
import { confirm, weakestGate, type WeakerGate } from '../search/index.ts';
import { candidateName, withFormula } from './candidate.ts';
import { tapeSource } from '../sim/kernel/tape-source.ts';
import { run } from '../sim/run.ts';
import { threadCpuMs } from './cpu.ts';
import { isGivenByApply, plainBound } from './explore.ts';
import { replayLine, TAPE_FOLDER, writeTape } from './tapes.ts';
import { stopper, type ScenarioRef } from './task.ts';

/** A weakest-gate question. */
export interface WeakestTask extends ScenarioRef {
  /** File of the scenario, for replay lines. */
  readonly file: string;
  readonly cwd: string;
  readonly stopAtMs: number | null;
  readonly stopFlag: SharedArrayBuffer | null;
  readonly bound: Bound | null;
}

/** The answer to a question, and whether it is the expected one. */
export interface QuestionAnswer {
  readonly answer: WeakestAnswer;
  readonly asExpected: boolean;
  /** What was expected instead; null if nothing else was. */
  readonly why: string | null;
  readonly cpuMs: number;
}

/** Runs that are tried to show one witness. */
const CONFIRM_TRIES = 200;

/** A gate one step weaker, its witness shown by a run of the scenario with that gate in place. */
function reported(
  question: WeakestQuestion,
  weaker: WeakerGate,
  { file, cwd, stopAtMs, stopFlag }: WeakestTask,
): ReportedWeaker {
  const { gate, property, steps, formula } = weaker;
  const scenario = withFormula(question, formula);
  const { tape } = confirm(scenario, weaker.witness, { tries: CONFIRM_TRIES, stop: stopper(stopAtMs, stopFlag) });
  if (tape === null) {
    const shown = isGivenByApply(scenario) ? 'by search' : 'in the model only';
    return { gate, property, steps, replay: null, shown };
  }
  const { hash, violations } = run(scenario, tapeSource(tape));
  const code = violations.find((violation) => violation.property === property)?.code ?? null;
  const named = { ...tape, scenario: candidateName(question.name, gate) };
  const expect = { verdict: 'violated', property, code, hash } as const;
  const replay = replayLine(writeTape(TAPE_FOLDER, named, expect, cwd), file, cwd);
  return { gate, property, steps, replay, shown: 'by a run' };
}

function expectation({ expect }: WeakestQuestion): string | null {
  if (expect === null) return null;
  return expect === 'none'
    ? 'no gate should be safe'
    : `the weakest safe gate should be ${textOf(formulaOf(expect.equivalentTo))}`;
}

/** Answers a question; a worker's task. */
export function answerWeakest(question: WeakestQuestion, task: WeakestTask): QuestionAnswer {
  const before = threadCpuMs();
  const bound = task.bound === null ? {} : { bound: task.bound };
  const {
    weaker,
    bound: within,
    asExpected,
    ...told
  } = weakestGate(question, {
    ...bound,
    stop: stopper(task.stopAtMs, task.stopFlag),
  });
  const answer: WeakestAnswer = {
    ...told,
    bound: boundText(plainBound({ ...within })),
    weaker: weaker.map((one) => reported(question, one, task)),
  };
  const wanted = expectation(question);
  const { gate, defeatedBy } = answer;
  const found = gate === null ? `none is (${defeatedBy ?? 'no gate but "never" holds'})` : `it is ${gate}`;
  const why = asExpected || wanted === null ? null : `${wanted}, but ${found}`;
  return { answer, asExpected, why, cpuMs: Math.round(threadCpuMs() - before) };
}
