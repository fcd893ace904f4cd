// Snapshots, reads and the storage threads: what is promised must be on disk, and what is read must be current.
import test from 'ava';
import type { LogLevel } from '../../src/raft/index.ts';
import {
  APPEND_THREAD,
  APPLY_THREAD,
  DEFAULT_CONFIG,
  EMPTY_CONF_STATE,
  entry,
  EntryType,
  MemoryStorage,
  messageOf,
  MessageType,
  NO_DATA,
  PLAIN_IDS,
  ProgressState,
  RaftInvariantError,
  RawNode,
  ReadOnlyOption,
  Role,
  SNAP_TEMPORARILY_UNAVAILABLE,
  type Entry,
  type Message,
  type Snapshot,
} from '../../src/raft/index.ts';
import { append, bytes, Cluster, commitOf, lagging, text } from './_cluster.ts';

const { MsgApp, MsgAppResp, MsgHeartbeat, MsgHeartbeatResp, MsgSnap, MsgVoteResp } = MessageType;

function compactAt(c: Cluster, id: number, index: number): void {
  const { storage, confState } = c.at(id);
  storage.createSnapshot(index, confState, bytes('state'));
  storage.compact(index);
}

test('a peer behind the compacted log gets a snapshot, then the rest', (t) => {
  const c = lagging(4);
  compactAt(c, 1, 5);
  c.at(1).raw.propose(bytes('after'));
  c.lost = () => false;
  c.at(1).raw.tick(1);
  c.settle();
  t.deepEqual(c.at(2).applied, ['snapshot@5', 'x3', 'after']);
  t.is(c.at(1).raw.tracker().get(2)!.state, ProgressState.Replicate);
});

test('a peer waiting for a snapshot gets nothing else; a report ends the wait', (t) => {
  for (const ok of [true, false]) {
    const c = lagging(4);
    compactAt(c, 1, 6);
    c.lost = (m) => m.type === MsgSnap;
    c.tick(1, 1);
    const pr = c.at(1).raw.tracker().get(2)!;
    t.deepEqual([pr.state, pr.pendingSnapshot], [ProgressState.Snapshot, 6]);
    c.tick(1, 1);
    t.is(pr.state, ProgressState.Snapshot);
    c.at(1).raw.reportSnapshot(2, ok);
    t.deepEqual([pr.state, pr.next, pr.isPaused()], [ProgressState.Probe, ok ? 7 : 3, true]);
    c.lost = () => false;
    c.tick(1, 1);
    c.tick(1, 1);
    t.is(pr.match, c.at(1).raw.lastIndex());
  }
});

test('no snapshot goes to a silent peer, nor while none is ready', (t) => {
  let available = true;
  class Slow extends MemoryStorage {
    override snapshot(): Snapshot | typeof SNAP_TEMPORARILY_UNAVAILABLE {
      return available ? super.snapshot() : SNAP_TEMPORARILY_UNAVAILABLE;
    }
  }
  const storage = new Slow();
  storage.applySnapshot({ index: 1, term: 1, confState: { ...EMPTY_CONF_STATE, voters: [1, 2] }, data: NO_DATA });
  const log: string[] = [];
  const logger = { ids: PLAIN_IDS, log: (_: LogLevel, line: string) => log.push(line) };
  const raw = new RawNode({ ...DEFAULT_CONFIG, id: 1, storage, applied: 1, random: () => 0, logger });
  raw.campaign();
  const handle = (): void => {
    storage.append(raw.ready().entries);
    raw.advance();
  };
  handle();
  raw.step(messageOf({ type: MsgVoteResp, from: 2, to: 1, term: 1 }));
  handle();
  raw.step(messageOf({ type: MsgAppResp, from: 2, to: 1, term: 1, index: 2 }));
  handle();
  storage.createSnapshot(2, null, NO_DATA);
  storage.compact(2);
  const reject = messageOf({ type: MsgAppResp, from: 2, to: 1, term: 1, index: 2, reject: true, rejectHint: 0 });
  const pr = raw.tracker().get(2)!;
  pr.restart(0, 3);
  available = false;
  raw.step(reject);
  t.true(log.includes('1 failed to send snapshot to 2 because snapshot is temporarily unavailable'));
  available = true;
  pr.recentActive = false;
  raw.tick(1);
  pr.restart(0, 2);
  raw.applyConfChange({ version: 1, type: 2, nodeId: 2, context: NO_DATA });
  t.true(log.includes('ignore sending snapshot to 2 since it is not recently active'));
});

