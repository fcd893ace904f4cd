// Tapes that are kept with the scenarios are replayed before anything is searched: what was found once is looked for
// first. A tape of a scenario that holds by now has to hold too; a tape of one that should fail has to fail as it did.
import type { Scenario } from '../scenario/scenario.ts';
import type { Cli } from './cli.ts';
import { Exit } from './exit.ts';
import type { Loaded } from './load-scenarios.ts';
import { replayStored, replaySentence, tapeCase } from './replay-tape.ts';
import type { Reporting } from './reporting.ts';
import { runRecord } from './sweep.ts';
import { keptTapes } from './tapes.ts';

/** Replays the kept tapes of some scenarios; those of others are left alone. */
export function replayKept(loaded: readonly Loaded[], cli: Cli, reporting: Reporting): { readonly failed: boolean } {
  let failed = false;
  for (const stored of keptTapes(cli.cwd)) {
    const one = loaded.find(({ scenario }) => scenario.name === stored.tape.scenario);
    if (one === undefined || one.scenario.kind !== 'scenario') continue;
    const replay = replayStored(one.scenario as Scenario, stored);
    const good = one.scenario.expect === 'holds' ? replay.run.verdict !== 'violated' : replay.status === 'reproduced';
    reporting.record(runRecord(one.scenario, replay.run, replay.cpuMs, stored.file));
    reporting.case(tapeCase(stored, replay, good));
    if (good) continue;
    failed = true;
    reporting.text([` ${stored.file}`, `   ${replaySentence(stored, replay)}`, '']);
    cli.exit(Exit.NotAsExpected);
  }
  return { failed };
}
