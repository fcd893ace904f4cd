// A weakest-gate question among the scenarios of a run: asked in a worker, judged by the answer it expects.
import { weakestLines } from '../report/weakest.ts';
import type { WeakestQuestion } from '../scenario/scenario.ts';
import type { GateFlags } from './commands/gate.ts';
import type { Conclusion } from './conclude.ts';
import type { Loaded } from './load-scenarios.ts';
import type { Pool } from './pool.ts';
import { NO_SWEEP } from './sweep.ts';
import type { QuestionAnswer } from './answer-weakest.ts';

/** Asks a question. */
export async function askWeakest(
  one: Loaded<WeakestQuestion>,
  pool: Pool,
  flags: Pick<GateFlags, 'budget' | 'bound'>,
  cwd: string,
): Promise<QuestionAnswer> {
  const stopAtMs = flags.budget === undefined ? null : Date.now() + flags.budget;
  const { url, scenario, file } = one;
  return pool.do('weakestTask', {
    url,
    name: scenario.name,
    file,
    cwd,
    stopAtMs,
    stopFlag: null,
    bound: flags.bound ?? null,
  });
}

/** Asks a question and reports it as a scenario. */
export async function concludeQuestion(
  one: Loaded<WeakestQuestion>,
  pool: Pool,
  flags: Pick<GateFlags, 'budget' | 'bound'>,
  cwd: string,
): Promise<Conclusion> {
  const { answer, asExpected, cpuMs, why } = await askWeakest(one, pool, flags, cwd);
  const undecided = !answer.complete;
  return {
    record: {
      kind: 'scenario',
      scenario: one.scenario.name,
      file: one.file,
      runs: 0,
      verdict: undecided ? 'inconclusive' : 'holds',
      expected: asExpected || undecided,
      why: asExpected ? null : undecided ? `the search ended after ${answer.states} states, before its bound` : why,
      findings: [],
      bound: null,
      complete: answer.complete,
      states: answer.states,
      unsearched: null,
      neverMet: [],
      unseen: answer.unseen,
      virtualMs: 0,
      cpuMs,
    },
    sweep: NO_SWEEP,
    seen: [],
    stories: () => ['', ...weakestLines(answer), ''],
  };
}
