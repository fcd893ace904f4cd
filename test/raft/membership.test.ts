// Membership: what a change may do, when it may be proposed, and what follows from it. Two majorities must never miss each other.
import test from 'ava';
import fc from 'fast-check';
import {
  ConfChangeTransition,
  ConfChangeType,
  decodeConfChange,
  describeChanges,
  describeConfChange,
  describeConfig,
  describeEntry,
  EMPTY_CONF_STATE,
  encodeConfChange,
  enterJoint,
  entry,
  EntryType,
  leaveJoint,
  MemoryStorage,
  NO_DATA,
  DEFAULT_CONFIG,
  RaftInvariantError,
  RawNode,
  Role,
  simple,
  Tracker,
  type AnyConfChange,
  type Changed,
  type ConfChangeSingle,
} from '../../src/raft/index.ts';
import { bytes, Cluster } from './_cluster.ts';

const { AddNode, RemoveNode, UpdateNode, AddLearnerNode } = ConfChangeType;

function v1(type: ConfChangeType, nodeId: number): AnyConfChange {
  return { version: 1, type, nodeId, context: NO_DATA };
}

function v2(changes: readonly (readonly [ConfChangeType, number])[], transition = 0): AnyConfChange {
  const singles = changes.map(([type, nodeId]) => ({ type, nodeId }));
  return { version: 2, transition: transition as ConfChangeTransition, changes: singles, context: NO_DATA };
}

/** A tracker in a configuration reached by single changes. */
function trackerOf(...changes: readonly (readonly [ConfChangeType, number])[]): Tracker {
  const tracker = new Tracker(10, 0);
  for (const [type, nodeId] of changes) adopt(tracker, simple(tracker, 1, [{ type, nodeId }]));
  return tracker;
}

function adopt(tracker: Tracker, changed: Changed): void {
  if (typeof changed === 'string') throw new Error(changed);
  tracker.switchTo(changed.config, changed.progress);
}

/** Proposes a change at the leader, node 1, and lets everybody apply it. */
function change(c: Cluster, cc: AnyConfChange): void {
  c.at(1).raw.proposeConfChange(cc);
  c.settle();
}

function configOf(c: Cluster, id: number): string {
  return describeConfig(c.at(id).raw.tracker().config);
}

test('a new voter joins, catches up by snapshot or log, and counts', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  const { confState } = c.at(1);
  change(c, v1(AddNode, 4));
  t.is(configOf(c, 2), 'voters=(1 2 3 4)');
  c.add(4, confState);
  c.tick(1, 1);
  t.is(configOf(c, 4), 'voters=(1 2 3 4)');
  c.lost = (m) => m.to === 2 || m.from === 2;
  c.at(1).raw.propose(bytes('a'));
  c.settle();
  t.deepEqual(c.at(4).applied, ['a']);
});

test('several changes at once pass through a joint configuration and leave it by themselves', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  const before = c.at(1).raw.lastIndex();
  change(
    c,
    v2([
      [RemoveNode, 2],
      [AddLearnerNode, 3],
    ]),
  );
  t.is(configOf(c, 1), 'voters=(1) learners=(3)');
  t.is(c.at(1).raw.lastIndex(), before + 2);
  t.true(c.at(1).log.some((line) => line.includes('initiating automatic transition out of joint configuration')));
});

test('an explicit joint configuration stays until it is left', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  change(c, v2([[RemoveNode, 3]], ConfChangeTransition.JointExplicit));
  t.is(configOf(c, 1), 'voters=(1 2)&&(1 2 3)');
  change(c, v2([[AddNode, 3]]));
  t.is(configOf(c, 1), 'voters=(1 2)&&(1 2 3)');
  t.true(c.at(1).log.some((line) => line.endsWith('must transition out of joint config first')));
  change(c, v2([]));
  t.is(configOf(c, 1), 'voters=(1 2)');
  change(c, v2([]));
  t.true(c.at(1).log.some((line) => line.endsWith('not in joint state; refusing empty conf change')));
});

