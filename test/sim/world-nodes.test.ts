// The life of processes: starts that succeed, are refused or are cut short; halts and what they take along; what a node
// keeps over a restart and a crash; and who is told when a process dies with work in hand.
import test from 'ava';
import {
  addLearner,
  always,
  compact,
  crash,
  leaderOf,
  never,
  restart,
  settle,
  start,
  stop,
  swarm,
  wait,
  write,
} from '../../src/index.ts';
import { StatusError, Code } from '../../src/base/errors.ts';
import type { RpcReply } from '../../src/scenario/program.ts';
import { done } from '../../src/base/task.ts';
import type { Replica } from '../../src/sim/world/replica.ts';
import type { World } from '../../src/sim/world/world.ts';
import { altered, answers, broken, counter, newer, small, tell, whole, type Counted } from './small-world.ts';

const mark = counter.call('Mark', { to: leaderOf('g1') });

/** Does something at a time, ms. */
function at(world: World, ms: number, act: () => void): void {
  world.scheduler.after(ms, act);
}

/** Calls a method of a node's listener at a time; the reply is put into the list. */
function callAt(world: World, ms: number, node: number, method: string, into: RpcReply[], timeoutMs = 1_000): void {
  at(world, ms, () => {
    world.run(
      (function* () {
        into.push(yield* world.rpc.call(null, node, 'g1', method, new Uint8Array(0), timeoutMs));
      })(),
    );
  });
}

test('a restart runs the build it is given, and finds what the node had applied', (t) => {
  const { world, lives, verdict } = tell(
    small([start(whole), write('g1', { a: '1' }), settle(), restart('n2', { as: newer }), settle()]),
  );
  t.is(verdict, 'holds');
  t.deepEqual(
    lives.filter((line) => line.startsWith('n2')),
    ['n2 start whole', 'n2 serving whole', 'n2 stop whole', 'n2 start newer', 'n2 serving newer'],
  );
  const replica = world.state.node('n2').replicas.find((r) => r.group === 'g1')!;
  t.is((replica.state as Counted).rows['a'], '1');
  t.is(replica.restarts, 1);
  t.is(replica.build, 'newer');
});

test('a halt stays in its group, and a restart of the node takes its other groups along', (t) => {
  const { world, lives, of } = tell(small([start(broken), mark, settle(), restart('n2'), settle()]));
  t.deepEqual([...new Set(of('haltApply').map((e) => e.group))], ['g1']);
  for (const node of ['n1', 'n3']) {
    const halted = world.state.node(node).replicas.map((r) => [r.group, r.halted?.reason ?? null]);
    t.deepEqual(halted, [
      ['g1', 'no way to apply mark'],
      ['g2', null],
    ]);
    t.true(world.state.node(node).up);
  }
  t.deepEqual(lives.filter((line) => line.startsWith('n2')).slice(-3), [
    'n2 stop broken',
    'n2 start broken',
    'n2 refused broken',
  ]);
  t.false(world.state.node('n2').up);
});

test('a halt that the next build cures is never seen as one that a restart replayed', (t) => {
  const bricked = never<Counted>('bricked', (c) => c.replicas.some((r) => r.halted && r.restarts > 0));
  const wrongBuild = never<Counted>('marked, and not able to', (c) =>
    c.replicas.some((r) => (r.state?.marks ?? 0) > 0 && r.build === 'broken'),
  );
  const cured = [start(broken), mark, settle(), restart('n1', { as: whole }), settle()];
  const goneBack = [start(whole), mark, settle(), restart('n1', { as: broken }), settle()];
  t.is(tell(small(cured, { properties: [bricked, wrongBuild] })).verdict, 'holds');
  t.is(tell(small(goneBack, { properties: [wrongBuild] })).verdict, 'holds');
  t.is(tell(small([...cured, restart('n2'), settle()], { properties: [bricked] })).verdict, 'violated');
});

