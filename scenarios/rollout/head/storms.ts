// The whole rollout while the network and the machines misbehave, operators who try again, and leaders that change.
import {
  anyOrder,
  maybe,
  par,
  restart,
  seq,
  settle,
  start,
  swarm,
  times,
  transferLeadership,
  wait,
  write,
  type Plan,
} from '../../../src/index.ts';
import { ask, bootstrap, raftCutover, rotate, served, storageCutover } from '../_kit.ts';
import { HEAD, cutting, general, three } from './_kit.ts';

const traffic = times([2, 5], seq(write('g1'), maybe(wait('300ms'))));
const twice = (step: Plan): Plan => seq(step, maybe(step));

/** Commands in their order, each perhaps given again, beside writes and changes of leadership. */
const life = seq(
  start(HEAD),
  write('g1'),
  par(
    seq(
      twice(bootstrap),
      twice(storageCutover),
      maybe(wait('1s')),
      twice(raftCutover),
      maybe(rotate()),
      maybe(rotate('raft')),
    ),
    traffic,
    maybe(transferLeadership('g1')),
    maybe(seq(wait('500ms'), transferLeadership('g1'))),
  ),
  wait('2s'),
  write('g1'),
  settle(),
);

const weather = swarm({ partition: ['isolateOne', 'halves'], delay: ['1ms', '80ms'], loss: [0, 0.1], healBy: '6s' });
const crashes = swarm({
  partition: ['isolateOne'],
  delay: ['1ms', '40ms'],
  crash: { max: 3, tornWrites: true },
  healBy: '6s',
});

/** One mutator after another while leadership goes round. */
const roundabout = seq(
  start(HEAD),
  bootstrap,
  write('g1'),
  par(
    times([4, 8], anyOrder(ask('RegisterEncryptionWriter'), rotate(), maybe(ask('ResyncSidecar')))),
    times([4, 10], seq(transferLeadership('g1'), write('g1'))),
  ),
  wait('2s'),
  write('g1'),
  settle(),
);

/** The cutovers while many users write and leadership moves. */
const user = times([4, 10], write('g1'));
const passage = seq(
  start(HEAD),
  bootstrap,
  write('g1'),
  par(
    seq(maybe(storageCutover), raftCutover, maybe(raftCutover)),
    user,
    user,
    user,
    seq(user, transferLeadership('g1')),
    maybe(transferLeadership('g1')),
  ),
  wait('2s'),
  write('g1'),
  settle(),
);

export default [
  ...general({
    name: 'leadership goes round',
    about: 'Mutators and reports while leaders hand over, on links that are slow at times.',
    plan: roundabout,
    faults: swarm({ delay: ['1ms', '80ms'], partition: ['isolateOne'], healBy: '6s' }),
    explore: { seeds: [1, 40] },
  }),
  ...general({
    name: 'cutovers while leadership moves',
    about: 'Users write all the while, and links are slow at times.',
    plan: passage,
    faults: swarm({ delay: ['1ms', '60ms'], healBy: '6s' }),
    explore: { seeds: [1, 80] },
  }),
  ...general({
    name: 'the whole rollout in bad weather',
    about: 'Partitions, losses and delays; no machine goes down.',
    plan: life,
    faults: weather,
    seen: [served('BootstrapEncryption'), served('EnableStorageEnvelope'), served('EnableRaftEnvelope')],
    explore: { seeds: [1, 120] },
  }),
  ...general({
    name: 'the whole rollout with crashes',
    about: 'Machines lose power, in the middle of a write as well, and come back with the same flags.',
    plan: life,
    faults: crashes,
    explore: { seeds: [1, 80] },
  }),
  ...general({
    name: 'the whole rollout where logs are cut',
    about: 'Bad weather, and replicas that take snapshots when they like, so that one that lags is sent one.',
    cluster: cutting,
    plan: life,
    faults: weather,
    explore: { seeds: [1, 80] },
  }),
  ...general({
    name: 'the whole rollout on a good day',
    about: 'Nothing goes wrong but that leadership moves and commands overlap.',
    cluster: three,
    plan: life,
    explore: { seeds: [1, 60] },
  }),
  ...general({
    name: 'commands in any order',
    about: 'An operator who reads the manual from the back.',
    plan: seq(
      start(HEAD),
      write('g1'),
      anyOrder(bootstrap, storageCutover, raftCutover, rotate(), rotate('raft')),
      wait('2s'),
      write('g1'),
      maybe(restart('n1')),
      settle(),
    ),
    explore: { seeds: [1, 60] },
  }),
];
