// Round 0: every listener reports its Raft group's id as the node's identity. A bootstrap batch built from the reports
// names one writer three times and is refused, however often the operator tries.
import {
  builtin,
  eventually,
  leaderOf,
  never,
  noFaults,
  scenario,
  seq,
  settle,
  sometimes,
  start,
} from '../../src/index.ts';
import { encryption, PATH_ONLY, stage, type State } from '../../src/subjects/encryption.ts';
import { oneGroup } from './_shared.ts';

const round0 = stage('b1f022ff', PATH_ONLY);
const merged = stage('298df0c9', PATH_ONLY);

const identity = builtin('node-identity');
const accepted = never<State>('a batch from the reports is refused as a duplicate', (c) =>
  c.calls.some((k) => k.rpc === 'BootstrapEncryption' && k.code === 'InvalidArgument'),
);

export default scenario.each(
  [
    { name: 'pr760/round0/group id as node id', build: round0, property: identity, holds: false },
    { name: 'pr760/round0/a batch from the reports', build: round0, property: accepted, holds: false },
    { name: 'pr760/round0/derived node id', build: merged, property: identity, holds: true },
  ],
  ({ build, property, holds }) => ({
    about:
      'May one number stand for a group and for a node? An operator polls every node and bootstraps what they report.',
    refs: ['bootjp/elastickv#760'],
    cluster: oneGroup,
    plan: seq(start(build), encryption.call('BootstrapEncryption', { to: leaderOf('g1') }), settle()),
    faults: noFaults,
    properties: [
      property,
      eventually<State>('the operator gets an answer', (c) => c.calls.length > 0, { within: '5s' }),
      sometimes<State>('the batch was judged', (c) => c.calls.some((k) => k.outcome !== 'unknown')),
    ],
    explore: { seeds: [1, 50] },
    expect: holds ? 'holds' : { violates: property.name },
  }),
);