test('a build whose halt ends the process takes the other groups along at once', (t) => {
  const fragile = counter.build('fragile', { applies: ['put'], serves: ['Mark'], onHalt: 'process' });
  const { world, lives } = tell(small([start(fragile), mark, settle()]));
  for (const node of ['n1', 'n2', 'n3']) t.true(lives.includes(`${node} exit fragile`), node);
  t.false(world.state.node('n1').up);
});

test('such a halt ends the process also while it waits for its listeners to open', (t) => {
  const waiting = altered('waiting', (_program, port) => ({
    *afterReplay() {
      yield* port.sleep(3_000);
      return null;
    },
  }));
  const fragile = { ...waiting, applies: ['put'], serves: ['Mark'], onHalt: 'process' as const };
  const story = tell(small([start(broken, ['n1', 'n2']), start(fragile, ['n3']), settle()]), '1', (world) => {
    at(world, 1_000, () => {
      const leader = world.process(world.leaderOf(1))!;
      leader.run(
        (function* () {
          yield* leader.replica(1)!.propose(Uint8Array.of(2, 0), undefined);
        })(),
      );
    });
  });
  t.deepEqual(
    story.lives.filter((line) => line.startsWith('n3')),
    ['n3 start waiting', 'n3 exit waiting'],
  );
});

test('a refused start leaves the node down, and the next start is a new one', (t) => {
  let refusals = 1;
  const picky = altered('picky', () => ({ beforeOpen: () => (refusals-- > 0 ? 'not yet' : null) }));
  const { lives, world } = tell(small([start(whole, ['n1', 'n2']), start(picky, ['n3']), restart('n3'), settle()]));
  t.deepEqual(
    lives.filter((line) => line.startsWith('n3')),
    ['n3 start picky', 'n3 refused picky', 'n3 start picky', 'n3 serving picky'],
  );
  t.is(world.incarnation(3), 2);
});

test('a process that dies while it starts never serves, and what it waited for is dropped', (t) => {
  let resumed = 0;
  const slow = altered('slow', (_program, port) => ({
    *afterReplay() {
      yield* port.sleep(500);
      resumed++;
      return null;
    },
  }));
  const { lives, verdict } = tell(small([start(slow, ['n3']), restart('n3'), wait('1s')]), '1', (world) =>
    at(world, 200, () => world.crash(3, 'test')),
  );
  t.is(verdict, 'holds');
  t.deepEqual(lives, ['n3 start slow', 'n3 crash slow', 'n3 start slow', 'n3 serving slow']);
  t.is(resumed, 1);
});

test('a disk that fails in the middle of a start takes the process along, and a later start goes through', (t) => {
  const writing = altered('writing', (_program, port) => ({
    beforeOpen() {
      port.files.createExclusive(`start-${port.nowMs()}`, 0o600);
      port.files.write(`start-${port.nowMs()}`, Uint8Array.of(1));
      return null;
    },
  }));
  let told = 0;
  const { lives, verdict } = tell(small([start(writing), restart('n2'), settle()]), '1', (world) =>
    at(world, 5, () => world.armDiskCrash(2, 2, () => told++)),
  );
  t.is(verdict, 'holds');
  t.is(told, 1);
  t.deepEqual(
    lives.filter((line) => line.startsWith('n2')),
    ['n2 start writing', 'n2 crash writing', 'n2 start writing', 'n2 serving writing'],
  );
});

test('a snapshot that the state machine refuses keeps its node from opening, with the reason', (t) => {
  let refuses = false;
  const choosy = altered('choosy', (program) => ({
    machine: (group) => {
      const machine = program.machine(group);
      const restore = machine.restore.bind(machine);
      machine.restore = (bytes, index) => (refuses && index > 1 ? 'not my snapshot' : restore(bytes, index));
      return machine;
    },
  }));
  const story = tell(
    small([start(choosy), write('g1'), settle(), compact('g1'), settle(), stop('n2'), restart('n2')]),
    '1',
    (world) => at(world, 300, () => (refuses = world.nowMs() > 0)),
  );
  t.true(story.lives.includes('n2 refused choosy'));
  const refused = story.of('refused')[0]!;
  t.is('detail' in refused ? refused.detail : '', 'failed to start raft group g1: not my snapshot');
});

