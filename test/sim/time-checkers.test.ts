// The simulator's own properties about time and flow, and their catalogue: what goes by the book passes, and a hand-made
// breach is found and told.
import test from 'ava';
import { messageOf, MessageType, Role } from '../../src/raft/index.ts';
import { BUILTIN_PROPERTIES, builtinCheckers, RAFT_INVARIANTS } from '../../src/sim/checkers/catalogue.ts';
import type { Liveness } from '../../src/sim/checkers/liveness.ts';
import { majoritiesMeet, quorumsMeet } from '../../src/sim/checkers/quorums.ts';
import { conf, FakeCluster, finds, peer, say, watch } from './fake-cluster.ts';

test('stickiness: a leader with steady links to a quorum is deposed', (t) => {
  for (const excuse of ['', 'cut', 'transfer', 'conf', 'early', 'no pre-vote'] as const) {
    const cluster = new FakeCluster(excuse === 'no pre-vote' ? { preVote: false } : {});
    const { probe } = watch('stickiness', cluster);
    cluster.cut.add('1>3');
    probe.onRole(1, 1, Role.Leader, 2);
    cluster.nowMs = 2000;
    if (excuse === 'cut') cluster.cut.add('2>1');
    if (excuse === 'cut') probe.onLinks();
    if (excuse === 'cut') cluster.cut.delete('2>1');
    probe.onLinks();
    if (excuse === 'transfer') probe.onTransfer(1, 1, 2);
    if (excuse === 'conf') probe.onConf(1, 1, 4, conf([1, 2, 3]));
    cluster.nowMs = excuse === 'early' ? 500 : 2500;
    probe.onRole(1, 1, Role.Follower, 3);
    if (excuse === '')
      finds(t, cluster, /deposed: n1 led g1 in term 2 over steady links to a quorum and is deposed by term 3/);
    else finds(t, cluster);
  }
});

test('stickiness: a leader that no quorum reaches does not go', (t) => {
  for (const goes of [true, false]) {
    const { probe, cluster } = watch('stickiness');
    probe.onRole(1, 1, Role.Leader, 2);
    for (const peerOfOne of [2, 3]) cluster.cut.add(`${peerOfOne}>1`);
    cluster.nowMs = 100;
    probe.onLinks();
    cluster.nowMs = 900;
    probe.onTick(900);
    finds(t, cluster);
    if (goes) probe.onRole(1, 1, Role.Follower, 3);
    cluster.nowMs = 1100;
    probe.onTick(1100);
    if (goes) finds(t, cluster);
    else finds(t, cluster, /leads-without-quorum: n1 still leads g1 in term 2, 1000 ms after it lost its quorum/);
  }
});

test('stickiness: a leader that gives up although it is heard, or long after it was', (t) => {
  for (const [atMs, expected, parking] of [
    [1100, /gave-up: n1 steps down in g1 in its own term 2, in which a quorum answers it/, false],
    [1100, /gave-up: /, true],
    [1300, null, false],
    [1310, /gave-up-late: n1 leads g1 in term 2 for more than two election timeouts/, false],
    [1310, null, true],
  ] as const) {
    const { probe, cluster } = watch('stickiness', new FakeCluster({ parking }));
    // It hears them, and they do not hear it: nobody can say that the links were steady.
    for (const to of [2, 3]) cluster.cut.add(`1>${to}`);
    const one = cluster.at(1).leads(2);
    one.raft.peers = [peer(1, 1), peer(2, 1), peer(3, 1)];
    one.raft.lead = 1;
    probe.onRole(1, 1, Role.Leader, 2);
    cluster.nowMs = 1000;
    probe.onReceive(1, 1, messageOf({ type: MessageType.MsgHeartbeatResp, from: 2, to: 1, term: 2 }));
    cluster.nowMs = atMs;
    probe.onRole(1, 1, Role.Follower, 2);
    if (expected === null) finds(t, cluster);
    else finds(t, cluster, expected);
  }
});

