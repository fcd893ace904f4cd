// What leaders, candidates and queues owe by the rules that no safety property shows: each rule is broken by hand once, and
// kept once.
import test from 'ava';
import { entry, EntryType, messageOf, MessageType, Role, type Message } from '../../src/raft/index.ts';
import { conf, FakeCluster, finds, peer, say, watch } from './fake-cluster.ts';

const at = (type: Message['type'], fields: Partial<Message>): Message => messageOf({ type, term: 2, ...fields });

test('transfers: only to voters that hold the whole log, and no proposal meanwhile', (t) => {
  const { probe, cluster } = watch('transfers');
  const one = cluster.at(1).leads(2).log(1, 2, 2);
  one.raft.peers = [peer(1, 3), peer(2, 3), peer(3, 2)];
  probe.onAppend(1, 1, say(3, 2), true);
  probe.onSend(1, 1, at(MessageType.MsgTimeoutNow, { from: 1, to: 2 }));
  one.raft.leadTransferee = 2;
  probe.onConf(1, 1, 3, conf([1, 2, 3]));
  finds(t, cluster);
  probe.onAppend(1, 1, say(4, 2), true);
  probe.onSend(1, 1, at(MessageType.MsgTimeoutNow, { from: 1, to: 3 }));
  one.raft.members = { ...one.raft.members, incoming: [1, 3], learners: [2] };
  probe.onConf(1, 1, 4, conf([1, 3], [], [2]));
  finds(
    t,
    cluster,
    /proposal-taken: n1 in g1 takes a proposal at index 4/,
    /not-caught-up: n1 in g1 tells n3 to campaign, which is known to hold 2 of 3/,
    /no-voter: n1 in g1 hands over to n2/,
  );
});

test('transfers: one that never ends, and an order to campaign that comes to nothing', (t) => {
  for (const breach of ['', 'endless', 'refused', 'disturbed'] as const) {
    const { probe, cluster } = watch('transfers');
    const one = cluster.at(1).leads(2).log(1, 2);
    one.raft.peers = [peer(2, 2)];
    cluster.at(2).raft.lead = 1;
    cluster.nowMs = 1000;
    probe.onTransfer(1, 1, 2);
    one.raft.leadTransferee = 2;
    probe.onSend(1, 1, at(MessageType.MsgTimeoutNow, { from: 1, to: 2 }));
    for (let nowMs = 1050; nowMs <= 1500; nowMs += 50) {
      cluster.nowMs = nowMs;
      if (breach !== 'endless') one.raft.leadTransferee = 0;
      if (breach === '' && nowMs === 1100) probe.onRole(2, 1, Role.Leader, 3);
      if (breach === 'endless') one.roleNow = Role.Leader;
      if (breach === 'disturbed' && nowMs === 1100) probe.onLinks();
      probe.onTick(nowMs);
    }
    if (breach === 'endless')
      finds(t, cluster, /refused: n1 in g1 still leads/, /never-ends: n1 .* handing over to n2/);
    else if (breach === 'refused')
      finds(t, cluster, /refused: n1 in g1 still leads term 2, and 450 ms after it told n2/);
    else finds(t, cluster);
  }
});

test('peers: a late rejection moves nothing', (t) => {
  const { probe, cluster } = watch('peers');
  const one = cluster.at(1).leads(2).log(1, 2, 2, 2);
  const late = at(MessageType.MsgAppResp, { from: 2, to: 1, reject: true, index: 2 });
  one.raft.peers = [peer(2, 3, { next: 5 })];
  probe.onReceive(1, 1, late);
  probe.onProgress(1, 1, 2);
  finds(t, cluster);
  probe.onReceive(1, 1, late);
  one.raft.peers = [peer(2, 3, { state: 0 })];
  probe.onProgress(1, 1, 2);
  finds(t, cluster, /late-rejection: n1 in g1: peer n2 refused index 2 late/);
});

test('peers: snapshots are sent to the living, waited for with reason, and reported truly', (t) => {
  const { probe, cluster } = watch('peers');
  const one = cluster.at(1).leads(2).log(1, 2, 2, 2);
  one.raft.first = 4;
  one.raft.peers = [peer(2, 1, { state: 2, next: 5 }), peer(3, 3, { state: 2, recentActive: false })];
  probe.onSend(1, 1, at(MessageType.MsgSnap, { from: 1, to: 2 }));
  probe.onProgress(1, 1, 2);
  probe.onSnapshotReport(1, 1, 2, true, 4);
  finds(t, cluster);
  probe.onSnapshotReport(1, 1, 2, false, 4);
  probe.onSnapshotReport(1, 1, 2, true, 5);
  probe.onSend(1, 1, at(MessageType.MsgSnap, { from: 1, to: 3 }));
  probe.onProgress(1, 1, 3);
  finds(
    t,
    cluster,
    /snapshot-made-up: .* n2 did not get a snapshot, match is 1, next 5/,
    /snapshot-forgotten: .* n2 has the snapshot at 5, and next is 5/,
    /snapshot-to-nobody: .* n3/,
    /waits-in-vain: .* n3 for a snapshot, with match 3 and a log that begins at 4/,
  );
});

