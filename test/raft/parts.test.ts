// The parts of the core by themselves, against plain models: quorums, windows, the clock, text, the state trace.
import test from 'ava';
import fc from 'fast-check';
import {
  configError,
  DEFAULT_CONFIG,
  describeEntry,
  describeIndex,
  describeMessage,
  describeQuorum,
  describeReady,
  EMPTY_CONF_STATE,
  entry,
  EntryType,
  isLocalMsg,
  isResponseMsg,
  jointIndex,
  jointVote,
  majorityIndex,
  majorityVote,
  MemoryStorage,
  messageOf,
  MessageType,
  messageTypeName,
  NO_DATA,
  NO_LIMIT,
  quote,
  RaftInvariantError,
  RawNode,
  ReadOnlyOption,
  Role,
  VoteResult,
  type Config,
  type IdNames,
  type StateTraceEvent,
} from '../../src/raft/index.ts';
import { Inflights } from '../../src/raft/inflights.ts';
import { Progress } from '../../src/raft/progress.ts';
import { bytes, Cluster } from './_cluster.ts';

const indexes = fc.array(fc.nat(9), { maxLength: 7 });

/** The k-th largest value by sorting, k being the size of a majority. */
function bySorting(acked: readonly number[]): number {
  if (acked.length === 0) return NO_LIMIT;
  return [...acked].sort((a, b) => b - a)[Math.floor(acked.length / 2)]!;
}

test('a majority index is the value that sorting finds, for one half and for two', (t) => {
  fc.assert(
    fc.property(indexes, indexes, (a, b) => {
      const joint = Math.min(bySorting(a), bySorting(b));
      return majorityIndex(a) === bySorting(a) && jointIndex(a, b) === joint;
    }),
  );
  t.is(describeIndex(majorityIndex([])), '∞');
});

const votes = fc.array(fc.constantFrom(true, false, null), { maxLength: 7 });

test('a vote is won or lost when no missing vote can change it', (t) => {
  const outcomes = (half: readonly (boolean | null)[]): boolean[] => {
    const wins = (yes: number): boolean => half.length === 0 || 2 * yes > half.length;
    const yes = half.filter((vote) => vote === true).length;
    const missing = half.filter((vote) => vote === null).length;
    return [wins(yes), wins(yes + missing)];
  };
  fc.assert(
    fc.property(votes, votes, (a, b) => {
      const [worst, best] = outcomes(a);
      const expected = worst ? VoteResult.Won : best ? VoteResult.Pending : VoteResult.Lost;
      const both = outcomes(a).map((won, i) => won && outcomes(b)[i]!);
      const joint = both[0] ? VoteResult.Won : both[1] ? VoteResult.Pending : VoteResult.Lost;
      return majorityVote(a) === expected && jointVote(a, b) === joint;
    }),
  );
  t.pass();
});

test('the window of appends in flight is a first-in-first-out list', (t) => {
  const action = fc.oneof(fc.record({ add: fc.nat(9) }), fc.record({ free: fc.nat(60) }), fc.constant({ reset: true }));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 40 }),
      fc.array(action),
      (size, limit, actions) => {
        const window = new Inflights(size, limit);
        let model: { index: number; bytes: number }[] = [];
        let last = 0;
        for (const a of actions) {
          if ('add' in a) {
            if (window.full()) continue;
            model.push({ index: ++last, bytes: a.add });
            window.add(last, a.add);
          } else if ('free' in a) {
            model = model.filter(({ index }) => index > a.free);
            window.freeLE(a.free);
          } else {
            model = [];
            window.reset();
          }
          const sum = model.reduce((total, m) => total + m.bytes, 0);
          if (window.count !== model.length || window.bytes !== sum) return false;
          if (window.full() !== (model.length === size || sum >= limit)) return false;
        }
        return true;
      },
    ),
  );
  const full = new Inflights(1, 9);
  full.add(1, 1);
  t.throws(() => full.add(2, 1), { instanceOf: RaftInvariantError, message: 'cannot add into a Full inflights' });
});

test('a peer waiting for a snapshot is sent no append', (t) => {
  const pr = new Progress(1, 5, false, 1, NO_LIMIT);
  pr.becomeSnapshot(4);
  t.throws(() => pr.sentEntries(1, 1), { message: 'sending append in unhandled state StateSnapshot' });
});

/** A node of a group of three in one of the four roles, its clock somewhere. */
function nodeIn(role: Role, over: Partial<Config>, elapsed: number): RawNode {
  const c = new Cluster(3, { preVote: role === Role.PreCandidate, quiet: true, random: () => 3, ...over });
  const { raw } = c.at(1);
  if (role !== Role.Follower) raw.campaign();
  if (role === Role.Leader) c.settle();
  else if (raw.hasReady()) c.ready(1);
  raw.tick(elapsed);
  return raw;
}

