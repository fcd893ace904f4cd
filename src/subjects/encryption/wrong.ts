// Wrong turns of the rollout that no release of the stage table took, or took alone. Each is a name that a build may carry
// (`stage('HEAD', ALL_FLAGS, { wrong: ['raw-admin'] })`) and one small deviation from the release behind it, so that the
// rule it breaks can be seen to be needed. The names are data: a table of hazards points at them.

/** Every deviation and what a process with it does. */
export const WRONG = {
  'capable-after-bootstrap': 'answers "capable" only once a DEK is active',
  'no-leader-view': 'wires a proposer without a leader view',
  'no-verify': 'takes its own word for it that it still leads',
  'unchecked-fields': 'proposes whatever a mutator is asked for',
  'server-per-call': 'has no permit that one mutator holds against another',
  'drops-unknown-addresses': 'asks nobody in place of a member whose address is unknown',
  'learner-without-address': 'does not know the addresses of learners',
  'asks-voters-only': 'leaves learners out of the capability question',
  'stale-address': "reaches another node at the first learner's address",
  'believes-any-responder': 'credits a member with whatever answers at its address',
  'raw-admin': "proposes the service's own entries unwrapped",
  'raw-writes': 'proposes user writes unwrapped',
  'no-barrier': 'holds no user proposal back while the raft cutover passes',
  'barrier-stops-marker': 'holds its own cutover marker back too',
  'leader-installs-alone': 'starts to wrap only where the cutover was asked for',
  'silent-start': 'forgets at a start that a recorded cutover means wrapping',
  'no-wrap': 'applies the raft cutover and neither wraps nor unwraps',
  'skips-unreadable': 'passes over an entry it cannot unwrap',
  'tag-decides': 'takes every payload that begins like an envelope for one',
  'stale-first': 'tests a replayed raft cutover for being stale before being active',
  'stale-is-error': 'refuses a cutover whose DEK a rotation has replaced',
  'installs-on-stale': 'starts to wrap at a cutover that came too late to take effect',
  'equal-is-rollback': 'refuses a registration it has seen before',
  'bootstrap-overwrites': 'lets a second bootstrap replace the first',
  'scanner-at-data-0': 'looks for encryption entries at the first byte of entry data',
  'scanner-sees-registrations': 'counts registrations among the entries that move the sidecar',
  'unindexed-is-behind': 'judges a sidecar without an index as one that is behind',
  'bump-after-start': 'draws nonces under the epoch of the load before',
  'counter-near-end': 'stands two writes before the end of its nonce counter',
  'counter-wraps': 'goes on counting from the start when its nonce counter is used up',
  'batched-writes': 'frames every write as a batch',
  'rotation-installs-nothing': 'does not wrap under a raft DEK because of a rotation',
  'reads-any-sidecar': 'reads a sidecar of a newer version as one of its own',
  'legacy-framing': 'writes as the store did before its entries bore tags',
  'mutators-while-rotating': 'serves mutators before its rotation at start is over',
  'record-before-row': 'records a cutover before it writes the row that belongs to it',
  'cutover-by-nil': 'takes the empty key of a cutover for a key',
  'cutover-at-zero': 'takes a raft cutover that has no index',
  'other-narrowing': 'narrows the ids of members by a rule of its own',
  'lost-leadership-unmapped': 'answers Unknown when leadership was lost meanwhile',
  'unanswered-probes': 'never answers a capability question',
  'endless-probes': 'waits for a capability answer for as long as it takes',
  'stale-leader-address': 'sends its first registrations to where nobody answers',
  'endless-forwards': 'waits for the answer to a registration for as long as it takes',
  'unanswered-writers': 'commits the registrations of others and never says so',
  'registers-blindly': 'does not look whether an attempt that timed out was committed',
  'seen-is-proof': 'takes a row of a later load for its own',
  'unreadable-header': 'cannot read the first bytes of a snapshot that it is sent',
  'unreadable-is-legacy': 'takes a snapshot whose header it cannot read for an old one that is empty',
  'tampered-values': 'finds the state bits of its stored values flipped when it starts',
  'trusts-state-bits': 'serves as cleartext whatever is marked as cleartext',
} as const;

/** One deviation. */
export type Wrong = keyof typeof WRONG;

/** The deviations a build's config names. */
export function wrongsOf(config: Readonly<Record<string, unknown>>): ReadonlySet<Wrong> {
  return new Set((config['wrong'] ?? []) as readonly Wrong[]);
}
