// What the current release is known to break, by plan: groups of properties that break in the same runs, the one that tells most
// of the cause first. A group that no run breaks any more, and a break that is not in the table, are both reported.
import { ENCRYPTION_PROPERTY_NAMES, type EncryptionProperty } from '../../../src/subjects/encryption.ts';

/** A property a plan is judged by: one of the feature's, or one of the two that hold of any state machine. */
export type Judged = EncryptionProperty | 'no-apply-halt' | 'state-machine-safety';

export const JUDGED: readonly Judged[] = [...ENCRYPTION_PROPERTY_NAMES, 'no-apply-halt', 'state-machine-safety'];

export const KNOWN: Readonly<Record<string, readonly (readonly Judged[])[]>> = {};