function stateOf(raw: RawNode): unknown {
  const { electionElapsed, heartbeatElapsed } = raw.raft();
  const messages = raw.hasReady() ? describeReady(raw.ready()) : '';
  return [raw.basicStatus(), electionElapsed, heartbeatElapsed, messages, raw.ticksUntilWork()];
}

test('n ticks at once are n single ticks, in every role', (t) => {
  const roles = fc.constantFrom(Role.Follower, Role.Candidate, Role.PreCandidate, Role.Leader);
  const over = fc.record({
    checkQuorum: fc.boolean(),
    heartbeatTick: fc.integer({ min: 1, max: 4 }),
    electionTick: fc.integer({ min: 5, max: 12 }),
  });
  fc.assert(
    fc.property(roles, over, fc.nat(20), fc.nat(60), (role, config, elapsed, n) => {
      const [one, many] = [nodeIn(role, config, elapsed), nodeIn(role, config, elapsed)];
      for (let i = 0; i < n; i++) one.tick(1);
      many.tick(n);
      t.deepEqual(stateOf(many), stateOf(one));
    }),
  );
});

test('nothing but counting happens before ticksUntilWork has passed', (t) => {
  const roles = fc.constantFrom(Role.Follower, Role.Candidate, Role.Leader);
  fc.assert(
    fc.property(roles, fc.integer({ min: 1, max: 9 }), fc.nat(30), (role, heartbeatTick, elapsed) => {
      const raw = nodeIn(role, { heartbeatTick }, elapsed);
      if (raw.hasReady()) {
        raw.ready();
        raw.advance();
      }
      raw.tick(raw.ticksUntilWork() - 1);
      return !raw.hasReady();
    }),
  );
  t.pass();
});

test('prefetching changes nothing', (t) => {
  const c = new Cluster(3);
  c.elect(1);
  const before = c.replicas.map(({ raw }) => raw.basicStatus());
  for (const { raw } of c.replicas) for (const from of [0, 1, 2, 9]) t.is(typeof raw.prefetch(from), 'number');
  t.deepEqual(
    c.replicas.map(({ raw }) => raw.basicStatus()),
    before,
  );
});

test('a configuration that contradicts itself is refused in the words of the reference', (t) => {
  const good: Config = { ...DEFAULT_CONFIG, id: 1, storage: new MemoryStorage(), random: () => 0 };
  const wrong: readonly (readonly [Partial<Config>, string])[] = [
    [{ id: 0 }, 'cannot use none as id'],
    [{ id: -1 }, 'cannot use local target as id'],
    [{ heartbeatTick: 0 }, 'heartbeat tick must be greater than 0'],
    [{ electionTick: 1 }, 'election tick must be greater than heartbeat tick'],
    [{ maxInflightMsgs: 0 }, 'max inflight messages must be greater than 0'],
    [{ maxInflightBytes: 1, maxSizePerMsg: 2 }, 'max inflight bytes must be >= max message size'],
    [
      { readOnlyOption: ReadOnlyOption.LeaseBased },
      'CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased',
    ],
  ];
  t.is(configError(good), null);
  for (const [over, message] of wrong) {
    t.throws(() => new RawNode({ ...good, ...over }), { instanceOf: RaftInvariantError, message });
  }
});

test('roles change only along the allowed edges', (t) => {
  const c = new Cluster(1);
  const r = c.at(1).raw.raft();
  t.throws(() => r.becomeLeader(), { message: 'invalid transition [follower -> leader]' });
  c.elect(1);
  t.throws(() => r.becomeCandidate(), { message: 'invalid transition [leader -> candidate]' });
  t.throws(() => r.becomePreCandidate(), { message: 'invalid transition [leader -> pre-candidate]' });
  const toSelf = messageOf({ type: MessageType.MsgApp, to: 1 });
  t.throws(() => r.send(toSelf), { message: 'message should not be self-addressed when sending MsgApp' });
});

test('kinds of messages know whether they are local or answers', (t) => {
  const names = (is: (type: MessageType) => boolean): string =>
    Object.values(MessageType).filter(is).map(messageTypeName).join(' ').replaceAll('Msg', '');
  t.is(
    names(isLocalMsg),
    'Hup Beat Unreachable SnapStatus CheckQuorum StorageAppend StorageAppendResp StorageApply StorageApplyResp',
  );
  t.is(
    names(isResponseMsg),
    'AppResp VoteResp HeartbeatResp Unreachable ReadIndexResp PreVoteResp StorageAppendResp StorageApplyResp',
  );
});

