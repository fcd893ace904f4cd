// The network of the benchmark: a ring of buckets, one a tick, each first in, first out. Buckets keep their arrays and clear
// what was taken. An array that shrank and grew again each tick would leave old copies of itself behind, dead but not yet
// collected, and every message one of them still points to would survive with it.
import type { Message } from '../../raft/index.ts';

interface Bucket {
  readonly items: (Message | null)[];
  count: number;
}

/** Messages by the tick at which they are due. */
export class Ring {
  private readonly buckets: readonly Bucket[];
  private current: Bucket;
  private slot = 0;

  /** @param maxDelay the longest delay in ticks, >= 1 */
  constructor(maxDelay: number) {
    this.buckets = Array.from({ length: maxDelay + 1 }, () => ({ items: [], count: 0 }));
    this.current = this.buckets[0]!;
  }

  /** Moves on by one tick; what is due then can be taken. */
  advance(): void {
    if (++this.slot === this.buckets.length) this.slot = 0;
    this.current = this.buckets[this.slot]!;
  }

  /** How many messages are due now. */
  dueCount(): number {
    return this.current.count;
  }

  /** A message that is due now, by position. */
  due(position: number): Message {
    return this.current.items[position]!;
  }

  /** Takes a message that is due now, by position; each must be taken once. */
  take(position: number): Message {
    const { items } = this.current;
    const m = items[position]!;
    items[position] = null;
    return m;
  }

  /** All that was due has been taken. */
  clearDue(): void {
    this.current.count = 0;
  }

  /** Sends a message that is due after `delay` ticks, 1 to maxDelay. */
  put(m: Message, delay: number): void {
    const slot = this.slot + delay;
    const bucket = this.buckets[slot < this.buckets.length ? slot : slot - this.buckets.length]!;
    if (bucket.count < bucket.items.length) bucket.items[bucket.count] = m;
    else bucket.items.push(m);
    bucket.count++;
  }
}