test('while joint, a quorum of both halves is needed', (t) => {
  const c = new Cluster(5);
  c.elect(1);
  change(
    c,
    v2(
      [
        [RemoveNode, 3],
        [RemoveNode, 4],
        [RemoveNode, 5],
      ],
      ConfChangeTransition.JointExplicit,
    ),
  );
  c.lost = (m) => m.to > 2 || m.from > 2;
  const commit = c.at(1).raw.basicStatus().hardState.commit;
  c.at(1).raw.propose(bytes('a'));
  c.settle();
  t.is(c.at(1).raw.basicStatus().hardState.commit, commit);
  c.lost = (m) => m.to > 3 || m.from > 3;
  c.tick(1, 1);
  c.tick(1, 1);
  t.is(c.at(1).raw.basicStatus().hardState.commit, commit + 1);
});

test('a second change is refused while one may be unapplied, unless validation is off', (t) => {
  for (const disableConfChangeValidation of [false, true]) {
    const c = new Cluster(3, { disableConfChangeValidation });
    c.elect(1);
    const { raw } = c.at(1);
    raw.proposeConfChange(v1(AddLearnerNode, 4));
    raw.proposeConfChange(v1(AddLearnerNode, 5));
    c.settle();
    t.is(configOf(c, 1), `voters=(1 2 3) learners=(4${disableConfChangeValidation ? ' 5' : ''})`);
  }
});

test('a leader that is removed goes on until then, and steps down if it was told so', (t) => {
  for (const stepDownOnRemoval of [false, true]) {
    const c = new Cluster(3, { stepDownOnRemoval });
    c.elect(1);
    change(c, v1(RemoveNode, 1));
    t.deepEqual(c.leaders(), stepDownOnRemoval ? [] : [1]);
    const proposed = c.at(1).raw.propose(bytes('a'));
    t.deepEqual(proposed, stepDownOnRemoval ? { ok: false, why: 'noLeader' } : { ok: false, why: 'notMember' });
  }
});

test('a joint configuration is not left by a leader that hands over, but by the next', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  const { raw } = c.at(1);
  raw.proposeConfChange(v2([[AddLearnerNode, 3]], ConfChangeTransition.JointImplicit));
  c.ready(1);
  while (c.deliver() !== null) continue;
  c.ready(2);
  c.lost = (m) => m.to === 2;
  raw.propose(bytes('a'));
  raw.transferLeader(2);
  while (c.messages.length > 0 || raw.hasReady()) {
    while (raw.hasReady()) c.ready(1);
    c.deliver();
  }
  t.true(c.at(1).log.some((line) => line.startsWith('DEBUG not initiating automatic transition')));
  c.lost = () => false;
  for (let i = 0; i < 12; i++) c.tick(1, 1);
  t.is(configOf(c, c.leaders()[0]!), 'voters=(1 2) learners=(3)');
});

test('a transfer ends when its target is demoted', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  const { raw } = c.at(1);
  raw.proposeConfChange(v1(AddLearnerNode, 3));
  c.lost = (m) => m.to === 3;
  raw.transferLeader(3);
  c.settle();
  t.is(raw.basicStatus().leadTransferee, 0);
});

test('fewer voters commit at once what a larger quorum had not', (t) => {
  const c = new Cluster(4);
  c.elect(1);
  c.lost = (m) => m.to > 2;
  const { raw } = c.at(1);
  raw.propose(bytes('a'));
  c.settle();
  t.deepEqual(c.at(1).applied, []);
  raw.applyConfChange(v1(RemoveNode, 4));
  t.is(raw.basicStatus().hardState.commit, raw.lastIndex());
  c.settle();
  t.deepEqual(c.at(2).applied, ['a']);
});

test('a node with committed, unapplied changes does not campaign', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  c.at(1).raw.proposeConfChange(v1(AddLearnerNode, 4));
  c.ready(1);
  while (c.deliver() !== null) continue;
  c.ready(2);
  while (c.deliver() !== null) continue;
  c.ready(1);
  while (c.deliver() !== null) continue;
  c.at(2).raw.campaign();
  t.is(c.at(2).raw.basicStatus().softState.role, Role.Follower);
  t.true(c.at(2).log.at(-1)!.includes('there are still pending configuration changes to apply'));
});

