// `raftgate replay`: one tape again. It reproduces, or is fixed, or no longer applies, and the reader is told which.
import { storyLines, type Story } from '../../report/story.ts';
import { WIDTH, wrap } from '../../report/layout.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { InputError } from '../../base/errors.ts';
import { candidateScenario } from '../candidate.ts';
import type { Cli } from '../cli.ts';
import type { TapeFlags } from '../commands/replay.ts';
import { Exit } from '../exit.ts';
import { choiceText, replayedProperty, replaySentence, replayStored, tapeCase, type Replay } from '../replay-tape.ts';
import { Reporting } from '../reporting.ts';
import { runRecord } from '../sweep.ts';
import { readTape, replayLine, scenarioOfTape, type StoredTape } from '../tapes.ts';
import { factsOf } from '../tell.ts';

/** The scenario of a tape, and where it is. */
export interface TapedScenario {
  readonly stored: StoredTape;
  readonly scenario: Scenario;
  readonly file: string;
  readonly url: string;
}

/**
 * A tape and its scenario.
 * @throws InputError CLI003, TAP001, TAP002
 */
export async function taped(path: string, where: string | undefined, cwd: string): Promise<TapedScenario> {
  const stored = readTape(path, cwd);
  const { scenario, file, url } = await scenarioOfTape(stored, where, cwd);
  const actual = scenario.kind === 'scenario' ? scenario : candidateScenario(scenario, stored.tape.scenario);
  return { stored, scenario: actual, file, url };
}

/**
 * The error of a tape whose run went another way because its scenario changed.
 * A tape that is fixed although every choice applied is no error.
 */
export function staleTape({ file, tape }: StoredTape, { status, stray }: Replay): InputError | null {
  if (status === 'reproduced' || stray === null) return null;
  const at = { file, line: tape.choices.indexOf(stray) + 2 };
  return new InputError('TAP003', `the tape no longer applies: ${choiceText(stray)} was never asked for`, at);
}

/** The strategy that a tape names once it was shrunk. */
const SHRUNK = 'shrink';

/**
 * The property that a tape's run violates.
 * @param what there was to do with it
 * @throws InputError TAP003 if it violates nothing any more
 */
export function violatedBy({ scenario, stored }: TapedScenario, replay: Replay, what: string): string {
  const property = replayedProperty(scenario, stored, replay);
  if (property !== null) return property;
  const { file } = stored;
  throw new InputError('TAP003', `the tape no longer violates anything; there is nothing to ${what}`, { file });
}

/** Where the run of a tape comes from. */
export function tapeOrigin({ tape: { strategy, seed } }: StoredTape): string {
  if (strategy === SHRUNK) return 'from a shrunk tape';
  return `from a tape of ${strategy}${seed === null ? '' : `, seed ${seed}`}`;
}

/** What there is to tell about a replay; null if it violates nothing. */
export function storyOfReplay(one: TapedScenario, replay: Replay, cwd: string): Story | null {
  const property = replayedProperty(one.scenario, one.stored, replay);
  const facts = property === null ? null : factsOf(one.scenario, replay.run, property);
  if (facts === null) return null;
  const shrunk = one.stored.tape.strategy === SHRUNK;
  return {
    ...facts,
    shrunk,
    origin: tapeOrigin(one.stored),
    shortest: [],
    replay: replayLine(one.stored.file, one.file, cwd),
  };
}

/** `raftgate replay FILE` */
export async function replay(this: Cli, flags: TapeFlags, path: string): Promise<void> {
  const one = await taped(path, flags.scenario, this.cwd);
  const reporting = new Reporting(this, flags);
  const again = replayStored(one.scenario, one.stored);
  const record = runRecord(one.scenario, again.run, again.cpuMs, one.stored.file);
  const replayed = { ...record, replay: again.status, identical: again.identical, realigned: again.realigned };
  reporting.record(replayed);
  reporting.case(tapeCase(one.stored, again, again.status === 'reproduced'));
  const head = wrap(replaySentence(one.stored, again), WIDTH - 1).map((line) => ` ${line}`);
  const same =
    again.identical === false ? [' The trace differs from the one that was stored; the outcome does not.'] : [];
  const note = again.status === 'reproduced' ? same : [];
  const story = flags.quiet ? null : storyOfReplay(one, again, this.cwd);
  const told = story === null ? [] : ['', ...storyLines(story, one.scenario.plan, this.paint)];
  reporting.text([` ${one.scenario.name}`, ...head, ...note, ...told]);
  reporting.close(true);
  const stale = staleTape(one.stored, again);
  if (stale !== null) throw stale;
  if (again.status !== 'reproduced') this.exit(Exit.NotAsExpected);
}
