// The reference program that writes scripts with the output etcd gave, built outside the tree and asked for two things:
// fresh scripts for seeds, and the output of command lists of ours. Its sources stay where they are shared; only the
// binary is made, in a folder of the system's temporary space, so that a run leaves nothing behind in a checkout.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Directive } from '../../src/conform/etcd/script.ts';

/** A script by its file name. */
export interface NamedScript {
  readonly name: string;
  readonly text: string;
}

/** What is generated: a run of seeds of one set. */
export interface Batch {
  readonly from: number;
  readonly count: number;
  readonly extended: boolean;
  readonly panics: boolean;
  readonly maxCommands: number;
}

/** The reference program, ready to run. */
export class Oracle {
  private readonly dir: string;
  private readonly binary: string;

  /**
   * Builds the program.
   * @param source folder with its Go sources
   */
  constructor(source: string) {
    this.dir = mkdtempSync(join(tmpdir(), 'raftgate-oracle-'));
    this.binary = join(this.dir, 'oracle');
    const copy = join(this.dir, 'source');
    cpSync(source, copy, { recursive: true, filter: (path) => !path.endsWith('.txt') });
    const build = spawnSync('go', ['build', '-o', this.binary, '.'], { cwd: copy, encoding: 'utf8' });
    if (build.status !== 0 || !existsSync(this.binary))
      throw new Error(`go build failed in ${source}\n${build.stderr}`);
  }

  /** Fresh scripts, and the seed to go on with. */
  generate(batch: Batch): NamedScript[] {
    const out = join(this.dir, 'fresh');
    rmSync(out, { recursive: true, force: true });
    const args = [
      '-from',
      String(batch.from),
      '-count',
      String(batch.count),
      '-max',
      String(batch.maxCommands),
      '-out',
      out,
    ];
    if (batch.extended) args.push('-ext');
    if (batch.panics) args.push('-panics', '-tries', String(batch.count * 80));
    const run = spawnSync(this.binary, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
    if (run.status !== 0) throw new Error(`the oracle failed: ${run.stderr}`);
    return readScripts(out);
  }

  /**
   * Lets etcd run command lists and returns those whose output does not depend on election randomness, by name.
   */
  record(lists: readonly NamedScript[], extended: boolean): Map<string, string> {
    const input = join(this.dir, 'lists');
    const out = join(this.dir, 'recorded');
    for (const dir of [input, out]) {
      rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir);
    }
    for (const { name, text } of lists) writeFileSync(join(input, name), text);
    const args = ['-record', input, '-set', 'shrunk', '-out', out];
    if (extended) args.push('-ext');
    // A command list may send etcd into an endless directive: what was written until then still counts.
    spawnSync(this.binary, args, { encoding: 'utf8', timeout: 20_000, maxBuffer: 1 << 26 });
    return new Map(readScripts(out).map(({ name, text }) => [name, text]));
  }

  /** Removes everything that was built and generated. */
  dispose(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function readScripts(dir: string): NamedScript[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir).sort((a, b) => (a < b ? -1 : 1));
  return names.map((name) => ({ name, text: readFileSync(join(dir, name), 'utf8') }));
}

/** The command list of directives: what the program's recorder reads. */
export function commandList(directives: readonly Directive[]): string {
  const lines: string[] = [];
  for (const d of directives) {
    lines.push(d.text);
    if (d.input !== '') lines.push(d.input);
  }
  return `${lines.join('\n')}\n`;
}
