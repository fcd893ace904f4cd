// Replays stored tapes in the checkout it stands in, and the seeds they came of beside them; prints how many still break the
// same property for the same reason. It is run once in every changed copy of the sources.
import { readFileSync } from 'node:fs';
import { sourceOf } from '../../src/search/index.ts';
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

/** How many of the tapes, shrunk tapes and seeds still break. */
export interface Reproduced {
  readonly tapes: number;
  readonly shrunk: number;
  readonly seeds: number;
}

async function main(file: string): Promise<void> {
  const stored = JSON.parse(readFileSync(file, 'utf8')) as StoredTape[];
  const { scenarios } = await corpus();
  const shows = ({ tape, property, code }: StoredTape, source: RecordingSource): boolean => {
    const scenario = scenarios.find(({ name }) => name === tape.scenario)!;
    return run(scenario, source).violations.some((one) => one.property === property && one.code === code);
  };
  const result: Reproduced = {
    tapes: stored.filter((one) => shows(one, tapeSource(one.tape))).length,
    shrunk: stored.filter((one) => shows(one, tapeSource(one.shrunk))).length,
    seeds: stored.filter((one) => shows(one, sourceOf('swarm', one.seed))).length,
  };
  process.stdout.write(JSON.stringify(result));
}

await main(process.argv[2]!);
