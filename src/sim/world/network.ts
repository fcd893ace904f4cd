// The network between nodes. In calm weather a message takes its link's base delay, drawn once per run, and nothing is
// drawn for it. In a storm each message draws its fate from its link's stream, keyed by what the message says: the fate
// stays with it on a tape, whatever else a shrunk run leaves out. Raft messages are immutable by contract, so a duplicate is
// the same object delivered twice.
import type { Message } from '../../raft/index.ts';
import type { LinksLens } from '../checkers/probe.ts';
import type { ChoiceSource, ChoiceStream } from '../kernel/choices.ts';
import { mix, SEEDLING } from '../kernel/fingerprint.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { TraceRecorder } from '../kernel/trace-recorder.ts';

/** Chances per message, of a million, and the range of an extra delay in ms. */
export interface Weather {
  readonly lossPerMillion: number;
  readonly duplicatePerMillion: number;
  readonly delayPerMillion: number;
  readonly delayMs: readonly [number, number];
}

/** Nothing is lost, doubled or held up. */
export const CALM: Weather = { lossPerMillion: 0, duplicatePerMillion: 0, delayPerMillion: 0, delayMs: [0, 0] };

/** Why a datagram did not arrive: the link was cut, or nobody runs there. */
export type Undeliverable = 'cut' | 'down';

/** Where things arrive. */
export interface NetworkPort {
  /** Whether a process runs on the node; a paused one does. */
  isUp(node: number): boolean;
  /** Whether it runs and is not paused. */
  isRunning(node: number): boolean;
  deliver(to: number, group: number, from: number, m: Message): void;
  datagram(to: number, from: number, payload: object): void;
  undeliverable(from: number, to: number, payload: object, why: Undeliverable): void;
  /** Links or weather change. */
  stirred(): void;
}

/** What a director does with a message that is about to leave: let it pass, lose it, or keep it until told. */
export type Directed = 'pass' | 'lose' | 'hold';

/** A message kept back by a director. */
export interface Held {
  readonly from: number;
  readonly to: number;
  readonly group: number;
  readonly message: Message;
}

const Fate = { Plain: 0, Lost: 1, Doubled: 2, Delayed: 3 } as const;
const DELAY_SALT = 0x5bd1e995;
const TWIN_SALT = 0x1b873593;
const BASE_DELAY_KEY = mix(SEEDLING, 0x6c696e6b);
/** A link's base delay is 1 to this many ms. */
const BASE_DELAYS = 5;
/** Delay on links from and to the outside, ms. */
const OUTSIDE_DELAY_MS = 1;

/** Links between nodes 1 … N and the outside (0). */
export class Network implements LinksLens {
  /** A search's hand on each message; null costs nothing. */
  direct: ((from: number, to: number, group: number, m: Message) => Directed) | null = null;
  /** The message whose fate was drawn last: a source of choices knows only its fingerprint. */
  drawnFor: Message | null = null;
  /** Messages kept back, oldest first. */
  readonly held: Held[] = [];
  /** Things under way. */
  inFlight = 0;
  readonly #scheduler: Scheduler;
  readonly #recorder: TraceRecorder;
  readonly #port: NetworkPort;
  readonly #stride: number;
  readonly #deliver: number;
  /** By link `from * stride + to`. */
  readonly #streams: ChoiceStream[] = [];
  readonly #delayMs: Int32Array;
  readonly #cut: Uint8Array;
  #calm = true;
  #weather: Weather = CALM;
  readonly #fates = new Int32Array(3);
  /** Messages under way, by group. */
  readonly #of: Int32Array;
  /** By slot; a free slot's link is the next free slot. */
  #link = new Int32Array(64);
  #group = new Int32Array(64);
  #payload: (object | null)[] = new Array<object | null>(64).fill(null);
  #free = 0;

