// One tape again, and what came of it compared with what the tape says should.
import { plainCase, type Case } from '../report/case.ts';
import { eventLine } from '../report/event-text.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { realign } from '../search/index.ts';
import { tapeSource } from '../sim/kernel/tape-source.ts';
import type { Tape, TapeChoice } from '../sim/kernel/choices.ts';
import { run } from '../sim/run.ts';
import type { RunResult } from '../sim/verdict.ts';
import { threadCpuMs } from './cpu.ts';
import { mainViolation } from './sweep.ts';
import type { StoredTape } from './tapes.ts';

/** What a replay came to. */
export interface Replay {
  /** `reproduced`: the same verdict and violation; `changed`: another violation; `fixed`: none any more. */
  readonly status: 'reproduced' | 'changed' | 'fixed';
  /** Whether even the trace is the same to the last event; null if the tape does not say. */
  readonly identical: boolean | null;
  /** The first choice of the tape that the run had no use for; null if all were asked for. */
  readonly stray: TapeChoice | null;
  /** What had to be moved for the run to reproduce, in words; null where nothing had to, or nothing helped. */
  readonly realigned: string | null;
  /** The tape of this very run. */
  readonly tape: Tape;
  readonly run: RunResult;
  readonly cpuMs: number;
}

/** Repeats a tape with its trace recorded; where it does not break as it did, a run near it that does. */
export function replayStored(scenario: Scenario, stored: StoredTape): Replay {
  const before = threadCpuMs();
  const replay = replayAsIs(scenario, stored);
  const { tape, expect } = stored;
  const near = replay.status === 'reproduced' || expect.verdict !== 'violated' ? null : realign(scenario, tape, expect);
  const cpuMs = threadCpuMs() - before;
  if (near === null) return { ...replay, cpuMs };
  const { choices, run: result, how } = near;
  return {
    ...replay,
    status: 'reproduced',
    identical: null,
    realigned: how,
    tape: { ...tape, choices },
    run: result,
    cpuMs,
  };
}

function replayAsIs(scenario: Scenario, { tape, expect }: StoredTape): Omit<Replay, 'cpuMs'> {
  const source = tapeSource(tape);
  const result = run(scenario, source, { record: true });
  const again = result.violations.some((v) => v.property === expect.property && v.code === expect.code);
  const same = expect.verdict === 'violated' ? again : result.verdict === expect.verdict;
  return {
    status: same ? 'reproduced' : result.verdict === 'violated' ? 'changed' : 'fixed',
    identical: expect.hash === null ? null : expect.hash === result.hash,
    stray: source.misfit() ?? source.unused()[0] ?? null,
    realigned: null,
    tape,
    run: result,
  };
}

/** A choice in words. */
export function choiceText(choice: TapeChoice): string {
  return `choice ${choice.value} of ${choice.of} in ${choice.stream} (key ${choice.key}, occurrence ${choice.nth})`;
}

/** What a replay came to, in one sentence. */
export function replaySentence({ expect }: StoredTape, replay: Replay): string {
  const { run: result, status, stray, realigned } = replay;
  const before =
    expect.property === null ? expect.verdict : `${expect.property} violated (${expect.code ?? 'no code'})`;
  if (status === 'reproduced')
    return `reproduced${realigned === null ? '' : ` after realignment (${realigned})`}: ${before}`;
  const last = result.trace.at(-1);
  const where =
    stray === null
      ? last === undefined
        ? ''
        : `; the run ended with ${eventLine(last)}`
      : `; ${choiceText(stray)} no longer applies`;
  if (status === 'fixed') return `fixed: was ${before}; now ${result.verdict}${stray === null ? '' : where}`;
  const now = result.violations.map((v) => `${v.property} (${v.code})`).join(', ');
  return `changed: was ${before}; now ${now} violated${where}`;
}

/** A replay as a case; `passed` is for its scenario to say, a tape of what holds by now has to hold. */
export function tapeCase(stored: StoredTape, replay: Replay, passed: boolean): Case {
  const { file, tape, expect } = stored;
  return plainCase(expect.property ?? 'tape', {
    name: tape.scenario,
    file,
    outcome: passed ? 'passed' : 'failed',
    why: replaySentence(stored, replay),
    replay: `raftgate replay ${file}`,
    cpuMs: replay.cpuMs,
  });
}

/** The violation that a replay is told by. */
export function replayedProperty(scenario: Scenario, stored: StoredTape, replay: Replay): string | null {
  const kept = replay.run.violations.find((violation) => violation.property === stored.expect.property);
  return kept?.property ?? mainViolation(scenario, replay.run)?.property ?? null;
}