test('a snapshot the log already covers only moves the commit index', (t) => {
  const c = new Cluster(3);
  const { raw } = c.at(1);
  raw.step(append({ entries: [2, 3, 4].map((i) => entry(1, i, EntryType.Normal, NO_DATA)) }));
  c.ready(1);
  const confState = { ...EMPTY_CONF_STATE, voters: [1, 2, 3] };
  const snapshot = { index: 3, term: 1, confState, data: NO_DATA };
  raw.step(messageOf({ type: MsgSnap, from: 2, to: 1, term: 1, snapshot }));
  t.deepEqual([commitOf(c, 1), raw.lastIndex()], [3, 4]);
});

test('a snapshot is refused when it is old, empty, or does not name this node', (t) => {
  const c = new Cluster(3);
  const { raw, log } = c.at(1);
  const others = { ...EMPTY_CONF_STATE, voters: [2, 3] };
  for (const snapshot of [null, { index: 1, term: 1, confState: others, data: NO_DATA }]) {
    raw.step(messageOf({ type: MsgSnap, from: 2, to: 1, term: 1, snapshot }));
  }
  raw.step(
    messageOf({
      type: MsgSnap,
      from: 2,
      to: 1,
      term: 1,
      snapshot: { index: 9, term: 1, confState: others, data: NO_DATA },
    }),
  );
  t.is(commitOf(c, 1), 1);
  t.is(log.filter((line) => line.includes('ignored snapshot')).length, 3);
  t.true(log.some((line) => line.includes('it is not in the ConfState')));
});

test('a node with a snapshot on its way to the disk neither campaigns nor applies entries', (t) => {
  const c = new Cluster(3);
  const { raw } = c.at(1);
  const snapshot = { index: 9, term: 1, confState: { ...EMPTY_CONF_STATE, voters: [1, 2, 3] }, data: NO_DATA };
  raw.step(messageOf({ type: MsgSnap, from: 2, to: 1, term: 1, snapshot }));
  raw.step(append({ index: 9, entries: [entry(1, 10, EntryType.Normal, bytes('a'))], commit: 10 }));
  raw.campaign();
  t.is(raw.basicStatus().softState.role, Role.Follower);
  const rd = raw.ready();
  t.deepEqual([rd.snapshot!.index, rd.entries.length, rd.committedEntries.length], [9, 1, 0]);
});

test('an unreachable peer is probed again instead of being sent more', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  c.at(1).raw.reportUnreachable(2);
  const pr = c.at(1).raw.tracker().get(2)!;
  t.is(pr.state, ProgressState.Probe);
  c.at(1).raw.propose(bytes('a'));
  c.settle();
  t.is(pr.state, ProgressState.Replicate);
});

test('a read is answered once a quorum has confirmed the leader, wherever it was asked', (t) => {
  const c = new Cluster(3);
  c.at(2).raw.readIndex(bytes('lost'));
  c.elect(1);
  c.at(1).raw.propose(bytes('a'));
  c.settle();
  for (const id of [1, 2]) c.at(id).raw.readIndex(bytes(`r${id}`));
  c.settle();
  for (const id of [1, 2]) {
    t.deepEqual(
      c.at(id).reads.map(({ index, requestCtx }) => [index, text(requestCtx)]),
      [[3, `r${id}`]],
    );
  }
});

test('an old answer confirms no later read', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  c.at(1).raw.readIndex(bytes('r1'));
  c.ready(1);
  const late = c.messages.splice(0);
  for (const m of late) if (m.to === 2) c.messages.push(m);
  while (c.deliver() !== null) continue;
  c.ready(2);
  const answer = c.messages.find((m) => m.type === MsgHeartbeatResp)!;
  c.messages = [];
  c.at(1).raw.step(answer);
  t.true(c.at(1).raw.hasReady());
  c.ready(1);
  c.at(1).raw.readIndex(bytes('r2'));
  c.at(1).raw.step(answer);
  c.ready(1);
  t.deepEqual(
    c.at(1).reads.map(({ requestCtx }) => text(requestCtx)),
    ['r1'],
  );
});

test('a leader that has not committed in its term keeps reads waiting', (t) => {
  const c = new Cluster(3);
  c.elect(2);
  c.lost = (m) => m.type === MsgApp;
  c.elect(1);
  c.at(1).raw.readIndex(bytes('r'));
  c.tick(1, 1);
  t.deepEqual(c.at(1).reads, []);
  c.lost = () => false;
  c.tick(1, 1);
  c.tick(1, 1);
  t.deepEqual(
    c.at(1).reads.map(({ index }) => index),
    [3],
  );
});

