// One node's disk: the logs of its groups and its side files. All of it goes through a crash together, but each log and
// each file loses its own unsynced end: a sidecar that is ahead of its log, or behind, is a state the real node meets.
import type { ChoiceStream } from '../kernel/choices.ts';
import { hashText, mix } from '../kernel/fingerprint.ts';
import { LogDisk } from './log-disk.ts';
import { NodeFiles } from './disk-files.ts';

export { LogDisk } from './log-disk.ts';
export { DiskCrash, NodeFiles } from './disk-files.ts';

const LOG_KEY = hashText('log');
const FILES_KEY = hashText('files');

/** Everything a machine keeps while it is off. */
export class NodeDisk {
  readonly files = new NodeFiles();
  /** Whether a crash may leave a write in part. */
  tornWrites = false;
  readonly #draw: ChoiceStream;
  #losesSyncs = false;
  /** By group number. */
  readonly #logs: (LogDisk | undefined)[] = [];

  /** @param draw stream of what survives a crash, `disk/n1` */
  constructor(draw: ChoiceStream) {
    this.#draw = draw;
  }

  /** The log of a group; an empty one if nothing was ever written. */
  log(group: number): LogDisk {
    let log = this.#logs[group];
    if (log === undefined) {
      log = this.#logs[group] = new LogDisk();
      log.loseSync = this.#losesSyncs;
    }
    return log;
  }

  /** Another disk that holds the same durable bytes. */
  copy(): NodeDisk {
    const other = new NodeDisk(this.#draw);
    other.tornWrites = this.tornWrites;
    this.files.copyTo(other.files);
    for (let group = 1; group < this.#logs.length; group++) other.#logs[group] = this.#logs[group]?.copy();
    return other;
  }

  /** Forgets all there is of a group. */
  dropLog(group: number): void {
    this.#logs[group] = undefined;
  }

  /** The machine goes down without warning. @returns what was lost, one phrase each */
  crash(): string[] {
    const lost: string[] = [];
    for (let group = 1; group < this.#logs.length; group++) {
      const draw = { stream: this.#draw, key: mix(LOG_KEY, group), torn: this.tornWrites };
      const records = this.#logs[group]?.crash(draw) ?? 0;
      if (records > 0) lost.push(`${records} log records of group ${group}`);
    }
    lost.push(...this.files.crash({ stream: this.#draw, key: FILES_KEY, torn: this.tornWrites }));
    return lost;
  }

  /** The process ends in good order: the operating system writes back what it holds. */
  syncAll(): void {
    for (let group = 1; group < this.#logs.length; group++) this.#logs[group]?.stop();
    this.files.syncAll();
  }

  /** From now on, or no longer, syncs of the logs succeed without effect. */
  loseLogSyncs(lose: boolean): void {
    this.#losesSyncs = lose;
    for (let group = 1; group < this.#logs.length; group++) {
      const log = this.#logs[group];
      if (log !== undefined) log.loseSync = lose;
    }
  }
}
