// Runs one script and compares each directive's output with the expected one, byte for byte. What kind of script it is
// follows from its commands alone: a held-out file under another name or in another folder is run as any other. A script
// passes if every directive matches; there is no partial credit, and none that is not run.
import type { StateTracePort } from '../../raft/index.ts';
import { RaftInvariantError } from '../../raft/index.ts';
import type { InputError } from '../../base/errors.ts';
import { unifiedDiff } from '../diff.ts';
import { HarnessPanic, isInputError, own } from './args.ts';
import { CHANGER_COMMANDS, changerScript } from './changer-script.ts';
import { BASE_COMMANDS } from './commands.ts';
import { EXTENDED_COMMANDS } from './commands-extended.ts';
import { Environment } from './environment.ts';
import { QUORUM_COMMANDS, runQuorumDirective } from './quorum-script.ts';
import type { Directive } from './script.ts';
import { looksLikeScript, parseScript } from './script.ts';
import { ScriptIds } from './script-ids.ts';

/** A directive whose output differs. */
export interface Mismatch {
  readonly line: number;
  readonly text: string;
  readonly expected: string;
  readonly actual: string;
}

/** What came of one script. */
export interface ScriptResult {
  readonly file: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly directives: number;
  readonly mismatches: readonly Mismatch[];
  /** What to print: nothing if it passed. */
  readonly lines: readonly string[];
}

/** Mismatches of one script that are printed; what follows the first is mostly its consequence. */
const MAX_PRINTED = 3;

/** Text with which an expected panic starts. @source FORMAT section 9 */
const PANIC = 'PANIC: ';

/** Runs a directive and gives its output; throws what the reference panics with. */
type Runner = (d: Directive) => string;

/** Runs the script in a text. */
export function runScript(file: string, text: string): ScriptResult {
  if (!looksLikeScript(text)) {
    const lines = [`skipped ${file}: not a script (no ---- line)`];
    return { file, outcome: 'skipped', directives: 0, mismatches: [], lines };
  }
  try {
    const directives = parseScript(file, text);
    const mismatches = compareAll(directives);
    const outcome = mismatches.length === 0 ? 'passed' : 'failed';
    return { file, outcome, directives: directives.length, mismatches, lines: diffLines(file, mismatches) };
  } catch (e) {
    if (!isInputError(e)) throw e;
    return { file, outcome: 'failed', directives: 0, mismatches: [], lines: [inputErrorLine(e)] };
  }
}

function inputErrorLine(e: InputError): string {
  return `${e.at?.file ?? ''}:${e.at?.line ?? 1}:${e.at?.column ?? 1} ${e.code} ${e.message}`;
}

function compareAll(directives: readonly Directive[]): Mismatch[] {
  const run = runnerFor(directives);
  const mismatches: Mismatch[] = [];
  for (const [position, d] of directives.entries()) {
    const { output, panicked } = outputOf(run, d);
    if (output !== d.expected) mismatches.push({ line: d.line, text: d.text, expected: d.expected, actual: output });
    if (!panicked) continue;
    // After a panic there is no state to go on from: what follows has not been run, and must not count as passed.
    for (const rest of directives.slice(position + 1)) {
      mismatches.push({
        line: rest.line,
        text: rest.text,
        expected: rest.expected,
        actual: '(not run: panicked above)\n',
      });
    }
    break;
  }
  return mismatches;
}

/** Runs the directives of an interaction script for what they leave in a state trace; nothing is compared. */
export function runDirectives(directives: readonly Directive[], trace: StateTracePort): void {
  const env = new Environment(new ScriptIds(directives), trace);
  for (const d of directives) runInteraction(env, d);
}

function runnerFor(directives: readonly Directive[]): Runner {
  const ids = new ScriptIds(directives);
  const uses = (commands: readonly string[]): boolean => directives.some((d) => commands.includes(d.command));
  if (!uses(['add-nodes'])) {
    if (uses(CHANGER_COMMANDS)) return changerScript(ids);
    if (uses(QUORUM_COMMANDS)) return (d) => runQuorumDirective(ids, d);
  }
  const env = new Environment(ids);
  return (d) => runInteraction(env, d);
}

function runInteraction(env: Environment, d: Directive): string {
  env.output.take();
  const command = own(BASE_COMMANDS, d.command) ?? own(EXTENDED_COMMANDS, d.command);
  const error = command === undefined ? 'unknown command' : command(env, d);
  if (error !== null) {
    if (env.output.quiet) return error;
    env.output.write(error);
  }
  return env.output.isEmpty ? 'ok' : env.output.take();
}

/** The output as a script records it. What was printed before a panic is not part of the expectation. */
function outputOf(run: Runner, d: Directive): { output: string; panicked: boolean } {
  try {
    const output = run(d);
    return { output: output === '' || output.endsWith('\n') ? output : `${output}\n`, panicked: false };
  } catch (e) {
    if (!(e instanceof RaftInvariantError || e instanceof HarnessPanic)) throw e;
    return { output: `${PANIC}${e.message}\n`, panicked: true };
  }
}

function diffLines(file: string, mismatches: readonly Mismatch[]): string[] {
  const lines: string[] = [];
  for (const m of mismatches.slice(0, MAX_PRINTED)) {
    const place = `${file}:${m.line}`;
    lines.push(...unifiedDiff(m.expected, m.actual, { expectedName: `${place} ${m.text}`, actualName: 'raftgate' }));
  }
  const more = mismatches.length - MAX_PRINTED;
  if (more > 0) lines.push(`${file}: ${more} more directives differ`);
  return lines;
}
