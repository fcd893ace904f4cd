// What the raft scenarios have in common: plain KV writes and no feature at all, so that whatever breaks is Raft's own
// doing, every invariant of the Raft layer as a property, and the menus of faults.
import { builtin, defineSubject, swarm, type Explore, type Limits, type Property } from '../../src/index.ts';

export const THREE = ['n1', 'n2', 'n3'] as const;
export const FOUR = ['n1', 'n2', 'n3', 'n4'] as const;
export const FIVE = ['n1', 'n2', 'n3', 'n4', 'n5'] as const;

const plain = defineSubject({
  name: 'plain-kv',
  opcodes: { put: 1 },
  initial: () => ({ writes: 0 }),
  apply: (state: { readonly writes: number }) => ({ writes: state.writes + 1 }),
  atoms: {},
  rpcs: {},
});

/** The one build of the raft scenarios. */
export const plainKv = plain.build('plain-kv', { applies: ['put'] });

/** Every invariant of the Raft layer. */
export const invariants: readonly Property[] = [
  'election-safety',
  'log-matching',
  'leader-completeness',
  'state-machine-safety',
  'durability',
  'monotonic',
  'commit-rule',
  'configuration',
  'reads',
  'liveness',
  'stickiness',
  'flow-control',
  'transfers',
  'peers',
  'votes',
].map((name) => builtin(name));

/** A few hundred runs each; `raftgate hunt` goes on from there. */
export const explore: Explore = { seeds: [1, 200], mix: ['swarm'] };

/** Far more than any run takes: one that gets here goes round in circles. */
export const limits: Limits = { virtualMs: 60_000, events: 150_000 };

/** Everything that can go wrong with a network and the machines on it. */
export const storm = swarm({
  partition: ['isolateOne', 'halves', 'oneWay'],
  loss: [0, 0.2],
  duplicate: [0, 0.2],
  delay: ['1ms', '120ms'],
  crash: { max: 4, tornWrites: true },
  pause: { max: 2 },
  clockSkew: '20ms',
  healBy: '4s',
});

/** Machines that go down, over a network that is mostly in order. */
export const crashes = swarm({
  partition: ['isolateOne'],
  delay: ['1ms', '40ms'],
  crash: { max: 6, tornWrites: true },
  healBy: '3s',
});

/** Messages that come late, twice or never. */
export const weather = swarm({
  partition: ['isolateOne', 'oneWay'],
  loss: [0, 0.3],
  duplicate: [0, 0.3],
  delay: ['1ms', '200ms'],
  crash: { max: 2 },
  healBy: '3s',
});

/** A sound network in which now and then somebody is cut off. */
export const partitions = swarm({ partition: ['isolateOne', 'halves', 'oneWay'], healBy: '6s' });

/** Groups that fall apart and machines that go down: what makes logs part. */
export const splits = swarm({ partition: ['isolateOne', 'halves'], crash: { max: 6 }, healBy: '4s' });

/** Now and then somebody is cut off. */
export const cutOffs = swarm({ partition: ['isolateOne', 'halves'], healBy: '4s' });

/** Messages that come so late that their sender has long been forgotten. */
export const lateness = swarm({
  partition: ['isolateOne', 'oneWay'],
  duplicate: [0, 0.3],
  delay: ['1ms', '600ms'],
  healBy: '3s',
});
