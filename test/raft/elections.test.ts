// Elections: who may ask, who may answer, what counts. A mistake here elects two leaders, or none.
import test from 'ava';
import {
  EMPTY_CONF_STATE,
  messageOf,
  MessageType,
  NO_LIMIT,
  RawNode,
  RaftInvariantError,
  ReadOnlyOption,
  Role,
  stepError,
  TRANSFER_CONTEXT,
} from '../../src/raft/index.ts';
import { bytes, Cluster } from './_cluster.ts';

const { MsgVote, MsgPreVote, MsgVoteResp, MsgPreVoteResp, MsgApp, MsgHeartbeat, MsgAppResp, MsgTimeoutNow } =
  MessageType;

function roleOf(c: Cluster, id: number): Role {
  return c.at(id).raw.basicStatus().softState.role;
}

function termOf(c: Cluster, id: number): number {
  return c.at(id).raw.basicStatus().hardState.term;
}

/** A vote request of node `from` with an up-to-date log. */
function voteRequest(from: number, to: number, term: number, over: object = {}): ReturnType<typeof messageOf> {
  return messageOf({ type: MsgVote, from, to, term, logTerm: 1, index: 1, ...over });
}

/** Takes the next Ready's answers. */
function answers(c: Cluster, id: number): readonly { reject: boolean; term: number; type: number }[] {
  c.messages = [];
  c.ready(id);
  return c.messages.map(({ reject, term, type }) => ({ reject, term, type }));
}

test('the node with a majority of votes leads, and everybody learns of it', (t) => {
  const c = new Cluster(3);
  c.elect(2);
  t.deepEqual(c.leaders(), [2]);
  t.deepEqual(
    c.replicas.map(({ raw }) => raw.basicStatus().softState.lead),
    [2, 2, 2],
  );
  t.is(termOf(c, 1), 1);
});

test('a node alone in its group leads as soon as its own vote is on disk', (t) => {
  const c = new Cluster(1);
  c.at(1).raw.campaign();
  t.is(roleOf(c, 1), Role.Candidate);
  c.settle();
  t.is(roleOf(c, 1), Role.Leader);
});

test('a follower votes once a term, and repeats that vote when asked again', (t) => {
  const c = new Cluster(3);
  const { raw } = c.at(1);
  raw.step(voteRequest(2, 1, 5));
  raw.step(voteRequest(3, 1, 5));
  raw.step(voteRequest(2, 1, 5));
  t.deepEqual(
    answers(c, 1).map(({ reject }) => reject),
    [false, true, false],
  );
});

test('a vote survives a crash', (t) => {
  const c = new Cluster(3);
  c.at(1).raw.step(voteRequest(2, 1, 5));
  c.ready(1);
  c.restart(1);
  c.at(1).raw.step(voteRequest(3, 1, 5));
  t.deepEqual(answers(c, 1), [{ reject: true, term: 5, type: MsgVoteResp }]);
});

test('a vote goes to logs of a later last term, or of the same and at least as long', (t) => {
  for (const [logTerm, index, granted] of [
    [1, 1, true],
    [1, 2, true],
    [2, 1, true],
    [0, 9, false],
    [1, 0, false],
  ] as const) {
    const c = new Cluster(3);
    c.at(1).raw.step(voteRequest(2, 1, 5, { logTerm, index }));
    t.is(answers(c, 1)[0]!.reject, !granted, `${logTerm}/${index}`);
  }
});

test('no vote is given in a term whose leader is known', (t) => {
  const c = new Cluster(3);
  c.at(1).raw.step(messageOf({ type: MsgHeartbeat, from: 2, to: 1, term: 5 }));
  c.at(1).raw.step(voteRequest(3, 1, 5));
  t.true(answers(c, 1).find(({ type }) => type === MsgVoteResp)!.reject);
});

test('learners vote: one that was promoted may be the last to hear of it', (t) => {
  const c = new Cluster(3, {}, [3]);
  c.at(3).raw.step(voteRequest(1, 3, 5));
  t.deepEqual(answers(c, 3), [{ reject: false, term: 5, type: MsgVoteResp }]);
});

test('a learner does not campaign, nor does a node outside its own configuration', (t) => {
  const c = new Cluster(3, {}, [3]);
  c.elect(3);
  const stranger = c.add(4, { ...EMPTY_CONF_STATE, voters: [1, 2] });
  stranger.raw.campaign();
  t.deepEqual(c.leaders(), []);
  t.is(stranger.raw.ticksUntilWork(), NO_LIMIT);
  t.true(stranger.log.at(-1)!.endsWith('4 is unpromotable and can not campaign'));
});

test('a candidate that loses stays at its term as a follower', (t) => {
  const c = new Cluster(3);
  const { raw } = c.at(1);
  raw.campaign();
  c.ready(1);
  for (const from of [2, 3]) raw.step(messageOf({ type: MsgVoteResp, from, to: 1, term: 1, reject: true }));
  t.is(roleOf(c, 1), Role.Follower);
  t.is(termOf(c, 1), 1);
});

