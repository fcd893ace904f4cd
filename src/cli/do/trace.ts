// `raftgate trace`: a run in the form another tool reads. The run is repeated from its tape, or made from a seed.
import { relative, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { TraceCollector } from '../../conform/etcd/index.ts';
import { jsonLine } from '../../report/records.ts';
import { mermaidDiagram } from '../../report/mermaid.ts';
import { perfettoTrace } from '../../report/perfetto.ts';
import { shivizLog } from '../../report/shiviz.ts';
import { traceSteps } from '../../report/trace-steps.ts';
import { writeWhole } from '../../report/whole-file.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { RecordingSource } from '../../sim/kernel/choices.ts';
import { seedSource } from '../../sim/kernel/seed-source.ts';
import { tapeSource } from '../../sim/kernel/tape-source.ts';
import { run } from '../../sim/run.ts';
import type { RunResult } from '../../sim/verdict.ts';
import type { Cli } from '../cli.ts';
import type { TraceFlags } from '../commands/trace.ts';
import { onlyOne, scenarioOf } from '../only.ts';
import { votersOf } from '../tell.ts';
import { taped } from './replay.ts';

/** Which run is meant: a scenario and the source of its choices. */
async function runOf(path: string, flags: TraceFlags, cwd: string): Promise<[Scenario, RecordingSource]> {
  if (flags.seed === undefined) {
    const { scenario, stored } = await taped(path, flags.scenario, cwd);
    return [scenario, tapeSource(stored.tape)];
  }
  return [scenarioOf(await onlyOne(path, cwd)), seedSource(flags.seed)];
}

/** The steps of a run: up to its first violation, else of the whole of it. */
function mermaid(scenario: Scenario, result: RunResult): string {
  const end = { property: '', says: '', seq: result.events, atMs: result.virtualMs, code: '', node: '', group: '' };
  const rows = traceSteps(result.trace, result.violations[0] ?? end, votersOf(scenario, result));
  return mermaidDiagram(scenario.name, scenario.cluster.nodes, rows);
}

/** The group whose steps are meant: a state trace is of one, and its nodes have their ids there only. */
function groupOf({ cluster }: Scenario, asked: string | undefined): string {
  const names = cluster.groups.map(({ name }) => name);
  const group = asked ?? (names.length === 1 ? names[0]! : '');
  if (names.includes(group)) return group;
  const why = asked === undefined ? 'a state trace is of one group' : `there is no group "${asked}"`;
  throw new InputError('CLI001', `${why}; --group takes ${names.join(', ')}`);
}

function stateTrace(scenario: Scenario, source: RecordingSource, group: string): string {
  const collector = new TraceCollector();
  run(scenario, source, { stateTrace: (name) => (name === group ? collector : null) });
  return collector.foldedText();
}

function rendered(flags: TraceFlags, scenario: Scenario, source: RecordingSource): string {
  const { to, group } = flags;
  if (to === 'etcd') return stateTrace(scenario, source, groupOf(scenario, group));
  if (group !== undefined) throw new InputError('CLI001', `--group goes with --to etcd; ${to} shows all groups`);
  const result = run(scenario, source, { record: true });
  switch (to) {
    case 'perfetto':
      return perfettoTrace(result.trace);
    case 'shiviz':
      return shivizLog(result.trace);
    case 'mermaid':
      return mermaid(scenario, result);
    case 'jsonl':
      return result.trace.map(jsonLine).join('');
  }
}

/** `raftgate trace FILE --to FORMAT` */
export async function trace(this: Cli, flags: TraceFlags, path: string): Promise<void> {
  const [scenario, source] = await runOf(path, flags, this.cwd);
  const text = rendered(flags, scenario, source);
  if (flags.output === undefined) return this.out(text);
  writeWhole(resolve(this.cwd, flags.output), text);
  this.out(`${relative(this.cwd, resolve(this.cwd, flags.output))}\n`);
}
