// `raftgate run`: finds scenarios, replays the tapes kept with them, searches each, and says whether it is as it should
// be. Scenarios are searched one after the other with all workers on each, so that what is printed, and its order, is
// the same with one worker as with many.
import { InputError } from '../../base/errors.ts';
import { durationMs } from '../../scenario/duration.ts';
import { placeOf } from '../../scenario/place.ts';
import type { Scenario, WeakestQuestion } from '../../scenario/scenario.ts';
import { findingLines } from '../../report/findings.ts';
import { count, ends } from '../../report/layout.ts';
import { scenarioCase } from '../../report/case.ts';
import { jsonLine } from '../../report/records.ts';
import { totalLines, verdictLines, type Totals } from '../../report/verdict-table.ts';
import { processCpuMs } from '../cpu.ts';
import type { Cli } from '../cli.ts';
import type { RunFlags } from '../commands/run.ts';
import { discover } from '../discover.ts';
import { Exit } from '../exit.ts';
import type { Loaded } from '../load-scenarios.ts';
import { defaultJobs, Pool } from '../pool.ts';
import { Progress } from '../progress.ts';
import { replayKept } from '../replay-kept.ts';
import { Reporting } from '../reporting.ts';
import { concludeQuestion } from '../conclude-question.ts';
import { concludeScenario, type Conclusion } from '../conclude.ts';
import { FindingsBook } from '../findings-book.ts';
import { searchScenario } from '../search-scenario.ts';
import type { KeptFinding } from '../../search/index.ts';
import type { Sweep } from '../sweep.ts';

/** With at most this many scenarios, expected violations are told as well. */
const TELL_ALL_UP_TO = 3;

/** The scenarios of one shard: every n-th. */
function shardOf<T>(all: readonly T[], { shard }: RunFlags): readonly T[] {
  return shard === undefined ? all : all.filter((_, i) => i % shard.of === shard.index - 1);
}

/** How long a scenario may be searched, ms; null: to its last seed. */
function budgetOf(scenario: Scenario, flags: RunFlags): number | null {
  if (flags.budget !== undefined) return flags.budget;
  const { budget } = scenario.explore;
  return budget === undefined ? null : durationMs(budget, 'explore.budget');
}

/** One command under way. */
class RunCommand {
  readonly #cli: Cli;
  readonly #flags: RunFlags;
  readonly #pool: Pool;
  readonly #reporting: Reporting;
  readonly #progress: Progress;
  readonly #findings: FindingsBook | null;
  readonly #stopFlag = new SharedArrayBuffer(4);
  readonly #startedCpuMs = processCpuMs();
  #tellAll = false;
  /** Whether the last lines were a story, which ends with an empty one. */
  #storyLast = false;
  #totals: Totals = { asExpected: 0, notAsExpected: 0, inconclusive: 0, runs: 0, virtualMs: 0, cpuMs: 0 };

  constructor(cli: Cli, flags: RunFlags) {
    this.#cli = cli;
    this.#flags = flags;
    this.#reporting = new Reporting(cli, flags);
    this.#progress = new Progress(cli);
    this.#pool = new Pool(flags.jobs ?? defaultJobs());
    this.#findings = flags.findings === undefined ? null : new FindingsBook(flags.findings, cli.cwd);
  }

