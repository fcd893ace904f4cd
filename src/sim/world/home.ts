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
  readonly hosts: readonly boolean[];
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
  /** An operator is at work on the node, and others wait. */
  inHand = false;
  #before: Build | null = null;
  #torn = false;
  readonly #draw: ChoiceStream;
  /** By group number. */
  readonly #stores: unknown[] = [];
  #durable: Readonly<Record<string, unknown>> = {};
  /** By group number: whether the node opens a replica of it when it starts. */
  readonly #hosts: boolean[];
  /** By group number: whether a founding member's first snapshot was laid here, on whichever disk. */
  readonly #founded: boolean[];
  /** By group number: an index at which the node was out of the group; 0 if it never was. */
  readonly #outAt: Float64Array;
  #kept: DiskCopy | null = null;
  readonly #keptFiles = new Map<string, Uint8Array>();

  constructor(node: number, name: string, groups: number, nowMs: () => number, draw: ChoiceStream) {
    this.node = node;
    this.name = name;
    this.clock = new SkewedClock(nowMs);
    this.#draw = draw;
    this.#hosts = new Array<boolean>(groups + 1).fill(false);
    this.#founded = new Array<boolean>(groups + 1).fill(false);
    this.#outAt = new Float64Array(groups + 1);
    this.disk = new NodeDisk(draw);
  }

  /** A process of this build starts. */
  runs(build: Build): void {
    this.build = build;
  }

  /** An operator upgrades the node to a build, which is returned; what it runs until now a roll-back brings back. */
  upgradedTo(build: Build): Build {
    this.#before = this.build;
    return build;
  }

  /** What the node ran before it was upgraded last; null if it never was. */
  previousBuild(): Build | null {
    return this.#before;
  }

  /** Numbers of the hosted groups, ascending. */
  hosted(): number[] {
    const groups: number[] = [];
    for (let g = 1; g < this.#hosts.length; g++) if (this.#hosts[g]) groups.push(g);
    return groups;
  }

  assign(group: number): void {
    this.#hosts[group] = true;
  }

  /** Whether a founding member may still lay its first snapshot; asked once, as no second disk may be founded so. */
  founds(group: number): boolean {
    const first = !this.#founded[group];
    this.#founded[group] = true;
    return first;
  }

  /** A leader that has applied the group's log up to an index makes first contact: hosts the group, unless it is behind. */
  mayJoin(group: number, appliedIndex: number): boolean {
    if (appliedIndex < this.#outAt[group]!) return false;
    this.#hosts[group] = true;
    return true;
  }

  /** The node was told that it is out of a group: what the disk holds of it is dropped. */
  left(group: number, appliedIndex: number): void {
    this.#hosts[group] = false;
    this.removedAt(group, appliedIndex);
    this.disk.dropLog(group);
    this.#stores[group] = undefined;
  }

  /** The node was out of the group at that index: whoever has not applied as much counts on a log that may be gone. */
  removedAt(group: number, index: number): void {
    this.#outAt[group] = index;
  }

  /** The disk is gone while the group still counts on it: nobody founds a new log before the node is out. */
  lostIn(group: number): void {
    this.#outAt[group] = Number.MAX_SAFE_INTEGER;
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
    this.#kept = { disk: this.disk.copy(), stores, durable: this.#durable, hosts: this.#hosts.slice() };
  }

  /** Puts the copy of the disk back; false if none was kept. No process may run. */
  restoreDisk(): boolean {
    if (this.#kept === null) return false;
    const { disk, stores, durable, hosts } = this.#kept;
    this.disk = disk.copy();
    this.#stores.splice(0, this.#stores.length, ...stores.map(copyOf));
    this.#durable = durable;
    this.#hosts.splice(0, this.#hosts.length, ...hosts);
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
    this.#hosts.fill(false);
    this.#founded.fill(true);
    this.conf.length = 0;
    this.restarts = 0;
  }

  remember(group: number, conf: ConfState): void {
    this.conf[group] = conf;
  }
}
