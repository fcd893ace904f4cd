// Commands given twice, too early, with the wrong key or the wrong number: what operators do on a long day. The cluster is whole
// and so is the network.
import {
  maybe,
  par,
  restart,
  rolling,
  seq,
  settle,
  start,
  transferLeadership,
  wait,
  write,
  type Plan,
} from '../../../src/index.ts';
import { ask, askAt, bootstrap, raftCutover, rotate, storageCutover } from '../_kit.ts';
import { HEAD, general } from './_kit.ts';

const after = seq(write('g1'), wait('2s'), maybe(restart('n2')), write('g1'), settle());
const mistake = (name: string, about: string, plan: Plan) =>
  general({ name, about, plan: seq(start(HEAD), write('g1'), plan, after), explore: { seeds: [1, 10] } });
const nodes = ['n1', 'n2', 'n3'];
const restarted = seq(rolling(nodes, HEAD), wait('2s'), write('g1'));
const keyed = seq(
  bootstrap,
  write('g1'),
  maybe(restarted),
  storageCutover,
  write('g1'),
  maybe(seq(raftCutover, wait('3s'))),
  maybe(restarted),
);
/** The same bytes each time. */
const rotation = rotate('storage', { dekId: '3', material: 'third' });
/** The ids of n1 and n2, the one with the low 16 bits of n2, and what an operator takes for a batch. */
const [N1, N2, LIKE_N2] = ['626980046172116160', '626983344707000793', '121305'] as const;

export default [
  ...mistake('rotate before the bootstrap', 'There is nothing to rotate yet.', seq(rotate(), write('g1'), bootstrap)),
  ...mistake(
    'register before the bootstrap',
    'A writer of no key.',
    seq(ask('RegisterEncryptionWriter', { dekId: '1' }), bootstrap),
  ),
  ...mistake('bootstrap again', 'The same command, word for word.', seq(keyed, bootstrap)),
  ...mistake(
    'bootstrap again with other keys',
    'Other ids, other material.',
    seq(keyed, ask('BootstrapEncryption', { storageDekId: '8', raftDekId: '9', material: 'b' })),
  ),
  ...mistake(
    'bootstrap again with other material',
    'The same ids, other material.',
    seq(keyed, ask('BootstrapEncryption', { material: 'b' })),
  ),
  ...mistake(
    'bootstrap again behind a rotation',
    'A retry that comes late.',
    seq(keyed, rotate(), wait('2s'), bootstrap),
  ),
  ...mistake(
    'rotate to an id in use',
    'The id of the active key, other material.',
    seq(keyed, rotate('storage', { dekId: '1' })),
  ),
  ...mistake(
    'rotate one purpose to the key of the other',
    'The id of the raft key, as a storage key.',
    seq(keyed, rotate('storage', { dekId: '2', material: 'first' })),
  ),
  ...mistake(
    'rotate with another KEK',
    'The blob was wrapped under a key no node has.',
    seq(keyed, rotate('storage', { kek: 'another' })),
  ),
  ...mistake(
    'bootstrap with another KEK',
    'Both blobs were wrapped under a key no node has.',
    ask('BootstrapEncryption', { kek: 'another' }),
  ),
  ...mistake(
    'rotate in the name of a stranger',
    'The proposer is a node that does not exist.',
    seq(keyed, rotate('storage', { writer: 'n9' })),
  ),
  ...mistake(
    'rotate with an epoch of one’s own',
    'The command line says 7 where the node says otherwise.',
    seq(keyed, rotate('storage', { epoch: '7' })),
  ),
  ...mistake(
    'rotate again',
    'The same command, word for word.',
    seq(keyed, rotation, write('g1'), wait('2s'), maybe(restarted), rotation),
  ),
  ...mistake(
    'bootstrap with an epoch of one’s own',
    'The command line says 7 for every node.',
    seq(ask('BootstrapEncryption', { epoch: '7' }), write('g1'), storageCutover),
  ),
  ...mistake(
    'bootstrap without a member',
    'The batch names two of three nodes.',
    seq(ask('BootstrapEncryption', { writers: `${N1}:0,${N2}:0` }), write('g1'), storageCutover, write('g1')),
  ),
  ...mistake(
    'cut the log over with an epoch of one’s own',
    'The command line says 7 where the node says otherwise.',
    seq(bootstrap, write('g1'), ask('EnableRaftEnvelope', { epoch: '7' }), wait('3s')),
  ),
  ...mistake(
    'cut over with an epoch of one’s own',
    'The command line says 7 where the node says otherwise.',
    seq(bootstrap, write('g1'), ask('EnableStorageEnvelope', { epoch: '7' })),
  ),
  ...mistake(
    'register an epoch of the past',
    'The registry has seen a later one.',
    seq(keyed, ask('RegisterEncryptionWriter', { epoch: '7' }), ask('RegisterEncryptionWriter', { epoch: '3' })),
  ),
  ...mistake(
    'register an epoch of the future',
    'The node itself is not there yet.',
    seq(keyed, ask('RegisterEncryptionWriter', { epoch: '7' })),
  ),
  ...mistake(
    'register a node again',
    'By hand, with the epoch the command line has by default.',
    seq(keyed, ask('RegisterEncryptionWriter'), write('g1')),
  ),
  ...mistake(
    'register a stranger',
    'An id that no node has, and that narrows to the key of one.',
    seq(bootstrap, write('g1'), ask('RegisterEncryptionWriter', { fullNodeId: LIKE_N2, dekId: '1' })),
  ),
  ...mistake(
    'rotate in the name of one who is like another',
    'An id that no node has, and that narrows to the key of one.',
    seq(keyed, rotate('storage', { proposer: LIKE_N2 }), wait('2s')),
  ),
  ...mistake(
    'every command to every node',
    'An operator who does not know who leads.',
    seq(
      ...(
        ['BootstrapEncryption', 'EnableStorageEnvelope', 'EnableRaftEnvelope', 'RegisterEncryptionWriter'] as const
      ).map((rpc) => par(...nodes.map((node) => askAt(node, rpc)))),
    ),
  ),
  ...mistake(
    'rotate on two consoles',
    'Both read the same next id and wrap different keys.',
    seq(keyed, par(rotate('storage', { material: 'a' }), rotate('storage', { material: 'b' }))),
  ),
  ...mistake(
    'cut over on two consoles',
    'Two cutovers and a rotation at once.',
    seq(bootstrap, write('g1'), par(storageCutover, storageCutover, rotate())),
  ),
  ...mistake(
    'every command twice',
    'An operator who does not trust the answers.',
    seq(
      bootstrap,
      bootstrap,
      storageCutover,
      storageCutover,
      raftCutover,
      raftCutover,
      transferLeadership('g1'),
      raftCutover,
    ),
  ),
];
