// What a node keeps while no process runs on it: its disk, the stores of its groups, which groups it hosts and as whom.
// A restart finds it as it was left; a replaced node starts from an empty one under the same name.
import type { ConfState } from '../../raft/index.ts';
import type { Build } from '../../scenario/build.ts';
import type { ChoiceStream } from '../kernel/choices.ts';
import { NodeDisk } from './disk.ts';
import type { LogDisk } from './log-disk.ts';
import type { NodeClock } from './replica.ts';

/** A clock that runs `ticks` ms in `per` true ms. */
export class SkewedClock implements NodeClock {
  readonly #nowMs: () => number;
  #baseLocalMs = 0;
  #baseTrueMs = 0;
  #ticks = 1;
  #per = 1;

  /** @param nowMs true virtual time */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  localMs(): number {
    return this.#baseLocalMs + Math.floor(((this.#nowMs() - this.#baseTrueMs) * this.#ticks) / this.#per);
  }

  trueMsAt(localMs: number): number {
    return this.#baseTrueMs + Math.ceil(((localMs - this.#baseLocalMs) * this.#per) / this.#ticks);
  }

  /** From now on the clock runs at another rate. */
  skew(ticks: number, per: number): void {
    this.#baseLocalMs = this.localMs();
    this.#baseTrueMs = this.#nowMs();
    this.#ticks = ticks;
    this.#per = per;
  }
}

/** One node's permanent side. */
export class Home {
  /** Raft id in every group: the node's place in the cluster, from 1. */
  readonly node: number;
  readonly name: string;
  disk: NodeDisk;
  /** Counts processes of this name, over replacements of the machine too. */
  incarnation = 0;
  /** Restarts since the disk was new. */
  restarts = 0;
  /** The build the node last ran; null if it never did. */
  build: Build | null = null;
  readonly clock: SkewedClock;
  /** The configuration applied last, by group number; for those who look at a node that is down. */
  readonly conf: (ConfState | undefined)[] = [];
  #before: Build | null = null;
  #torn = false;
  readonly #draw: ChoiceStream;
  readonly #stores = new Map<string, unknown>();
  #durable: Readonly<Record<string, unknown>> = {};
  /** By group number: hosted, removed, or neither. */
  readonly #groups: ('hosted' | 'removed' | null)[];

  constructor(node: number, name: string, groups: number, nowMs: () => number, draw: ChoiceStream) {
    this.node = node;
    this.name = name;
    this.clock = new SkewedClock(nowMs);
    this.#draw = draw;
    this.#groups = new Array<'hosted' | 'removed' | null>(groups + 1).fill(null);
    this.disk = new NodeDisk(draw);
  }

  /** A process of this build starts. */
  runs(build: Build): void {
    if (this.build !== null && this.build !== build) this.#before = this.build;
    this.build = build;
  }

  /** What the node ran before what it runs; null if nothing else. */
  previousBuild(): Build | null {
    return this.#before;
  }

  /** Numbers of the hosted groups, ascending. */
  hosted(): number[] {
    const groups: number[] = [];
    for (let g = 1; g < this.#groups.length; g++) if (this.#groups[g] === 'hosted') groups.push(g);
    return groups;
  }

  assign(group: number): void {
    this.#groups[group] = 'hosted';
  }

  /** A leader's first message may found a replica here, unless the node was told that it left the group. */
  mayJoin(group: number): boolean {
    if (this.#groups[group] === 'removed') return false;
    this.#groups[group] = 'hosted';
    return true;
  }

  /** The node was removed from a group: what the disk holds of it is dropped. */
  left(group: number): void {
    this.#groups[group] = 'removed';
    this.disk.dropLog(group);
    this.#stores.delete(String(group));
  }

  /** A later change may add the node again. */
  readmit(group: number): void {
    if (this.#groups[group] === 'removed') this.#groups[group] = null;
  }

  log(group: number): LogDisk {
    return this.disk.log(group);
  }

  store(group: string): { get(): unknown; put(value: unknown): void } {
    return {
      get: () => this.#stores.get(group),
      put: (value) => {
        this.#stores.set(group, value);
      },
    };
  }

  durable(): Readonly<Record<string, unknown>> {
    return this.#durable;
  }

  putDurable(fields: Readonly<Record<string, unknown>>): void {
    this.#durable = { ...this.#durable, ...fields };
  }

  /** Whether a crash may leave a write in part. */
  tornWrites(on: boolean): void {
    this.#torn = on;
    this.disk.tornWrites = on;
  }

  /** A process on this node has ended; a crash may cost what was not synced. */
  ended(how: 'stop' | 'crash'): void {
    if (how === 'crash') this.disk.crash();
    else this.disk.syncAll();
  }

  /** The machine is gone; another, empty one bears its name. */
  replace(): void {
    this.disk = new NodeDisk(this.#draw);
    this.disk.tornWrites = this.#torn;
    this.#stores.clear();
    this.#durable = {};
    this.#groups.fill(null);
    this.conf.length = 0;
    this.restarts = 0;
  }

  remember(group: number, conf: ConfState): void {
    this.conf[group] = conf;
  }
}
