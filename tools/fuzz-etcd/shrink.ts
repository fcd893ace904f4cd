// Makes a script on which our core differs from etcd as short as it can be. Leaving a directive out changes every output
// after it, so each candidate is recorded by the reference anew; candidates go to it in batches, since starting it costs
// more than running a script. The result is 1-minimal: no single directive can be left out.
import type { Directive } from '../../src/conform/etcd/script.ts';
import { parseScript } from '../../src/conform/etcd/script.ts';
import { runScript } from '../../src/conform/etcd/run.ts';
import type { NamedScript, Oracle } from './oracle.ts';
import { commandList } from './oracle.ts';

const BATCH = 16;

/** Part of the one line whose text depends on the Go binary: a script with it would differ for no reason of ours. */
const UNSTABLE_LINE = 'in the ConfState';

/** Whether our core gives another output than the script expects. */
export function differs(script: NamedScript): boolean {
  return runScript(script.name, script.text).outcome === 'failed';
}

/**
 * The shortest script found that still differs, with etcd's output.
 * @returns the script as given if the reference cannot record its commands (one that ends in a panic)
 */
export function shrink(oracle: Oracle, script: NamedScript, extended: boolean): NamedScript {
  let best = script;
  let directives = upToDifference(script);
  for (let size = Math.ceil(directives.length / 2); size >= 1;) {
    const smaller = firstDiffering(oracle, directives, size, extended);
    if (smaller === null) {
      if (size === 1) break;
      size = Math.ceil(size / 2);
      continue;
    }
    best = { name: script.name, text: smaller.text };
    directives = upToDifference(smaller);
    size = Math.min(size, Math.max(1, Math.ceil(directives.length / 2)));
  }
  return best;
}

/** The directives up to the first that differs: what comes after it cannot be needed. */
function upToDifference(script: NamedScript): readonly Directive[] {
  const directives = parseScript(script.name, script.text);
  const result = runScript(script.name, script.text);
  const first = result.mismatches[0];
  return first === undefined ? directives : directives.slice(0, directives.findIndex((d) => d.line === first.line) + 1);
}

/** Leaves out one window of directives at a time and returns the first candidate that still differs. */
function firstDiffering(
  oracle: Oracle,
  directives: readonly Directive[],
  size: number,
  extended: boolean,
): NamedScript | null {
  const candidates: NamedScript[] = [];
  for (let at = 0; at < directives.length; at += size) {
    const kept = [...directives.slice(0, at), ...directives.slice(at + size)];
    candidates.push({ name: `c${String(at).padStart(5, '0')}.txt`, text: commandList(kept) });
  }
  for (let from = 0; from < candidates.length; from += BATCH) {
    const batch = candidates.slice(from, from + BATCH);
    const recorded = oracle.record(batch, extended);
    for (const { name } of batch) {
      const text = recorded.get(name);
      if (text === undefined || text.includes(UNSTABLE_LINE)) continue;
      if (differs({ name, text })) return { name, text };
    }
  }
  return null;
}
