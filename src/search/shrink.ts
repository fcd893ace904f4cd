// A failing tape made short, in passes. Choices that are left out become the plainest outcome, so a shorter tape is a calmer
// run; what must stay is the failure: the same property, broken for the same reason. If one choice is enough, in an order
// that is the same for every seed, it is taken; else whole kinds of disturbance go first (faults and clients, then messages,
// then timers), single choices next, and few choices from elsewhere are tried in place of what is left. Then that is made
// small, and groups and nodes that do not matter are named.
import type { Scenario } from '../scenario/scenario.ts';
import type { Tape, TapeChoice } from '../sim/kernel/choices.ts';
import type { RunResult, Violation } from '../sim/verdict.ts';
import { ddmin } from './ddmin.ts';
import { costOfSingle, pair, single, withOneMore } from './shrink/canonical.ts';
import { spare, type Spared } from './shrink/spare.ts';
import { retimed, smaller } from './shrink/times.ts';
import { play, Trial, type AlsoWanted, type Played } from './shrink/trial.ts';

export interface ShrinkOptions {
  /** The property that has to stay broken; default: the first one broken. */
  readonly property?: string;
  /** Most runs; default 2,000. */
  readonly maxRuns?: number;
  /** Most events of all runs together, so that scenarios with long runs take no longer; default 300,000. */
  readonly maxEvents?: number;
  readonly stop?: () => boolean;
  /** What a run has to be besides, such as no longer than the shortest witness. */
  readonly also?: AlsoWanted;
}

export interface ShrinkPass {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface ShrinkResult {
  readonly tape: Tape;
  /** The shrunk run, recorded. */
  readonly run: RunResult;
  readonly violation: Violation;
  /** Choices that were not the plainest, before and after. */
  readonly from: number;
  readonly to: number;
  /** Choices that the run was asked for before, plain ones included. */
  readonly asked: number;
  readonly passes: readonly ShrinkPass[];
  readonly runs: number;
  /** Groups and nodes without which the cluster breaks in the same way. */
  readonly spared: Spared;
  /** No single choice can be left out. Whether a run of another shape is shorter is for the exhaustive search to say. */
  readonly minimal: boolean;
}

const MOST_RUNS = 2_000;
const MOST_EVENTS = 300_000;
/** The part of all events that looking for a single choice may take before anything is left out: more, and it comes behind. */
const ANY_ONE = 0.3;
/** The part of all runs and events that may be spent when leaving out ends, where runs are short enough for more. */
const LEAVING_OUT = 0.75;
/** Up to so many choices, none of which can be left out, two of the plan's are not looked for in their place. */
const AS_FEW = 2;

/** Kinds of choices, in the order in which they are left out. */
const KINDS: readonly { readonly name: string; readonly has: (stream: string) => boolean }[] = [
  { name: 'clients', has: (stream) => stream.startsWith('client/') },
  { name: 'faults', has: (stream) => stream.startsWith('fault') },
  { name: 'disks', has: (stream) => stream.startsWith('disk/') },
  { name: 'compaction', has: (stream) => stream.startsWith('compact/') },
  { name: 'deliveries', has: (stream) => stream.startsWith('network/') },
  { name: 'timers', has: (stream) => stream.startsWith('raft/') },
  { name: 'plan', has: (stream) => stream === 'plan' },
  { name: 'the rest', has: () => true },
];

/** Shrinks a tape; null where replaying it breaks nothing (or not that property). */
export function shrinkTape(scenario: Scenario, tape: Tape, options: ShrinkOptions = {}): ShrinkResult | null {
  const first = play(scenario, tape.choices);
  const { property, also = () => true } = options;
  const violation = first.result.violations.find((v) => property === undefined || v.property === property);
  if (violation === undefined || !also(first.result, violation)) return null;
  return new Shrinker(scenario, tape, first, violation, options).shrink();
}

class Shrinker {
  readonly #tape: Tape;
  readonly #first: Played;
  readonly #trial: Trial;
  readonly #passes: ShrinkPass[] = [];
  #minimal = true;
  #kept: readonly TapeChoice[];
  /** The part of all runs that may be spent by now. */
  #share = 1;
  readonly #maxEvents: number;

