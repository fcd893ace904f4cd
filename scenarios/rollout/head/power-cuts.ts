// A machine that loses power while it writes its side file: before the new one has its name, or right behind that. Users write all
// the while, and links are slow at times, so whoever comes to lead may not have applied yet what the log holds.
import {
  crashWriting,
  maybe,
  par,
  restart,
  seq,
  settle,
  start,
  swarm,
  times,
  wait,
  write,
  type Plan,
} from '../../../src/index.ts';
import { bootstrap, raftCutover, rotate, storageCutover } from '../_kit.ts';
import { HEAD, general } from './_kit.ts';

const user = times([8, 16], seq(write('g1'), wait('15ms')));
const keyed = seq(bootstrap, write('g1'));
const steps: readonly (readonly [name: string, before: Plan, step: Plan])[] = [
  ['the bootstrap', settle(), bootstrap],
  ['the storage cutover', keyed, storageCutover],
  ['the raft cutover', keyed, raftCutover],
  ['a rotation', seq(keyed, storageCutover, write('g1'), maybe(seq(raftCutover, wait('3s')))), rotate()],
];
/** Changes of side files: create, write, sync, rename, sync of the directory. */
const MOMENTS = [
  ['before its side file has its name', 3],
  ['behind its side file', 5],
] as const;

export default steps.flatMap(([name, before, step]) =>
  MOMENTS.flatMap(([when, after]) =>
    general({
      name: `n1 loses power in ${name}, ${when}`,
      about: 'It comes back with the same flags a little later, and once more.',
      plan: seq(
        start(HEAD),
        before,
        settle(),
        crashWriting('n1', { after }),
        par(step, user, user, user),
        wait('1s'),
        restart('n1'),
        wait('2s'),
        write('g1'),
        maybe(restart('n1')),
        write('g1'),
        settle(),
      ),
      faults: swarm({ delay: ['1ms', '60ms'], healBy: '6s' }),
      explore: { seeds: [1, 16] },
    }),
  ),
);