test('a group is bootstrapped once, with members, on an empty storage', (t) => {
  const storage = new MemoryStorage();
  const config = { ...DEFAULT_CONFIG, id: 1, storage, random: () => 0 };
  const raw = new RawNode(config);
  t.throws(() => raw.bootstrap([]), { message: 'must provide at least one peer to Bootstrap' });
  raw.bootstrap([{ id: 1, context: NO_DATA }]);
  const rd = raw.ready();
  t.deepEqual(rd.hardState, { term: 1, vote: 0, commit: 1 });
  t.is(describeEntry(rd.committedEntries[0]!), '1/1 EntryConfChange v1');
  storage.append(rd.entries);
  storage.setHardState(rd.hardState!);
  for (const e of rd.committedEntries) raw.applyConfChange(decodeConfChange(e));
  raw.advance();
  raw.campaign();
  while (raw.hasReady()) {
    storage.append(raw.ready().entries);
    raw.advance();
  }
  t.is(raw.basicStatus().softState.role, Role.Leader);
  t.throws(() => new RawNode(config).bootstrap([{ id: 1, context: NO_DATA }]), {
    message: "can't bootstrap a nonempty Storage",
  });
});

test('changes that would break a configuration are refused with the reference texts', (t) => {
  const one = trackerOf([AddNode, 1]);
  const two: ConfChangeSingle[] = [
    { type: AddNode, nodeId: 2 },
    { type: AddNode, nodeId: 3 },
  ];
  t.is(simple(one, 1, two), 'more than one voter changed without entering joint config');
  t.is(simple(one, 1, [{ type: RemoveNode, nodeId: 1 }]), 'removed all voters');
  t.is(enterJoint(one, 1, false, [{ type: RemoveNode, nodeId: 1 }]), 'removed all voters');
  t.is(simple(one, 1, [{ type: 9 as ConfChangeType, nodeId: 1 }]), 'unexpected conf type 9');
  t.is(enterJoint(new Tracker(10, 0), 1, false, two), "can't make a zero-voter config joint");
  t.is(leaveJoint(one, 1), "can't leave a non-joint config");
  adopt(one, enterJoint(one, 1, true, two));
  t.is(enterJoint(one, 1, true, two), 'config is already joint');
  t.is(simple(one, 1, two), "can't apply simple config change in joint config");
});

test('a change that cannot be applied is a panic, and so is a membership that contradicts itself', (t) => {
  const c = new Cluster(3);
  t.throws(() => c.at(1).raw.applyConfChange(v2([])), { message: "can't leave a non-joint config" });
  t.throws(() => new Cluster(1).add(2, { ...EMPTY_CONF_STATE, voters: [1, 1] }), {
    instanceOf: RaftInvariantError,
    message: /^ConfStates not equivalent after sorting/,
  });
  t.throws(() => new Cluster(1).add(2, { ...EMPTY_CONF_STATE, learners: [2] }), { message: 'removed all voters' });
});

const nodeId = fc.integer({ min: 0, max: 5 });
const single = fc.record({ type: fc.constantFrom(AddNode, RemoveNode, UpdateNode, AddLearnerNode), nodeId });

test('whatever the changes, voters and learners stay disjoint and everyone has progress', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(2), fc.boolean(), fc.array(single, { maxLength: 4 })), { maxLength: 12 }),
      (steps) => {
        const tracker = trackerOf([AddNode, 1], [AddNode, 2], [AddLearnerNode, 3]);
        for (const [kind, autoLeave, changes] of steps) {
          const changed =
            kind === 0
              ? simple(tracker, 5, changes)
              : kind === 1
                ? enterJoint(tracker, 5, autoLeave, changes)
                : leaveJoint(tracker, 5);
          if (typeof changed !== 'string') adopt(tracker, changed);
          const { incoming, outgoing, learners, learnersNext } = tracker.config;
          const voters = new Set([...incoming, ...outgoing]);
          const members = new Set([...voters, ...learners]);
          const sound =
            incoming.length > 0 &&
            learners.every((id) => !voters.has(id)) &&
            learnersNext.every((id) => outgoing.includes(id) && !incoming.includes(id)) &&
            tracker.progress.length === members.size &&
            tracker.progress.every((pr, i, all) => members.has(pr.id) && (i === 0 || all[i - 1]!.id < pr.id)) &&
            tracker.progress.every((pr) => pr.isLearner === learners.includes(pr.id));
          if (!sound) return false;
        }
        return true;
      },
    ),
    { numRuns: 300 },
  );
  t.pass();
});

