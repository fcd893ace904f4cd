// Nonces without chance: node, epoch, counter. They are unique because the epoch is bumped and made durable before the
// first one is drawn, and because the counter, should it ever wrap, stops the writer for good. A factory that refused
// once and then went on at 1 would repeat every nonce of this process load.
import { writeU16, writeU32 } from '../../base/bytes.ts';
import { sentinel } from '../failure.ts';
import type { Failure } from '../failure.ts';
import { NONCE_BYTES } from './cipher.ts';

/** What draws nonces: the factory, or a test's own list. */
export interface NonceSource {
  /** The next nonce, or why there is none. */
  next(): Uint8Array | Failure;
}

/** One process load's nonces under one DEK purpose. @source elastickv encryption.DeterministicNonceFactory */
export class NonceFactory implements NonceSource {
  readonly nodeId16: number;
  readonly localEpoch: number;
  #high = 0;
  #low = 0;
  #exhausted = false;

  /** Both 0–65535; `localEpoch` must have been bumped durably for this load. */
  constructor(nodeId16: number, localEpoch: number) {
    this.nodeId16 = nodeId16;
    this.localEpoch = localEpoch;
  }

  /** Moves the counter, so that a test can stand at its end. @param writes uint64 nonces taken as drawn */
  skipTo(writes: bigint): void {
    this.#high = Number(writes >> 32n);
    this.#low = Number(writes & 0xffff_ffffn);
  }

  /** The next nonce, the first of a load with count 1; ErrWriteCountExhausted for ever once the counter wrapped. */
  next(): Uint8Array | Failure {
    if (this.#exhausted) return sentinel('ErrWriteCountExhausted');
    this.#low = (this.#low + 1) >>> 0;
    if (this.#low === 0) this.#high = (this.#high + 1) >>> 0;
    if (this.#low === 0 && this.#high === 0) {
      this.#exhausted = true;
      return sentinel('ErrWriteCountExhausted');
    }
    const nonce = new Uint8Array(NONCE_BYTES);
    writeU16(nonce, 0, this.nodeId16);
    writeU16(nonce, 2, this.localEpoch);
    writeU32(nonce, 4, this.#high);
    writeU32(nonce, 8, this.#low);
    return nonce;
  }
}
