// Draws this run's faults from a menu and brings them about. A run takes a subset of the menu: were every fault always on,
// the loud ones would hide what the quiet ones can do. Faults come one at a time per kind, at drawn distances, until they
// are healed: at the menu's latest moment, or a drawn while after the plan is over, whichever is first. From then on the
// cluster has no excuse.
import type { Faults } from '../../scenario/faults.ts';
import type { ChoiceSource, ChoiceStream } from '../kernel/choices.ts';
import { hashText, mix } from '../kernel/fingerprint.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { Network } from '../world/network.ts';
import { drawPartition } from './partition.ts';
import { drawSkew, drawWeather } from './weather.ts';
import { drawSpan, spanText } from './span.ts';

/** What the injector can do to the world. Nodes are numbers from 1. */
export interface FaultWorld {
  /** Names by number; element 0 is unused. */
  readonly nodes: readonly string[];
  readonly network: Network;
  readonly scheduler: Scheduler;
  /** Least election timeout, ms. */
  readonly electionMs: number;
  isUp(node: number): boolean;
  /** The machine goes down without warning. */
  crash(node: number): void;
  /** Starts the node again on the build it ran last. */
  restart(node: number): void;
  pause(node: number): void;
  resume(node: number): void;
  /** The node's clock moves `ticks` ms in `per` true ms; 1 in 1 is an exact clock. */
  skew(node: number, ticks: number, per: number): void;
  /** Whether a crash may leave a write in part. */
  tornWrites(on: boolean): void;
  /** The node crashes right after its n-th change of a side file from now; `then` is called when it did. */
  armDiskCrash(node: number, n: number, then: () => void): void;
  /** Links, weather or clocks changed. */
  linksChanged(): void;
  /** For the trace. */
  note(kind: 'fault' | 'heal', detail: string): void;
  /** All faults are over. */
  healed(): void;
}

/** Distance of two faults of a kind: 10 ms to 2.56 s. */
const GAP = { leastMs: 10, doublings: 8 } as const;
/** Duration of a fault: 20 ms to 5.12 s. */
const LASTS = { leastMs: 20, doublings: 8 } as const;
/** How long faults go on when the plan is over: 50 ms to 3.2 s. */
const GRACE = { leastMs: 50, doublings: 6 } as const;
/** Partitions in a run, at most. */
const MAX_PARTITIONS = 6;
/** Changes of side files among which a crash in the middle of a write is placed. */
const DISK_STEPS = 12;

type Lane = 'partition' | 'crash' | 'pause';

/** The faults of one run. */
export class FaultInjector {
  /** What this run took from the menu and what came about, one phrase each. */
  readonly taken: string[] = [];
  /** True once all faults are over. */
  isHealed = false;
  readonly #menu: Faults | null;
  readonly #world: FaultWorld;
  readonly #stream: ChoiceStream;
  readonly #timers = new Set<number>();
  /** Nodes this injector took down or stopped, by number. */
  readonly #down: boolean[] = [];
  readonly #paused: boolean[] = [];

  constructor(menu: Faults | null, world: FaultWorld, source: ChoiceSource) {
    this.#menu = menu;
    this.#world = world;
    this.#stream = source.stream('fault');
  }

