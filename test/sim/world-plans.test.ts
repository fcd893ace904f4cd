// What a plan's shapes mean when they run: which orders and how often, what rolls back, when a step is over, what settle
// waits for, and what a client is told.
import test from 'ava';
import {
  anyOrder,
  compact,
  leaderOf,
  maybe,
  par,
  restart,
  rolling,
  seq,
  settle,
  start,
  stop,
  times,
  transferLeadership,
  wait,
  write,
} from '../../src/index.ts';
import { done } from '../../src/base/task.ts';
import { MessageType } from '../../src/raft/index.ts';
import { calmSource, run } from '../../src/sim/index.ts';
import { onOffer, type Leaf } from '../../src/sim/world/plan-cursor.ts';
import { altered, answers, broken, counter, newer, small, tell, whole, type Story } from './small-world.ts';

const SEEDS = Array.from({ length: 60 }, (_, i) => `${i + 1}`);

/** Upgrades and roll-backs of a run, in the order in which their steps began. */
function rolled(story: Story): string[] {
  return story.of('plan').flatMap((e) => {
    const found = e.kind === 'plan' ? /^(upgrade|roll) (n\d)/.exec(e.detail) : null;
    return found === null ? [] : [`${found[1]!} ${found[2]!}`];
  });
}

test('a rolling upgrade takes the nodes one at a time, in the given order or in any', (t) => {
  const given = tell(small([start(whole), rolling(['n3', 'n1', 'n2'], newer), settle()]));
  t.deepEqual(rolled(given), ['upgrade n3', 'upgrade n1', 'upgrade n2']);
  const orders = new Set<string>();
  for (const seed of SEEDS) {
    const story = tell(small([start(whole), rolling(['n1', 'n2', 'n3'], newer, { order: 'any' }), settle()]), seed);
    orders.add(rolled(story).join());
    const down = story
      .of('stop', 'serving')
      .map((e) => `${e.kind} ${e.node}`)
      .slice(4);
    for (let i = 0; i < down.length; i += 2) t.is(down[i + 1], down[i]!.replace('stop', 'serving'));
  }
  t.is(orders.size, 6);
});

test('a roll-out may stop on its way, and a node that went back stays there', (t) => {
  const counts = new Set<number>();
  const backs = new Set<number>();
  for (const seed of SEEDS) {
    const plan = rolling(['n1', 'n2', 'n3'], newer, { stopAfter: [1, 3], mayRollBack: 2 });
    const story = tell(small([start(whole), plan, settle()]), seed);
    const steps = rolled(story);
    const upgraded = steps.filter((step) => step.startsWith('upgrade'));
    const back = steps.filter((step) => step.startsWith('roll')).map((step) => step.slice(-2));
    t.is(new Set(back).size, back.length, `seed ${seed}`);
    counts.add(upgraded.length);
    backs.add(back.length);
    for (const node of ['n1', 'n2', 'n3']) {
      const isNew = upgraded.includes(`upgrade ${node}`) && !back.includes(node);
      t.is(story.world.state.node(node).build, isNew ? 'newer' : 'whole', `seed ${seed} ${node}`);
    }
  }
  t.deepEqual([...counts].sort(), [1, 2, 3]);
  t.deepEqual([...backs].sort(), [0, 1, 2]);
});

test('a node goes back to what it ran before the roll-out that takes it back', (t) => {
  for (const seed of SEEDS.slice(0, 20)) {
    const again = rolling(['n1'], newer, { mayRollBack: 1 });
    const story = tell(small([start(whole), rolling(['n1'], newer), again, settle()]), seed);
    t.is(story.world.state.node('n1').build, 'newer', `seed ${seed}`);
  }
});

test('anyOrder tries every order, maybe does or does not, times repeats within its bounds', (t) => {
  const ping = (node: string): ReturnType<typeof counter.call> => counter.call('Ping', { to: node });
  const orders = new Set<string>();
  const shapes = new Set<string>();
  for (const seed of SEEDS) {
    const story = tell(small([start(whole), anyOrder(ping('n1'), ping('n2'), ping('n3'))]), seed);
    orders.add(
      story
        .of('call')
        .map((e) => ('detail' in e ? e.detail.slice(0, 2) : ''))
        .join(),
    );
    const other = tell(small([start(whole), maybe(ping('n1')), times([0, 2], ping('n2'))]), seed);
    shapes.add(
      other
        .of('call')
        .map((e) => ('detail' in e ? e.detail.slice(0, 2) : ''))
        .join(),
    );
  }
  t.is(orders.size, 6);
  t.deepEqual([...shapes].sort(), ['', 'n1', 'n1,n2', 'n1,n2,n2', 'n2', 'n2,n2']);
});

test('branches side by side interleave in every way', (t) => {
  const orders = new Set<string>();
  const [a, b] = [1, 2].map((n) => seq(counter.call('Ping', { to: `n${n}` }), counter.call('Ping', { to: `n${n}` })));
  for (const seed of SEEDS) {
    const story = tell(small([start(whole), par(a!, b!)]), seed);
    orders.add(
      story
        .of('call')
        .map((e) => ('detail' in e ? e.detail.slice(1, 2) : ''))
        .join(''),
    );
  }
  t.deepEqual([...orders].sort(), ['1122', '1212', '1221', '2112', '2121', '2211']);
});

