// One node goes back to an older release with the flags it has, at each milestone of the rollout, takes part for a while, and
// comes forward again.
import {
  compact,
  maybe,
  restart,
  seq,
  settle,
  start,
  transferLeadership,
  wait,
  write,
  type Plan,
} from '../../../src/index.ts';
import { ALL_FLAGS, stage } from '../../../src/subjects/encryption.ts';
import { bootstrap, raftCutover, rotate, storageCutover } from '../_kit.ts';
import { HEAD, general } from './_kit.ts';

const OLDER = ['5D', '6A', '6B-2', '6D', '7c', '6E'] as const;
/** What has been reached, and what operators do next. */
const milestones: readonly (readonly [name: string, reached: Plan, next: Plan])[] = [
  ['fresh', settle(), bootstrap],
  ['bootstrapped', bootstrap, storageCutover],
  ['behind the storage cutover', seq(bootstrap, write('g1'), storageCutover), rotate()],
  ['behind both cutovers', seq(bootstrap, write('g1'), storageCutover, raftCutover, wait('3s')), rotate('raft')],
];

export default milestones.flatMap(([name, reached, next]) =>
  OLDER.flatMap((release) =>
    general({
      name: `n3 goes back to ${release} when ${name}`,
      about: 'The others stay; commands and changes of leadership come while it is there, and when it is back.',
      plan: seq(
        start(HEAD),
        write('g1'),
        reached,
        write('g1'),
        wait('2s'),
        maybe(compact('g1')),
        restart('n3', { as: stage(release, ALL_FLAGS, `older ${release}`) }),
        write('g1'),
        maybe(transferLeadership('g1')),
        write('g1'),
        maybe(next),
        write('g1'),
        wait('2s'),
        restart('n3', { as: HEAD }),
        write('g1'),
        wait('2s'),
        maybe(next),
        write('g1'),
        settle(),
      ),
      explore: { seeds: [1, 8] },
    }),
  ),
);
