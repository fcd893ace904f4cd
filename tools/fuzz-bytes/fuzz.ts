// The loop: every reader in turn is given spoiled bytes. An exception, an unexpected failure and a call that takes
// longer than any honest one are each a finding, reported with the input in hexadecimal.
import { toHex } from '../../src/base/bytes.ts';
import { Mutator } from './mutate.ts';
import { TARGETS } from './targets.ts';
import type { Target } from './targets.ts';

/** What a run found: inputs per reader, and findings. */
export interface FuzzReport {
  readonly inputs: number;
  readonly slowestMs: number;
  readonly findings: readonly string[];
}

/** No honest call takes this long, even on a busy machine. */
const HANG_MS = 1_000;
/** Calls this long are timed a second time. */
const PAUSE_MS = 20;
const MAX_FINDINGS = 20;

/** Gives `inputs` spoiled byte strings to the readers, in turn. @param seed the same seed, the same inputs */
export function fuzz(seed: string, inputs: number, targets: readonly Target[] = TARGETS): FuzzReport {
  const mutator = new Mutator(seed);
  const findings: string[] = [];
  let slowestMs = 0;
  let done = 0;
  while (done < inputs && findings.length < MAX_FINDINGS) {
    const target = targets[done % targets.length]!;
    const bytes = mutator.next(target.seeds);
    // The reader may not change its input, and gets a copy so that a finding shows what it was given.
    const given = bytes.slice();
    const [problem, firstMs] = timed(() => target.run(given));
    // A slow input is slow again; a pause of the machine or of the collector is not.
    const tookMs = firstMs < PAUSE_MS ? firstMs : Math.min(firstMs, timed(() => target.run(bytes.slice()))[1]);
    slowestMs = Math.max(slowestMs, tookMs);
    if (problem !== null) findings.push(`${target.name}: ${problem}: ${toHex(bytes)}`);
    else if (tookMs > HANG_MS) findings.push(`${target.name}: took ${Math.round(tookMs)} ms: ${toHex(bytes)}`);
    else if (toHex(given) !== toHex(bytes)) findings.push(`${target.name}: changed its input: ${toHex(bytes)}`);
    done++;
  }
  return { inputs: done, slowestMs, findings };
}

function timed(run: () => string | null): readonly [problem: string | null, ms: number] {
  const start = process.hrtime.bigint();
  const problem = attempt(run);
  return [problem, Number(process.hrtime.bigint() - start) / 1e6];
}

function attempt(run: () => string | null): string | null {
  try {
    return run();
  } catch (error) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}
