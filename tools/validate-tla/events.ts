// Our state trace beside the reference's own: the same command lists through both, every event compared as text. The trace
// specification looks at a part of each event only and skips some kinds altogether; this comparison leaves nothing out.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Directive } from '../../src/conform/etcd/script.ts';
import { parseScript } from '../../src/conform/etcd/script.ts';
import { findScripts, readScript, runDirectives, TraceCollector } from '../../src/conform/etcd/index.ts';

/** How many scripts and events were compared, and the first difference of each script that has one. */
export interface EventComparison {
  readonly scripts: number;
  readonly events: number;
  readonly differences: readonly string[];
}

/** Whether the reference's environment can run a list as it stands: it pins no timeout, a hook of the reference's tests. */
function isPlain(directives: readonly Directive[]): boolean {
  return directives.every((d) => d.command !== 'set-randomized-election-timeout');
}

/**
 * Compares the events of scripts below a folder.
 * @param goModule folder whose go.mod and go.sum serve the comparing program
 * @param most scripts at most
 */
export function compareEvents(goModule: string, scripts: string, most: number): EventComparison {
  const lists = findScripts([scripts])
    .map((file) => ({ file, directives: parseScript(file, readScript(file)) }))
    .filter(({ directives }) => isPlain(directives))
    .slice(0, most);
  const theirs = referenceEvents(
    goModule,
    lists.map(({ directives }) => directives),
  );
  const differences: string[] = [];
  let events = 0;
  lists.forEach(({ file, directives }, i) => {
    const trace = new TraceCollector();
    runDirectives(directives, trace);
    const ours = trace.events.map((e) => JSON.stringify(e));
    const their = theirs[i] ?? [];
    events += ours.length;
    const at = Array.from({ length: Math.max(ours.length, their.length) }).findIndex((_, k) => ours[k] !== their[k]);
    if (at >= 0) differences.push(`${file} event ${at + 1}\n  ours   ${ours[at]}\n  theirs ${their[at]}`);
  });
  return { scripts: lists.length, events, differences };
}

function referenceEvents(goModule: string, lists: readonly (readonly Directive[])[]): string[][] {
  const dir = mkdtempSync(join(tmpdir(), 'raftgate-events-'));
  try {
    cpSync(fileURLToPath(new URL('events/', import.meta.url)), dir, { recursive: true });
    for (const file of ['go.mod', 'go.sum']) writeFileSync(join(dir, file), readFileSync(join(goModule, file)));
    const binary = join(dir, 'events');
    const build = spawnSync('go', ['build', '-tags=with_tla', '-o', binary, '.'], { cwd: dir, encoding: 'utf8' });
    if (build.status !== 0) throw new Error(`go build failed\n${build.stderr}`);
    const input = lists.map((list) => JSON.stringify(list.map((d) => ({ line: d.text, input: d.input })))).join('\n');
    const run = spawnSync(binary, { input: `${input}\n`, encoding: 'utf8', maxBuffer: 1 << 28 });
    if (run.status !== 0) throw new Error(`the comparing program failed\n${run.stderr}`);
    return run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as string[]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
