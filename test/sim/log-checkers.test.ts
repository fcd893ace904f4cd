// The properties about logs, votes and members: a run by the book passes, and a hand-made breach of it is found and told.
import test from 'ava';
import { messageOf, MessageType, Role, type ConfState, type Entry, type Message } from '../../src/raft/index.ts';
import { BUILTIN_PROPERTIES, builtinCheckers } from '../../src/sim/checkers/catalogue.ts';
import { ProbeBoard } from '../../src/sim/checkers/board.ts';
import { change, conf, FakeCluster, finds, peer, say, watch } from './fake-cluster.ts';

test('a run by the book breaks no property', (t) => {
  const cluster = new FakeCluster();
  const probe = new ProbeBoard(builtinCheckers(BUILTIN_PROPERTIES, cluster.context));
  for (const node of [1, 2, 3]) {
    const replica = cluster.at(node).log(1);
    replica.commitNow = replica.appliedNow = 1;
    probe.onStart(node, 1, replica);
    probe.onIdentity(node, 1, `10${node}`);
    probe.onConf(node, 1, 1, conf([1, 2, 3]));
  }
  const vote = { term: 2, vote: 1, commit: 1 };
  for (const node of [1, 2]) cluster.at(node).disk.hardState = vote;
  probe.onRole(1, 1, Role.PreCandidate, 1);
  probe.onSend(1, 1, messageOf({ type: MessageType.MsgPreVote, from: 1, to: 2, term: 2 }));
  probe.onReceive(1, 1, messageOf({ type: MessageType.MsgPreVoteResp, from: 2, to: 1, term: 2 }));
  probe.onRole(1, 1, Role.Candidate, 2);
  probe.onSend(2, 1, messageOf({ type: MessageType.MsgVoteResp, from: 2, to: 1, term: 2 }));
  cluster.at(1).leads(2).log(1, 2, 2).raft.log.committed = 3;
  probe.onRole(1, 1, Role.Leader, 2);
  const entries = [say(2, 2, ''), say(3, 2)];
  for (const entry of entries) probe.onAppend(1, 1, entry, true);
  cluster.at(2).log(1, 2, 2).termNow = 2;
  for (const entry of entries) probe.onAppend(2, 1, entry, false);
  probe.onPersist(2, 1);
  probe.onSend(2, 1, messageOf({ type: MessageType.MsgAppResp, from: 2, to: 1, term: 2, index: 3 }));
  probe.onSend(1, 1, messageOf({ type: MessageType.MsgApp, from: 1, to: 3, term: 2, index: 1, logTerm: 1, entries }));
  cluster.at(1).raft.peers = [peer(1, 3), peer(2, 3), peer(3, 1, { next: 4, count: 1, bytes: 3 })];
  for (const from of [2, 3]) probe.onProgress(1, 1, from);
  probe.onReadAsked(1, 1, 7);
  for (const node of [1, 2]) {
    cluster.at(node).commitNow = 3;
    probe.onCommit(node, 1, 3);
    for (const entry of entries) {
      cluster.at(node).appliedNow = entry.index;
      probe.onApply(node, 1, entry, 1, { digest: () => entry.index }, null);
    }
  }
  probe.onReadIndex(1, 1, 7, 3);
  probe.onReturn(1, 'GetCapability', 0, '');
  finds(t, cluster);
});

test('no-apply-halt: a halt is told with index and reason', (t) => {
  const { probe, cluster } = watch('no-apply-halt');
  probe.onHalt(2, 1, { kind: 'halt', index: 5, opcode: 4, code: 'ErrKEKNotConfigured', detail: 'no KEK' });
  finds(t, cluster, /^no-apply-halt\/ErrKEKNotConfigured: n2 halts in g1 at index 5: no KEK$/);
});

