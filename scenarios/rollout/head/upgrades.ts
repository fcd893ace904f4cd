// Rolling upgrades to the current release, from each release a cluster may have stood on, with what that release lets operators do
// before, while and after the nodes go over.
import {
  compact,
  maybe,
  par,
  restart,
  rolling,
  seq,
  settle,
  start,
  times,
  wait,
  write,
  type Build,
  type Plan,
} from '../../../src/index.ts';
import { ALL_FLAGS, NO_FLAGS, PATH_ONLY, stage } from '../../../src/subjects/encryption.ts';
import { bootstrap, raftCutover, rotate, served, storageCutover } from '../_kit.ts';
import { HEAD, general } from './_kit.ts';

const nodes = ['n1', 'n2', 'n3'];
const traffic = times([1, 3], seq(write('g1'), maybe(wait('400ms'))));

const upgrade = (from: Build, before: Plan, meanwhile: Plan, after: Plan): Plan =>
  seq(
    start(from),
    write('g1'),
    before,
    write('g1'),
    maybe(wait('2s')),
    maybe(compact('g1')),
    par(rolling(nodes, HEAD, { order: 'any' }), meanwhile, traffic),
    wait('2s'),
    after,
    write('g1'),
    storageCutover,
    write('g1'),
    raftCutover,
    wait('2s'),
    write('g1'),
    settle(),
  );

const stored = seq(bootstrap, storageCutover, write('g1'), maybe(restart('n2')), write('g1'), maybe(rotate()));

const FROM: readonly (readonly [name: string, build: Build, before: Plan, after: Plan])[] = [
  ['5D', stage('5D', NO_FLAGS), settle(), bootstrap],
  ['6A', stage('6A', PATH_ONLY), settle(), bootstrap],
  ['6B-2', stage('6B-2', ALL_FLAGS), seq(bootstrap, maybe(rotate())), settle()],
  ['6D', stage('6D', ALL_FLAGS), stored, settle()],
  ['7c', stage('7c', ALL_FLAGS), stored, settle()],
  ['6E', stage('6E', ALL_FLAGS), stored, settle()],
];

export default [
  ...FROM.flatMap(([name, from, before, after]) =>
    general({
      name: `upgrade from ${name}, bootstrapped when it is over`,
      about: 'Every node goes over before an operator asks for anything new.',
      plan: upgrade(from, before, settle(), after),
      seen: [served('EnableStorageEnvelope')],
      explore: { seeds: [1, 20] },
    }),
  ),
  ...FROM.flatMap(([name, from, before]) =>
    general({
      name: `upgrade from ${name}, mutators meanwhile`,
      about: 'An operator asks the leader of the day while nodes go over.',
      plan: upgrade(from, before, times([1, 2], par(bootstrap, maybe(storageCutover), maybe(rotate()))), settle()),
      explore: { seeds: [1, 30] },
    }),
  ),
];
