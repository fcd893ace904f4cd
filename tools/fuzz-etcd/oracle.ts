// The reference programs that write scripts with the output etcd gave: the shared oracle for interactions, and ours beside
// this file for the configuration changer and the quorums. They are built outside the tree, in a folder of the system's
// temporary space, so that a run leaves nothing behind in a checkout.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Directive } from '../../src/conform/etcd/script.ts';

/** A script by its file name. */
export interface NamedScript {
  readonly name: string;
  readonly text: string;
}

/**
 * Which scripts: interactions, those with the extended commands, those that end in a panic, those of the units, or the same
 * with ids that no double holds.
 */
export type ScriptSet = 'random' | 'random-ext' | 'panics' | 'units' | 'units-wide';

/** A run of seeds of one set. */
export interface Batch {
  readonly set: ScriptSet;
  readonly from: number;
  readonly count: number;
  /** Longest interaction script. */
  readonly maxCommands: number;
}

/** Seeds that are tried for each script that ends in a panic. */
const TRIES_PER_PANIC = 80;

/** The reference programs, ready to run. */
export class Oracle {
  private readonly dir: string;
  private readonly interactions: string;
  private readonly units: string;

  /**
   * Builds the programs.
   * @param source folder with the Go sources of the shared oracle, whose module file serves both
   */
  constructor(source: string) {
    this.dir = mkdtempSync(join(tmpdir(), 'raftgate-oracle-'));
    this.interactions = this.build('interactions', source, source);
    this.units = this.build('units', fileURLToPath(new URL('units/', import.meta.url)), source);
  }

  private build(name: string, source: string, module: string): string {
    const folder = join(this.dir, `${name}-source`);
    cpSync(source, folder, { recursive: true, filter: (path) => !path.endsWith('.txt') });
    for (const file of ['go.mod', 'go.sum']) writeFileSync(join(folder, file), readFileSync(join(module, file)));
    const binary = join(this.dir, name);
    const build = spawnSync('go', ['build', '-o', binary, '.'], { cwd: folder, encoding: 'utf8' });
    if (build.status !== 0 || !existsSync(binary)) throw new Error(`go build failed in ${source}\n${build.stderr}`);
    return binary;
  }

  /** Fresh scripts. A set may skip seeds that give none. */
  generate(batch: Batch): NamedScript[] {
    const out = join(this.dir, 'fresh');
    rmSync(out, { recursive: true, force: true });
    const args = ['-from', String(batch.from), '-count', String(batch.count), '-out', out];
    const ofUnits = batch.set.startsWith('units');
    if (!ofUnits) args.push('-max', String(batch.maxCommands));
    if (batch.set === 'units-wide') args.push('-wide');
    if (batch.set === 'random-ext') args.push('-ext');
    if (batch.set === 'panics') args.push('-panics', '-tries', String(batch.count * TRIES_PER_PANIC));
    const program = ofUnits ? this.units : this.interactions;
    const run = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
    if (run.status !== 0) throw new Error(`the oracle failed: ${run.stderr}`);
    return readScripts(out);
  }

  /** Lets etcd run command lists and returns those whose output does not depend on election randomness, by name. */
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
    spawnSync(this.interactions, args, { encoding: 'utf8', timeout: 20_000, maxBuffer: 1 << 26 });
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