test('election-safety: two leaders of a term, even across a restart, are one too many', (t) => {
  const { probe, cluster } = watch('election-safety');
  probe.onRole(1, 1, Role.Leader, 2);
  probe.onRole(1, 1, Role.Follower, 3);
  probe.onRole(2, 1, Role.Leader, 3);
  probe.onRole(3, 2, Role.Leader, 3);
  finds(t, cluster);
  probe.onStop(2, 1, false);
  probe.onRole(3, 1, Role.Leader, 3);
  finds(t, cluster, /two-leaders: n2 and n3 both lead g1 in term 3/);
});

test('log-matching: other data, or another entry before, at one index and term', (t) => {
  const { probe, cluster } = watch('log-matching');
  cluster.at(1).log(1, 2);
  cluster.at(2).log(1, 2);
  probe.onAppend(1, 1, say(2, 2, 'x'), true);
  probe.onAppend(2, 1, say(2, 2, 'x'), false);
  probe.onAppend(2, 1, say(2, 3, 'y'), false);
  finds(t, cluster);
  probe.onAppend(3, 1, say(2, 2, 'z'), false);
  finds(t, cluster, /other-entry: n1 and n3 hold different entries at index 2, term 2 of g1/);
  cluster.at(3).log(9, 2);
  probe.onAppend(3, 1, say(2, 2, 'x'), false);
  finds(
    t,
    cluster,
    /other-entry/,
    /other-prefix: n1 and n3 agree at index 2, term 2 of g1 and not on the entry before/,
  );
});

test('leader-completeness: a leader elected without a committed entry, or led by a later term while one is committed', (t) => {
  const { probe, cluster } = watch('leader-completeness');
  cluster.at(1).leads(2).log(1, 2, 2);
  probe.onCommit(1, 1, 3);
  cluster.at(2).leads(3).log(1, 2, 2, 3);
  probe.onRole(2, 1, Role.Leader, 3);
  cluster.at(3).leads(4).log(1, 2, 4);
  cluster.at(3).raft.first = 4;
  probe.onRole(3, 1, Role.Leader, 4);
  finds(t, cluster);
  cluster.at(3).raft.first = 1;
  probe.onRole(3, 1, Role.Leader, 4);
  finds(t, cluster, /n3 leads g1 in term 4 with one of term 4 at index 3, where an entry of term 2 is committed/);
  cluster.at(3).raft.first = 9;
  cluster.at(1).log(1, 2, 2, 2);
  probe.onCommit(1, 1, 4);
  finds(t, cluster, /n3/, /n2 leads g1 in term 3 with one of term 3 at index 4/);
});

test('state-machine-safety: other entries, other states, and gaps', (t) => {
  const { probe, cluster } = watch('state-machine-safety');
  const apply = (node: number, entry: Entry, digest: number): void => {
    cluster.at(node).appliedNow = entry.index;
    probe.onApply(node, 1, entry, 1, { digest: () => digest }, null);
  };
  for (const node of [1, 2]) for (const index of [2, 3]) apply(node, say(index, 1), index);
  probe.onStart(2, 1, cluster.at(2));
  apply(2, say(2, 1), 2);
  probe.onSnapshot(2, 1, 'install', { index: 9, term: 1, confState: conf([1]), data: new Uint8Array(0) });
  apply(2, say(10, 1), 10);
  finds(t, cluster);
  apply(3, say(2, 1, 'other'), 2);
  apply(3, say(3, 1), 99);
  apply(3, say(5, 1), 5);
  finds(
    t,
    cluster,
    /other-entry: n1 and n3 apply different/,
    /other-state: n1 and n3 have different states at index 3/,
    /out-of-order: n3 applies an entry after index 3 at index 5/,
  );
});

test('state-machine-safety: a replay of old entries over a newer state is not compared', (t) => {
  const { probe, cluster } = watch('state-machine-safety');
  cluster.at(1).appliedNow = 2;
  probe.onApply(1, 1, say(2, 1), 1, { digest: () => 2 }, null);
  cluster.at(2).appliedNow = 7;
  probe.onApply(2, 1, say(2, 1), 1, { digest: () => 7 }, null);
  finds(t, cluster);
});

