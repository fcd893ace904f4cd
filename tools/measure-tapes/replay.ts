// Replays stored tapes in the checkout it stands in, as they are and with what `raftgate replay` tries near them, and the seeds
// they came of beside them; prints how many still break the same property for the same reason. It is run once in every changed
// copy of the sources.
import { readFileSync } from 'node:fs';
import { realign, sourceOf } from '../../src/search/index.ts';
import type { RecordingSource, Tape } from '../../src/sim/kernel/choices.ts';
import { tapeSource } from '../../src/sim/kernel/tape-source.ts';
import { run } from '../../src/sim/run.ts';
import { corpus } from '../measure-kit/corpus.ts';

/** A failing run as it is stored: the tape as drawn, the tape as shrunk, and what they show. */
export interface StoredTape {
  readonly tape: Tape;
  readonly shrunk: Tape;
  readonly seed: string;
  readonly property: string;
  readonly code: string;
}

/** How many tapes still break: as they are, and after realignment. */
export interface Counted {
  readonly asIs: number;
  readonly realigned: number;
}

/** How many of the tapes, shrunk tapes and seeds still break. */
export interface Reproduced {
  readonly tapes: Counted;
  readonly shrunk: Counted;
  readonly seeds: number;
  /** Of tapes, shrunk ones included, that break no more: for how many the first choice without use is named. */
  readonly named: number;
}

async function main(file: string): Promise<void> {
  const stored = JSON.parse(readFileSync(file, 'utf8')) as StoredTape[];
  const { scenarios } = await corpus();
  const shows = ({ tape, property, code }: StoredTape, source: RecordingSource): boolean => {
    const scenario = scenarios.find(({ name }) => name === tape.scenario)!;
    return run(scenario, source).violations.some((one) => one.property === property && one.code === code);
  };
  let named = 0;
  const counted = (tapeOf: (one: StoredTape) => Tape): Counted => {
    let asIs = 0;
    let realigned = 0;
    for (const one of stored) {
      const tape = tapeOf(one);
      const source = tapeSource(tape);
      if (shows(one, source)) asIs++;
      else if (
        realign(
          scenarios.find(({ name }) => name === tape.scenario)!,
          tape,
          one,
        ) !== null
      )
        realigned++;
      else if ((source.misfit() ?? source.unused()[0]) !== undefined) named++;
    }
    return { asIs, realigned: asIs + realigned };
  };
  const tapes = counted((one) => one.tape);
  const shrunk = counted((one) => one.shrunk);
  const seeds = stored.filter((one) => shows(one, sourceOf('swarm', one.seed))).length;
  const result: Reproduced = { tapes, shrunk, seeds, named };
  process.stdout.write(JSON.stringify(result));
}

await main(process.argv[2]!);