test('a node alone, and a leader under lease reads, answer at once', (t) => {
  const alone = new Cluster(1);
  alone.elect(1);
  alone.at(1).raw.readIndex(bytes('r'));
  t.is(alone.at(1).raw.ready().readStates[0]!.index, 2);
  const leased = new Cluster(3, { checkQuorum: true, readOnlyOption: ReadOnlyOption.LeaseBased });
  leased.elect(1);
  leased.at(1).raw.readIndex(bytes('r'));
  t.is(leased.at(1).raw.ready().readStates[0]!.index, 2);
  leased.at(1).raw.advance();
  leased.at(1).raw.step(messageOf({ type: MsgHeartbeatResp, from: 2, to: 1, term: 1, context: 1 }));
  t.false(leased.at(1).raw.hasReady());
});

test('a read answer without exactly one request is an error, not a crash', (t) => {
  const { raw, log } = new Cluster(3).at(1);
  raw.step(messageOf({ type: MessageType.MsgReadIndexResp, from: 2, to: 1, term: 0 }));
  t.is(log.at(-1), 'ERROR 1 invalid format of MsgReadIndexResp from 2, entries count: 0');
});

/** Persists or applies what a storage message asks for and returns its answers. */
function work(storage: MemoryStorage, m: Message): readonly Message[] {
  if (m.to === APPEND_THREAD) {
    if (m.snapshot !== null) storage.applySnapshot(m.snapshot);
    storage.append(m.entries);
    if (m.term !== 0) storage.setHardState({ term: m.term, vote: m.vote, commit: m.commit });
  }
  return m.responses;
}

test('with asynchronous storage only durable entries are applied, and answers wait for the write', (t) => {
  const c = new Cluster(1, { asyncStorageWrites: true });
  const { raw, storage } = c.at(1);
  raw.campaign();
  const applied: Entry[] = [];
  for (let round = 0; raw.hasReady() && round < 20; round++) {
    for (const m of raw.ready().messages) {
      if (m.to === APPLY_THREAD) {
        t.true(m.entries.every((e) => e.index <= storage.lastIndex()));
        applied.push(...m.entries);
      }
      for (const answer of work(storage, m)) raw.step(answer);
    }
  }
  t.is(raw.basicStatus().softState.role, Role.Leader);
  t.deepEqual(
    applied.map(({ index }) => index),
    [2],
  );
  t.is(raw.basicStatus().applied, 2);
  t.throws(() => raw.advance(), { instanceOf: RaftInvariantError });
});

test('a late acknowledgement of overwritten entries takes nothing out of the unstable log', (t) => {
  const c = new Cluster(3, { asyncStorageWrites: true });
  const { raw, storage, log } = c.at(1);
  raw.step(append());
  const first = raw.ready().messages.find((m) => m.to === APPEND_THREAD)!;
  raw.step(append({ from: 3, term: 2, entries: [entry(2, 2, EntryType.Normal, bytes('b'))] }));
  const second = raw.ready().messages.find((m) => m.to === APPEND_THREAD)!;
  for (const m of work(storage, first)) if (m.to === 1) raw.step(m);
  t.true(
    log.some((line) => line.includes('ignored entry appends from a MsgStorageAppendResp message with lower term')),
  );
  t.is(raw.raft().log.tail.length, 1);
  for (const m of work(storage, second)) if (m.to === 1) raw.step(m);
  t.is(raw.raft().log.tail.length, 0);
  t.is(storage.term(2), 2);
});

test('two Readys without advance in between are a panic', (t) => {
  const c = new Cluster(1);
  c.at(1).raw.campaign();
  c.at(1).raw.ready();
  c.at(1).raw.propose(bytes('a'));
  const error = t.throws(() => c.at(1).raw.ready(), { instanceOf: RaftInvariantError });
  t.is(error.message, 'two accepted Ready structs without call to Advance');
});

test('a commit index beyond the log is a panic: the log was lost', (t) => {
  const { raw } = new Cluster(3).at(1);
  const error = t.throws(() => raw.step(messageOf({ type: MsgHeartbeat, from: 2, to: 1, term: 1, commit: 9 })), {
    instanceOf: RaftInvariantError,
  });
  t.is(error.message, 'tocommit(9) is out of range [lastIndex(1)]. Was the raft log corrupted, truncated, or lost?');
});

test('an append that contradicts what is committed is a panic', (t) => {
  const { raw } = new Cluster(3).at(1);
  raw.step(append({ commit: 2 }));
  const wrong = append({ term: 2, from: 3, entries: [entry(2, 2, EntryType.Normal, NO_DATA)] });
  t.is(raw.step(wrong), 'stepped');
  const worse = append({ term: 2, from: 3, index: 2, entries: [entry(2, 2, EntryType.Normal, NO_DATA)] });
  const error = t.throws(() => raw.step(worse), { instanceOf: RaftInvariantError });
  t.is(error.message, 'entry 2 conflict with committed entry [committed(2)]');
});
