// The layout of trace records, shared by their writer and their reader. The hash of a run is defined over it: a change here
// changes every hash that was ever written down.

/** What a record is, in the low byte of its first integer; the bits above hold the number of fields (of code units). */
export const Rec = {
  Text: 0,
  Send: 1,
  Deliver: 2,
  Lose: 3,
  Role: 4,
  Append: 5,
  Commit: 6,
  Apply: 7,
  Rare: 8,
  Kv: 9,
} as const;
export type Rec = (typeof Rec)[keyof typeof Rec];

/** Integers before the fields of an event: fields and kind, time, place (node and group). A text has one only. */
export const RECORD_HEAD = 3;

/** What a client does, and how far it is. A record holds their places in these lists. */
export const KV_OPS = ['put', 'get'] as const;
export const KV_PHASES = ['call', 'ok', 'fail', 'unknown'] as const;
export type KvOp = (typeof KV_OPS)[number];
export type KvPhase = (typeof KV_PHASES)[number];
