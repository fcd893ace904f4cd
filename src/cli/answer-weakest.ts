// Asks the search for the weakest gate and brings its answer into the form that is reported: gates and bounds as text,
// witnesses as tapes with the command that replays them.
import type { WeakestAnswer, WeakerGate as ReportedWeaker } from '../report/weakest.ts';
import { boundText } from '../report/verdict-table.ts';
import type { WeakestQuestion } from '../scenario/scenario.ts';
import { formulaOf } from '../gate/formula.ts';
import { textOf } from '../gate/text.ts';
import { weakestGate, type WeakerGate } from '../search/index.ts';
import { threadCpuMs } from './cpu.ts';
import { plainBound } from './explore.ts';
import { replayLine, TAPE_FOLDER, writeTape } from './tapes.ts';
import { stopper, type QuestionAnswer, type WeakestTask } from './worker-tasks.ts';

function reported({ gate, property, steps, witness }: WeakerGate, { file, cwd }: WeakestTask): ReportedWeaker {
  if (witness.tape === null) return { gate, property, steps, replay: null };
  const expect = { verdict: 'violated', property, code: witness.code, hash: null } as const;
  return { gate, property, steps, replay: replayLine(writeTape(TAPE_FOLDER, witness.tape, expect, cwd), file, cwd) };
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
  const result = weakestGate(question, { ...bound, stop: stopper(task.stopAtMs, task.stopFlag) });
  const {
    scenario,
    at,
    atoms,
    gate,
    candidates,
    states,
    complete,
    stricter,
    indistinct,
    defeatedBy,
    instead,
    alternatives,
  } = result;
  const answer: WeakestAnswer = {
    scenario,
    at,
    atoms,
    gate,
    candidates,
    states,
    complete,
    bound: boundText(plainBound({ ...result.bound })),
    weaker: result.weaker.map((one) => reported(one, task)),
    stricter,
    indistinct,
    defeatedBy,
    instead,
    alternatives,
  };
  const wanted = expectation(question);
  const found = gate === null ? `none is (${defeatedBy ?? 'no gate but "never" holds'})` : `it is ${gate}`;
  const why = result.asExpected || wanted === null ? null : `${wanted}, but ${found}`;
  return { answer, asExpected: result.asExpected, why, cpuMs: Math.round(threadCpuMs() - before) };
}
