// Shrinks a tape; a task of a worker. What comes back is what is told and written, not the run itself, whose trace nobody
// reads twice.
import type { Scenario } from '../scenario/scenario.ts';
import { shortest, type Shortest } from '../search/index.ts';
import type { Tape } from '../sim/kernel/choices.ts';
import { factsOf, type StoryFacts } from './tell.ts';
import { stopper, type ScenarioRef } from './task.ts';

/** A tape to shrink. */
export interface ShrinkTask extends ScenarioRef {
  readonly tape: Tape;
  /** The violation that has to stay. */
  readonly property: string;
  /** Milliseconds since the epoch; null: no end. */
  readonly stopAtMs: number | null;
}

/** The shrunk tape and how it came about. */
export interface ShrinkAnswer extends Pick<
  Shortest,
  'tape' | 'from' | 'to' | 'runs' | 'minimal' | 'passes' | 'provedShortest' | 'why'
> {
  /** Essential steps; null where they cannot be counted. */
  readonly counted: number | null;
  readonly code: string;
  readonly hash: string;
  readonly facts: StoryFacts | null;
}

/** Makes a tape as short as it can be; null if it no longer violates the property. */
export function answerShrink(scenario: Scenario, { tape, property, stopAtMs }: ShrinkTask): ShrinkAnswer | null {
  const stop = stopper(stopAtMs, null);
  const { bound } = scenario.explore;
  const result = shortest(scenario, tape, {
    property,
    stop,
    search: { stop, ...(bound === undefined ? {} : { bound }) },
  });
  if (result === null) return null;
  const { run, violation, steps, from, to, runs, minimal, passes, provedShortest, why } = result;
  return {
    tape: result.tape,
    from,
    to,
    runs,
    minimal,
    passes,
    provedShortest,
    why,
    counted: steps?.length ?? null,
    code: violation.code,
    hash: run.hash,
    facts: factsOf(scenario, run, property),
  };
}