  /** Draws what this run takes and schedules it. Called at time 0. */
  start(): void {
    const menu = this.#menu;
    if (menu === null) return;
    this.#takeWeather(menu);
    this.#takeSkew(menu);
    if (menu.partition.length > 0 && this.#takes('partition')) this.#open('partition', MAX_PARTITIONS);
    if (menu.crashMax > 0 && this.#takes('crash')) {
      this.#world.tornWrites(menu.tornWrites);
      this.#open('crash', menu.crashMax);
    }
    if (menu.pauseMax > 0 && this.#takes('pause')) this.#open('pause', menu.pauseMax);
    this.#after(menu.healByMs, () => this.heal());
  }

  /** The plan is over: faults go on for a drawn while, and are healed at once if this run has none. */
  planDone(): void {
    if (this.isHealed) return;
    if (this.taken.length === 0) this.heal();
    else this.#after(drawSpan(this.#stream, hashText('grace'), GRACE.leastMs, GRACE.doublings), () => this.heal());
  }

  /** Ends all faults: links are open, clocks exact, everyone this injector took down is up again. */
  heal(): void {
    if (this.isHealed) return;
    this.isHealed = true;
    for (const timer of [...this.#timers].sort((a, b) => a - b)) this.#world.scheduler.cancel(timer);
    this.#timers.clear();
    this.#world.network.mendAll();
    this.#world.network.setWeather({ lossPerMillion: 0, duplicatePerMillion: 0, delayPerMillion: 0, delayMs: [0, 0] });
    for (let node = 1; node < this.#world.nodes.length; node++) {
      this.#world.armDiskCrash(node, 0, () => undefined);
      this.#world.skew(node, 1, 1);
      this.#resume(node);
      this.#restart(node);
    }
    this.#world.linksChanged();
    this.#world.note('heal', 'all faults are over');
    this.#world.healed();
  }

  /** Whether the run takes a kind of fault: choice 0 is no. */
  #takes(kind: string): boolean {
    return this.#stream.choose(hashText(kind), 2) === 1;
  }

  #takeWeather(menu: Faults): void {
    const takes = (kind: string): boolean => this.#takes(kind);
    const { weather, phrases } = drawWeather(menu, this.#stream, takes);
    if (phrases.length === 0) return;
    this.taken.push(...phrases);
    this.#world.network.setWeather(weather);
    this.#world.note('fault', phrases.join(', '));
    this.#world.linksChanged();
  }

  #takeSkew(menu: Faults): void {
    if (menu.clockSkewMs === 0 || !this.#takes('clockSkew')) return;
    for (let node = 1; node < this.#world.nodes.length; node++) {
      const { ticks, per } = drawSkew(menu, this.#world.electionMs, this.#stream, node);
      if (ticks === per) continue;
      this.#world.skew(node, ticks, per);
      this.#happens(`clock of ${this.#name(node)} runs ${ticks} ms in ${per} ms`);
    }
    this.#world.linksChanged();
  }

  /** Starts a lane of faults of one kind, up to `most` of them. */
  #open(lane: Lane, most: number): void {
    const count = 1 + this.#stream.choose(hashText(`${lane} count`), most);
    this.#later(lane, 0, count);
  }

  #later(lane: Lane, nth: number, count: number): void {
    if (nth === count) return;
    const gapMs = drawSpan(this.#stream, this.#key(lane, nth, 'gap'), GAP.leastMs, GAP.doublings);
    this.#after(gapMs, () => {
      const next = (): void => this.#later(lane, nth + 1, count);
      if (lane === 'partition') this.#partition(nth, next);
      else if (lane === 'crash') this.#crash(nth, next);
      else this.#pause(nth, next);
    });
  }

  #partition(nth: number, next: () => void): void {
    const nodes = this.#world.nodes;
    const shape = drawPartition(this.#menu!.partition, nodes, this.#stream, this.#key('partition', nth, 'shape'));
    if (shape === null) return next();
    const lastsMs = this.#lasts('partition', nth);
    for (const [from, to] of shape.cuts) this.#world.network.cut(from, to);
    this.#happens(`${shape.says} for ${spanText(lastsMs)}`);
    this.#world.linksChanged();
    this.#after(lastsMs, () => {
      for (const [from, to] of shape.cuts) this.#world.network.mend(from, to);
      this.#world.note('heal', `${shape.says} is over`);
      this.#world.linksChanged();
      next();
    });
  }

  #crash(nth: number, next: () => void): void {
    const node = this.#who('crash', nth);
    const downMs = this.#lasts('crash', nth);
    const key = this.#key('crash', nth, 'disk');
    const onDisk = this.#menu!.tornWrites && this.#stream.choose(key, 2) === 1;
    if (!this.#world.isUp(node)) return next();
    const down = (): void => {
      this.#down[node] = true;
      this.#happens(`crash of ${this.#name(node)} for ${spanText(downMs)}`);
      this.#after(downMs, () => {
        this.#restart(node);
        next();
      });
    };
    if (onDisk) {
      this.#world.armDiskCrash(node, 1 + this.#stream.choose(mix(key, 1), DISK_STEPS), down);
    } else {
      this.#world.crash(node);
      down();
    }
  }

  #pause(nth: number, next: () => void): void {
    const node = this.#who('pause', nth);
    const lastsMs = this.#lasts('pause', nth);
    if (!this.#world.isUp(node) || this.#paused[node] === true) return next();
    this.#paused[node] = true;
    this.#world.pause(node);
    this.#happens(`pause of ${this.#name(node)} for ${spanText(lastsMs)}`);
    this.#world.linksChanged();
    this.#after(lastsMs, () => {
      this.#resume(node);
      this.#world.linksChanged();
      next();
    });
  }

  #resume(node: number): void {
    if (this.#paused[node] !== true) return;
    this.#paused[node] = false;
    if (this.#world.isUp(node)) this.#world.resume(node);
  }

  #restart(node: number): void {
    if (this.#down[node] !== true) return;
    this.#down[node] = false;
    if (!this.#world.isUp(node)) this.#world.restart(node);
  }

  #who(lane: Lane, nth: number): number {
    return 1 + this.#stream.choose(this.#key(lane, nth, 'who'), this.#world.nodes.length - 1);
  }

  #lasts(lane: Lane, nth: number): number {
    return drawSpan(this.#stream, this.#key(lane, nth, 'lasts'), LASTS.leastMs, LASTS.doublings);
  }

  #key(lane: Lane, nth: number, what: string): number {
    return mix(hashText(`${lane} ${what}`), nth);
  }

  #name(node: number): string {
    return this.#world.nodes[node]!;
  }

  #happens(phrase: string): void {
    this.taken.push(phrase);
    this.#world.note('fault', phrase);
  }

  #after(ms: number, run: () => void): void {
    const timer = this.#world.scheduler.after(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}
