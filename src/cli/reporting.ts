// Sends what a command found to the reporters its flags ask for. What is for people goes to standard output; data goes
// there too if it is the only thing asked for, and into files of --output otherwise, each put in place as a whole.
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../base/errors.ts';
import { githubAnnotation } from '../report/github.ts';
import { junitReport } from '../report/junit.ts';
import { jsonLine, type ScenarioRecord } from '../report/records.ts';
import { sarifReport } from '../report/sarif.ts';
import { writeWhole } from '../report/whole-file.ts';
import type { Cli } from './cli.ts';
import type { ReporterName, ReportFlags } from './commands/common.ts';
import { version } from './version.ts';

/** A file that grows while a command runs and appears only when it is whole. */
class GrowingFile {
  readonly #path: string;
  readonly #part: string;
  readonly #fd: number;
  readonly #discard = (): void => rmSync(this.#part, { force: true });

  constructor(path: string) {
    this.#path = path;
    this.#part = `${path}.${process.pid}.part`;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#fd = openSync(this.#part, 'w');
    } catch (error) {
      throw new InputError('CLI003', `cannot be written: ${String(error)}`, { file: path });
    }
    process.once('exit', this.#discard);
  }

  write(text: string): void {
    writeSync(this.#fd, text);
  }

  close(keep: boolean): void {
    closeSync(this.#fd);
    if (keep) renameSync(this.#part, this.#path);
    else this.#discard();
    process.off('exit', this.#discard);
  }
}

const FILES = { jsonl: 'raftgate.jsonl', junit: 'junit.xml', sarif: 'raftgate.sarif' } as const;
type DataReporter = keyof typeof FILES;

function isData(name: ReporterName): name is DataReporter {
  return name in FILES;
}

/** The reporters of one command. */
export class Reporting {
  readonly #cli: Cli;
  readonly #wanted: readonly ReporterName[];
  readonly #output: string | null;
  readonly #jsonl: GrowingFile | null;
  readonly #records: ScenarioRecord[] = [];
  readonly #details = new Map<ScenarioRecord, { readonly text: string; readonly line: number }>();

  /** @throws InputError CLI002 if two reporters would share standard output */
  constructor(cli: Cli, flags: ReportFlags) {
    this.#cli = cli;
    this.#wanted = flags.reporter;
    this.#output = flags.output ?? null;
    const data = flags.reporter.filter(isData);
    if (this.#output === null && data.length > 0 && flags.reporter.length > 1) {
      throw new InputError('CLI002', `${flags.reporter.join(' and ')} cannot share standard output; add --output DIR`);
    }
    this.#jsonl = this.#output !== null && data.includes('jsonl') ? new GrowingFile(this.#pathOf('jsonl')) : null;
  }

  /** Whether people read standard output. */
  get pretty(): boolean {
    return this.#wanted.includes('pretty');
  }

  /** Whether anybody wants a record of each run. */
  get wantsRuns(): boolean {
    return this.#wanted.includes('jsonl');
  }

  /** One record as a line of JSON, where that is wanted. */
  record(record: { readonly kind: string; readonly scenario: string }): void {
    if (!this.wantsRuns) return;
    if (this.#jsonl !== null) this.#jsonl.write(jsonLine(record));
    else this.#cli.out(jsonLine(record));
  }

  /**
   * A scenario is done.
   * @param lines for people, printed as they are
   * @param line of the scenario in its file
   */
  scenario(record: ScenarioRecord, lines: readonly string[], line: number): void {
    this.record(record);
    this.#records.push(record);
    this.#details.set(record, { text: lines.join('\n'), line });
    if (this.pretty) this.text(lines);
    if (this.#wanted.includes('github')) this.#cli.out(githubAnnotation(record, line));
  }

  /** Lines for people. */
  text(lines: readonly string[]): void {
    if (this.pretty && lines.length > 0) this.#cli.out(`${lines.join('\n')}\n`);
  }

  /** Writes what is written at the end; with `false`, takes back what was begun. */
  close(whole: boolean): void {
    this.#jsonl?.close(whole);
    if (!whole) return;
    const detail = (record: ScenarioRecord): string => this.#details.get(record)?.text ?? '';
    const line = (record: ScenarioRecord): number => this.#details.get(record)?.line ?? 1;
    if (this.#wanted.includes('junit')) this.#whole('junit', junitReport(this.#records, detail));
    if (this.#wanted.includes('sarif')) this.#whole('sarif', sarifReport(this.#records, version(), line));
  }

  #pathOf(name: DataReporter): string {
    return join(this.#cli.cwd, this.#output ?? '.', FILES[name]);
  }

  #whole(name: DataReporter, content: string): void {
    if (this.#output === null) this.#cli.out(content);
    else writeWhole(this.#pathOf(name), content);
  }
}
