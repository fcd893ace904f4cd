// Findings from run to run, in a file that is committed with the scenarios. What was known and is not seen again is looked
// for by its tape before it is called resolved: two hundred other seeds that miss it prove nothing.
import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { InputError } from '../base/errors.ts';
import { writeWhole } from '../report/whole-file.ts';
import {
  causeOf,
  mergeFindings,
  readFindings,
  writeFindings,
  type KeptFinding,
  type SeenFinding,
} from '../search/index.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Loaded } from './load-scenarios.ts';
import { replayStored } from './replay-tape.ts';
import { readTape } from './tapes.ts';

/** The findings of one command, and of those before it. */
export class FindingsBook {
  readonly #path: string;
  readonly #cwd: string;
  readonly #before: readonly KeptFinding[];
  readonly #seen: SeenFinding[] = [];
  readonly #searched: string[] = [];

  /** @throws InputError CLI003 if there is a file and it cannot be read */
  constructor(path: string, cwd: string) {
    this.#path = resolve(cwd, path);
    this.#cwd = cwd;
    this.#before = existsSync(this.#path) ? readFindings(this.#text(), relative(cwd, this.#path)) : [];
  }

  #text(): string {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/, \w+ .*$/, '') : String(error);
      throw new InputError('CLI003', `cannot be read: ${why}`, { file: relative(this.#cwd, this.#path) });
    }
  }

  /** What a scenario showed. @param whole all was tried that the scenario asks for */
  add(scenario: string, seen: readonly SeenFinding[], whole: boolean): void {
    this.#seen.push(...seen);
    if (whole) this.#searched.push(scenario);
  }

  /** Writes the file; what it holds now. */
  close(loaded: readonly Loaded[]): readonly KeptFinding[] {
    const missed = this.#before.filter((known) => !this.#seen.some((one) => isSame(one, known)));
    const again = missed.filter((known) => this.#isShown(known, loaded));
    const findings = mergeFindings(this.#before, [...this.#seen, ...again], this.#searched);
    writeWhole(this.#path, writeFindings(findings));
    return findings;
  }

  /** Whether the tape of a finding still shows it. */
  #isShown(known: KeptFinding, loaded: readonly Loaded[]): boolean {
    const one = loaded.find(({ scenario }) => scenario.name === known.scenario);
    if (one?.scenario.kind !== 'scenario' || known.tape === '' || !existsSync(resolve(this.#cwd, known.tape)))
      return false;
    const { run } = replayStored(one.scenario, readTape(known.tape, this.#cwd));
    return run.violations.some(
      (violation) =>
        violation.property === known.property &&
        causeOf(one.scenario as Scenario, run.trace, violation) === known.fingerprint,
    );
  }
}

function isSame(one: SeenFinding, other: SeenFinding): boolean {
  return one.scenario === other.scenario && one.fingerprint === other.fingerprint;
}
