// The appends a peer has not answered yet: a first-in-first-out ring of (last index, bytes). It bounds what a leader
// pours into a slow or dead peer, by messages and by bytes. Most peers of most groups have nothing in flight, so a ring
// is made when the first append leaves and grows by doubling; a preallocated one would cost every idle group more than
// the rest of its state.
import { RaftInvariantError } from './invariant.ts';
import type { Index } from './types.ts';

/** The sliding window of appends to one peer. @source etcd tracker.Inflights */
export class Inflights {
  private readonly size: number;
  private readonly maxBytes: number;
  private start = 0;
  count = 0;
  bytes = 0;
  /** Index and bytes of each message side by side; a power of two of pairs. */
  private ring: number[] = [0, 0];

  /** @param size messages, >= 1; @param maxBytes payload bytes */
  constructor(size: number, maxBytes: number) {
    this.size = size;
    this.maxBytes = maxBytes;
  }

  /** Notes an append that ends at an index. Indexes must not fall. @throws RaftInvariantError if full */
  add(index: Index, bytes: number): void {
    if (this.full()) throw new RaftInvariantError('cannot add into a Full inflights');
    if (2 * this.count === this.ring.length) this.grow();
    const at = (this.start + 2 * this.count) & (this.ring.length - 1);
    this.ring[at] = index;
    this.ring[at + 1] = bytes;
    this.count++;
    this.bytes += bytes;
  }

  /** Frees every append that ends at or below an index. */
  freeLE(to: Index): void {
    const ring = this.ring;
    const mask = ring.length - 1;
    while (this.count > 0 && ring[this.start]! <= to) {
      this.bytes -= ring[this.start + 1]!;
      this.start = (this.start + 2) & mask;
      this.count--;
    }
  }

  /** Whether another append must wait. The last one let through may exceed the byte limit. */
  full(): boolean {
    return this.count === this.size || this.bytes >= this.maxBytes;
  }

  /** Forgets everything in flight. */
  reset(): void {
    this.start = 0;
    this.count = 0;
    this.bytes = 0;
  }

  private grow(): void {
    const old = this.ring;
    const ring: number[] = [];
    for (let i = 0; i < old.length; i++) ring.push(old[(this.start + i) & (old.length - 1)]!);
    for (let i = 0; i < old.length; i++) ring.push(0);
    this.ring = ring;
    this.start = 0;
  }
}
