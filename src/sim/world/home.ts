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

/** A copy of a node's whole disk. */
interface DiskCopy {
  readonly disk: NodeDisk;
  readonly stores: readonly unknown[];
  readonly durable: Readonly<Record<string, unknown>>;
  readonly groups: readonly ('hosted' | 'removed' | null)[];
}

/** A store as it is on a copied disk; one that cannot be copied never changes. */
function copyOf(store: unknown): unknown {
  const isLive = typeof store === 'object' && store !== null && 'copy' in store && typeof store.copy === 'function';
  return isLive ? (store as { copy(): unknown }).copy() : store;
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
  /** An operator keeps the node down: nobody else may start it. */
  held = false;
  #before: Build | null = null;
  #torn = false;
  readonly #draw: ChoiceStream;
  /** By group number. */
  readonly #stores: unknown[] = [];
  #durable: Readonly<Record<string, unknown>> = {};
  /** By group number: hosted, removed, or neither. */
  readonly #groups: ('hosted' | 'removed' | null)[];
  /** By group number: whether a founding member's first snapshot was laid here, on whichever disk. */
  readonly #founded: boolean[];
  /** By group number: the least term of a leader that may found a replica here. */
  readonly #fromTerm: Float64Array;
  #kept: DiskCopy | null = null;
  readonly #keptFiles = new Map<string, Uint8Array>();

  constructor(node: number, name: string, groups: number, nowMs: () => number, draw: ChoiceStream) {
    this.node = node;
    this.name = name;
    this.clock = new SkewedClock(nowMs);
    this.#draw = draw;
    this.#groups = new Array<'hosted' | 'removed' | null>(groups + 1).fill(null);
    this.#founded = new Array<boolean>(groups + 1).fill(false);
    this.#fromTerm = new Float64Array(groups + 1);
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

  /** Whether a founding member may still lay its first snapshot; asked once, as no second disk may be founded so. */
  founds(group: number): boolean {
    const first = !this.#founded[group];
    this.#founded[group] = true;
    return first;
  }

  /**
   * A leader's first message may found a replica here, unless the node was told that it left the group, or the leader is
   * one from before that: it would count on a log that is no longer here.
   */
  mayJoin(group: number, term: number): boolean {
    if (this.#groups[group] === 'removed' || term < this.#fromTerm[group]!) return false;
    this.#groups[group] = 'hosted';
    return true;
  }

  /** The node was removed from a group in that term: what the disk holds of it is dropped. */
  left(group: number, term: number): void {
    this.#groups[group] = 'removed';
    this.removedIn(group, term);
    this.disk.dropLog(group);
    this.#stores[group] = undefined;
  }

  /** A leader of that term took the node out: no leader of an earlier one is listened to where no log is any more. */
  removedIn(group: number, term: number): void {
    this.#fromTerm[group] = term;
  }

  /** The disk is gone while the group still counts on it: no leader is listened to before the node is taken out. */
  lostIn(group: number): void {
    this.#fromTerm[group] = Number.MAX_SAFE_INTEGER;
  }

  /** A change is about to add the node; whether it had left the group. */
  readmit(group: number): boolean {
    if (this.#groups[group] !== 'removed') return false;
    this.#groups[group] = null;
    return true;
  }

  log(group: number): LogDisk {
    return this.disk.log(group);
  }

  store(group: number): { get(): unknown; put(value: unknown): void } {
    return {
      get: () => this.#stores[group],
      put: (value) => {
        this.#stores[group] = value;
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

  /** Copies what the disk holds durably, stores included. */
  keepDisk(): void {
    const stores = this.#stores.map(copyOf);
    this.#kept = { disk: this.disk.copy(), stores, durable: this.#durable, groups: this.#groups.slice() };
  }

  /** Puts the copy of the disk back; false if none was kept. No process may run. */
  restoreDisk(): boolean {
    if (this.#kept === null) return false;
    const { disk, stores, durable, groups } = this.#kept;
    this.disk = disk.copy();
    this.#stores.splice(0, this.#stores.length, ...stores.map(copyOf));
    this.#durable = durable;
    this.#groups.splice(0, this.#groups.length, ...groups);
    return true;
  }

  /** Copies one side file as it is now, if it is there. */
  keepFile(path: string): void {
    if (this.disk.files.has(path)) this.#keptFiles.set(path, this.disk.files.read(path));
  }

  /** Puts the copy of a side file back; false if none was kept. */
  restoreFile(path: string): boolean {
    const kept = this.#keptFiles.get(path);
    if (kept !== undefined) this.disk.files.put(path, kept);
    return kept !== undefined;
  }

  /** The machine is gone; another, empty one bears its name. */
  replace(): void {
    this.disk = new NodeDisk(this.#draw);
    this.disk.tornWrites = this.#torn;
    this.#stores.length = 0;
    this.#durable = {};
    this.#groups.fill(null);
    this.#founded.fill(true);
    this.conf.length = 0;
    this.restarts = 0;
  }

  remember(group: number, conf: ConfState): void {
    this.conf[group] = conf;
  }
}
