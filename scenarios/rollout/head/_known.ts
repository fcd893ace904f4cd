// What the current release is known to break, by plan, and the seed from which four runs find it. A row that no run breaks any more
// is reported, and so is a break that is not in the table: the plan itself is judged by everything else. UPDATE=known makes the
// test of this folder write the rows anew.
import { ENCRYPTION_PROPERTY_NAMES, type EncryptionProperty } from '../../../src/subjects/encryption.ts';

/** A property a plan is judged by: one of the feature's, or one of the two that hold of any state machine. */
export type Judged = EncryptionProperty | 'no-apply-halt' | 'state-machine-safety';

export const JUDGED: readonly Judged[] = [...ENCRYPTION_PROPERTY_NAMES, 'no-apply-halt', 'state-machine-safety'];

/** One property that a plan breaks. */
export interface Known {
  readonly breaks: Judged;
  /** Among this seed and the three behind it a run breaks it. */
  readonly from: number;
}

/** One row for each plan: its name, and what breaks at which seed. */
const TABLE = `
a node misses the bootstrap, log whole | restartable@6
a node misses the bootstrap, log cut | sidecar-in-step no-apply-halt truthful-capability restartable
a node misses the storage cutover, log cut | restartable@8
a node misses the raft cutover, log cut | sidecar-in-step state-machine-safety ok-means-applied restartable@8
a node misses a rotation, log whole | restartable
a node misses a rotation, log cut | sidecar-in-step readable restartable
a node misses a raft rotation, log whole | restartable
a node misses a raft rotation, log cut | sidecar-in-step no-apply-halt restartable
a node misses the whole rollout, log whole | restartable no-apply-halt@53 truthful-capability@53
a node misses the whole rollout, log cut | sidecar-in-step no-apply-halt truthful-capability restartable no-cleartext-after-cutover@26
a sidecar is lost | ok-means-applied readable sidecar-in-step state-machine-safety no-cleartext-after-cutover restartable@6 no-apply-halt@6
a sidecar is put back | restartable@6 readable@9 sidecar-in-step@9
a log is put back and its sidecar is not | restartable@6
a disk is put back | nonce-uniqueness restartable@6
a KEK file is exchanged | restartable@6
a sidecar is lost while the node runs | no-apply-halt truthful-capability state-machine-safety ok-means-applied readable sidecar-in-step
every disk is put back | nonce-uniqueness
two groups on the same nodes | restartable@24
two groups of which one is elsewhere | no-cleartext-after-cutover no-apply-halt state-machine-safety@5
two groups with a learner of the default group | restartable
two groups, the default one idle | restartable
two groups, upgrade from 6D | sidecar-in-step restartable no-apply-halt@7
two groups, upgrade from 7c | sidecar-in-step no-apply-halt restartable
two groups, upgrade from 6E | sidecar-in-step no-apply-halt@6 restartable@6
two names narrow to one key, joined before the bootstrap | no-apply-halt truthful-capability restartable
two names narrow to one key, joined behind the bootstrap | restartable
a node joins before the bootstrap, log whole | restartable@6
a node joins before the bootstrap, log cut | restartable@6
a node joins behind the bootstrap, log whole | restartable@6
a node joins behind the bootstrap, log cut | sidecar-in-step no-apply-halt truthful-capability restartable
a node joins behind the storage cutover, log whole | restartable@6
a node joins behind the storage cutover, log cut | sidecar-in-step no-cleartext-after-cutover readable no-apply-halt truthful-capability restartable
a node joins behind both cutovers, log whole | restartable@6
a node joins behind both cutovers, log cut | sidecar-in-step state-machine-safety readable restartable ok-means-applied no-cleartext-after-cutover@23 no-apply-halt@23
a node with no flag joins before the bootstrap | no-apply-halt
a node with no flag joins behind the bootstrap | no-apply-halt
a node with no flag joins behind the storage cutover | no-cleartext-after-cutover no-apply-halt
a node with no flag joins behind both cutovers | state-machine-safety ok-means-applied no-apply-halt no-cleartext-after-cutover@9
a node with the path alone joins before the bootstrap | no-apply-halt truthful-capability
a node with the path alone joins behind the bootstrap | truthful-capability no-apply-halt
a node with the path alone joins behind the storage cutover | no-cleartext-after-cutover truthful-capability no-apply-halt readable
a node with the path alone joins behind both cutovers | state-machine-safety readable ok-means-applied no-apply-halt truthful-capability no-cleartext-after-cutover@9
a node with path and KEK joins before the bootstrap | no-cleartext-after-cutover state-machine-safety ok-means-applied sidecar-in-step no-apply-halt@9
a node with path and KEK joins behind the bootstrap | sidecar-in-step no-apply-halt truthful-capability no-cleartext-after-cutover state-machine-safety ok-means-applied
a node with path and KEK joins behind the storage cutover | sidecar-in-step no-cleartext-after-cutover no-apply-halt truthful-capability readable state-machine-safety ok-means-applied
a node with path and KEK joins behind both cutovers | sidecar-in-step state-machine-safety readable ok-means-applied no-cleartext-after-cutover@9 no-apply-halt@9
a node with another KEK joins before the bootstrap | no-apply-halt truthful-capability
a node with another KEK joins behind the bootstrap | sidecar-in-step no-apply-halt truthful-capability
a node with another KEK joins behind the storage cutover | sidecar-in-step no-cleartext-after-cutover no-apply-halt truthful-capability readable
a node with another KEK joins behind both cutovers | sidecar-in-step state-machine-safety readable ok-means-applied no-apply-halt truthful-capability no-cleartext-after-cutover@9
a node with release 6B-2 joins before the bootstrap | no-apply-halt truthful-capability
a node with release 6B-2 joins behind the bootstrap | sidecar-in-step no-apply-halt truthful-capability
a node with release 6B-2 joins behind the storage cutover | sidecar-in-step no-cleartext-after-cutover no-apply-halt truthful-capability readable
a node with release 6B-2 joins behind both cutovers | sidecar-in-step state-machine-safety readable ok-means-applied no-apply-halt truthful-capability no-cleartext-after-cutover@9
a node with release 7c joins before the bootstrap | no-apply-halt truthful-capability
a node with release 7c joins behind the bootstrap | sidecar-in-step no-apply-halt truthful-capability
a node with release 7c joins behind the storage cutover | sidecar-in-step no-cleartext-after-cutover no-apply-halt truthful-capability readable
a node with release 7c joins behind both cutovers | sidecar-in-step state-machine-safety readable ok-means-applied no-apply-halt truthful-capability no-cleartext-after-cutover@9
a node with all its flags joins while the storage cutover passes | sidecar-in-step no-apply-halt truthful-capability no-cleartext-after-cutover@9
a node with no flag joins while the storage cutover passes | no-apply-halt no-cleartext-after-cutover@9
a machine is replaced | sidecar-in-step state-machine-safety readable nonce-uniqueness no-cleartext-after-cutover no-apply-halt@5 truthful-capability@5 restartable@5
a node leaves and comes back | restartable
n3 with no flag | no-apply-halt restartable truthful-capability@10
n3 with the path alone | truthful-capability no-apply-halt restartable
n3 with the KEK alone | no-apply-halt restartable truthful-capability@10
n3 with path and KEK | no-cleartext-after-cutover state-machine-safety restartable ok-means-applied no-apply-halt sidecar-in-step@5 truthful-capability@10
n3 with the switch and KEK | no-apply-halt restartable truthful-capability@10
n3 with another KEK | no-apply-halt truthful-capability restartable
n3 is restarted with no flag | no-apply-halt no-cleartext-after-cutover state-machine-safety@5 ok-means-applied@5
n3 is restarted with the KEK alone | no-apply-halt no-cleartext-after-cutover state-machine-safety@5 ok-means-applied@5
n3 is restarted with the switch and KEK | no-apply-halt no-cleartext-after-cutover state-machine-safety@5 ok-means-applied@5
n3 is restarted with another path | no-apply-halt readable sidecar-in-step no-cleartext-after-cutover truthful-capability state-machine-safety@5 ok-means-applied@5
n3 with release 5D | truthful-capability no-apply-halt restartable
n3 with release 6A | truthful-capability no-apply-halt restartable
n3 with release 6B-2 | no-apply-halt truthful-capability restartable
n3 with release 6D | no-apply-halt truthful-capability restartable
n3 with release 7c | no-apply-halt truthful-capability restartable
n3 with release 6E | restartable
rotate before the bootstrap | no-apply-halt truthful-capability restartable
bootstrap again | restartable no-apply-halt truthful-capability
bootstrap again with other keys | restartable no-apply-halt truthful-capability
bootstrap again with other material | restartable no-apply-halt truthful-capability
bootstrap again behind a rotation | restartable no-apply-halt truthful-capability
rotate to an id in use | restartable no-apply-halt truthful-capability
rotate one purpose to the key of the other | restartable no-apply-halt truthful-capability
rotate with another KEK | restartable no-apply-halt truthful-capability
bootstrap with another KEK | no-apply-halt truthful-capability restartable
rotate in the name of a stranger | restartable no-apply-halt@8
rotate with an epoch of one’s own | restartable no-apply-halt truthful-capability
rotate again | restartable no-apply-halt truthful-capability
bootstrap with an epoch of one’s own | no-apply-halt truthful-capability restartable
cut the log over with an epoch of one’s own | restartable
cut over with an epoch of one’s own | no-apply-halt truthful-capability restartable
register an epoch of the past | restartable no-apply-halt truthful-capability
register an epoch of the future | restartable no-apply-halt truthful-capability
register a node again | restartable no-apply-halt truthful-capability
register a stranger | no-apply-halt truthful-capability restartable
rotate in the name of one who is like another | restartable no-apply-halt truthful-capability
every command to every node | restartable
rotate on two consoles | restartable no-apply-halt truthful-capability
every command twice | restartable
n1 loses power in the bootstrap, before its side file has its name | restartable
n1 loses power in the bootstrap, behind its side file | restartable
n1 loses power in the raft cutover, before its side file has its name | restartable no-cleartext-after-cutover no-apply-halt
n1 loses power in the raft cutover, behind its side file | no-cleartext-after-cutover no-apply-halt
n1 loses power in a rotation, before its side file has its name | restartable
n1 loses power in a rotation, behind its side file | restartable
restart where logs are cut | restartable
restart one when bootstrapped | restartable
restart all when bootstrapped | restartable
restart each in turn when bootstrapped | restartable
restart one when storage cutover | restartable
restart all when storage cutover | restartable
restart each in turn when storage cutover | restartable no-apply-halt@6
restart one when raft cutover | restartable
restart all when raft cutover | restartable
restart each in turn when raft cutover | restartable
restart one when both cutovers | restartable
restart all when both cutovers | restartable
restart each in turn when both cutovers | restartable
restart one when rotated | no-apply-halt restartable
restart all when rotated | restartable no-apply-halt
restart each in turn when rotated | restartable no-apply-halt
restart one when both rotated | no-apply-halt restartable
restart all when both rotated | no-apply-halt restartable
restart each in turn when both rotated | no-apply-halt restartable
n3 goes back to 5D when fresh | truthful-capability no-apply-halt restartable
n3 goes back to 6A when fresh | truthful-capability no-apply-halt restartable
n3 goes back to 6B-2 when fresh | restartable
n3 goes back to 6D when fresh | restartable
n3 goes back to 7c when fresh | restartable
n3 goes back to 5D when bootstrapped | no-apply-halt
n3 goes back to 6A when bootstrapped | no-apply-halt
n3 goes back to 6B-2 when bootstrapped | no-apply-halt
n3 goes back to 6D when bootstrapped | restartable nonce-uniqueness
n3 goes back to 7c when bootstrapped | restartable
n3 goes back to 5D when behind the storage cutover | no-apply-halt
n3 goes back to 6A when behind the storage cutover | no-apply-halt
n3 goes back to 6B-2 when behind the storage cutover | no-apply-halt
n3 goes back to 6D when behind the storage cutover | nonce-uniqueness restartable no-apply-halt@17
n3 goes back to 7c when behind the storage cutover | restartable no-apply-halt
n3 goes back to 5D when behind both cutovers | no-apply-halt
n3 goes back to 6A when behind both cutovers | no-apply-halt
n3 goes back to 6B-2 when behind both cutovers | no-apply-halt
n3 goes back to 6D when behind both cutovers | no-apply-halt nonce-uniqueness
n3 goes back to 7c when behind both cutovers | no-apply-halt nonce-uniqueness
n3 goes back to 6E when behind both cutovers | no-apply-halt@17 restartable@17
rotation at the start of each in turn | no-apply-halt@21 restartable@21
leadership goes round | refused-means-unchanged@58 no-apply-halt@70 truthful-capability@70
cutovers while leadership moves | barrier-released@8
the whole rollout in bad weather | barrier-released@38 no-apply-halt@56 truthful-capability@56
the whole rollout with crashes | restartable barrier-released@11 no-apply-halt@57 truthful-capability@57
the whole rollout where logs are cut | barrier-released@38 sidecar-in-step@116 no-apply-halt@53 truthful-capability@53
the whole rollout on a good day | barrier-released@38 no-apply-halt@57 truthful-capability@57
commands in any order | no-apply-halt truthful-capability restartable
upgrade from 6B-2, bootstrapped when it is over | restartable no-apply-halt
upgrade from 6D, bootstrapped when it is over | restartable no-apply-halt nonce-uniqueness@5
upgrade from 7c, bootstrapped when it is over | restartable no-apply-halt nonce-uniqueness@32
upgrade from 6E, bootstrapped when it is over | restartable no-apply-halt
upgrade from 5D, mutators meanwhile | no-apply-halt truthful-capability
upgrade from 6A, mutators meanwhile | truthful-capability no-apply-halt
upgrade from 6B-2, mutators meanwhile | no-apply-halt truthful-capability restartable
upgrade from 6D, mutators meanwhile | no-apply-halt truthful-capability restartable nonce-uniqueness@32
upgrade from 7c, mutators meanwhile | no-apply-halt truthful-capability restartable nonce-uniqueness@32
upgrade from 6E, mutators meanwhile | no-apply-halt truthful-capability restartable
`;

/** By the plan's name. */
export const KNOWN: Readonly<Record<string, readonly Known[]>> = Object.fromEntries(
  TABLE.trim()
    .split('\n')
    .map((row) => {
      const [plan = '', breaks = ''] = row.split(' | ');
      return [plan, breaks.split(' ').map(knownOf)];
    }),
);

/** `property` is found from seed 1 on, `property@seed` from there. */
function knownOf(text: string): Known {
  const [name, seed = '1'] = text.split('@');
  const breaks = JUDGED.find((one) => one === name);
  if (breaks === undefined) throw new Error(`no property "${name}" to judge by`);
  return { breaks, from: Number(seed) };
}
