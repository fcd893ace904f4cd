// Tape files on disk: read with every way in which they can be bad told apart, written where the user will look, and
// named so that two findings never share a file.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { InputError } from '../base/errors.ts';
import { writeWhole } from '../report/whole-file.ts';
import type { Scenario, WeakestQuestion } from '../scenario/scenario.ts';
import { nearest } from '../scenario/suggest.ts';
import { checkTapeOf, formatTape, parseTape, type TapeExpectation, type TapeFile } from '../sim/kernel/tape-file.ts';
import type { Tape } from '../sim/kernel/choices.ts';
import { candidateOf } from './candidate.ts';
import { filesBelow, scenarioFolder, discover } from './discover.ts';
import type { Loaded } from './load-scenarios.ts';

/** Where tapes of failing runs go. */
export const TAPE_FOLDER = '.raftgate';

/** A tape file as read. */
export interface StoredTape extends TapeFile {
  /** Relative to the working folder. */
  readonly file: string;
}

/** What to do about a tape that is not there: the likeliest meant, or how to have the run again without one. */
function missingTape(file: string, cwd: string): string {
  const meant = nearest(
    file,
    filesBelow(join(cwd, TAPE_FOLDER), (name) => name.endsWith('.tape')).map((path) => relative(cwd, path)),
  );
  const hint = meant === null ? `tapes of failing runs are in ${TAPE_FOLDER}/` : `did you mean ${meant}?`;
  return `there is no such tape; ${hint} (a seed is run again by raftgate run SCENARIO --seed S)`;
}

/** @throws InputError CLI003 if the file cannot be read, TAP001 if it is no whole tape */
export function readTape(path: string, cwd: string): StoredTape {
  const file = relative(cwd, resolve(cwd, path));
  let text: string;
  try {
    text = readFileSync(resolve(cwd, path), 'utf8');
  } catch (error) {
    if (!existsSync(resolve(cwd, path))) throw new InputError('CLI003', missingTape(file, cwd), { file: path });
    const why = error instanceof Error ? error.message.replace(/, \w+( '.*)?$/, '') : String(error);
    throw new InputError('CLI003', `cannot be read: ${why}`, { file: path });
  }
  return { ...parseTape(text, file), file };
}

/** Tapes that are kept with the scenarios, by path. */
export function keptTapes(cwd: string): StoredTape[] {
  return filesBelow(scenarioFolder(cwd), (name) => name.endsWith('.tape')).map((path) => readTape(path, cwd));
}

/** Characters of a scenario's name that its tapes carry; a gate in it may be pages long. */
const MOST_OF_NAME = 72;

/** A scenario's name as part of a file name; a long one is cut, and told from others by a digest of the whole. */
function slug(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '');
  if (plain.length <= MOST_OF_NAME) return plain;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${plain.slice(0, MOST_OF_NAME - 9).replace(/-$/, '')}-${digest}`;
}

/** Writes a tape to a path and returns it, relative to the working folder. */
export function writeTapeTo(path: string, file: TapeFile, cwd: string): string {
  writeWhole(resolve(cwd, path), formatTape(file));
  return relative(cwd, resolve(cwd, path));
}

/** Writes the tape of a run into a folder, under a name of its own, and returns its path. */
export function writeTape(folder: string, tape: Tape, expect: TapeExpectation, cwd: string): string {
  const mark = (expect.hash ?? '0000').slice(0, 4);
  return writeTapeTo(join(folder, `${slug(tape.scenario)}.${mark}.tape`), { tape, expect }, cwd);
}

/** The command that repeats a tape. A scenario outside the scenario folder has to be named. */
export function replayLine(tape: string, scenarioFile: string, cwd: string): string {
  const inside = !relative(scenarioFolder(cwd), resolve(cwd, scenarioFile)).startsWith('..');
  return `raftgate replay ${tape}${inside ? '' : ` --scenario ${scenarioFile}`}`;
}

/**
 * The scenario a tape was made of.
 * @param where file of the scenario; undefined: look through the scenario folder
 * @throws InputError TAP002 if it is not there
 */
export async function scenarioOfTape(
  { tape, file }: StoredTape,
  where: string | undefined,
  cwd: string,
): Promise<Loaded<Scenario | WeakestQuestion>> {
  const loaded = await discover(where === undefined ? [] : [where], cwd);
  const wanted = candidateOf(tape.scenario)?.question ?? tape.scenario;
  const found = loaded.find((one) => one.scenario.name === wanted);
  if (found !== undefined) return found;
  const names = loaded.map((one) => one.scenario.name);
  if (names.length === 1) checkTapeOf(tape, names[0] ?? '', file);
  const meant = nearest(tape.scenario, names);
  const hint = meant === null ? 'name its file with --scenario' : `did you rename it to "${meant}"?`;
  const place = where === undefined ? 'there is none of that name here' : `${where} has none of that name`;
  throw new InputError('TAP002', `the tape is of scenario "${tape.scenario}"; ${place}; ${hint}`, { file, line: 1 });
}