test('a call to a process that dies with it in hand is told that the connection broke', (t) => {
  const stuck = altered('stuck', (_program, port) => ({
    *serve() {
      yield* port.sleep(10_000);
      return new Uint8Array(0);
    },
  }));
  const replies: RpcReply[] = [];
  tell(small([start(stuck), wait('3s')]), '1', (world) => {
    callAt(world, 300, 1, 'Ping', replies, 60_000);
    at(world, 400, () => world.crash(1, 'power cut'));
    callAt(world, 500, 1, 'Ping', replies, 60_000);
    callAt(world, 500, 2, 'Ping', replies, 200);
  });
  t.deepEqual(
    replies.map((reply) => `${reply.code} ${reply.message}`),
    [
      `${Code.Unavailable} connection closed: power cut`,
      `${Code.Unavailable} connection refused`,
      `${Code.DeadlineExceeded} context deadline exceeded`,
    ],
  );
});

test('a disk that fails under a call breaks its connection; a handler that refuses is an answer', (t) => {
  const writing = altered('writing', (_program, port) => ({
    *serve(_group, method) {
      if (method === 'Mark') throw new StatusError(Code.InvalidArgument, 'no marks');
      port.files.createExclusive('file', 0o600);
      return yield* done(new Uint8Array(0));
    },
  }));
  const replies: RpcReply[] = [];
  tell(small([start(writing), wait('3s')]), '1', (world) => {
    callAt(world, 300, 1, 'Mark', replies);
    at(world, 400, () => world.armDiskCrash(1, 1, () => undefined));
    callAt(world, 410, 1, 'Ping', replies, 60_000);
  });
  t.is(replies[0]!.message, 'no marks');
  t.regex(replies[1]!.message, /^connection closed: power cut after create file$/);
});

test('a membership step whose leader dies with it in hand is answered, and the plan goes on', (t) => {
  const slow = altered('slow', (_program, port) => ({
    *admit() {
      yield* port.sleep(30_000);
      return null;
    },
  }));
  const story = tell(small([start(slow), addLearner('n4', { to: ['g1'] }), settle()]), '1', (world) => {
    at(world, 900, () => world.crash(world.leaderOf(1), 'test'));
  });
  t.is(story.verdict, 'holds');
  t.deepEqual(answers(story), ['addLearner FailedPrecondition: connection closed: the leader is gone']);
});

test('a paused process neither answers nor leads nor loses what came meanwhile', (t) => {
  const replies: RpcReply[] = [];
  let ledBy = 0;
  let paused = 0;
  const { verdict } = tell(small([start(whole), settle(), wait('3s'), settle()]), '1', (world) => {
    at(world, 600, () => {
      paused = world.leaderOf(1);
      world.process(paused)!.pause();
      callAt(world, 10, paused, 'Ping', replies, 100);
      callAt(world, 10, paused, 'Ping', replies, 60_000);
    });
    at(world, 1_600, () => {
      ledBy = world.leaderOf(1);
      world.process(paused)!.resume();
    });
  });
  t.is(verdict, 'holds');
  t.not(ledBy, 0);
  t.not(ledBy, paused);
  t.deepEqual(
    replies.map((reply) => reply.code),
    [Code.DeadlineExceeded, Code.Ok],
  );
});

test('a node that an operator keeps down is not revived when faults are over', (t) => {
  const storm = swarm({ crash: { max: 3 }, healBy: '3s' });
  let stopped = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const { lives } = tell(
      small([start(whole), settle('300ms'), stop('n2'), wait('4s')], { faults: storm }),
      `${seed}`,
    );
    const mine = lives.filter((line) => line.startsWith('n2'));
    const last = mine[mine.length - 1];
    if (last === 'n2 stop whole') stopped++;
    else t.is(last, 'n2 crash whole', `seed ${seed}`);
  }
  t.true(stopped > 20);
});