test('node-identity: one id for two nodes, two ids for one node', (t) => {
  const shared = watch('node-identity');
  shared.probe.onIdentity(1, 1, '1');
  shared.probe.onIdentity(1, 2, '1');
  finds(t, shared.cluster);
  shared.probe.onIdentity(2, 1, '1');
  finds(t, shared.cluster, /shared-identity: n1 and n2 both report full_node_id 1/);
  const twice = watch('node-identity');
  twice.probe.onIdentity(1, 1, '1');
  twice.probe.onIdentity(1, 2, '2');
  finds(t, twice.cluster, /two-identities: n1 reports full_node_id 2 on the listener of g2, and 1 elsewhere/);
});

test('monotonic: whatever falls, and whatever overtakes its bound', (t) => {
  const { probe, cluster } = watch('monotonic');
  const one = cluster.at(1).leads(3).log(1, 1, 3);
  one.commitNow = 2;
  probe.onStart(1, 1, one);
  probe.onRole(1, 1, Role.Leader, 3);
  probe.onCommit(1, 1, 2);
  one.raft.peers = [peer(2, 2)];
  probe.onProgress(1, 1, 2);
  finds(t, cluster);
  one.raft.peers = [peer(2, 1)];
  probe.onProgress(1, 1, 2);
  one.raft.peers = [peer(2, 3, { next: 3 })];
  probe.onProgress(1, 1, 2);
  probe.onCommit(1, 1, 1);
  probe.onCommit(1, 1, 9);
  probe.onApply(1, 1, say(3, 3), 1, null, null);
  probe.onRole(1, 1, Role.Follower, 2);
  finds(
    t,
    cluster,
    /match of n2 falls from 2 to 1/,
    /match of n2 is 3, next 3/,
    /commit falls from 2 to 1/,
    /commit 9 is beyond the log's end 3/,
    /index 3 is applied, commit is 2/,
    /term falls from 3 to 2/,
  );
});

test('monotonic: a peer that left and came back, a new term, and a new disk start from nothing', (t) => {
  const { probe, cluster } = watch('monotonic');
  const one = cluster.at(1).leads(3).log(1, 1, 3);
  one.raft.peers = [peer(2, 2), peer(3, 2)];
  probe.onProgress(1, 1, 2);
  probe.onProgress(1, 1, 3);
  probe.onConf(1, 1, 4, conf([1, 3]));
  one.raft.peers = [peer(2, 0), peer(3, 2)];
  probe.onProgress(1, 1, 2);
  one.leads(4).raft.peers = [peer(2, 0), peer(3, 0)];
  probe.onProgress(1, 1, 3);
  probe.onRole(2, 1, Role.Follower, 7);
  probe.onStop(2, 1, true);
  probe.onStart(2, 1, cluster.at(2));
  finds(t, cluster);
});

test('commit-rule: an entry of an older term, and one that no quorum has on disk', (t) => {
  const { probe, cluster } = watch('commit-rule');
  cluster.at(1).leads(2).log(1, 1, 2);
  cluster.at(2).log(1, 1);
  probe.onCommit(1, 1, 2);
  finds(t, cluster, /older-term: n1 commits index 2 of term 1 while leading term 2 in g1/);
  probe.onCommit(1, 1, 3);
  finds(t, cluster, /older-term/, /no-quorum: n1 commits index 3, which no quorum of n1 n2 n3 has on disk in g1/);
});

test('commit-rule: both halves of a joint configuration, snapshots and replaced disks count as they should', (t) => {
  const { probe, cluster } = watch('commit-rule');
  const one = cluster.at(1).leads(2).log(2, 2);
  one.raft.members.outgoing = [2, 3];
  cluster.at(2).disk.snapshot = { index: 5, term: 2, confState: conf([1]), data: new Uint8Array(0) };
  probe.onCommit(1, 1, 1);
  finds(t, cluster, /no-quorum: n1 commits index 1, which no quorum of n2 n3 has on disk/);
  probe.onStop(3, 1, true);
  probe.onCommit(1, 1, 2);
  finds(t, cluster, /no-quorum/);
});