test('the plainest run has one step at a time, and rolls back last', (t) => {
  const upgrades = rolling(['n1', 'n2', 'n3'], newer, { mayRollBack: 1 });
  const { trace } = run(small([start(whole), par(upgrades, restart('n4')), settle()]), calmSource(), { record: true });
  const kinds = trace.filter((e) => ['plan', 'stop', 'serving'].includes(e.kind)).map((e) => e.kind);
  const step = ['plan', 'stop', 'serving'];
  t.deepEqual(kinds.slice(1 + 4, -1), [...step, ...step, ...step, ...step]);
  const back: Leaf = { path: '0', step: { plan: 'rollBack', node: 'n1' }, state: 'ready' };
  const other: Leaf = { path: '1', step: { plan: 'settle', for: null }, state: 'ready' };
  const offered = onOffer({ isDone: () => false, ready: (into) => into.push(back, other) });
  t.deepEqual(
    offered.map(({ path }) => path),
    ['1', '0'],
  );
});

test('settle ends when nothing is outstanding, and at its time when something is', (t) => {
  const calm = tell(small([start(whole), write('g1'), settle('5s')]));
  const ends = calm.of('plan').map((e) => e.atMs);
  t.true(calm.virtualMs - ends[ends.length - 1]! < 1_000);
  const open = tell(small([start(whole), write('g1'), settle('3s'), wait('10ms')]), '1', (world) =>
    world.calls.begin('never answered', ''),
  );
  const steps = open.of('plan').map((e) => e.atMs);
  t.true(steps[3]! - steps[2]! >= 3_000);
});

test('a wait lasts as long as it says', (t) => {
  const steps = tell(small([wait('1234ms'), start(whole), settle()]))
    .of('plan')
    .map((e) => e.atMs);
  t.true(steps[1]! - steps[0]! >= 1_234 && steps[1]! - steps[0]! < 1_234 + 500);
});

test('a transfer hands a group to the voter it names, and is over when that one leads', (t) => {
  for (const to of ['n1', 'n2', 'n3']) {
    const { world } = tell(small([start(whole), settle(), transferLeadership('g1', { to }), write('g1'), settle()]));
    t.is(world.nodeName(world.leaderOf(1)), to);
  }
});

test('compact leaves every replica a snapshot at what it applied, and the group goes on', (t) => {
  const { world, of, verdict } = tell(
    small([start(whole), write('g1'), settle(), compact('g1'), write('g1'), settle()]),
  );
  t.is(verdict, 'holds');
  const taken = of('snapshot')
    .filter((e) => e.group === 'g1')
    .map((e) => e.node);
  for (const node of ['n1', 'n2', 'n3']) t.true(taken.includes(node), node);
  for (const node of [1, 2, 3]) t.true(world.home(node).log(1).snapshot.index > 1);
});

test('a follower that was down while the log was compacted is brought up by a snapshot', (t) => {
  const steps = [start(whole), settle(), stop('n3'), write('g1', { a: '1' }), write('g1', { a: '2' }), settle()];
  const { of, world, verdict } = tell(small([...steps, compact('g1'), restart('n3'), settle()]));
  t.is(verdict, 'holds');
  t.true(
    of('snapshot').some((e) => e.kind === 'snapshot' && e.node === 'n3' && e.group === 'g1' && e.did === 'install'),
  );
  t.is(world.replica(3, 1)!.applied(), world.replica(world.leaderOf(1), 1)!.applied());
});

test('a call is told what became of it: served, refused, unimplemented, unreachable, unanswered', (t) => {
  const refusing = altered('refusing', () => ({ admit: () => done('not this one') }));
  t.deepEqual(answers(tell(small([start(refusing), settle(), counter.call('Mark', { to: leaderOf('g1') })]))), [
    'Mark OK',
  ]);
  const story = tell(
    small([
      start(broken, ['n1', 'n2']),
      counter.call('Ping', { to: 'n1' }),
      counter.call('Ping', { to: 'n3' }),
      counter.call('Mark', { to: leaderOf('g1') }),
      settle(),
    ]),
  );
  t.deepEqual(answers(story).slice(0, 2), ['Ping OK', 'Ping Unavailable: connection refused']);
  t.not(answers(story)[2], 'Mark OK');
  const alone = tell(small([start(whole, ['n1']), counter.call('Ping', { to: leaderOf('g1') })]));
  t.deepEqual(answers(alone), ['Ping Unavailable: connection refused: group g1 has no leader']);
});

test('a run that meets a limit is inconclusive and says which', (t) => {
  const events = tell(small([start(whole), settle()], { limits: { events: 100 } }));
  t.is(events.verdict, 'inconclusive');
  t.is(events.inconclusive, 'the limit of 100 events is reached');
  const time = tell(small([start(whole), wait('10s')], { limits: { virtualMs: 5_000 } }));
  t.is(time.inconclusive, 'the limit of 5000 ms is reached');
});

test('a leader is told that a snapshot of its was lost, and sends another', (t) => {
  const steps = [start(whole), settle(), stop('n3'), write('g1', { a: '1' }), write('g1', { a: '2' }), settle()];
  let lostAtMs = 0;
  const { of, verdict } = tell(small([...steps, compact('g1'), restart('n3'), wait('2s'), settle()]), '1', (world) => {
    world.wire.network.direct = (_from, to, group, m) => {
      if (m.type !== MessageType.MsgSnap || to !== 3 || group !== 1 || lostAtMs > 0) return 'pass';
      lostAtMs = world.nowMs();
      return 'lose';
    };
  });
  t.is(verdict, 'holds');
  t.true(lostAtMs > 0);
  const installed = of('snapshot').filter((e) => e.kind === 'snapshot' && e.node === 'n3' && e.did === 'install');
  t.true(installed.some((e) => e.group === 'g1' && e.atMs >= lostAtMs + 500 && e.atMs < lostAtMs + 1_500));
});