test('a restart under faults always ends on the build it was given', (t) => {
  const storm = swarm({ crash: { max: 3 }, pause: { max: 2 }, healBy: '3s' });
  for (let seed = 1; seed <= 40; seed++) {
    const { world } = tell(small([start(whole), restart('n2', { as: newer }), settle()], { faults: storm }), `${seed}`);
    t.is(world.state.node('n2').build, 'newer', `seed ${seed}`);
    t.true(world.state.node('n2').up);
  }
});

test('messages are taken from peers that the connect gate lets in, and from no other', (t) => {
  const asked: string[] = [];
  const shy = altered('shy', (_program, port) => ({
    *connect(peer) {
      asked.push(`${port.node} asks about ${peer}`);
      return yield* done(peer !== 'n3');
    },
  }));
  const properties = [
    always('only n1 and n2 lead', (c) => c.replicas.every((r) => r.role !== 'leader' || r.node !== 'n3')),
  ];
  const story = tell(small([start(shy), write('g1'), settle('2s'), restart('n2'), settle('2s')], { properties }));
  t.deepEqual(
    story.violations.filter((v) => v.property === 'only n1 and n2 lead'),
    [],
  );
  // Once per incarnation of the peer: of both groups together, and again after n2's restart.
  t.is(asked.filter((line) => line === 'n1 asks about n2').length, 2);
  t.is(asked.filter((line) => line === 'n1 asks about n3').length, 1);
});

test('a crash costs what was not synced, and nothing of what was acknowledged', (t) => {
  const story = tell(
    small([start(whole), write('g1', { a: '1' }), crash('n1'), crash('n2'), restart('n1'), restart('n2'), settle()]),
  );
  t.is(story.verdict, 'holds', JSON.stringify(story.violations));
  for (const r of story.world.state.group('g1').replicas) t.is((r.state as Counted).rows['a'], '1');
});

test('a store that is ahead of the newest snapshot is kept as it is, one behind it takes the snapshot over', (t) => {
  const restored: string[] = [];
  let storedUpTo = 0;
  const storing = altered('storing', (program, port) => ({
    machine: (group) => {
      const machine = program.machine(group);
      const restore = machine.restore.bind(machine);
      machine.durableAppliedIndex = () => storedUpTo;
      machine.restore = (bytes, index) => {
        if (index > 1) restored.push(`${port.node} ${group.name}`);
        return restore(bytes, index);
      };
      return machine;
    },
  }));
  for (const [upTo, expected] of [
    [0, ['n2 g1']],
    [1_000, []],
  ] as const) {
    restored.length = 0;
    storedUpTo = 0;
    const steps = [start(storing), write('g1'), settle(), compact('g1'), stop('n2'), restart('n2')];
    tell(small(steps), '1', (world) => at(world, 300, () => void (storedUpTo = upTo)));
    t.deepEqual(
      restored.filter((line) => line === 'n2 g1'),
      [...expected],
    );
  }
});

test('what an apply thread cuts off is known to be applied before the clock of the core moves', (t) => {
  const looked = new Set<Replica>();
  let pages = 0;
  let early = 0;
  const cutAtOnce = (replica: Replica): void => {
    pages++;
    replica.compact(0);
    if (looked.has(replica)) return;
    looked.add(replica);
    const { raft, disk } = replica;
    const tick = raft.tick.bind(raft);
    raft.tick = (count) => {
      if (disk.storage.firstIndex() > raft.log.applied + 1) early++;
      tick(count);
    };
  };
  const threads = { raft: { asyncStorage: true, storageDelayMs: 40 } };
  const writes = Array.from({ length: 20 }, (_, i) => write('g1', { k: String(i) }));
  const { verdict } = tell(small([start(whole), ...writes, settle()], { cluster: threads }), '1', (world) => {
    world.draws.mayCompact = cutAtOnce;
  });
  t.is(verdict, 'holds');
  t.is(looked.size, 6);
  t.true(pages > 60);
  t.is(early, 0);
});