  constructor(scenario: Scenario, tape: Tape, first: Played, violation: Violation, options: ShrinkOptions) {
    this.#tape = tape;
    this.#first = first;
    this.#kept = tape.choices;
    this.#maxEvents = options.maxEvents ?? MOST_EVENTS;
    const { maxRuns = MOST_RUNS, stop = () => false, also } = options;
    const isOver = (runs: number, events: number): boolean =>
      runs >= this.#share * maxRuns || events >= this.#share * this.#maxEvents || stop();
    this.#trial = new Trial(scenario, first.result, violation, isOver, also);
  }

  shrink(): ShrinkResult {
    this.#fewer();
    this.#pass('smaller', () => smaller(this.#kept, this.#trial));
    const spared = spare(this.#kept, this.#trial);
    const gone = [...spared.groups, ...spared.nodes];
    if (gone.length > 0) this.#pass(`groups and nodes: ${gone.join(', ')} can go`, () => this.#kept);
    const tape: Tape = { ...this.#tape, seed: null, strategy: 'shrink', choices: this.#kept };
    const last = this.#trial.play(this.#kept).result;
    return {
      tape,
      run: last,
      violation: this.#trial.violation(last)!,
      from: this.#tape.choices.length,
      to: this.#kept.length,
      asked: this.#first.asked.length,
      passes: this.#passes,
      runs: this.#trial.runs,
      spared,
      minimal: this.#minimal,
    };
  }

  /** Leaves out what can be, and puts few choices in the place of many. */
  #fewer(): void {
    if (this.#kept.length === 0) return;
    const trial = this.#trial;
    this.#pass('none', () => (trial.shows([]) ? [] : this.#kept));
    const isCheap = this.#kept.length > 0 && costOfSingle(trial) <= ANY_ONE * this.#maxEvents;
    if (isCheap) this.#anyOne();
    if (this.#kept.length <= 1) return;
    this.#share = isCheap ? LEAVING_OUT : 1;
    for (const { name, has } of this.#kinds()) this.#leaveOut(name, has);
    this.#leaveOut('one by one', () => true);
    this.#share = 1;
    if (!isCheap) this.#anyOne();
    if (this.#kept.length > AS_FEW) this.#pass('two of the plan', () => pair(trial) ?? this.#kept);
    this.#pass('times', () => retimed(this.#kept, trial));
    this.#pass('one more', () => withOneMore(this.#kept, trial));
    this.#leaveOut('one by one', () => true);
  }

  #anyOne(): void {
    if (this.#kept.length > 0) this.#pass('any one', () => single(this.#trial) ?? this.#kept);
  }

  /** Kinds that the tape has, each stream in the first kind it belongs to. */
  #kinds(): typeof KINDS {
    return KINDS.map(({ name }, i) => ({
      name,
      has: (stream: string) => KINDS.findIndex((kind) => kind.has(stream)) === i,
    })).filter(({ has }) => this.#kept.some((choice) => has(choice.stream)));
  }

  #pass(name: string, work: () => readonly TapeChoice[]): void {
    const from = this.#kept.length;
    this.#kept = work();
    this.#passes.push({ name, from, to: this.#kept.length });
  }

  /** Leaves out what it can of one kind. */
  #leaveOut(name: string, has: (stream: string) => boolean): void {
    const whole = this.#kept;
    const candidates = whole.filter((choice) => has(choice.stream));
    const with_ = (part: readonly TapeChoice[]): readonly TapeChoice[] => {
      const wanted = new Set(part);
      return whole.filter((choice) => wanted.has(choice) || !has(choice.stream));
    };
    this.#pass(name, () => {
      const { kept, minimal } = ddmin(
        candidates,
        (part) => this.#trial.shows(with_(part)),
        () => this.#trial.isOver,
      );
      if (name === 'one by one') this.#minimal = minimal;
      return with_(kept);
    });
  }
}
