// Nodes that join: as learners and as voters, before and after each cutover, where the log still reaches back and where it was cut;
// nodes whose machine was replaced; nodes that leave and come back.
import {
  addLearner,
  compact,
  maybe,
  promote,
  removeMember,
  replaceNode,
  restart,
  seq,
  settle,
  start,
  wait,
  write,
  type Plan,
} from '../../../src/index.ts';
import { NO_FLAGS, stage } from '../../../src/subjects/encryption.ts';
import { bootstrap, raftCutover, rotate, storageCutover } from '../_kit.ts';
import { HEAD, general, spare } from './_kit.ts';

const trio = ['n1', 'n2', 'n3'];
const flagless = stage('HEAD', NO_FLAGS, 'HEAD with no flag');

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
const rest = (after: Plan): Plan => seq(write('g1'), wait('2s'), after, wait('3s'), maybe(rotate()), write('g1'));

export default [
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
  ...milestones.flatMap(([name, before, after]) =>
    general({
      name: `a node without flags joins ${name}`,
      about: 'A fourth node nobody gave its flags, by log or by snapshot.',
      cluster: spare,
      plan: seq(start(HEAD, trio), before, start(flagless, ['n4']), joins(true), rest(after), settle()),
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
