// Choices that follow a witness beyond the plan's own. Whoever leads in the witness is given the shortest election timeouts
// at that point of the plan; and from one step of an operator to another the log may stall while everything else goes on:
// messages that carry entries are lost, or held up as long as the weather allows, and heartbeats pass. Raft promises nothing
// against either, and a fair draw hardly ever brings them about for as long as an operator waits.
import { MessageType } from '../raft/index.ts';
import type { ChoiceSource, RecordingSource, TapeChoice } from '../sim/kernel/choices.ts';
import { hashText } from '../sim/kernel/fingerprint.ts';
import { KeyedSource, type Answerer } from '../sim/kernel/keyed-source.ts';
import type { Network } from '../sim/world/network.ts';

/** A choice of the plan, by which a moment of the run is known. */
export type Moment = Pick<TapeChoice, 'key' | 'nth'>;

/** A step of the plan that is begun, and who is to lead from then on, by group. */
export interface Phase {
  readonly begins: Moment;
  readonly leads: Readonly<Record<string, string>>;
}

/** From when to when entries are kept back. */
export interface Hold {
  readonly from: Moment;
  readonly until: Moment;
}

/** Fates of a message as the network offers them. */
const LOST = 1;
const DELAYED = 3;
/** Kinds of weather that a run takes so that it can keep entries back. */
const TAKEN = [hashText('loss'), hashText('delay')];

/** A source that elects whom a witness needs and may keep entries back, and otherwise answers as another one. */
export class DirectedSource {
  readonly source: RecordingSource;
  /** The network of the run under way; to be set before its first event. */
  network: Network | null = null;
  readonly #base: ChoiceSource;
  readonly #phases: readonly Phase[];
  readonly #hold: Hold | null;
  #phase = 0;
  #isHolding = false;

  constructor(base: ChoiceSource, phases: readonly Phase[], hold: Hold | null) {
    this.#base = base;
    this.#phases = phases;
    this.#hold = hold;
    this.source = new KeyedSource('directed', null, (path) => this.#open(path));
  }

  #open(path: string): Answerer {
    const stream = this.#base.stream(path);
    const plain: Answerer = {
      choose: (key, _nth, n) => stream.choose(key, n),
      weigh: (key, _nth, perMillion) => stream.weigh(key, perMillion),
    };
    if (path === 'plan') return { ...plain, choose: (key, nth, n) => this.#watch(key, nth, stream.choose(key, n)) };
    const [kind, node, group] = path.split('/');
    if (kind === 'raft') return { ...plain, choose: (_key, _nth, n) => this.#timeout(node ?? '', group ?? '', n) };
    if (this.#hold === null) return plain;
    // Fair weather but for what is kept back.
    if (kind === 'fault') return { ...plain, choose: (key) => (TAKEN.includes(key) ? 1 : 0) };
    if (kind !== 'network') return plain;
    return {
      choose: (key, _nth, n) => (this.#isHeld() ? n - 1 : stream.choose(key, n)),
      weigh: (_key, _nth, perMillion) => (this.#isHeld() ? fateOf(perMillion) : 0),
    };
  }

  /** A step of the plan may have been begun. */
  #watch(key: number, nth: number, value: number): number {
    const is = (moment: Moment | undefined): boolean => moment?.key === key && moment.nth === nth;
    const phase = this.#phases.findIndex(({ begins }) => is(begins));
    if (phase >= 0) this.#phase = phase;
    if (is(this.#hold?.from)) this.#isHolding = true;
    if (is(this.#hold?.until)) this.#isHolding = false;
    return value;
  }

  /** Shortest for whoever is to lead now, middling for whoever is to come next, longest for all others. */
  #timeout(node: string, group: string, n: number): number {
    const ahead = this.#phases.slice(this.#phase).flatMap(({ leads }) => leads[group] ?? []);
    const now = ahead[0];
    if (now === undefined) return 0;
    if (node === now) return Math.min(1, n - 1);
    return node === ahead.find((other) => other !== now) ? n >> 1 : n - 1;
  }

  #isHeld(): boolean {
    const m = this.network?.drawnFor ?? null;
    return this.#isHolding && m !== null && m.type === MessageType.MsgApp && m.entries.length > 0;
  }
}

function fateOf(perMillion: Int32Array): number {
  if ((perMillion[LOST - 1] ?? 0) > 0) return LOST;
  return (perMillion[DELAYED - 1] ?? 0) > 0 ? DELAYED : 0;
}
