// The layout of trace records, shared by their writer and their reader. The hash of a run is defined over it: a change here
// changes every hash that was ever written down.

/** What a record is, in the low byte of its first integer; the bits above hold the number of fields (of code units). */
export const Rec = { Text: 0, Send: 1, Deliver: 2, Lose: 3, Role: 4, Append: 5, Commit: 6, Apply: 7, Rare: 8 } as const;
export type Rec = (typeof Rec)[keyof typeof Rec];

/** Integers before the fields of an event: fields and kind, time, place (node and group). A text has one only. */
export const RECORD_HEAD = 3;
