// Runs the binary as a user does, in a folder of its own, and reads back what it printed.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BINARY = fileURLToPath(new URL('../../bin/raftgate', import.meta.url));

/** So many commands run at once: a test file may ask for dozens. */
const AT_ONCE = 2;
const waiting: (() => void)[] = [];
let running = 0;

async function turn(): Promise<void> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
}

function done(): void {
  running--;
  waiting.shift()?.();
}

const FOLDERS: string[] = [];
process.on('exit', () => FOLDERS.forEach((path) => rmSync(path, { recursive: true, force: true })));

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder in which commands run; it goes when the test's file is done. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'raftgate-test-'));

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    FOLDERS.push(this.path);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.path, name)), { recursive: true });
    writeFileSync(join(this.path, name), text);
  }

  /** Every file below the folder, by relative path. */
  files(): string[] {
    return readdirSync(this.path, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.path.length + 1))
      .toSorted();
  }

  /** Commands that run in a folder below this one. */
  in(below: string): { readonly run: (...args: readonly string[]) => Promise<Ended> } {
    return { run: (...args) => this.#start(join(this.path, below), {}, args) };
  }

  run(...args: readonly string[]): Promise<Ended> {
    return this.runWith({}, ...args);
  }

  /** Runs with some variables of the environment set. */
  runWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
    return this.#start(this.path, env, args);
  }

  async #start(cwd: string, env: Readonly<Record<string, string>>, args: readonly string[]): Promise<Ended> {
    const options = { cwd, env: { ...process.env, NO_COLOR: '1', ...env }, maxBuffer: 64 * 1024 * 1024 };
    await turn();
    return new Promise((resolve) => {
      execFile(process.execPath, [BINARY, ...args], options, (error, out, err) => {
        done();
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
      });
    });
  }
}

/** What a scenario file may have in place of the plain. */
export interface Parts {
  readonly name: string;
  readonly gate: string;
  readonly plan: string;
  readonly properties: string;
  readonly expect: string;
  readonly seeds: string;
  readonly nodes: string;
  readonly tail: string;
}

const PLAIN: Parts = {
  name: 'sample/flag',
  gate: "'ready'",
  plan: "start(build), write('g1'), feature.call('Raise', { to: leaderOf('g1') }), settle()",
  properties: "never('apply-halted', (c) => c.replicas.some((r) => r.halted !== null))",
  expect: "'holds'",
  seeds: '[1, 5]',
  nodes: "['n1', 'n2', 'n3']",
  tail: '',
};

/** A small scenario file, with some of its parts replaced. */
export function scenarioText(parts: Partial<Parts> = {}): string {
  const p = { ...PLAIN, ...parts };
  return `import {
  always, cluster, crash, defineSubject, eventually, leaderOf, listener, never, open, par, restart, scenario, self, seq, settle,
  sometimes, start, swarm, write,
} from 'raftgate';

export const feature = defineSubject({
  name: 'sample',
  opcodes: { put: 1, raise: 0x20 },
  initial: () => ({ raised: 0 }),
  apply: (state, entry, me) => {
    if (!me.applies(entry.op)) return { halt: 'unknown opcode ' + entry.op };
    return entry.op === 'raise' ? { raised: state.raised + 1 } : state;
  },
  rpcs: { Raise: { proposes: 'raise' } },
  atoms: { ready: self((me) => me.config.ready === true) },
});
const build = feature.build('v1', { applies: ['put', 'raise'], config: { ready: true }, gates: { Raise: ${p.gate} } });
const broken = feature.build('v0', { applies: ['put'], serves: ['Raise'], gates: { Raise: open } });
export default scenario('${p.name}', {
  about: 'A sample.',
  cluster: cluster({ nodes: ${p.nodes}, groups: { g1: { voters: ['n1', 'n2', 'n3'] } } }),
  plan: seq(${p.plan}),
  properties: [${p.properties}],
  explore: { seeds: ${p.seeds} },
  expect: ${p.expect},
});
void [always, broken, crash, eventually, listener, open, par, restart, sometimes, swarm];
${p.tail}
`;
}

/** The parts of a scenario whose every run halts. */
export const HALTING: Partial<Parts> = {
  name: 'sample/halting',
  plan: "start(broken), write('g1'), feature.call('Raise', { to: leaderOf('g1') }), settle()",
  expect: "{ violates: 'apply-halted' }",
};