test('commit-rule: a follower believes more than its leaders said, or something else', (t) => {
  const { probe, cluster } = watch('commit-rule');
  cluster.at(1).leads(2).log(1, 2);
  cluster.at(2).log(1, 2);
  probe.onCommit(1, 1, 2);
  probe.onCommit(2, 1, 2);
  finds(t, cluster);
  cluster.at(3).log(1, 1, 1);
  probe.onCommit(3, 1, 2);
  probe.onCommit(3, 1, 3);
  finds(
    t,
    cluster,
    /other-entry: n3 takes its entry of term 1 at index 2 for committed, where one of term 2 is/,
    /beyond-leader: n3 takes index 3 for committed, leaders went to 2/,
  );
});

const send = (type: Message['type'], fields: Partial<Message>): Message =>
  messageOf({ type, from: 2, to: 1, ...fields });

test('durability: votes and acknowledgements that leave before they are on disk', (t) => {
  const { probe, cluster } = watch('durability');
  const two = cluster.at(2).log(1, 2);
  two.disk.hardState = { term: 3, vote: 1, commit: 0 };
  probe.onSend(2, 1, send(MessageType.MsgVoteResp, { term: 3 }));
  probe.onSend(2, 1, send(MessageType.MsgVoteResp, { term: 9, reject: true }));
  probe.onSend(2, 1, send(MessageType.MsgAppResp, { term: 3, index: 2 }));
  probe.onSend(2, 1, send(MessageType.MsgAppResp, { term: 3, index: 99, reject: true }));
  finds(t, cluster);
  probe.onSend(2, 1, send(MessageType.MsgVoteResp, { term: 4 }));
  two.raft.terms = [1, 2, 3];
  two.termNow = 3;
  probe.onSend(2, 1, send(MessageType.MsgAppResp, { term: 3, index: 3 }));
  two.disk.terms = [1, 2, 9];
  probe.onSend(2, 1, send(MessageType.MsgAppResp, { term: 3, index: 3 }));
  finds(
    t,
    cluster,
    /n2 votes for n1 in term 4, and the vote is not on disk/,
    /n2 acknowledges index 3, and its disk ends at 2/,
    /acknowledges index 3/,
  );
});

test('durability: a leader whose votes are not on the disks of a quorum', (t) => {
  const { probe, cluster } = watch('durability');
  cluster.at(1).leads(2).disk.hardState = { term: 2, vote: 1, commit: 0 };
  cluster.at(3).disk.hardState = { term: 2, vote: 1, commit: 0 };
  probe.onRole(1, 1, Role.Leader, 2);
  finds(t, cluster);
  cluster.at(1).disk.hardState = { term: 1, vote: 0, commit: 0 };
  probe.onRole(1, 1, Role.Leader, 2);
  finds(t, cluster, /votes-not-durable: n1 leads term 2, and no quorum of n1 n2 n3 has its vote on disk/);
});

test('durability: a restart that forgot a vote or acknowledged entries, and a cut within the term', (t) => {
  const { probe, cluster } = watch('durability');
  const two = cluster.at(2).log(1, 2, 3);
  two.termNow = 3;
  two.disk.hardState = { term: 3, vote: 1, commit: 0 };
  probe.onSend(2, 1, send(MessageType.MsgVoteResp, { term: 3 }));
  probe.onSend(2, 1, send(MessageType.MsgAppResp, { term: 3, index: 3 }));
  probe.onPersist(2, 1);
  probe.onStart(2, 1, two);
  finds(t, cluster);
  two.log(1, 2);
  probe.onPersist(2, 1);
  two.disk.hardState = { term: 3, vote: 3, commit: 0 };
  probe.onStart(2, 1, two);
  finds(
    t,
    cluster,
    /n2 cuts its log to 2, having acknowledged 3 in the same term 3/,
    /comes back with vote n3 in term 3, having voted for n1 in term 3/,
    /comes back with a log up to 2, having acknowledged 3/,
  );
  two.disk.hardState = { term: 4, vote: 0, commit: 0 };
  two.termNow = 4;
  probe.onPersist(2, 1);
  probe.onStart(2, 1, two);
  probe.onStop(2, 1, true);
  two.disk.hardState = { term: 0, vote: 0, commit: 0 };
  probe.onStart(2, 1, two);
  t.is(cluster.found.length, 3);
});

