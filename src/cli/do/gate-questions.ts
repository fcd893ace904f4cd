// `raftgate gate weakest | diff | mutate`: questions that need a search. The answers come as data; here they are put
// into lines and into the exit code.
import { InputError } from '../../base/errors.ts';
import { weakestLines, weakestRecord } from '../../report/weakest.ts';
import type { Scenario, WeakestQuestion } from '../../scenario/scenario.ts';
import type { Cli } from '../cli.ts';
import type { GateFlags } from '../commands/gate.ts';
import { askWeakest } from '../conclude-question.ts';
import { discover } from '../discover.ts';
import { Exit } from '../exit.ts';
import type { Loaded } from '../load-scenarios.ts';
import { Pool } from '../pool.ts';
import { Reporting } from '../reporting.ts';

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

/** A pattern that means several may still mean one question. @throws InputError CLI001 */
async function question(pattern: string, cwd: string): Promise<Loaded<WeakestQuestion>> {
  const found = await discover([pattern], cwd);
  const questions = found.filter(isQuestion);
  const [first, ...others] = questions;
  if (first !== undefined && others.length === 0) return first;
  const names = (first === undefined ? found : questions).map((one) => one.scenario.name).join(', ');
  const hint = first === undefined ? 'no question; write one with scenario.weakestGate' : 'name one';
  throw new InputError('CLI001', `"${pattern}" means ${names}: ${hint}`);
}

/** `raftgate gate weakest SCENARIO` */
export async function gateWeakest(this: Cli, flags: GateFlags, pattern: string): Promise<void> {
  const one = await question(pattern, this.cwd);
  const reporting = new Reporting(this, flags);
  const { answer, asExpected, why } = await askWeakest(one, new Pool(1), flags, this.cwd);
  reporting.record(weakestRecord(answer));
  reporting.text([` ${one.scenario.name}`, '', ...weakestLines(answer)]);
  if (why !== null && answer.complete) reporting.text(['', ` NOT as expected: ${why}`]);
  reporting.close(true);
  if (!asExpected && answer.complete) this.exit(Exit.NotAsExpected);
}

/** The scenario itself, or the scenario of a question. */
export function scenarioIn({ scenario }: Loaded): Scenario {
  return scenario.kind === 'scenario' ? scenario : scenario.with('open');
}
