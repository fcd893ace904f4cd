// A node that is away while the others go on, and comes back: a repair that takes an afternoon, a network that is down. The log may
// still reach back to where it left, or have been cut meanwhile.
import {
  compact,
  maybe,
  par,
  restart,
  seq,
  settle,
  start,
  stop,
  transferLeadership,
  wait,
  write,
  type Plan,
} from '../../../src/index.ts';
import { bootstrap, raftCutover, rotate, storageCutover } from '../_kit.ts';
import { HEAD, general } from './_kit.ts';

const keyed = seq(bootstrap, write('g1'));
const stored = seq(keyed, storageCutover, write('g1'));
/** What has happened before the node leaves, and what it misses. */
const misses: readonly (readonly [name: string, before: Plan, missed: Plan])[] = [
  ['the bootstrap', settle(), bootstrap],
  ['the storage cutover', keyed, storageCutover],
  ['the raft cutover', keyed, seq(raftCutover, wait('3s'))],
  ['a rotation', stored, rotate()],
  ['a raft rotation', seq(stored, raftCutover, wait('3s'), write('g1')), rotate('raft')],
  ['the whole rollout', settle(), seq(stored, raftCutover, wait('3s'), maybe(rotate()))],
];

export default misses.flatMap(([name, before, missed]) =>
  [false, true].flatMap((cut) =>
    general({
      name: `a node misses ${name}, log ${cut ? 'cut' : 'whole'}`,
      about:
        'Stopped before, started again behind it with the same flags; the rollout goes on, and it may come to lead.',
      plan: seq(
        start(HEAD),
        before,
        settle(),
        // A cutover asks every member first: only one that leaves meanwhile can miss it.
        par(seq(stop('n3'), wait('1s')), seq(maybe(wait('1s')), missed)),
        write('g1'),
        wait('2s'),
        write('g1'),
        ...(cut ? [compact('g1')] : []),
        restart('n3'),
        wait('2s'),
        write('g1'),
        maybe(transferLeadership('g1')),
        write('g1'),
        maybe(rotate()),
        write('g1'),
        maybe(restart('n3')),
        write('g1'),
        settle(),
      ),
      explore: { seeds: [1, 10] },
    }),
  ),
);