test('a voter counts once, whatever it says later', (t) => {
  const c = new Cluster(5);
  const { raw } = c.at(1);
  raw.campaign();
  c.ready(1);
  for (let i = 0; i < 3; i++) raw.step(messageOf({ type: MsgVoteResp, from: 2, to: 1, term: 1 }));
  t.is(roleOf(c, 1), Role.Candidate);
});

test('a candidate gives way to a leader of its term, by append, heartbeat or snapshot', (t) => {
  for (const type of [MsgApp, MsgHeartbeat, MessageType.MsgSnap]) {
    const c = new Cluster(3);
    c.at(1).raw.campaign();
    c.ready(1);
    c.at(1).raw.step(messageOf({ type, from: 2, to: 1, term: 1, logTerm: 1, index: 1 }));
    t.deepEqual(c.at(1).raw.basicStatus().softState, { lead: 2, role: Role.Follower });
  }
});

test('a pre-vote changes neither term nor vote of anybody', (t) => {
  const c = new Cluster(3, { preVote: true });
  c.at(1).raw.campaign();
  c.ready(1);
  t.is(roleOf(c, 1), Role.PreCandidate);
  while (c.deliver() !== null) continue;
  c.ready(2);
  t.deepEqual(c.at(2).raw.basicStatus().hardState, { term: 0, vote: 0, commit: 1 });
  t.deepEqual(
    c.messages.map(({ type, term }) => [type, term]),
    [[MsgPreVoteResp, 1]],
  );
});

test('a pre-candidate that wins becomes a candidate, then leader', (t) => {
  const c = new Cluster(3, { preVote: true });
  c.elect(1);
  t.deepEqual(c.leaders(), [1]);
  t.is(termOf(c, 1), 1);
});

test('a pre-vote of a lower term is refused at the newer term, so that the asker learns it', (t) => {
  const c = new Cluster(3, { preVote: true });
  c.at(1).raw.step(voteRequest(2, 1, 5));
  c.ready(1);
  c.at(1).raw.step(voteRequest(3, 1, 4, { type: MsgPreVote }));
  t.deepEqual(answers(c, 1), [{ reject: true, term: 5, type: MsgPreVoteResp }]);
});

test('a node that was cut off does not depose a leader the others hear', (t) => {
  for (const preVote of [true, false]) {
    const c = new Cluster(3, { checkQuorum: true, preVote });
    c.elect(1);
    c.lost = (m) => m.from === 3 || m.to === 3;
    for (let i = 0; i < 3; i++) c.tick(3, 10);
    c.lost = () => false;
    c.tick(3, 10);
    t.deepEqual(c.leaders(), [1]);
    t.is(termOf(c, 2), 1);
  }
});

test('a leader that a quorum does not answer steps down within two election timeouts', (t) => {
  const c = new Cluster(3, { checkQuorum: true });
  c.elect(1);
  c.lost = (m) => m.from === 1 || m.to === 1;
  c.tick(1, 20);
  t.deepEqual(c.leaders(), []);
  t.true(c.at(1).log.includes('WARN 1 stepped down to follower since quorum is not active'));
});

test('without leases or pre-votes a message of a lower term is ignored; with them it is answered', (t) => {
  for (const checkQuorum of [false, true]) {
    const c = new Cluster(3, { checkQuorum });
    c.at(1).raw.step(voteRequest(2, 1, 5));
    c.ready(1);
    c.at(1).raw.step(messageOf({ type: MsgHeartbeat, from: 3, to: 1, term: 4 }));
    const got = checkQuorum ? answers(c, 1) : [];
    t.deepEqual(got, checkQuorum ? [{ reject: false, term: 5, type: MsgAppResp }] : []);
    t.is(
      c.at(1).log.some((line) => line.includes('ignored a MsgHeartbeat message with lower term')),
      !checkQuorum,
    );
  }
});

test('leadership passes to a peer that has everything, at once and past all leases', (t) => {
  const c = new Cluster(3, { checkQuorum: true, preVote: true });
  c.elect(1);
  c.at(1).raw.transferLeader(2);
  t.is(c.at(1).raw.basicStatus().leadTransferee, 2);
  c.settle();
  t.deepEqual(c.leaders(), [2]);
});

test('a transfer waits for the peer to catch up and refuses proposals meanwhile', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  c.lost = (m) => m.to === 2;
  c.at(1).raw.propose(bytes('x'));
  c.settle();
  c.at(1).raw.transferLeader(2);
  t.deepEqual(c.at(1).raw.propose(bytes('y')), { ok: false, why: 'transferring' });
  c.messages = [];
  c.lost = () => false;
  c.tick(1, 1);
  t.deepEqual(c.leaders(), [2]);
  c.at(2).raw.propose(bytes('z'));
  c.settle();
  t.deepEqual(c.at(3).applied, ['x', 'z']);
});

test('a transfer that takes an election timeout is given up', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  c.lost = (m) => m.to === 2;
  c.at(1).raw.propose(bytes('x'));
  c.at(1).raw.transferLeader(2);
  c.tick(1, 10);
  t.is(c.at(1).raw.basicStatus().leadTransferee, 0);
  t.true(c.at(1).raw.propose(bytes('y')).ok);
});