test('ids read as what they stand for', (t) => {
  const ids: IdNames = {
    hex: (id) => (id === 0 ? '0' : `beef${id}`),
    dec: (id) => (id === 0 ? '0' : `4887${id}`),
  };
  const m = messageOf({ type: MessageType.MsgStorageAppend, from: 1, to: -1, vote: 2, term: 3 });
  t.is(describeMessage(m, ids), 'beef1->AppendThread MsgStorageAppend Term:3 Log:0/0 Vote:48872');
  t.is(describeMessage(messageOf({ type: MessageType.MsgHup })), 'None->None MsgHup Term:0 Log:0/0');
  t.is(describeQuorum([], []), '<empty majority quorum>');
  t.is(describeQuorum([1, 2], [5, null], ids), '      idx\nx>      5    (id=beef1)\n?       0    (id=beef2)\n');
});

test('payloads are quoted as Go quotes them', (t) => {
  const quoted = (...data: number[]): string => quote(Uint8Array.from(data));
  t.is(quote(bytes('a"\\é€😀 ')), '"a\\"\\\\é€😀 "');
  t.is(quoted(7, 8, 9, 10, 11, 12, 13, 0, 127), '"\\a\\b\\t\\n\\v\\f\\r\\x00\\x7f"');
  t.is(quote(bytes('\u00a0\u200b\ue000\u{10ffff}')), '"\\u00a0\\u200b\\ue000\\U0010ffff"');
  t.is(quoted(0xff, 0xc3, 0x28, 0xe2, 0x82), '"\\xff\\xc3(\\xe2\\x82"');
  t.is(quoted(0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80), '"\\xc0\\x80\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80"');
  t.is(describeEntry(entry(1, 2, EntryType.Normal, bytes('x'))), '1/2 EntryNormal "x"');
});

test('the state trace reports where the reference does, in its field order', (t) => {
  const events: StateTraceEvent[] = [];
  const c = new Cluster(3, { trace: { traceEvent: (event) => events.push(event) } });
  t.is(events[0]!.name, 'InitState');
  t.is(
    JSON.stringify(events[1]),
    '{"name":"ApplyConfChange","nid":"1","state":{"term":0,"vote":"0","commit":1},"role":"StateFollower","log":1,' +
      '"conf":[[],[]],"prop":{"cc":{"newconf":["1","2","3"]}}}',
  );
  c.elect(1);
  events.length = 0;
  c.at(1).raw.propose(bytes('a'));
  t.deepEqual(
    events.map(({ name }) => name),
    ['Replicate', 'SendAppendEntriesResponse', 'SendAppendEntriesRequest', 'SendAppendEntriesRequest'],
  );
  t.is(
    JSON.stringify(events[2]),
    '{"name":"SendAppendEntriesRequest","nid":"1","state":{"term":1,"vote":"1","commit":2},"role":"StateLeader","log":3,' +
      '"conf":[["1","2","3"],[]],"msg":{"type":"MsgApp","term":1,"from":"1","to":"2","entries":1,"logTerm":1,"index":2,' +
      '"commit":2,"vote":"0","reject":false,"rejectHint":0},"prop":{"match":2,"next":3}}',
  );
  c.settle();
  const changes = [0, 1, 2, 3].map((type, i) => ({ type: type as 0 | 1 | 2 | 3, nodeId: 4 + i }));
  c.at(1).raw.proposeConfChange({ version: 2, transition: 2, changes, context: NO_DATA });
  const proposed = events.find(({ name }) => name === 'ChangeConf')!;
  t.is(
    JSON.stringify(proposed.prop),
    '{"cc":{"changes":[{"nid":"4","action":"AddNewServer"},{"nid":"5","action":"RemoveServer"},{"nid":"7","action":"AddLearner"}]}}',
  );
  c.settle();
  const confState = { ...EMPTY_CONF_STATE, voters: [1, 2, 3] };
  const snapshot = { index: 99, term: 1, confState, data: NO_DATA };
  c.at(2).raw.step(messageOf({ type: MessageType.MsgSnap, from: 1, to: 2, term: 1, logTerm: 7, index: 7, snapshot }));
  const received = events.findLast(({ name }) => name === 'ReceiveAppendEntriesRequest')!;
  t.deepEqual([received.msg!.entries, received.msg!.index, received.msg!.logTerm], [99, 0, 0]);
});

test('the state trace names every step of an election', (t) => {
  const seen = new Set<string>();
  const c = new Cluster(3, { trace: { traceEvent: ({ name }) => seen.add(name) } });
  c.elect(1);
  c.tick(1, 1);
  t.deepEqual(
    [...seen].sort((a, b) => (a < b ? -1 : 1)),
    [
      'ApplyConfChange',
      'BecomeCandidate',
      'BecomeFollower',
      'BecomeLeader',
      'Commit',
      'InitState',
      'Ready',
      'ReceiveAppendEntriesRequest',
      'ReceiveAppendEntriesResponse',
      'ReceiveRequestVoteRequest',
      'ReceiveRequestVoteResponse',
      'Replicate',
      'SendAppendEntriesRequest',
      'SendAppendEntriesResponse',
      'SendRequestVoteRequest',
      'SendRequestVoteResponse',
    ],
  );
});
