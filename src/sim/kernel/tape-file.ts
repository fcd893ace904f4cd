// A tape as text: one JSON value a line, a header and then one choice after the other, so that a diff of two tapes shows
// which choices differ. The header says how many lines follow: a file cut off at a line's end is as damaged as one cut off
// in the middle, and must be refused, since every missing choice would be replayed as 0.
import * as v from 'valibot';
import { InputError } from '../../base/errors.ts';
import type { Tape, TapeChoice } from './choices.ts';
import type { TapeSource } from './tape-source.ts';

/** What replaying a tape is expected to show. */
export interface TapeExpectation {
  readonly verdict: 'holds' | 'violated' | 'inconclusive';
  /** The property that is violated; null where none is. */
  readonly property: string | null;
  readonly code: string | null;
  /** Hash of the run's trace; null where it is not to be compared. */
  readonly hash: string | null;
}

export interface TapeFile {
  readonly tape: Tape;
  readonly expect: TapeExpectation;
}

const FORMAT = 1;
const INT32 = v.pipe(v.number(), v.integer(), v.minValue(-0x8000_0000), v.maxValue(0x7fff_ffff));
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0x7fff_ffff));
const TEXT = v.pipe(v.string(), v.nonEmpty());

const HEADER = v.strictObject({
  tape: v.literal(FORMAT, `this version reads tapes of format ${FORMAT}`),
  scenario: TEXT,
  seed: v.nullable(TEXT),
  strategy: TEXT,
  verdict: v.picklist(['holds', 'violated', 'inconclusive']),
  property: v.nullable(v.string()),
  code: v.nullable(v.string()),
  hash: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a hash is 64 hexadecimal digits'))),
  choices: COUNT,
});

const CHOICE = v.pipe(
  v.strictTuple([TEXT, INT32, COUNT, COUNT, COUNT]),
  v.check(([, , , value, of]) => value > 0 && value < of, 'a taped choice is above 0 and below the number of outcomes'),
);

/** The text of a tape file. */
export function formatTape({ tape, expect }: TapeFile): string {
  const header: v.InferOutput<typeof HEADER> = {
    tape: FORMAT,
    scenario: tape.scenario,
    seed: tape.seed,
    strategy: tape.strategy,
    verdict: expect.verdict,
    property: expect.property,
    code: expect.code,
    hash: expect.hash,
    choices: tape.choices.length,
  };
  const lines = tape.choices.map((c) => JSON.stringify([c.stream, c.key, c.nth, c.value, c.of]));
  return [JSON.stringify(header), ...lines, ''].join('\n');
}

/**
 * Reads a tape file.
 * @param file name for messages
 * @throws InputError TAP001 with line and column if the text is truncated or damaged
 */
export function parseTape(text: string, file: string): TapeFile {
  const lines = text.split('\n');
  const header = parseLine(HEADER, lines[0]!, file, 1);
  const choices: TapeChoice[] = [];
  for (let i = 1; i <= header.choices; i++) {
    const line = lines[i];
    // The last line ends with a line feed too: without it, its last number may have lost digits.
    if (line === undefined || i === lines.length - 1) {
      throw damaged(
        `cut off: ${choices.length} of ${header.choices} choices are here`,
        file,
        i,
        (line?.length ?? 0) + 1,
      );
    }
    const [stream, key, nth, value, of] = parseLine(CHOICE, line, file, i + 1);
    choices.push({ stream, key, nth, value, of });
  }
  const rest = lines.slice(header.choices + 1).findIndex((line) => line.trim() !== '');
  if (rest >= 0) throw damaged('more lines than the header announces', file, header.choices + 2 + rest, 1);
  const { scenario, seed, strategy, verdict, property, code, hash } = header;
  return { tape: { scenario, seed, strategy, choices }, expect: { verdict, property, code, hash } };
}

/** @throws InputError TAP002 if the tape was made for another scenario */
export function checkTapeOf(tape: Tape, scenario: string, file: string): void {
  if (tape.scenario === scenario) return;
  throw new InputError('TAP002', `the tape is of scenario "${tape.scenario}", not of "${scenario}"`, { file, line: 1 });
}

/** @throws InputError TAP003 if a choice of the tape did not fit, or was not asked for, in the run just made */
export function checkTapeApplied(tape: Tape, source: TapeSource, file: string): void {
  const misfit = source.misfit();
  const stray = misfit ?? source.unused()[0];
  if (stray === undefined) return;
  const says = misfit === null ? 'was never asked for' : 'has fewer outcomes now';
  const at = { file, line: tape.choices.indexOf(stray) + 2 };
  throw new InputError('TAP003', `choice ${stray.value} of ${stray.of} in ${stray.stream} ${says}`, at);
}

function parseLine<S extends v.GenericSchema>(schema: S, line: string, file: string, number: number): v.InferOutput<S> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    const column = position === undefined ? line.length + 1 : Number(position) + 1;
    throw damaged('not a line of JSON', file, number, column);
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw damaged(path === null ? issue.message : `${path}: ${issue.message}`, file, number, 1);
}

function damaged(why: string, file: string, line: number, column: number): InputError {
  return new InputError('TAP001', `the tape is not readable: ${why}`, { file, line, column });
}
