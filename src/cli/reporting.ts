// Sends what a command found to the reporters its flags ask for. What is for people goes to standard output; data goes
// there too if it is the only thing asked for, and into files of --output otherwise, each put in place as a whole.
import { join, resolve } from 'node:path';
import { InputError } from '../base/errors.ts';
import type { Case } from '../report/case.ts';
import { githubAnnotation } from '../report/github.ts';
import { junitReport } from '../report/junit.ts';
import { jsonLine } from '../report/records.ts';
import { sarifReport } from '../report/sarif.ts';
import { GrowingFile, writeWhole } from '../report/whole-file.ts';
import type { Cli } from './cli.ts';
import type { ReporterName, ReportFlags } from './commands/common.ts';
import { version } from './version.ts';

const FILES = { jsonl: 'raftgate.jsonl', junit: 'junit.xml', sarif: 'raftgate.sarif' } as const;
type DataReporter = keyof typeof FILES;

function isData(name: ReporterName): name is DataReporter {
  return name in FILES;
}

/** The reporters of one command. */
export class Reporting {
  readonly #cli: Cli;
  readonly #wanted: readonly ReporterName[];
  /** Absolute; null: data goes to standard output. */
  readonly #folder: string | null;
  readonly #jsonl: GrowingFile | null;
  readonly #cases: Case[] = [];

  /** @throws InputError CLI002 if two reporters would share standard output, CLI003 if a file cannot be written */
  constructor(cli: Cli, flags: ReportFlags) {
    this.#cli = cli;
    this.#wanted = flags.reporter;
    this.#folder = flags.output === undefined ? null : resolve(cli.cwd, flags.output);
    const data = flags.reporter.filter(isData);
    if (this.#folder === null && data.length > 0 && flags.reporter.length > 1) {
      throw new InputError('CLI002', `${flags.reporter.join(' and ')} cannot share standard output; add --output DIR`);
    }
    this.#jsonl = this.#folder !== null && data.includes('jsonl') ? new GrowingFile(this.#pathOf('jsonl')) : null;
  }

  /** Whether anybody wants a record of each run. */
  get wantsRuns(): boolean {
    return this.#wanted.includes('jsonl');
  }

  /** One record as a line of JSON, where that is wanted. */
  record<R extends { readonly kind: string }>(record: R): void {
    if (!this.wantsRuns) return;
    if (this.#jsonl !== null) this.#jsonl.write(jsonLine(record));
    else this.#cli.out(jsonLine(record));
  }

  /** Something was judged: it counts in the reports of build servers and code hosts. */
  case(one: Case): void {
    this.#cases.push(one);
    if (this.#wanted.includes('github')) this.#cli.out(githubAnnotation(one));
  }

  /** Lines for people. */
  text(lines: readonly string[]): void {
    if (this.#wanted.includes('pretty') && lines.length > 0) this.#cli.out(`${lines.join('\n')}\n`);
  }

  /** Writes what is written at the end; with `false`, takes back what was begun. */
  close(whole: boolean): void {
    this.#jsonl?.close(whole);
    if (!whole) return;
    if (this.#wanted.includes('junit')) this.#whole('junit', junitReport(this.#cases));
    if (this.#wanted.includes('sarif')) this.#whole('sarif', sarifReport(this.#cases, version()));
  }

  #pathOf(name: DataReporter): string {
    return join(this.#folder ?? this.#cli.cwd, FILES[name]);
  }

  #whole(name: DataReporter, content: string): void {
    if (this.#folder === null) this.#cli.out(content);
    else writeWhole(this.#pathOf(name), content);
  }
}
