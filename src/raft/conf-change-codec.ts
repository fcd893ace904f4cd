// Bytes of configuration changes.
import type { AnyConfChange, Entry } from './types.ts';

/** Protobuf bytes of a change, as an entry carries them. */
export declare function encodeConfChange(change: AnyConfChange): Uint8Array;
/** The change in an entry of type ConfChange or ConfChangeV2. @throws RaftInvariantError if its data is not protobuf */
export declare function decodeConfChange(entry: Entry): AnyConfChange;
