// `raftgate doctor`: is a seed a run here? Each scenario runs twice in this process, once unrecorded, once in another
// process and once in a worker thread. Where two hashes differ, both traces are laid side by side and the first event
// that differs is named: a leak of the host is found at the event where it enters.
import { fork, type ChildProcess } from 'node:child_process';
import { InvariantError } from '../../base/errors.ts';
import { plainCase, type Case } from '../../report/case.ts';
import { eventLine } from '../../report/event-text.ts';
import { count, ends, type Paint } from '../../report/layout.ts';
import { seedSource } from '../../sim/kernel/seed-source.ts';
import type { TraceEvent } from '../../sim/kernel/trace.ts';
import { run } from '../../sim/run.ts';
import type { Cli } from '../cli.ts';
import type { DoctorFlags } from '../commands/doctor.ts';
import { OWN_EXTENSION } from '../compile-scenario.ts';
import { discover } from '../discover.ts';
import type { ChildAnswer } from '../doctor-child.ts';
import { Exit } from '../exit.ts';
import type { Loaded } from '../load-scenarios.ts';
import { scenarioOf } from '../only.ts';
import { Pool } from '../pool.ts';
import { Progress } from '../progress.ts';
import { Reporting } from '../reporting.ts';
import type { HashTask } from '../worker-tasks.ts';

/** The other process. It answers in the order of the questions; when it ends, whoever waits is told. */
class OtherProcess {
  readonly #child: ChildProcess = fork(new URL(`../doctor-child${OWN_EXTENSION}`, import.meta.url), {
    serialization: 'advanced',
  });
  #waiting: ((answer: ChildAnswer) => void)[] = [];

  constructor() {
    this.#child.on('message', (answer) => this.#waiting.shift()?.(answer as ChildAnswer));
    this.#child.on('exit', (code) => {
      for (const wake of this.#waiting)
        wake({ hash: '', trace: null, error: `the other process ended with code ${code}` });
      this.#waiting = [];
    });
  }

  /** @throws InvariantError if the run failed there, or the process is gone */
  async ask(task: HashTask): Promise<ChildAnswer> {
    const answer = await new Promise<ChildAnswer>((resolve) => {
      this.#waiting.push(resolve);
      this.#child.send(task);
    });
    if (answer.error !== null) throw new InvariantError('CLI_DOCTOR', answer.error);
    return answer;
  }

  close(): void {
    this.#child.kill();
  }
}

/** Two runs of one seed that should have been one. */
interface Divergence {
  readonly seed: string;
  readonly where: string;
  /** The first event that differs, as each run has it. */
  readonly here: string;
  readonly there: string;
}

/** The first event that differs between two traces, as text of both sides. */
function firstDifference(a: readonly TraceEvent[], b: readonly TraceEvent[]): { here: string; there: string } {
  const end = 'the run is over';
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [here, there] = [a[i], b[i]];
    if (JSON.stringify(here) === JSON.stringify(there)) continue;
    return { here: here === undefined ? end : eventLine(here), there: there === undefined ? end : eventLine(there) };
  }
  const last = a.at(-1);
  const text = last === undefined ? end : `${eventLine(last)} (the last; only what is hashed besides differs)`;
  return { here: text, there: text };
}

/** Runs one seed in every way and compares. */
class Examination {
  readonly #other = new OtherProcess();
  readonly #pool = new Pool(2);

  async one(loaded: Loaded, seed: string): Promise<Divergence | null> {
    const actual = scenarioOf(loaded);
    const first = run(actual, seedSource(seed), { record: true });
    const differs = (where: string, trace: readonly TraceEvent[]): Divergence => ({
      seed,
      where,
      ...firstDifference(first.trace, trace),
    });
    const again = run(actual, seedSource(seed), { record: true });
    if (again.hash !== first.hash) return differs('a second run in this process', again.trace);
    if (run(actual, seedSource(seed)).hash !== first.hash) return differs('a run that is not recorded', first.trace);
    const task = { url: loaded.url, name: loaded.scenario.name, seed };
    if ((await this.#other.ask({ ...task, record: false })).hash !== first.hash) {
      return differs('another process', (await this.#other.ask({ ...task, record: true })).trace ?? []);
    }
    if ((await this.#pool.do('hashTask', { ...task, record: false })) !== first.hash) {
      return differs('a worker thread', (await this.#pool.do('traceTask', { ...task, record: true })).trace);
    }
    return null;
  }

  async close(): Promise<void> {
    this.#other.close();
    await this.#pool.close();
  }
}

function divergenceLines({ seed, where, here, there }: Divergence): string[] {
  return [
    `   seed ${seed} differs in ${where}; the first divergent event:`,
    `     here   ${here}`,
    `     there  ${there}`,
  ];
}

/** What is told of a scenario. */
function doctorLines(name: string, found: Divergence | null, paint: Paint): string[] {
  const verdict = found === null ? 'the same' : 'DIFFERS';
  const line = ` ${ends(name, verdict, 78)}`;
  const painted = line.slice(0, -verdict.length) + (found === null ? paint.good : paint.bad)(verdict);
  return [painted, ...(found === null ? [] : divergenceLines(found))];
}

/** Whether a scenario is deterministic, as a case. */
function doctorCase({ scenario: { name }, file }: Loaded, found: Divergence | null): Case {
  const why =
    found === null
      ? 'the same'
      : divergenceLines(found)
          .map((line) => line.trim())
          .join(' ');
  return plainCase('determinism', { name, file, outcome: found === null ? 'passed' : 'failed', why });
}

/** `raftgate doctor [PATTERN…]` */
export async function doctor(this: Cli, flags: DoctorFlags, ...patterns: string[]): Promise<void> {
  const scenarios = await discover(patterns, this.cwd);
  const reporting = new Reporting(this, flags);
  const progress = new Progress(this);
  const examination = new Examination();
  let sick = 0;
  let whole = false;
  try {
    for (const one of scenarios) {
      progress.show(() => ` ${one.scenario.name}`);
      let found: Divergence | null = null;
      for (let seed = flags.seeds.from; seed <= flags.seeds.to && found === null; seed++)
        found = await examination.one(one, String(seed));
      progress.clear();
      if (found !== null) sick++;
      const { name } = one.scenario;
      reporting.record({ kind: 'doctor', scenario: name, deterministic: found === null, divergence: found });
      reporting.case(doctorCase(one, found));
      if (found !== null || !flags.quiet) reporting.text(doctorLines(name, found, this.paint));
    }
    whole = true;
  } finally {
    progress.clear();
    await examination.close();
    reporting.close(whole);
  }
  const seeds = flags.seeds.to - flags.seeds.from + 1;
  const tried = `${count(scenarios.length, 'scenario')}, ${count(seeds, 'seed')} each, 5 runs a seed`;
  reporting.text([
    '',
    sick === 0 ? ` ${tried}: every hash the same` : ` ${tried}: ${count(sick, 'scenario')} NOT deterministic`,
  ]);
  if (sick > 0) this.exit(Exit.NotDeterministic);
}
