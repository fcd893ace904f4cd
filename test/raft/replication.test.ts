// Replication, commit and flow control: what was acknowledged must stay, and come in order.
import test from 'ava';
import {
  describeMessage,
  entry,
  EntryType,
  messageOf,
  MessageType,
  NO_DATA,
  ProgressState,
} from '../../src/raft/index.ts';
import { append, bytes, Cluster, commitOf, lagging } from './_cluster.ts';

const { MsgApp, MsgAppResp, MsgHeartbeat } = MessageType;

test('a proposal is applied everywhere, in order, once', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  t.deepEqual(c.at(1).raw.propose(bytes('a')), { ok: true, index: 3, term: 1 });
  t.deepEqual(c.at(2).raw.propose(bytes('b')), { ok: true, index: 0, term: 1 });
  c.at(1).raw.proposeBatch([bytes('c'), bytes('d')]);
  c.settle();
  for (const { applied } of c.replicas)
    t.deepEqual(
      [...applied].sort((x, y) => (x < y ? -1 : 1)),
      ['a', 'b', 'c', 'd'],
    );
  t.deepEqual(c.at(2).applied, c.at(1).applied);
});

test('a proposal has no taker without a leader, at a candidate, or where forwarding is off', (t) => {
  const c = new Cluster(3, { disableProposalForwarding: true });
  t.deepEqual(c.at(1).raw.propose(bytes('a')), { ok: false, why: 'noLeader' });
  c.at(3).raw.campaign();
  t.deepEqual(c.at(3).raw.propose(bytes('a')), { ok: false, why: 'noLeader' });
  c.settle();
  t.deepEqual(c.at(1).raw.propose(bytes('a')), { ok: false, why: 'forwardingDisabled' });
});

test('an entry is committed by a majority, and only if it is of the term of the leader', (t) => {
  const c = new Cluster(5);
  c.elect(1);
  c.lost = (m) => m.from === 1 && m.to > 2;
  c.at(1).raw.propose(bytes('a'));
  c.settle();
  t.is(commitOf(c, 1), 2);
  // Node 2 has the entry, wins with it and may not commit it before an entry of its own term.
  c.lost = (m) => m.type === MsgApp || m.type === MsgHeartbeat;
  c.elect(2);
  for (const from of [1, 3, 4]) {
    c.at(2).raw.step(messageOf({ type: MsgAppResp, from, to: 2, term: 2, index: 3 }));
  }
  t.is(commitOf(c, 2), 2);
  for (const from of [1, 3]) c.at(2).raw.step(messageOf({ type: MsgAppResp, from, to: 2, term: 2, index: 4 }));
  t.is(commitOf(c, 2), 4);
});

test('the leader counts itself only once its entry is on its own disk', (t) => {
  const c = new Cluster(1);
  c.elect(1);
  c.at(1).raw.propose(bytes('a'));
  t.is(commitOf(c, 1), 2);
  const rd = c.at(1).raw.ready();
  t.true(rd.mustSync);
  t.is(commitOf(c, 1), 2);
  c.at(1).storage.append(rd.entries);
  c.at(1).raw.advance();
  t.is(commitOf(c, 1), 3);
});

test('a follower commits what the message covers, not what its own log holds beyond', (t) => {
  const c = new Cluster(3);
  const { raw } = c.at(1);
  const tail = [2, 3, 4].map((i) => entry(1, i, EntryType.Normal, bytes('old')));
  raw.step(append({ entries: tail }));
  c.ready(1);
  raw.step(append({ from: 3, term: 2, entries: [], commit: 4 }));
  t.is(commitOf(c, 1), 1);
});

test('a late, shorter append takes nothing away', (t) => {
  const c = new Cluster(3);
  const { raw } = c.at(1);
  const two = [2, 3].map((i) => entry(1, i, EntryType.Normal, bytes('a')));
  raw.step(append({ entries: two }));
  raw.step(append());
  t.is(raw.lastIndex(), 3);
});

