// `raftgate shrink`: edits the choices of a tape away while the run still fails the same way, and writes what is left.
import { InvariantError } from '../../base/errors.ts';
import { columns, count, labelled } from '../../report/layout.ts';
import { storyLines } from '../../report/story.ts';
import type { ShrinkAnswer } from '../answer-shrink.ts';
import type { Cli } from '../cli.ts';
import type { ShrinkFlags } from '../commands/shrink.ts';
import { alone } from '../pool.ts';
import { replayStored } from '../replay-tape.ts';
import { Reporting } from '../reporting.ts';
import { replayLine, writeTapeTo } from '../tapes.ts';
import { taped, tapeOrigin, violatedBy } from './replay.ts';

function passLines({ passes, from, to, runs, minimal, counted, provedShortest, why }: ShrinkAnswer): string[] {
  const rows = passes.map((pass) => [pass.name, String(pass.from), '->', String(pass.to)]);
  const end = minimal ? 'no single choice can be left out' : 'stopped before every choice was tried';
  const length = counted === null ? 'its steps cannot be counted' : count(counted, 'step');
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
  const replayed = replayStored(one.scenario, one.stored);
  const property = violatedBy(one, replayed, 'shrink');
  const stopAtMs = flags.budget === undefined ? null : Date.now() + flags.budget;
  const { url, scenario } = one;
  const result = await alone('shrinkTask', { url, name: scenario.name, tape: replayed.tape, property, stopAtMs });
  if (result === null) throw new InvariantError('CLI_SHRINK', `a tape violates ${property} once and not again`);
  const { tape, facts, code, hash, from, to, minimal, runs } = result;
  const expect = { verdict: 'violated', property, code, hash } as const;
  const file = writeTapeTo(flags.to ?? path.replace(/(\.min)?\.tape$/, '') + '.min.tape', { tape, expect }, this.cwd);
  const replay = replayLine(file, one.file, this.cwd);
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
    const minimal = result.provedShortest;
    const story = { ...facts, minimal, shrunk: true, shortest: [], origin: tapeOrigin(one.stored), replay };
    reporting.text(['', ...storyLines(story, one.scenario.plan, this.paint)]);
  }
  reporting.close(true);
}