test('flow-control: counters that drifted, and limits that were passed', (t) => {
  const cases: [Parameters<typeof peer>[2], RegExp | null][] = [
    [{}, null],
    [{ next: 6, count: 2, bytes: 9 }, null],
    [{ next: 9, count: 4 }, null],
    [{ state: 0, next: 9 }, null],
    [{ count: 1 }, /inflight-count: n1 in g1 counts 1 messages in flight to n2, with 0 entries/],
    [{ next: 5, count: 2 }, /inflight-count/],
    [{ next: 5, count: 0 }, /inflight-count/],
    [{ state: 0, next: 9, count: 1 }, /inflight-count/],
    [{ next: 6, count: 2, bytes: 10 }, /inflight-bytes: n1 in g1 counts 10 bytes in flight to n2, and sent 9/],
    [{ bytes: 3 }, /inflight-bytes: n1 in g1 counts 3 bytes in flight to n2 and no message/],
    [{ next: 99, count: 5 }, /inflight-limit: n1 in g1 has 5 messages in flight to n2, more than 4/],
  ];
  for (const [fields, expected] of cases) {
    const { probe, cluster } = watch('flow-control');
    cluster.at(1).leads(2).raft.peers = [peer(2, 3, fields)];
    probe.onSend(
      1,
      1,
      messageOf({ type: MessageType.MsgApp, from: 1, to: 2, index: 3, entries: [say(4, 2, '123456789')] }),
    );
    probe.onProgress(1, 1, 2);
    if (expected === null) finds(t, cluster);
    else finds(t, cluster, expected);
  }
});

test('flow-control: a proposal refused for uncommitted bytes that are not there', (t) => {
  const { probe, cluster } = watch('flow-control');
  const one = cluster.at(1).leads(2).log(1, 2, 2);
  one.appliedNow = 1;
  for (const index of [2, 3]) probe.onAppend(1, 1, say(index, 2, 'x'.repeat(40)), true);
  probe.onDropped(1, 1, 'uncommittedSize', 30);
  probe.onDropped(1, 1, 'noLeader', 30);
  finds(t, cluster);
  probe.onDropped(1, 1, 'uncommittedSize', 20);
  one.appliedNow = 3;
  probe.onDropped(1, 1, 'uncommittedSize', 200);
  finds(
    t,
    cluster,
    /refuses a proposal of 20 bytes for the sake of 80 uncommitted ones, with room for 100/,
    /for the sake of 0 uncommitted ones/,
  );
});

/** Three replicas in order, in both groups. */
function inOrder(cluster: FakeCluster): void {
  for (const row of cluster.replicas) {
    for (const replica of row) {
      if (replica === null) continue;
      replica.log(1, 1).commitNow = 2;
      replica.appliedNow = 2;
      replica.raft.peers = [peer(1, 2), peer(2, 2), peer(3, 2)];
    }
  }
  cluster.at(1).leads(1);
  cluster.replicas[2]![2]!.leads(1);
}

test('liveness: a group that comes to order owes nothing, one that does not is told with what it wants', (t) => {
  const breaks: [string, (cluster: FakeCluster) => void][] = [
    ['it has no leader', (c) => (c.at(1).roleNow = Role.Follower)],
    ['it has several leaders', (c) => c.at(2).leads(1)],
    [
      'its configuration is still joint',
      (c) => (c.at(1).raft.members = { ...c.at(1).raft.members, outgoing: [1, 2, 3], autoLeave: true }),
    ],
    ['commit is 1 of 2', (c) => (c.at(1).commitNow = 1)],
    ['n2 is known to hold 1 of 2 entries', (c) => (c.at(1).raft.peers[1] = peer(2, 1))],
    ['n3 is not replicated to', (c) => (c.at(1).raft.peers[2] = peer(3, 2, { state: 0 }))],
    ['n2 applied 1 of 2', (c) => (c.at(2).appliedNow = 1)],
    [
      'n3 keeps entries that are on disk',
      (c) => (c.at(3).raft.log = { ...c.at(3).raft.log, hasNextOrInProgressUnstableEntries: () => true }),
    ],
    ['n3 has 1 of 2 on disk', (c) => (c.at(3).disk.terms = [1])],
  ];
  for (const [wants, breakIt] of breaks) {
    const cluster = new FakeCluster();
    inOrder(cluster);
    breakIt(cluster);
    const checkers = builtinCheckers(['liveness'], cluster.context);
    const liveness = checkers.find((checker): checker is Liveness => checker.name === 'liveness')!;
    liveness.onTick(100);
    t.is(liveness.unmetUntilMs(), -1);
    liveness.onHealed(1000);
    for (const group of [1, 2]) liveness.onServed(group);
    for (let nowMs = 1000; nowMs <= 6950; nowMs += 50) liveness.onTick(nowMs);
    t.true(liveness.unmetUntilMs() > 7000);
    finds(t, cluster);
    liveness.onTick(7050);
    finds(t, cluster, new RegExp(`ms after healing, g1 is not in order: ${wants}`));
    t.is(liveness.unmetUntilMs(), -1);
  }
});