  /** @param names of the nodes by number; element 0 is the outside's and unused; @param groups how many there are */
  constructor(
    names: readonly string[],
    groups: number,
    scheduler: Scheduler,
    source: ChoiceSource,
    recorder: TraceRecorder,
    port: NetworkPort,
  ) {
    this.#scheduler = scheduler;
    this.#recorder = recorder;
    this.#port = port;
    const stride = (this.#stride = names.length);
    this.#delayMs = new Int32Array(stride * stride).fill(OUTSIDE_DELAY_MS);
    this.#cut = new Uint8Array(stride * stride);
    this.#of = new Int32Array(groups + 1);
    this.#deliver = scheduler.kind((slot) => this.#arrive(slot));
    for (let from = 1; from < stride; from++) {
      for (let to = 1; to < stride; to++) {
        if (from === to) continue;
        const stream = source.stream(`network/${names[from]}>${names[to]}`);
        this.#streams[from * stride + to] = stream;
        this.#delayMs[from * stride + to] = 1 + stream.choose(BASE_DELAY_KEY, BASE_DELAYS);
      }
    }
    this.#linkFree(0);
  }

  /** Sends a Raft message. Never calls back before it returns. */
  send(from: number, to: number, group: number, m: Message): void {
    this.#recorder.send(from, to, group, m);
    const directed = this.direct === null ? 'pass' : this.direct(from, to, group, m);
    if (directed === 'hold') this.held.push({ from, to, group, message: m });
    else if (directed === 'lose') this.#recorder.lose(from, to, group, m);
    else this.#post(from, to, group, m);
  }

  /** Lets a message that was kept back go on its way now. @param at its place in `held` */
  release(at: number): void {
    const [message] = this.held.splice(at, 1);
    if (message !== undefined) this.#post(message.from, message.to, message.group, message.message);
  }

  /**
   * Sends a payload of the RPC layer. Links that are cut apply to it, and delays; it is neither lost nor doubled, as a
   * transport that repeats and orders sees to that.
   */
  datagram(from: number, to: number, payload: object): void {
    const link = from * this.#stride + to;
    let delayMs = from === to ? 0 : this.#delayMs[link]!;
    const stream = this.#streams[link];
    if (!this.#calm && stream !== undefined && this.#weather.delayPerMillion > 0) {
      if (stream.weigh(TWIN_SALT, this.#fates) === Fate.Delayed) delayMs += this.#extraDelay(stream, TWIN_SALT);
    }
    this.#put(link, 0, payload, delayMs);
  }

  /** Cuts the way from a to b; the way back stays as it is. */
  cut(a: number, b: number): void {
    this.#port.stirred();
    this.#cut[a * this.#stride + b] = 1;
  }

  /** Opens the way from a to b. */
  mend(a: number, b: number): void {
    this.#cut[a * this.#stride + b] = 0;
  }

  /** Opens all ways. */
  mendAll(): void {
    this.#cut.fill(0);
  }

  setWeather(weather: Weather): void {
    this.#port.stirred();
    const { lossPerMillion, duplicatePerMillion, delayPerMillion } = weather;
    this.#weather = weather;
    this.#fates.set([lossPerMillion, duplicatePerMillion, delayPerMillion]);
    this.#calm = lossPerMillion + duplicatePerMillion + delayPerMillion === 0;
  }

  /** How many messages of a group are under way. */
  inFlightOf(group: number): number {
    return this.#of[group]!;
  }

  reaches(a: number, b: number): boolean {
    return this.#cut[a * this.#stride + b] === 0 && this.#port.isRunning(a) && this.#port.isRunning(b);
  }

  steady(a: number, b: number): boolean {
    return this.#calm && this.direct === null && this.reaches(a, b) && this.reaches(b, a);
  }

  /** Drops a group's messages under way between two nodes, both ways: their connection is a new one. */
  forget(a: number, b: number, group: number): void {
    const [there, back] = [a * this.#stride + b, b * this.#stride + a];
    for (let slot = 0; slot < this.#payload.length; slot++) {
      if (this.#payload[slot] === null || this.#group[slot] !== group) continue;
      // The event still comes; it finds a payload that means nothing.
      if (this.#link[slot] === there || this.#link[slot] === back) this.#payload[slot] = GONE;
    }
    for (let i = this.held.length - 1; i >= 0; i--) {
      const { from, to, group: of } = this.held[i]!;
      if (of === group && ((from === a && to === b) || (from === b && to === a))) this.held.splice(i, 1);
    }
  }

  #post(from: number, to: number, group: number, m: Message): void {
    const link = from * this.#stride + to;
    if (this.#cut[link] !== 0) return this.#recorder.lose(from, to, group, m);
    const baseMs = this.#delayMs[link]!;
    if (this.#calm) return this.#put(link, group, m, baseMs);
    const stream = this.#streams[link]!;
    this.drawnFor = m;
    const key = fingerprint(group, m);
    switch (stream.weigh(key, this.#fates)) {
      case Fate.Lost:
        return this.#recorder.lose(from, to, group, m);
      case Fate.Doubled:
        this.#put(link, group, m, baseMs);
        return this.#put(link, group, m, baseMs + 1 + stream.choose(key ^ TWIN_SALT, 4 * baseMs));
      case Fate.Delayed:
        return this.#put(link, group, m, baseMs + this.#extraDelay(stream, key));
      default:
        return this.#put(link, group, m, baseMs);
    }
  }

  #extraDelay(stream: ChoiceStream, key: number): number {
    const [least, most] = this.#weather.delayMs;
    return least + stream.choose(key ^ DELAY_SALT, most - least + 1);
  }

  #put(link: number, group: number, payload: object, delayMs: number): void {
    if (this.#free === this.#payload.length) this.#grow();
    const slot = this.#free;
    this.#free = this.#link[slot]!;
    this.#link[slot] = link;
    this.#group[slot] = group;
    this.#payload[slot] = payload;
    this.inFlight++;
    this.#of[group]!++;
    this.#scheduler.at(this.#scheduler.nowMs + delayMs, this.#deliver, slot, 0);
  }

  #arrive(slot: number): void {
    const payload = this.#payload[slot]!;
    const link = this.#link[slot]!;
    const group = this.#group[slot]!;
    this.#payload[slot] = null;
    this.#link[slot] = this.#free;
    this.#free = slot;
    this.inFlight--;
    this.#of[group]!--;
    if (payload === GONE) return;
    const from = Math.trunc(link / this.#stride);
    const to = link % this.#stride;
    if (group === 0) return this.#arriveDatagram(from, to, link, payload);
    const m = payload as Message;
    if (!this.#port.isUp(to)) return this.#recorder.lose(from, to, group, m);
    this.#recorder.deliver(from, to, group, m);
    this.#port.deliver(to, group, from, m);
  }

  #arriveDatagram(from: number, to: number, link: number, payload: object): void {
    if (this.#cut[link] !== 0) this.#port.undeliverable(from, to, payload, 'cut');
    else if (to !== 0 && !this.#port.isUp(to)) this.#port.undeliverable(from, to, payload, 'down');
    else this.#port.datagram(to, from, payload);
  }

  #grow(): void {
    const from = this.#payload.length;
    const link = new Int32Array(2 * from);
    link.set(this.#link);
    this.#link = link;
    const group = new Int32Array(2 * from);
    group.set(this.#group);
    this.#group = group;
    for (let i = from; i < 2 * from; i++) this.#payload.push(null);
    this.#linkFree(from);
  }

  #linkFree(from: number): void {
    for (let i = from; i < this.#payload.length; i++) this.#link[i] = i + 1;
    this.#free = from;
  }
}

/** Marks what is under way on a connection that is gone. */
const GONE: object = {};

/** What a message says, as an int32: its group, kind, term, place in the log, commit index and number of entries. */
export function fingerprint(group: number, m: Message): number {
  let h = mix(SEEDLING, (group << 8) | m.type);
  h = mix(h, m.term);
  h = mix(h, m.index);
  h = mix(h, m.logTerm);
  h = mix(h, m.commit);
  return mix(h, m.entries.length);
}
