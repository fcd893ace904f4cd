// `raftgate report`: one self-contained page about the run of a tape.
import { relative, resolve } from 'node:path';
import { page } from '../../report/page.ts';
import { writeWhole } from '../../report/whole-file.ts';
import type { Cli } from '../cli.ts';
import type { PageFlags } from '../commands/report.ts';
import { replayStored } from '../replay-tape.ts';
import { storyOfReplay, taped } from './replay.ts';

/** `raftgate report FILE -o out.html` */
export async function report(this: Cli, flags: PageFlags, path: string): Promise<void> {
  const one = await taped(path, flags.scenario, this.cwd);
  const replay = replayStored(one.scenario, one.stored);
  const file = resolve(this.cwd, flags.output);
  writeWhole(file, page(one.scenario, replay.run, storyOfReplay(one, replay, this.cwd)));
  this.out(`${relative(this.cwd, file)}\n`);
}