  async all(scenarios: readonly Loaded[]): Promise<void> {
    let whole = false;
    try {
      const kept = replayKept(scenarios, this.#cli, this.#reporting);
      if (!(kept.failed && this.#flags.bail)) await this.#search(scenarios);
      whole = true;
    } finally {
      this.#progress.clear();
      Atomics.store(new Int32Array(this.#stopFlag), 0, 1);
      await this.#pool.close();
      this.#reporting.close(whole);
    }
    if (this.#findings !== null) this.#told(this.#findings.close(scenarios));
    this.#total();
  }

  /** Searches ahead, so that no worker waits for the last run of a scenario, and reports in order. */
  async #search(scenarios: readonly Loaded[]): Promise<void> {
    this.#tellAll = scenarios.length <= TELL_ALL_UP_TO && !this.#flags.quiet;
    const ahead: Promise<Conclusion>[] = [];
    for (const [i, one] of scenarios.entries()) {
      while (ahead.length < Math.min(scenarios.length, i + this.#window(scenarios[ahead.length]))) {
        const next = scenarios[ahead.length] ?? one;
        const searching = this.#one(next, `${ahead.length + 1}/${scenarios.length}`);
        // Whoever waits for it hears of a failure; until somebody does, it is not an unheard one.
        searching.catch(() => undefined);
        ahead.push(searching);
      }
      const conclusion = await (ahead[i] ?? this.#one(one, ''));
      this.#progress.clear();
      this.#report(one, conclusion);
      if (this.#flags.bail && !conclusion.record.expected) return;
    }
  }

  /** How many scenarios may be searched at once: one where each has a budget of time to itself. */
  #window(next: Loaded | undefined): number {
    const scenario = next?.scenario;
    const timed = scenario?.kind === 'scenario' && budgetOf(scenario, this.#flags) !== null;
    return timed ? 1 : this.#pool.jobs;
  }

  async #one(one: Loaded, position: string): Promise<Conclusion> {
    let runs = 0;
    const means = {
      pool: this.#pool,
      wantsRecords: this.#reporting.wantsRuns,
      stopFlag: this.#stopFlag,
      progress: (done: number) => {
        runs += done;
        this.#progress.show(() => ` ${position} ${one.scenario.name}: ${count(runs, 'run')}`);
      },
    };
    if (one.scenario.kind === 'weakest')
      return concludeQuestion(one as Loaded<WeakestQuestion>, this.#pool, this.#flags, this.#cli.cwd);
    const scenario = one as Loaded<Scenario>;
    const budgetMs = budgetOf(scenario.scenario, this.#flags);
    const searched = await searchScenario(scenario, this.#flags, { ...means, budgetMs });
    const { updateWitness } = this.#flags;
    const keepAll = this.#findings !== null;
    const recorded = keepAll || this.#reporting.wantsRuns;
    const options = { pool: this.#pool, cwd: this.#cli.cwd, tellAll: this.#tellAll, keepAll, recorded, updateWitness };
    return concludeScenario(scenario, searched, options);
  }

  #report(one: Loaded, { record, sweep, stories, seen }: Conclusion): void {
    this.#findings?.add(one.scenario.name, seen, this.#isWhole(sweep));
    for (const run of sweep.records) this.#reporting.record(run);
    const told = this.#tellAll || !record.expected ? stories(this.#cli.paint) : [];
    const quiet = this.#flags.quiet && record.expected;
    const lines = quiet ? [] : [...verdictLines(record, this.#cli.paint, this.#flags.verbose), ...told];
    this.#storyLast = lines.at(-1) === '';
    this.#reporting.record(record);
    this.#reporting.text(lines);
    this.#reporting.case(scenarioCase(record, placeOf(one.scenario)?.line ?? 1, lines.join('\n')));
    this.#count(record.expected, record.verdict === 'inconclusive', sweep.runs, sweep.virtualMs);
    if (!record.expected) this.#cli.exit(Exit.NotAsExpected);
    const isOpen =
      record.verdict === 'inconclusive' || (record.states !== null && !record.complete && record.verdict === 'holds');
    if (this.#flags.requireComplete && isOpen) this.#cli.exit(Exit.Inconclusive);
  }

  /** Whether all was tried that the scenario asks for: what is not found then is gone. */
  #isWhole({ cutShort }: Sweep): boolean {
    const { seed, seeds, strategy, bound } = this.#flags;
    return !cutShort && [seed, seeds, strategy, bound].every((flag) => flag === undefined);
  }

  /** What became of each finding, and of those known from before. */
  #told(findings: readonly KeptFinding[]): void {
    for (const finding of findings) this.#reporting.record({ kind: 'finding', ...finding });
    this.#reporting.text(findingLines(findings, this.#flags.quiet));
    this.#storyLast = false;
  }

  #count(expected: boolean, inconclusive: boolean, runs: number, virtualMs: number): void {
    const t = this.#totals;
    this.#totals = {
      asExpected: t.asExpected + (expected ? 1 : 0),
      notAsExpected: t.notAsExpected + (expected ? 0 : 1),
      inconclusive: t.inconclusive + (expected && inconclusive ? 1 : 0),
      runs: t.runs + runs,
      virtualMs: t.virtualMs + virtualMs,
      cpuMs: 0,
    };
  }

  #total(): void {
    const totals = { ...this.#totals, cpuMs: processCpuMs() - this.#startedCpuMs };
    if (this.#flags.quiet && totals.notAsExpected === 0) return;
    this.#reporting.text([...(this.#storyLast ? [] : ['']), ...totalLines(totals, this.#cli.paint)]);
  }
}

/** What a scenario expects of itself, in a word or two. */
function expectation({ scenario }: Loaded): string {
  if (scenario.kind === 'weakest') return 'which gate?';
  return scenario.expect === 'holds' ? 'holds' : `violates ${scenario.expect.violates}`;
}

/** Names scenarios, a line each. */
function list(scenarios: readonly Loaded[], cli: Cli, flags: RunFlags): void {
  for (const one of scenarios) {
    const { name } = one.scenario;
    const listed = { kind: 'listed', scenario: name, file: one.file, expects: expectation(one) };
    if (flags.reporter.includes('jsonl')) cli.out(jsonLine(listed));
    else cli.out(name.length + expectation(one).length > 75 ? ` ${name}\n` : ` ${ends(name, expectation(one), 78)}\n`);
  }
}

/** `raftgate run [PATTERN…]` */
export async function run(this: Cli, flags: RunFlags, ...patterns: string[]): Promise<void> {
  if (flags.seed !== undefined && flags.seeds !== undefined)
    throw new InputError('CLI002', '--seed and --seeds both say which runs to make; give one of them');
  const scenarios = shardOf(await discover(patterns, this.cwd), flags);
  if (flags.list) return list(scenarios, this, flags);
  await new RunCommand(this, flags).all(scenarios);
}