test('liveness: order need only be reached once, and a group without a quorum for good owes nothing', (t) => {
  const once = new FakeCluster();
  inOrder(once);
  const { probe } = watch('liveness', once);
  probe.onHealed(0);
  for (const group of [1, 2]) probe.onServed(group);
  probe.onTick(50);
  once.at(1).roleNow = Role.Follower;
  probe.onTick(9000);
  finds(t, once);
  const lost = new FakeCluster();
  inOrder(lost);
  const other = watch('liveness', lost);
  lost.replicas[2]![1] = null;
  other.probe.onHalt(3, 1, { kind: 'halt', index: 2, opcode: 4, code: 'ErrSubject', detail: '' });
  lost.at(1).roleNow = Role.Follower;
  other.probe.onHealed(0);
  for (const group of [1, 2]) other.probe.onServed(group);
  other.probe.onTick(9000);
  finds(t, lost);
});

test('liveness: without pre-vote and quorum checks a node that never asks the leader may stay deaf to it', (t) => {
  for (const [bare, asks] of [
    [true, false],
    [true, true],
    [false, false],
  ] as const) {
    const cluster = new FakeCluster(bare ? { preVote: false, checkQuorum: false } : {});
    inOrder(cluster);
    cluster.at(3).termNow = 9;
    cluster.at(1).raft.peers[2] = peer(3, 1);
    if (!asks) cluster.at(3).raft.members = { ...cluster.at(3).raft.members, incoming: [2, 3] };
    const { probe } = watch('liveness', cluster);
    probe.onHealed(0);
    for (const group of [1, 2]) probe.onServed(group);
    probe.onTick(9000);
    if (bare && !asks) finds(t, cluster);
    else finds(t, cluster, /n3 is known to hold 1 of 2/);
  }
});

test('majorities meet exactly when no two of them are disjoint', (t) => {
  const subsets = (set: number[]): number[][] =>
    set.reduce<number[][]>((all, x) => all.concat(all.map((s) => [...s, x])), [[]]);
  const sets = subsets([1, 2, 3, 4, 5]).filter((s) => s.length > 0);
  for (const a of sets) {
    for (const b of sets) {
      const majorities = (s: number[]): number[][] => subsets(s).filter((m) => 2 * m.length > s.length);
      const disjoint = majorities(a).some((x) => majorities(b).some((y) => !x.some((m) => y.includes(m))));
      if (majoritiesMeet(a, b) === disjoint) t.fail(`${a} | ${b}`);
    }
  }
  t.true(quorumsMeet(conf([4, 5, 6], [1, 2, 3]), conf([1, 2, 3])));
  t.false(quorumsMeet(conf([4, 5, 6]), conf([1, 2, 3])));
});

test('the catalogue knows every property by name and refuses others', (t) => {
  t.is(new Set(BUILTIN_PROPERTIES).size, BUILTIN_PROPERTIES.length);
  t.true(RAFT_INVARIANTS.every((name) => BUILTIN_PROPERTIES.includes(name)));
  const { context } = new FakeCluster();
  t.deepEqual(builtinCheckers([], context), []);
  t.is(builtinCheckers(BUILTIN_PROPERTIES, context).length, BUILTIN_PROPERTIES.length + 1);
  t.throws(() => builtinCheckers(['no-such'], context), {
    message: /no built-in property "no-such"; there are election-safety/,
  });
  for (const checker of builtinCheckers(BUILTIN_PROPERTIES, context)) t.regex(checker.says, /[^.]$/);
});