test('configuration: steps that are too long, and lists that contradict each other', (t) => {
  const { probe, cluster } = watch('configuration');
  const steps: [number, ConfState][] = [
    [1, conf([1, 2, 3])],
    [4, conf([1, 2, 3, 4])],
    [6, conf([1, 4, 5], [1, 2, 3, 4])],
    [7, conf([1, 4, 5])],
  ];
  for (const node of [1, 2]) for (const [index, c] of steps) probe.onConf(node, 1, index, c);
  probe.onConf(3, 1, 5, conf([1, 2, 3, 4]));
  finds(t, cluster);
  probe.onConf(3, 1, 6, conf([1, 4], [1, 2, 3, 4]));
  probe.onConf(1, 1, 9, conf([2, 3]));
  probe.onConf(2, 2, 1, conf([1], [], [1]));
  probe.onConf(2, 2, 2, { ...conf([1]), learnersNext: [2] });
  finds(
    t,
    cluster,
    /other-configuration: n3 applies another configuration at index 6/,
    /quorums-apart: n1 applies voters \(2 3\) at index 9, whose quorums need not meet those of voters \(1 4 5\) at 7/,
    /learner-and-voter: n2 has n1 as learner and voter in g2/,
    /learner-next: n2 keeps n2/,
  );
});

test('configuration: learners that campaign or lead, removed leaders that propose', (t) => {
  const { probe, cluster } = watch('configuration');
  const one = cluster.at(1).leads(2).log(1, 2);
  probe.onRole(1, 1, Role.Leader, 2);
  probe.onAppend(1, 1, say(2, 2), true);
  finds(t, cluster);
  Object.assign(one.raft.members, { incoming: [2, 3], learners: [1] });
  probe.onRole(1, 1, Role.PreCandidate, 2);
  probe.onRole(1, 1, Role.Leader, 2);
  probe.onAppend(1, 1, say(2, 2), true);
  one.raft.members.learners = [];
  probe.onAppend(1, 1, say(3, 2, ''), true);
  probe.onAppend(1, 1, say(3, 2), true);
  finds(
    t,
    cluster,
    /not-a-voter: n1 campaigns/,
    /not-a-voter: n1 leads/,
    /removed-leader: n1 proposes index 3 after it was removed/,
  );
});

test('configuration: a second change, or a campaign, before the first is applied', (t) => {
  const { probe, cluster } = watch('configuration');
  const one = cluster.at(1).leads(2).log(1, 2, 2);
  one.commitNow = one.appliedNow = 1;
  probe.onAppend(1, 1, change(2, 2), true);
  one.appliedNow = one.commitNow = 2;
  probe.onAppend(1, 1, change(3, 2), true);
  probe.onRole(1, 1, Role.PreCandidate, 2);
  finds(t, cluster);
  one.appliedNow = 1;
  probe.onAppend(1, 1, change(3, 2), true);
  probe.onRole(1, 1, Role.PreCandidate, 2);
  finds(
    t,
    cluster,
    /two-changes: n1 proposes a change at index 3 while the one at 2 is not applied/,
    /campaign-before-change: n1 campaigns while the committed change at index 2 is not applied/,
  );
});

test('configuration: a restored configuration that lost a half', (t) => {
  const { probe, cluster } = watch('configuration');
  const one = cluster.at(1);
  const snapshot = { index: 5, term: 1, confState: conf([1, 2, 3], [1, 2]), data: new Uint8Array(0) };
  probe.onSnapshot(1, 1, 'take', snapshot);
  one.raft.members.outgoing = [2, 1];
  probe.onSnapshot(1, 1, 'install', snapshot);
  finds(t, cluster);
  one.raft.members.outgoing = [];
  one.disk.snapshot = snapshot;
  probe.onStart(1, 1, one);
  finds(t, cluster, /restored-otherwise: n1 restores a configuration other than voters \(1 2 3\)&&\(1 2\) in g1/);
});