test('votes: asked for by who follows nobody, after a quorum of pre-votes or an order', (t) => {
  const { probe, cluster } = watch('votes');
  const one = cluster.at(1);
  const ask = (): void => probe.onSend(1, 1, at(MessageType.MsgPreVote, { from: 1, to: 2, term: 3 }));
  const grant = (): void => probe.onReceive(1, 1, at(MessageType.MsgPreVoteResp, { from: 2, to: 1, term: 3 }));
  one.termNow = 2;
  ask();
  grant();
  probe.onRole(1, 1, Role.Candidate, 3);
  probe.onReceive(2, 1, at(MessageType.MsgTimeoutNow, { from: 1, to: 2, term: 3 }));
  probe.onRole(2, 1, Role.Candidate, 4);
  finds(t, cluster);
  cluster.nowMs = 10;
  ask();
  probe.onRole(1, 1, Role.Candidate, 3);
  one.raft.lead = 2;
  probe.onRole(1, 1, Role.PreCandidate, 3);
  finds(
    t,
    cluster,
    /no-pre-votes: n1 in g1 campaigns in term 3, for which 1 of 3 voters granted/,
    /follows-and-asks: n1 in g1 asks for votes and believes that n2 leads/,
  );
});

test('votes: no second pre-vote in a term, and a refusal leaves the timer alone', (t) => {
  const { probe, cluster } = watch('votes');
  const two = cluster.at(2);
  two.termNow = 3;
  two.raft.electionElapsed = 7;
  const request = at(MessageType.MsgPreVote, { from: 1, to: 2, term: 3 });
  const answer = (reject: boolean): Message => at(MessageType.MsgPreVoteResp, { from: 2, to: 1, term: 3, reject });
  probe.onReceive(2, 1, request);
  probe.onSend(2, 1, answer(false));
  probe.onReceive(2, 1, request);
  probe.onSend(2, 1, answer(true));
  finds(t, cluster);
  two.raft.vote = 3;
  probe.onReceive(2, 1, request);
  probe.onSend(2, 1, answer(false));
  probe.onReceive(2, 1, request);
  two.raft.electionElapsed = 0;
  probe.onSend(2, 1, answer(true));
  finds(
    t,
    cluster,
    /granted-twice: n2 in g1 grants n1 a pre-vote for the term 3 it is in, with vote n3/,
    /refusal-resets-timer: n2 in g1 .* 7 ticks/,
  );
});

test('reads: none overtakes another of the same leader, and no lease is forgotten', (t) => {
  const cluster = new FakeCluster({ leaseReads: true });
  const { probe } = watch('reads', cluster);
  cluster.at(1).leads(2);
  for (const read of [1, 2, 3]) probe.onReadAsked(1, 1, read);
  probe.onReadIndex(1, 1, 1, 5);
  cluster.at(2).raft.lead = 1;
  probe.onForget(2, 1, 1);
  finds(t, cluster);
  probe.onReadIndex(1, 1, 3, 5);
  cluster.at(2).raft.lead = 0;
  probe.onForget(2, 1, 1);
  finds(t, cluster, /overtaken-read: n1 .* leaves 1 earlier/, /lease-broken: n2 forgets n1/);
});

test('flow-control: pages and uncommitted bytes are recounted', (t) => {
  const cluster = new FakeCluster({ maxApplyingBytes: 60 });
  const { probe } = watch('flow-control', cluster);
  const big = (index: number): ReturnType<typeof entry> => entry(2, index, EntryType.Normal, new Uint8Array(40));
  probe.onHandOut(1, 1, [big(2)]);
  probe.onApply(1, 1, big(2), 1, null, null);
  probe.onHandOut(1, 1, [big(3)]);
  const one = cluster.at(1).leads(2).log(1, 2, 2, 2);
  one.raft.uncommittedSize = 40;
  probe.onAppend(1, 1, big(4), true);
  finds(t, cluster);
  probe.onHandOut(1, 1, [big(4), big(5)]);
  one.raft.uncommittedSize = 41;
  probe.onAppend(1, 1, big(4), true);
  finds(
    t,
    cluster,
    /applying-limit: n1 in g1 hands out \d+ bytes to apply with \d+ on their way, and a limit of 60/,
    /uncommitted-count: n1 in g1 counts 41 bytes as uncommitted, where 40/,
  );
});

