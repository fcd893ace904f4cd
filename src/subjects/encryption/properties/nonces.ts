// One nonce under one key, once, ever. GCM with a repeated nonce gives up both plaintexts and the authentication key, and no
// process can see it happen: the other use is on another node, or years back, before a disk was restored. Keys are told
// apart by their bytes, because the same material under two ids is one key.
import type { Watch, WatchContext } from '../../../scenario/watch.ts';
import { isFact } from './fact-of.ts';

/** @source elastickv §4.1: nonce uniqueness over the life of a DEK */
export class NonceUniqueness implements Watch {
  readonly name = 'nonce-uniqueness';
  readonly says = 'no nonce is used twice under a DEK, by any node, over the life of the cluster';
  readonly #ctx: WatchContext;
  /** Who used a nonce first, and when (ms times the length of the list of nodes, plus the node), by key material and nonce. */
  readonly #used = new Map<string, number>();

  constructor(ctx: WatchContext) {
    this.#ctx = ctx;
  }

  onFact(node: number, fact: object): void {
    if (!isFact(fact) || fact.kind !== 'sealed') return;
    const use = fact.dek + fact.nonce;
    const { nodes } = this.#ctx;
    const known = this.#used.get(use);
    if (known === undefined) {
      this.#used.set(use, this.#ctx.nowMs() * nodes.length + node);
      return;
    }
    const first = known % nodes.length;
    this.#ctx.violated(this.name, first === node ? 'own-nonce-reused' : 'nonce-shared', node, 0, () => {
      const epoch = (fact.nonce.charCodeAt(2) << 8) | fact.nonce.charCodeAt(3);
      const who = first === node ? `${nodes[node]!} seals twice` : `${nodes[first]!} and ${nodes[node]!} seal`;
      const since = (Math.floor(known / nodes.length) / 1000).toFixed(3);
      return `${who} under DEK ${fact.dekId} with one nonce of local epoch ${epoch}, first used at ${since}s`;
    });
  }
}
