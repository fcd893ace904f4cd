// A run that broke an invariant of ours, with all that is needed to look into it: which run it was, its last events, and
// the command that makes it again. The trace is not kept while seeds are searched, so the run is made once more for it.
import { relative, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, InvariantError, type InputPlace } from '../base/errors.ts';
import { eventLine } from '../report/event-text.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RecordingSource } from '../sim/kernel/choices.ts';
import type { TraceEvent } from '../sim/kernel/trace.ts';
import { run } from '../sim/run.ts';
import { PACKAGE_ROOT } from './compile-scenario.ts';

const LAST = 50;

/** The last events before a run breaks down. */
function lastEvents(scenario: Scenario, source: RecordingSource): readonly TraceEvent[] {
  let events = (): readonly TraceEvent[] => [];
  try {
    run(scenario, source, {
      record: true,
      prepare: (world) => {
        events = () => world.recorder.events();
      },
    });
  } catch {
    // It broke down again, as it should: what led there is what is wanted.
  }
  return events().slice(-LAST);
}

/**
 * Where the user's own code threw: the innermost frame of a stack, if it is neither ours nor the runtime's.
 * A predicate or an `apply` that throws is a mistake of the scenario, not of the simulator.
 */
export function thrownByUser(stack: string): InputPlace | null {
  const frame = stack.split('\n').find((line) => /^\s+at /.test(line)) ?? '';
  const match = /\(?((?:file:\/\/)?\/[^()]*?):(\d+):(\d+)\)?$/.exec(frame.trim());
  if (match === null) return null;
  const [, where = '', line, column] = match;
  const path = where.startsWith('file://') ? fileURLToPath(where) : where;
  const isOurs = ['src', 'dist', 'node_modules'].some((folder) => path.startsWith(join(PACKAGE_ROOT, folder)));
  return isOurs ? null : { file: relative(process.cwd(), path), line: Number(line), column: Number(column) };
}

/**
 * The failure of a run as one error: where the scenario threw, or else all there is to know in the stack.
 * @param again the command that makes the run again
 */
export function runFailure(
  error: unknown,
  scenario: Scenario,
  source: RecordingSource,
  again: string,
): InvariantError | InputError {
  if (error instanceof InputError) return new InputError(error.code, `${error.message} (again: ${again})`, error.at);
  const at = thrownByUser(
    error instanceof InvariantError ? error.detail : error instanceof Error ? (error.stack ?? '') : '',
  );
  if (at !== null) {
    const what = (error instanceof InvariantError ? error.detail : String(error)).split('\n')[0] ?? '';
    return new InputError('SCN001', `the scenario throws in a run (again: ${again}): ${what}`, at);
  }
  const code = error instanceof InvariantError ? error.code : 'UNEXPECTED';
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const events = lastEvents(scenario, source).map((event) => `  ${eventLine(event)}`);
  const failure = new InvariantError(code, `in a run of ${scenario.name}`);
  failure.stack = [
    text,
    `scenario ${scenario.name}`,
    `the last ${events.length} events:`,
    ...events,
    `again: ${again}`,
  ].join('\n');
  return failure;
}
