// A failing tape made short. Choices that are left out become the plainest outcome, so a shorter tape is a calmer run; what
// must stay is the failure: the same property, broken for the same reason. Whole kinds of disturbance go first (faults and
// clients, then messages, then timers), single choices next, and what is left is made small.
import type { Scenario } from '../scenario/scenario.ts';
import type { Tape, TapeChoice } from '../sim/kernel/choices.ts';
import { tapeSource } from '../sim/kernel/tape-source.ts';
import { run } from '../sim/run.ts';
import type { RunResult, Violation } from '../sim/verdict.ts';
import { ddmin } from './ddmin.ts';

export interface ShrinkOptions {
  /** The property that has to stay broken; default: the first one broken. */
  readonly property?: string;
  /** Most runs; default 2,000. */
  readonly maxRuns?: number;
  readonly stop?: () => boolean;
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
  /** Choices before and after. */
  readonly from: number;
  readonly to: number;
  readonly passes: readonly ShrinkPass[];
  readonly runs: number;
  /** No single choice can be left out. Whether a run of another shape is shorter is for the exhaustive search to say. */
  readonly minimal: boolean;
}

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
  const shrinker = new Shrinker(scenario, tape, options);
  return shrinker.violation === null ? null : shrinker.shrink(shrinker.violation);
}

class Shrinker {
  readonly violation: Violation | null;
  readonly #scenario: Scenario;
  readonly #tape: Tape;
  readonly #options: ShrinkOptions;
  readonly #passes: ShrinkPass[] = [];
  #runs = 0;
  #minimal = true;
  #kept: readonly TapeChoice[];

  constructor(scenario: Scenario, tape: Tape, options: ShrinkOptions) {
    this.#scenario = scenario;
    this.#tape = tape;
    this.#options = options;
    this.#kept = tape.choices;
    const { violations } = this.#replay(tape.choices);
    const { property } = options;
    this.violation = violations.find((v) => property === undefined || v.property === property) ?? null;
  }

  shrink(violation: Violation): ShrinkResult {
    const shows = (choices: readonly TapeChoice[]): boolean => {
      const { violations } = this.#replay(choices);
      return violations.some((v) => sameCause(v, violation));
    };
    for (const { name, has } of this.#kinds()) this.#pass(name, has, shows);
    this.#pass('one by one', () => true, shows);
    this.#smaller(shows);
    const tape: Tape = { ...this.#tape, seed: null, strategy: 'shrink', choices: this.#kept };
    const last = run(this.#scenario, tapeSource(tape), { record: true });
    return {
      tape,
      run: last,
      violation: last.violations.find((v) => sameCause(v, violation))!,
      from: this.#tape.choices.length,
      to: this.#kept.length,
      passes: this.#passes,
      runs: this.#runs,
      minimal: this.#minimal,
    };
  }

  /** Kinds that the tape has, each stream in the first kind it belongs to. */
  #kinds(): typeof KINDS {
    return KINDS.map(({ name }, i) => ({
      name,
      has: (stream: string) => KINDS.findIndex((kind) => kind.has(stream)) === i,
    })).filter(({ has }) => this.#kept.some((choice) => has(choice.stream)));
  }

  /** Leaves out what it can of one kind. */
  #pass(name: string, has: (stream: string) => boolean, shows: (choices: readonly TapeChoice[]) => boolean): void {
    const from = this.#kept.length;
    const candidates = this.#kept.filter((choice) => has(choice.stream));
    const others = new Set(this.#kept.filter((choice) => !has(choice.stream)));
    const whole = this.#kept;
    const { kept, minimal } = ddmin(
      candidates,
      (part) => shows(whole.filter((choice) => others.has(choice) || part.includes(choice))),
      () => this.#isOver(),
    );
    this.#minimal = name === 'one by one' ? minimal : this.#minimal;
    this.#kept = whole.filter((choice) => others.has(choice) || kept.includes(choice));
    this.#passes.push({ name, from, to: this.#kept.length });
  }

  /** Makes each value as small as it can be: a shorter delay, an earlier branch. */
  #smaller(shows: (choices: readonly TapeChoice[]) => boolean): void {
    for (const choice of [...this.#kept]) {
      for (const value of [1, choice.value >> 2, choice.value >> 1]) {
        if (value >= choice.value || value < 1 || this.#isOver()) continue;
        const changed = this.#kept.map((other) => (other === choice ? { ...choice, value } : other));
        if (!shows(changed)) continue;
        this.#kept = changed;
        break;
      }
    }
  }

  #isOver(): boolean {
    return this.#runs >= (this.#options.maxRuns ?? 2_000) || (this.#options.stop?.() ?? false);
  }

  #replay(choices: readonly TapeChoice[]): RunResult {
    this.#runs++;
    return run(this.#scenario, tapeSource({ ...this.#tape, choices }));
  }
}

/** Whether two violations have the same cause, as far as a run tells: property, kind of failure. */
export function sameCause(one: Violation, other: Violation): boolean {
  return one.property === other.property && one.code === other.code;
}
