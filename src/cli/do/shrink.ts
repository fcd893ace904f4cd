// `raftgate shrink`: edits the choices of a tape away while the run still fails the same way, and writes what is left.
import { InputError } from '../../base/errors.ts';
import { columns, count, labelled } from '../../report/layout.ts';
import { storyLines } from '../../report/story.ts';
import { shortest, type Shortest } from '../../search/index.ts';
import type { Cli } from '../cli.ts';
import type { ShrinkFlags } from '../commands/shrink.ts';
import { replayedProperty, replayStored } from '../replay-tape.ts';
import { Reporting } from '../reporting.ts';
import { replayLine, writeTapeTo } from '../tapes.ts';
import { factsOf } from '../tell.ts';
import { stopper } from '../worker-tasks.ts';
import { taped, type TapedScenario } from './replay.ts';

/** The property that a tape's run violates. @throws InputError TAP003 if it violates nothing any more */
function propertyOf(one: TapedScenario): string {
  const replay = replayStored(one.scenario, one.stored);
  const property = replayedProperty(one.scenario, one.stored, replay);
  if (property !== null) return property;
  throw new InputError('TAP003', 'the tape no longer violates anything; there is nothing to shrink', {
    file: one.stored.file,
  });
}

function passLines({ passes, from, to, runs, minimal, steps, provedShortest, why }: Shortest): string[] {
  const rows = passes.map((pass) => [pass.name, String(pass.from), '->', String(pass.to)]);
  const end = minimal ? 'no single choice can be left out' : 'stopped before every choice was tried';
  const length = steps === null ? 'its steps cannot be counted' : count(steps.length, 'step');
  return [
    ...columns(rows, 3),
    '',
    ` ${count(from, 'choice')} -> ${to} in ${count(runs, 'run')}; ${end}`,
    ...labelled('', `${length}; ${provedShortest ? 'proved shortest' : `not proved shortest: ${why ?? ''}`}`, 1, 1),
  ];
}

/** `raftgate shrink FILE` */
export async function shrink(this: Cli, flags: ShrinkFlags, path: string): Promise<void> {
  const one = await taped(path, flags.scenario, this.cwd);
  const reporting = new Reporting(this, flags);
  const property = propertyOf(one);
  const stopAtMs = flags.budget === undefined ? null : Date.now() + flags.budget;
  const { bound } = one.scenario.explore;
  const stop = stopper(stopAtMs, null);
  const options = { property, stop, search: { stop, ...(bound === undefined ? {} : { bound }) } };
  const result = shortest(one.scenario, one.stored.tape, options);
  if (result === null)
    throw new InputError('TAP003', `the tape no longer violates ${property}`, { file: one.stored.file });
  const { tape, run, violation, from, to, minimal, runs } = result;
  const expect = { verdict: 'violated', property, code: violation.code, hash: run.hash } as const;
  const file = writeTapeTo(flags.to ?? path.replace(/(\.min)?\.tape$/, '') + '.min.tape', { tape, expect }, this.cwd);
  const replay = replayLine(file, one.file, this.cwd);
  const facts = factsOf(one.scenario, run, property);
  const steps = facts?.rows.length ?? 0;
  const record = {
    kind: 'shrink',
    scenario: one.scenario.name,
    tape: file,
    property,
    from,
    to,
    steps,
    minimal,
    provedShortest: result.provedShortest,
    runs,
    replay,
  };
  reporting.record(record);
  reporting.text([` ${one.scenario.name}`, '', ...passLines(result)]);
  if (facts !== null && !flags.quiet) {
    const { strategy, seed } = one.stored.tape;
    const minimal = result.provedShortest;
    const story = {
      ...facts,
      minimal,
      shrunkFrom: from,
      shortest: [],
      foundBy: `${strategy} ${seed ?? ''}`.trim(),
      replay,
    };
    reporting.text(['', ...storyLines(story, one.scenario.plan, this.paint)]);
  }
  reporting.close(true);
}
