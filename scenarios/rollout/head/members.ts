// Nodes that join: as learners and as voters, before and after each cutover, where the log still reaches back and where it was cut;
// nodes whose machine was replaced; nodes that leave and come back.
import {
  addLearner,
  cluster,
  compact,
  maybe,
  par,
  promote,
  removeMember,
  replaceNode,
  restart,
  seq,
  settle,
  start,
  transferLeadership,
  wait,
  write,
  type Build,
  type Plan,
} from '../../../src/index.ts';
import { ALL_FLAGS, NO_FLAGS, PATH_ONLY, stage } from '../../../src/subjects/encryption.ts';
import { ask, bootstrap, raftCutover, rotate, storageCutover } from '../_kit.ts';
import { HEAD, general, spare } from './_kit.ts';

/** What a batch names that leaves out the last of the nodes. */
const WITHOUT_ONE = '626980046172116160:0,626983344707000793:0,3213229080662662734:0';
const trio = ['n1', 'n2', 'n3'];
/** Nodes nobody gave what the others have. */
const STRANGERS: readonly (readonly [who: string, build: Build])[] = [
  ['no flag', stage('HEAD', NO_FLAGS, 'HEAD with no flag')],
  ['the path alone', stage('HEAD', PATH_ONLY, 'HEAD with the path alone')],
  ['path and KEK', stage('HEAD', { ...ALL_FLAGS, encryptionEnabled: false }, 'HEAD with path and KEK')],
  ['another KEK', stage('HEAD', { ...ALL_FLAGS, kek: 'of n4 alone' }, 'HEAD with another KEK')],
  ['release 6B-2', stage('6B-2', ALL_FLAGS)],
  ['release 7c', stage('7c', ALL_FLAGS)],
];

/** Up to where the rollout has come when the node joins, and what is left of it. */
const milestones: readonly (readonly [name: string, before: Plan, after: Plan])[] = [
  ['before the bootstrap', settle(), seq(bootstrap, write('g1'), storageCutover, write('g1'), raftCutover)],
  ['behind the bootstrap', bootstrap, seq(storageCutover, write('g1'), raftCutover)],
  ['behind the storage cutover', seq(bootstrap, write('g1'), storageCutover), raftCutover],
  ['behind both cutovers', seq(bootstrap, write('g1'), storageCutover, raftCutover, wait('3s')), settle()],
];
const joins = (cut: boolean): Plan =>
  seq(
    write('g1'),
    ...(cut ? [compact('g1')] : []),
    addLearner('n4', { to: ['g1'] }),
    maybe(promote('n4', { in: ['g1'] })),
  );
const rest = (after: Plan): Plan =>
  seq(
    write('g1'),
    wait('2s'),
    after,
    wait('3s'),
    maybe(transferLeadership('g1')),
    write('g1'),
    maybe(rotate()),
    write('g1'),
  );

/** Two of these names narrow to the same 16 bits, and so to the same registry key. */
const alike = cluster({
  nodes: ['n1', 'n2', 'node-598', 'node-684'],
  groups: { g1: { voters: ['n1', 'n2', 'node-598'] } },
  raft: { snapshots: 'asked', joinersStartFrom: 'firstConfiguration' },
});
const joinsAlike = seq(
  start(HEAD, ['node-684']),
  addLearner('node-684', { to: ['g1'] }),
  maybe(promote('node-684', { in: ['g1'] })),
  write('g1'),
);

export default [
  ...general({
    name: 'two names narrow to one key, joined before the bootstrap',
    about: 'A batch of all is refused, so the operator leaves one out; the rollout goes on from there.',
    cluster: alike,
    plan: seq(
      start(HEAD, ['n1', 'n2', 'node-598']),
      joinsAlike,
      bootstrap,
      ask('BootstrapEncryption', { writers: WITHOUT_ONE }),
      rest(storageCutover),
      maybe(restart('node-684')),
      write('g1'),
      settle(),
    ),
    explore: { seeds: [1, 12] },
  }),
  ...general({
    name: 'two names narrow to one key, joined behind the bootstrap',
    about: 'The second of them joins when the first is registered.',
    cluster: alike,
    plan: seq(
      start(HEAD, ['n1', 'n2', 'node-598']),
      bootstrap,
      write('g1'),
      maybe(storageCutover),
      joinsAlike,
      rest(raftCutover),
      maybe(restart('node-598')),
      write('g1'),
      settle(),
    ),
    explore: { seeds: [1, 12] },
  }),
  ...milestones.flatMap(([name, before, after]) =>
    [false, true].flatMap((cut) =>
      general({
        name: `a node joins ${name}, log ${cut ? 'cut' : 'whole'}`,
        about: 'A fourth node with all its flags; the rollout goes on from there, and the node is restarted.',
        cluster: spare,
        plan: seq(
          start(HEAD, trio),
          before,
          start(HEAD, ['n4']),
          joins(cut),
          rest(after),
          maybe(restart('n4')),
          write('g1'),
          settle(),
        ),
        explore: { seeds: [1, 12] },
      }),
    ),
  ),
  ...STRANGERS.flatMap(([who, build]) =>
    milestones.flatMap(([name, before, after]) =>
      general({
        name: `a node with ${who} joins ${name}`,
        about: 'A fourth node that is not as the others are, by log or by snapshot.',
        cluster: spare,
        plan: seq(
          start(HEAD, trio),
          before,
          start(build, ['n4']),
          maybe(compact('g1')),
          joins(false),
          rest(after),
          settle(),
        ),
        explore: { seeds: [1, 12] },
      }),
    ),
  ),
  ...[['all its flags', HEAD] as const, STRANGERS[0]!].flatMap(([who, build]) =>
    general({
      name: `a node with ${who} joins while the storage cutover passes`,
      about: 'Members were asked before it was one; the log may have been cut.',
      cluster: spare,
      plan: seq(
        start(HEAD, trio),
        bootstrap,
        write('g1'),
        maybe(compact('g1')),
        start(build, ['n4']),
        par(storageCutover, addLearner('n4', { to: ['g1'] })),
        maybe(promote('n4', { in: ['g1'] })),
        rest(raftCutover),
        settle(),
      ),
      explore: { seeds: [1, 12] },
    }),
  ),
  ...general({
    name: 'a machine is replaced',
    about: 'The disk of a node is gone; an empty machine takes its name and joins again.',
    plan: seq(
      start(HEAD),
      bootstrap,
      write('g1'),
      storageCutover,
      write('g1'),
      write('g1'),
      maybe(raftCutover),
      wait('3s'),
      maybe(restart('n3')),
      write('g1'),
      maybe(compact('g1')),
      replaceNode('n3'),
      write('g1'),
      write('g1'),
      wait('2s'),
      maybe(restart('n3')),
      settle(),
    ),
    explore: { seeds: [1, 20] },
  }),
  ...general({
    name: 'a node leaves and comes back',
    about: 'Removed from the group and added again under its old name, with its old side files.',
    plan: seq(
      start(HEAD),
      bootstrap,
      write('g1'),
      storageCutover,
      write('g1'),
      wait('2s'),
      removeMember('n3', { from: ['g1'] }),
      maybe(rotate()),
      write('g1'),
      wait('2s'),
      restart('n3'),
      addLearner('n3', { to: ['g1'] }),
      promote('n3', { in: ['g1'] }),
      write('g1'),
      wait('2s'),
      maybe(restart('n3')),
      settle(),
    ),
    explore: { seeds: [1, 20] },
  }),
];