test('a transfer to oneself, to a learner or to the same peer again changes nothing', (t) => {
  const c = new Cluster(4, {}, [4]);
  c.elect(1);
  c.lost = (m) => m.to === 2;
  c.at(1).raw.propose(bytes('x'));
  for (const [to, now] of [
    [1, 0],
    [4, 0],
    [9, 0],
    [2, 2],
    [2, 2],
    [3, 3],
  ] as const) {
    c.at(1).raw.transferLeader(to);
    t.is(c.at(1).raw.basicStatus().leadTransferee, now);
  }
});

test('a candidate is deaf to MsgTimeoutNow; a removed node obeys it in vain', (t) => {
  const c = new Cluster(3);
  c.at(1).raw.campaign();
  c.at(1).raw.step(messageOf({ type: MsgTimeoutNow, from: 2, to: 1, term: 1 }));
  t.is(termOf(c, 1), 1);
  const removed = c.add(4, { ...EMPTY_CONF_STATE, voters: [1, 2, 3] });
  removed.raw.step(messageOf({ type: MsgTimeoutNow, from: 2, to: 4, term: 1 }));
  t.is(removed.raw.basicStatus().softState.role, Role.Follower);
});

test('a forced campaign is answered in spite of a lease', (t) => {
  const c = new Cluster(3, { checkQuorum: true });
  c.elect(1);
  c.at(2).raw.step(voteRequest(3, 2, 2, { index: 9 }));
  t.false(c.at(2).raw.hasReady());
  c.at(2).raw.step(voteRequest(3, 2, 2, { index: 9, context: TRANSFER_CONTEXT }));
  t.deepEqual(answers(c, 2), [{ reject: false, term: 2, type: MsgVoteResp }]);
});

test('a follower may forget its leader, unless reads rely on the lease', (t) => {
  const c = new Cluster(3, { preVote: true, checkQuorum: true });
  c.elect(1);
  for (const id of [1, 2]) c.at(id).raw.forgetLeader();
  t.is(c.at(1).raw.basicStatus().softState.lead, 1);
  t.is(c.at(2).raw.basicStatus().softState.lead, 0);
  c.at(2).raw.forgetLeader();
  const leased = new Cluster(3, { checkQuorum: true, readOnlyOption: ReadOnlyOption.LeaseBased });
  leased.elect(1);
  leased.at(2).raw.forgetLeader();
  t.is(leased.at(2).raw.basicStatus().softState.lead, 1);
});

test('messages of the wrong kind or from the wrong node are refused with a word', (t) => {
  const { raw } = new Cluster(3).at(1);
  t.is(raw.step(messageOf({ type: MessageType.MsgHup, from: 2 })), 'ignored');
  t.is(raw.step(messageOf({ type: MsgAppResp, from: 9 })), 'unknownPeer');
  t.is(raw.step(messageOf({ type: MessageType.MsgProp, from: 2, entries: [] })), 'dropped');
  t.is(raw.step(messageOf({ type: MsgHeartbeat, from: 2, term: 1 })), 'stepped');
  t.deepEqual((['stepped', 'dropped', 'ignored', 'unknownPeer'] as const).map(stepError), [
    null,
    'raft proposal dropped',
    'raft: cannot step raft local message',
    'raft: cannot step as peer not found',
  ]);
});

test('answers a role has no use for change nothing', (t) => {
  const c = new Cluster(3);
  const before = c.at(1).raw.basicStatus();
  for (const type of [MsgVoteResp, MsgPreVoteResp, MsgAppResp, MessageType.MsgHeartbeatResp]) {
    c.at(1).raw.step(messageOf({ type, from: 2, to: 1 }));
  }
  c.at(1).raw.reportUnreachable(2);
  c.at(1).raw.reportSnapshot(2, true);
  t.deepEqual(c.at(1).raw.basicStatus(), before);
  c.elect(1);
  c.at(1).raw.campaign();
  c.at(1).raw.step(messageOf({ type: MsgVoteResp, from: 2, to: 1, term: 1, reject: true }));
  c.at(1).raw.reportUnreachable(9);
  t.deepEqual(c.leaders(), [1]);
});

test('a vote whose term would be zero is a panic, as in the reference', (t) => {
  const { raw } = new Cluster(3).at(1);
  const request = messageOf({ type: MsgPreVote, from: 2, to: 1, term: 1, logTerm: 0, index: 0 });
  const error = t.throws(() => raw.step(request), { instanceOf: RaftInvariantError });
  t.is(error.message, 'term should be set when sending MsgPreVoteResp');
});

test('a node whose hard state contradicts its log does not start', (t) => {
  const c = new Cluster(1);
  c.at(1).storage.setHardState({ term: 2, vote: 1, commit: 9 });
  const error = t.throws(() => new RawNode(c.at(1).config), { instanceOf: RaftInvariantError });
  t.is(error.message, '1 state.commit 9 is out of range [1, 1]');
});
