// What was committed must come back. A replica may hold values it has no key for: a snapshot brings ciphertext and never
// brings keys, a bootstrap may have been compacted away before the node joined. Such a replica is up, reports itself capable,
// may even lead, and answers reads with errors.
import type { Failure } from '../../../fsm/failure.ts';
import type { Build } from '../../../scenario/build.ts';
import type { ProcessEvent, Watch, WatchContext } from '../../../scenario/watch.ts';
import type { KvStore } from '../../../fsm/index.ts';
import { bytesToKey } from '../../../base/bytes.ts';
import { inspect } from './fact-of.ts';

/** Distance of looks at a replica that changes, ms. */
const LOOK_EVERY_MS = 500;

/** Every newest value can be opened on every serving replica whose process says that it is capable. */
export class Readable implements Watch {
  readonly name = 'readable';
  readonly says = 'every committed value can be read on every serving replica that reports itself capable';
  readonly #ctx: WatchContext;
  /** By node, then group: digest of the store when last looked at. */
  readonly #seen: (number | undefined)[][];
  #lookedMs = 0;

  constructor(ctx: WatchContext) {
    this.#ctx = ctx;
    this.#seen = ctx.nodes.map(() => []);
  }

  onProcess(node: number, what: ProcessEvent, _build: Build): void {
    this.#seen[node]!.length = 0;
    if (what === 'serving') this.#look(node);
  }

  onTick(nowMs: number): void {
    if (nowMs < this.#lookedMs + LOOK_EVERY_MS) return;
    this.#lookedMs = nowMs;
    this.#lookAtAll();
  }

  onEnd(): void {
    this.#lookAtAll();
  }

  #lookAtAll(): void {
    for (let node = 1; node < this.#ctx.nodes.length; node++) this.#look(node);
  }

  #look(node: number): void {
    const process = inspect(this.#ctx, node);
    if (process === null || !process.capable) return;
    for (let group = 1; group < this.#ctx.groups.length; group++) {
      const store = process.replicas[group]?.store;
      if (store === undefined || this.#seen[node]![group] === store.digest) continue;
      this.#seen[node]![group] = store.digest;
      this.#readAll(node, group, store);
    }
  }

  #readAll(node: number, group: number, store: KvStore): void {
    let last = '';
    store.forEachVersion((key) => {
      const name = bytesToKey(key);
      if (name === last) return;
      last = name;
      const found = store.read(key);
      if (found.kind !== 'failed') return;
      this.#ctx.violated(this.name, codeOf(found.failure), node, group, () => {
        const { nodes, groups } = this.#ctx;
        return `${nodes[node]!} reports itself capable and cannot read key "${name}" of ${groups[group]!}: ${found.failure.text}`;
      });
    });
  }
}

function codeOf({ code, text }: Failure): string {
  if (code !== '') return code;
  return text.includes('no cipher') ? 'no-cipher' : 'unreadable';
}
