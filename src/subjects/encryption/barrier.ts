// Holds user proposals back on every group of a process while the raft cutover passes through the log: an entry let
// through now could stand in cleartext above it. The barrier lives in memory, on the process that led the cutover; one
// that was left open refuses user proposals until a later run or a restart.
import type { Task } from '../../base/task.ts';
import { raftCutoverScope } from '../../fsm/encryption/wrap-runtime.ts';
import { EngineError } from '../../admin/ports.ts';
import type { CutoverBarrier } from '../../admin/ports.ts';
import type { ProcessPort } from '../../scenario/program.ts';
import type { Admission } from './engine-ports.ts';
import type { ProcessKeys } from './process-keys.ts';
import type { Engine } from './replica.ts';
import type { Wrong } from './wrong.ts';

/** How often a drain is looked at, in ms. */
const DRAIN_POLL_MS = 1;

/** The barrier of one process over all its engines. */
export class Barrier implements CutoverBarrier, Admission {
  readonly #port: ProcessPort;
  readonly #keys: ProcessKeys;
  readonly #engines: ReadonlyMap<string, Engine>;
  readonly #wrong: ReadonlySet<Wrong>;
  #open = false;

  constructor(port: ProcessPort, keys: ProcessKeys, engines: ReadonlyMap<string, Engine>, wrong: ReadonlySet<Wrong>) {
    this.#wrong = wrong;
    this.#port = port;
    this.#keys = keys;
    this.#engines = engines;
  }

  scope(): string | null {
    return raftCutoverScope(this.#port.groups.length);
  }

  begin(): void {
    this.#open = !this.#wrong.has('no-barrier');
  }

  *waitDrained(): Task<void> {
    while (this.#inFlight() > 0) yield* this.#port.sleep(DRAIN_POLL_MS);
  }

  /** Whether user proposals are held back. */
  get isOpen(): boolean {
    return this.#open;
  }

  installWrap(cutoverIndex: number, raftDekId: number): void {
    this.#keys.installWrap(cutoverIndex, raftDekId);
  }

  end(): void {
    if (this.#wrong.has('installs-on-stale') && this.#keys.cutoverIndex === 0)
      this.#keys.installRegardless(this.#applied());
    this.#open = false;
  }

  /** @throws EngineError cutoverInProgress while user proposals are held back */
  enter(): void {
    if (this.#open) throw new EngineError('cutoverInProgress');
  }

  #applied(): number {
    return this.#port.groups[0]?.appliedIndex() ?? 0;
  }

  #inFlight(): number {
    let sum = 0;
    for (const group of this.#port.groups) {
      const engine = this.#engines.get(group.name);
      if (engine === undefined) continue;
      // Who no longer leads has told its waiters so; nothing of theirs is on its way under this barrier.
      if (group.role() !== 'leader') engine.forget();
      sum += engine.inFlight;
    }
    return sum;
  }
}
