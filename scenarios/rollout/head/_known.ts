// What the current release is known to break, by plan: groups of properties that break in the same runs, the one that tells most
// of the cause first, and where a rare one is found. A group that no run breaks any more is reported, and so is a break that is
// not in the table.
import { ENCRYPTION_PROPERTY_NAMES, type EncryptionProperty } from '../../../src/subjects/encryption.ts';

/** A property a plan is judged by: one of the feature's, or one of the two that hold of any state machine. */
export type Judged = EncryptionProperty | 'no-apply-halt' | 'state-machine-safety';

export const JUDGED: readonly Judged[] = [...ENCRYPTION_PROPERTY_NAMES, 'no-apply-halt', 'state-machine-safety'];

/** Properties that break together. */
export interface Known {
  readonly breaks: readonly Judged[];
  /** Seeds among which it is found; by default those of the plan. */
  readonly seeds?: readonly [number, number];
}

/** By the plan's name. */
export const KNOWN: Readonly<Record<string, readonly Known[]>> = {
  'restart where logs are cut': [{ breaks: ['restartable'] }],
  'restart one when bootstrapped': [{ breaks: ['restartable'] }],
  'restart all when bootstrapped': [{ breaks: ['restartable'] }],
  'restart one when storage cutover': [{ breaks: ['restartable'] }],
  'restart all when storage cutover': [{ breaks: ['restartable', 'no-apply-halt'] }],
  'restart one when raft cutover': [{ breaks: ['restartable'] }],
  'restart all when raft cutover': [{ breaks: ['restartable'] }],
  'restart one when both cutovers': [{ breaks: ['restartable'] }],
  'restart all when both cutovers': [{ breaks: ['restartable'] }],
  'restart one when rotated': [{ breaks: ['restartable', 'no-apply-halt'] }],
  'restart all when rotated': [{ breaks: ['restartable', 'no-apply-halt'] }],
  'restart one when both rotated': [{ breaks: ['restartable', 'no-apply-halt'] }],
  'restart all when both rotated': [{ breaks: ['restartable', 'no-apply-halt'] }],
  'the whole rollout in bad weather': [
    { breaks: ['no-apply-halt', 'truthful-capability'], seeds: [56, 59] },
    { breaks: ['barrier-released'], seeds: [38, 41] },
  ],
  'the whole rollout with crashes': [
    { breaks: ['restartable'] },
    { breaks: ['no-apply-halt', 'truthful-capability'], seeds: [57, 60] },
    { breaks: ['barrier-released'], seeds: [11, 14] },
  ],
  'the whole rollout where logs are cut': [
    { breaks: ['no-apply-halt', 'truthful-capability'], seeds: [53, 56] },
    { breaks: ['sidecar-in-step', 'no-cleartext-after-cutover'], seeds: [53, 56] },
    { breaks: ['barrier-released'], seeds: [38, 41] },
  ],
  'the whole rollout on a good day': [
    { breaks: ['no-apply-halt', 'truthful-capability'], seeds: [57, 60] },
    { breaks: ['barrier-released'], seeds: [38, 41] },
  ],
  'commands in any order': [{ breaks: ['no-apply-halt', 'truthful-capability'] }, { breaks: ['restartable'] }],
  'upgrade from 5D, mutators meanwhile': [{ breaks: ['no-apply-halt', 'truthful-capability'] }],
  'upgrade from 6A, mutators meanwhile': [{ breaks: ['truthful-capability', 'no-apply-halt'] }],
  'upgrade from 6B-2, mutators meanwhile': [{ breaks: ['no-apply-halt', 'truthful-capability'] }],
  'upgrade from 6D, mutators meanwhile': [{ breaks: ['no-apply-halt', 'truthful-capability'] }],
  'n3 with no flag': [{ breaks: ['no-apply-halt', 'restartable'] }],
  'n3 with the path alone': [{ breaks: ['truthful-capability', 'no-apply-halt', 'restartable'] }],
  'n3 with the KEK alone': [{ breaks: ['no-apply-halt', 'restartable'] }],
  'n3 with path and KEK': [
    {
      breaks: [
        'no-cleartext-after-cutover',
        'sidecar-in-step',
        'restartable',
        'ok-means-applied',
        'state-machine-safety',
      ],
    },
  ],
  'n3 with the switch and KEK': [{ breaks: ['no-apply-halt', 'restartable'] }],
  'n3 with another KEK': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'n3 with release 5D': [{ breaks: ['truthful-capability', 'no-apply-halt', 'restartable'] }],
  'n3 with release 6A': [{ breaks: ['truthful-capability', 'no-apply-halt', 'restartable'] }],
  'n3 with release 6B-2': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'n3 with release 6D': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'n3 with release 7c': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'n3 with release 6E': [{ breaks: ['restartable'], seeds: [13, 16] }],
  'a node joins before the bootstrap, log whole': [{ breaks: ['restartable'] }],
  'a node joins before the bootstrap, log cut': [{ breaks: ['restartable'] }],
  'a node joins behind the bootstrap, log whole': [{ breaks: ['restartable'] }],
  'a node joins behind the bootstrap, log cut': [
    { breaks: ['sidecar-in-step', 'no-apply-halt', 'restartable', 'truthful-capability'] },
  ],
  'a node joins behind the storage cutover, log whole': [{ breaks: ['restartable'] }],
  'a node joins behind the storage cutover, log cut': [
    {
      breaks: [
        'sidecar-in-step',
        'no-apply-halt',
        'no-cleartext-after-cutover',
        'restartable',
        'readable',
        'truthful-capability',
      ],
    },
  ],
  'a node joins behind both cutovers, log whole': [{ breaks: ['restartable'] }],
  'a node joins behind both cutovers, log cut': [
    { breaks: ['sidecar-in-step', 'readable', 'ok-means-applied', 'state-machine-safety'] },
  ],
  'a node without flags joins before the bootstrap': [{ breaks: ['no-apply-halt'] }],
  'a node without flags joins behind the bootstrap': [{ breaks: ['no-apply-halt'] }],
  'a node without flags joins behind the storage cutover': [
    { breaks: ['no-cleartext-after-cutover'] },
    { breaks: ['no-apply-halt'] },
  ],
  'a node without flags joins behind both cutovers': [{ breaks: ['state-machine-safety', 'ok-means-applied'] }],
  'a machine is replaced': [
    { breaks: ['sidecar-in-step', 'no-cleartext-after-cutover', 'readable', 'state-machine-safety'] },
    { breaks: ['nonce-uniqueness', 'no-apply-halt', 'restartable', 'truthful-capability'] },
  ],
  'a node leaves and comes back': [{ breaks: ['restartable'] }],
  'a sidecar is lost': [
    {
      breaks: ['sidecar-in-step', 'no-cleartext-after-cutover', 'readable', 'ok-means-applied', 'state-machine-safety'],
    },
    { breaks: ['restartable', 'no-apply-halt'] },
  ],
  'a sidecar is put back': [{ breaks: ['restartable'] }, { breaks: ['sidecar-in-step', 'readable'], seeds: [9, 12] }],
  'a disk is put back': [{ breaks: ['nonce-uniqueness'] }, { breaks: ['restartable'] }],
  'a KEK file is exchanged': [{ breaks: ['restartable'] }],
  'a sidecar is lost while the node runs': [
    { breaks: ['sidecar-in-step', 'readable', 'ok-means-applied', 'state-machine-safety'] },
    { breaks: ['no-apply-halt', 'truthful-capability'] },
  ],
  'every disk is put back': [{ breaks: ['nonce-uniqueness'] }],
  'rotate before the bootstrap': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'bootstrap again with other keys': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'bootstrap again with other material': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'bootstrap again behind a rotation': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'rotate to an id in use': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'rotate one purpose to the key of the other': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'rotate with another KEK': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'bootstrap with another KEK': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'rotate with an epoch of one’s own': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'cut over with an epoch of one’s own': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'register an epoch of the past': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'register an epoch of the future': [
    { breaks: ['no-apply-halt', 'truthful-capability'] },
    { breaks: ['restartable'] },
  ],
  'rotate on two consoles': [{ breaks: ['no-apply-halt', 'restartable', 'truthful-capability'] }],
  'every command twice': [{ breaks: ['restartable'] }],
  'leadership goes round': [
    { breaks: ['no-apply-halt', 'truthful-capability'], seeds: [70, 73] },
    { breaks: ['refused-means-unchanged'], seeds: [58, 61] },
  ],
};
