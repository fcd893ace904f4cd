// The first byte of a payload, once its envelopes are off, decides everything: who decodes it, and whether a payload
// nobody understands is skipped or stops the replica. The closed band is exactly 0x03–0x07: one byte narrower and a
// stale follower skips what its leader applied, one byte wider and every legacy protobuf entry (0x08 is the key of
// field 1) halts the group.

/** Tags of the store, in the order of the wire. @source elastickv kv/fsm.go, internal/encryption/fsmwire */
export const Opcode = {
  KvSingle: 0x00,
  KvBatch: 0x01,
  HlcLease: 0x02,
  Registration: 0x03,
  Bootstrap: 0x04,
  Rotation: 0x05,
} as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** First tag of the band that fails closed. */
export const CLOSED_BAND_FIRST = 0x03;
/** Last tag of the band that fails closed: reserved, no build applies it. */
export const CLOSED_BAND_LAST = 0x07;

/** Sub-tags of a rotation payload. @source elastickv internal/encryption/fsmwire */
export const SubTag = {
  RotateDek: 0x01,
  EnableStorageEnvelope: 0x04,
  EnableRaftEnvelope: 0x05,
} as const;
export type SubTag = (typeof SubTag)[keyof typeof SubTag];

/** What a DEK encrypts. The same numbers as in the rotation payload. */
export const Purpose = { Storage: 1, Raft: 2 } as const;
export type Purpose = (typeof Purpose)[keyof typeof Purpose];

/**
 * What one build's dispatcher knows. A build older than the band sends 0x03–0x07 down the legacy path, where they are
 * skipped in silence; that difference is what a rolling upgrade lives or dies by.
 */
export interface DispatchTable {
  /** The tags that go to the encryption dispatcher, and halt when it cannot apply them: `[first, last]`, or null for none. */
  readonly closedBand: readonly [number, number] | null;
  /** The rotation sub-tags the decoder knows. */
  readonly subTags: readonly SubTag[];
}

/** Dispatch of each era of the store, by the change that introduced it. */
export const DISPATCH = {
  /** Stages 0–3: no band at all. */
  legacy: { closedBand: null, subTags: [] },
  /** Stage 4, first cut: only the tags it knows, so 0x06 and 0x07 are skipped in silence. */
  knownOnly: { closedBand: [0x03, 0x05], subTags: [SubTag.RotateDek] },
  /** Stage 4 to 6D-3. */
  closed: { closedBand: [0x03, 0x07], subTags: [SubTag.RotateDek] },
  /** From 6D-4: the storage cutover. */
  storageCutover: { closedBand: [0x03, 0x07], subTags: [SubTag.RotateDek, SubTag.EnableStorageEnvelope] },
  /** From 6E-1a: the raft cutover; the current dispatch. */
  raftCutover: {
    closedBand: [0x03, 0x07],
    subTags: [SubTag.RotateDek, SubTag.EnableStorageEnvelope, SubTag.EnableRaftEnvelope],
  },
} as const satisfies Record<string, DispatchTable>;