test('one joint change leads where the same changes lead one by one', (t) => {
  fc.assert(
    fc.property(fc.array(single, { minLength: 1, maxLength: 6 }), (changes) => {
      const byOne = trackerOf([AddNode, 1], [AddNode, 2], [AddLearnerNode, 3]);
      for (const each of changes) {
        const changed = simple(byOne, 5, [each]);
        if (typeof changed === 'string') return true;
        adopt(byOne, changed);
      }
      const jointly = trackerOf([AddNode, 1], [AddNode, 2], [AddLearnerNode, 3]);
      adopt(jointly, enterJoint(jointly, 5, false, changes));
      adopt(jointly, leaveJoint(jointly, 5));
      return describeConfig(byOne.config) === describeConfig(jointly.config);
    }),
  );
  t.pass();
});

const context = fc.oneof(fc.constant(NO_DATA), fc.uint8Array({ maxLength: 200 }));
const anyId = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const anyChange: fc.Arbitrary<AnyConfChange> = fc.oneof(
  fc.record({ version: fc.constant(1 as const), type: fc.constantFrom(AddNode, RemoveNode), nodeId: anyId, context }),
  fc.record({
    version: fc.constant(2 as const),
    transition: fc.constantFrom(0 as const, 1 as const, 2 as const),
    changes: fc.array(fc.record({ type: fc.constantFrom(UpdateNode, AddLearnerNode), nodeId: anyId }), {
      maxLength: 5,
    }),
    context,
  }),
);

test('the bytes of a change read back as the change', (t) => {
  fc.assert(
    fc.property(anyChange, (cc) => {
      const type = cc.version === 1 ? EntryType.ConfChange : EntryType.ConfChangeV2;
      const read = decodeConfChange(entry(1, 1, type, encodeConfChange(cc)));
      return describeConfChange(read) === describeConfChange(cc) && read.version === cc.version;
    }),
  );
  t.pass();
});

test('the bytes of a change are those of the reference', (t) => {
  const hex = (cc: AnyConfChange): string => Buffer.from(encodeConfChange(cc)).toString('hex');
  t.is(hex(v1(AddNode, 300)), '100018ac02');
  t.is(hex(v2([])), '0800');
  t.is(hex(v2([[AddLearnerNode, 2]], 2)), '0802120408031002');
  t.is(hex({ version: 1, type: AddNode, nodeId: 1, context: bytes('hi') }), '1000180122026869');
  t.is(hex({ version: 2, transition: 0, changes: [], context: bytes('x') }), '08001a0178');
});

test('unknown fields are skipped, broken bytes are refused', (t) => {
  const read = (hex: string, type: EntryType = EntryType.ConfChangeV2): string =>
    describeChanges(decodeConfChange(entry(1, 1, type, Uint8Array.from(Buffer.from(hex, 'hex')))));
  t.is(read('2001' + '2d00000000' + '290000000000000000' + '12060803100238 01'.replace(' ', '')), 'l2');
  t.is(read('08011805', EntryType.ConfChange), 'v5');
  t.is(read(''), '');
  for (const broken of ['08', '12ff', '00', '0b', 'ffffffffffffffffff01']) {
    t.throws(() => read(broken), { instanceOf: RaftInvariantError }, broken);
  }
  const broken = entry(1, 1, EntryType.ConfChangeV2, Uint8Array.of(8));
  t.is(describeEntry(broken), '1/1 EntryConfChangeV2 proto: cannot parse invalid wire-format data');
  const kinds = v2([
    [AddNode, 1],
    [RemoveNode, 2],
    [UpdateNode, 3],
    [AddLearnerNode, 4],
    [9 as ConfChangeType, 5],
  ]);
  t.is(describeChanges(kinds), 'v1 r2 u3 l4 unknown5');
  t.is(
    describeConfChange({
      version: 2,
      transition: 7 as ConfChangeTransition,
      changes: [{ type: 9 as ConfChangeType, nodeId: 1 }],
      context: bytes('c'),
    }),
    'transition:7 changes:{type:9 node_id:1} context:"c"',
  );
});