test('commit-rule: what a quorum is known to hold is committed at once', (t) => {
  const { probe, cluster } = watch('commit-rule');
  const one = cluster.at(1).leads(2).log(1, 2, 2);
  one.raft.peers = [peer(1, 3), peer(2, 2), peer(3, 1)];
  one.raft.log.committed = 2;
  probe.onProgress(1, 1, 2);
  finds(t, cluster);
  one.raft.members = { ...one.raft.members, incoming: [1] };
  probe.onConf(1, 1, 2, conf([1]));
  finds(t, cluster, /commit-delayed: n1 has committed 2 only, with a quorum known to hold index 3/);
});

test('log-matching: an append names the term of the entry before it', (t) => {
  const { probe, cluster } = watch('log-matching');
  cluster.at(1).leads(2).log(1, 1, 2);
  for (const fields of [{ index: 2, logTerm: 1 }, { index: 9, logTerm: 1 }, { index: 0 }]) {
    probe.onSend(1, 1, at(MessageType.MsgApp, { from: 1, to: 2, ...fields }));
  }
  finds(t, cluster);
  probe.onSend(1, 1, at(MessageType.MsgApp, { from: 1, to: 2, index: 2, logTerm: 0 }));
  finds(t, cluster, /other-term: n1 sends entries behind index 2 of term 0 in g1, where its own has term 1/);
});

test('durability: a vote that changes within a term, and an entry applied before it is on disk', (t) => {
  const { probe, cluster } = watch('durability');
  const two = cluster.at(2).log(1, 1);
  two.disk.hardState = { term: 3, vote: 1, commit: 0 };
  probe.onPersist(2, 1);
  probe.onApply(2, 1, say(2, 1), 1, null, null);
  finds(t, cluster);
  two.disk.hardState = { term: 3, vote: 3, commit: 0 };
  probe.onPersist(2, 1);
  probe.onApply(2, 1, say(3, 1), 1, null, null);
  finds(
    t,
    cluster,
    /vote-changed: n2 changes its vote in term 3 from n1 to n3/,
    /applied-not-durable: n2 applies index 3, and its disk ends at 2/,
  );
});

test('configuration: who takes itself for a learner, and a snapshot that does not list its receiver', (t) => {
  const { probe, cluster } = watch('configuration');
  const two = cluster.at(2);
  probe.onConf(2, 1, 2, conf([1, 2, 3]));
  finds(t, cluster);
  two.raft.isLearner = true;
  probe.onConf(2, 1, 2, conf([1, 2, 3]));
  two.raft.members = { ...two.raft.members, incoming: [1, 3] };
  probe.onSnapshot(2, 1, 'install', { index: 4, term: 1, confState: conf([1, 3]), data: new Uint8Array() });
  finds(t, cluster, /learner-flag: n2 takes itself for a learner/, /not-in-snapshot: n2/);
});

test('reads: an answer below what was committed when it was asked for', (t) => {
  const { probe, cluster } = watch('reads');
  cluster.at(1).leads(2).log(2, 2, 2);
  probe.onCommit(1, 1, 2);
  probe.onReadAsked(2, 1, 1);
  probe.onReadAsked(2, 1, 2);
  probe.onCommit(1, 1, 3);
  probe.onReadIndex(2, 1, 1, 2);
  finds(t, cluster);
  probe.onReadIndex(2, 1, 2, 1);
  finds(t, cluster, /stale-read: n2 answers a read of g1 at index 1; 2 was committed when it was asked for/);
});

test('lease-reads: an answer that misses what somebody committed whom the leader itself told to campaign', (t) => {
  for (const but of ['', 'no lease', 'told too late', 'elected later', 'asked in time', 'up to date'] as const) {
    const cluster = new FakeCluster({ leaseReads: but !== 'no lease' });
    const { probe } = watch('lease-reads', cluster);
    cluster.at(1).leads(2).log(1, 2);
    const two = cluster.at(2);
    two.termNow = but === 'told too late' ? 3 : 2;
    probe.onReceive(2, 1, messageOf({ type: MessageType.MsgTimeoutNow, from: 1, to: 2, term: 2 }));
    if (but === 'asked in time') probe.onReadAsked(1, 1, 7);
    const term = but === 'elected later' ? 4 : 3;
    two.leads(term).log(1, 2, term);
    probe.onRole(2, 1, Role.Leader, term);
    probe.onCommit(2, 1, 3);
    if (but !== 'asked in time') probe.onReadAsked(1, 1, 7);
    probe.onReadIndex(1, 1, 7, but === 'up to date' ? 3 : 2);
    if (but !== '') finds(t, cluster);
    else {
      const says = /handed-over: n1 told n2 to campaign in term 2, and still answers a read of g1 .* at index 2; 3 was/;
      finds(t, cluster, says);
    }
  }
});