test('entries of another term replace those that conflict and all after them', (t) => {
  const c = new Cluster(3);
  const { raw, log } = c.at(1);
  raw.step(append({ entries: [2, 3, 4].map((i) => entry(1, i, EntryType.Normal, NO_DATA)) }));
  c.ready(1);
  raw.step(append({ term: 2, from: 3, index: 2, entries: [entry(2, 3, EntryType.Normal, NO_DATA)] }));
  t.is(raw.lastIndex(), 3);
  t.is(raw.termAt(3), 2);
  t.true(log.includes('INFO found conflict at index 3 [existing term: 1, conflicting term: 2]'));
  raw.step(
    append({
      term: 2,
      from: 3,
      index: 3,
      logTerm: 2,
      entries: [4, 5].map((i) => entry(2, i, EntryType.Normal, NO_DATA)),
    }),
  );
  raw.step(append({ term: 3, from: 2, index: 4, logTerm: 2, entries: [entry(3, 5, EntryType.Normal, NO_DATA)] }));
  t.true(log.some((line) => line.includes('truncate the unstable entries before index 5')));
});

test('a rejection carries the last index at which the two logs can agree', (t) => {
  const c = new Cluster(3);
  const { raw } = c.at(1);
  raw.step(append({ entries: [2, 3, 4].map((i) => entry(1, i, EntryType.Normal, NO_DATA)) }));
  c.ready(1);
  c.messages = [];
  raw.step(append({ term: 5, index: 9, logTerm: 5, entries: [] }));
  raw.step(append({ term: 5, index: 3, logTerm: 0, entries: [] }));
  c.ready(1);
  t.deepEqual(
    c.messages.map((m) => describeMessage(m)),
    ['1->2 MsgAppResp Term:5 Log:1/9 Rejected (Hint: 4)', '1->2 MsgAppResp Term:5 Log:0/3 Rejected (Hint: 0)'],
  );
});

test('a peer that lost its way is brought back by probing', (t) => {
  const c = lagging(5);
  c.lost = () => false;
  c.tick(1, 1);
  t.deepEqual(c.at(2).applied, c.at(1).applied);
  t.is(c.at(1).raw.tracker().get(2)!.state, ProgressState.Replicate);
});

test('the window of messages in flight fills, pauses and opens with the answers', (t) => {
  const c = new Cluster(3, { maxInflightMsgs: 2 });
  c.elect(1);
  for (let i = 0; i < 5; i++) c.at(1).raw.propose(bytes(`x${i}`));
  const pr = c.at(1).raw.tracker().get(2)!;
  t.deepEqual([pr.inflightCount(), pr.inflightFull(), pr.isPaused()], [2, true, true]);
  c.settle();
  t.deepEqual([pr.inflightCount(), pr.match], [0, c.at(1).raw.lastIndex()]);
  t.deepEqual(c.at(2).applied, ['x0', 'x1', 'x2', 'x3', 'x4']);
});

test('the window of bytes in flight lets the message through that exceeds it, and no other', (t) => {
  const c = new Cluster(3, { maxInflightBytes: 10, maxSizePerMsg: 10 });
  c.elect(1);
  for (let i = 0; i < 4; i++) c.at(1).raw.propose(new Uint8Array(7));
  const pr = c.at(1).raw.tracker().get(2)!;
  t.deepEqual([pr.inflightCount(), pr.inflightBytes()], [2, 14]);
  c.settle();
  t.is(pr.inflightBytes(), 0);
});

test('proposals beyond the uncommitted size are refused until some are applied', (t) => {
  const c = new Cluster(3, { maxUncommittedEntriesSize: 10 });
  c.elect(1);
  c.lost = () => true;
  t.true(c.at(1).raw.propose(new Uint8Array(20)).ok);
  t.deepEqual(c.at(1).raw.propose(bytes('a')), { ok: false, why: 'uncommittedSize' });
  t.true(c.at(1).raw.propose(NO_DATA).ok);
  c.settle();
  c.lost = () => false;
  c.tick(1, 1);
  t.is(c.at(1).raw.raft().uncommittedSize, 0);
  t.true(c.at(1).raw.propose(bytes('a')).ok);
});

test('committed entries come in pages, each after the one before is applied', (t) => {
  const c = lagging(4, { maxCommittedSizePerReady: 1 });
  c.lost = () => false;
  c.at(1).raw.tick(1);
  for (let id = 1; id <= 3; id++) while (c.at(id).raw.hasReady()) c.ready(id);
  const pages: number[] = [];
  while (c.messages.length > 0) {
    while (c.deliver() !== null) continue;
    for (const { id, raw } of c.replicas) {
      while (raw.hasReady()) {
        const { applied } = c.at(id);
        const before = applied.length;
        c.ready(id);
        if (id === 2) pages.push(applied.length - before);
      }
    }
  }
  t.is(Math.max(...pages), 1);
  t.deepEqual(c.at(2).applied, ['x0', 'x1', 'x2', 'x3']);
});
