// Network and faults by themselves: what a cluster is exposed to has to be what the menu says, and no more.
import test from 'ava';
import { messageOf, MessageType, type Message } from '../../src/raft/index.ts';
import type { Faults } from '../../src/scenario/faults.ts';
import { FaultInjector, type FaultWorld } from '../../src/sim/faults/injector.ts';
import { drawPartition } from '../../src/sim/faults/partition.ts';
import { drawSpan, spanText } from '../../src/sim/faults/span.ts';
import type { RecordingSource } from '../../src/sim/kernel/choices.ts';
import { directedSource } from '../../src/sim/kernel/override-source.ts';
import { Scheduler } from '../../src/sim/kernel/scheduler.ts';
import { seedSource } from '../../src/sim/kernel/seed-source.ts';
import { tapeSource } from '../../src/sim/kernel/tape-source.ts';
import { TraceRecorder } from '../../src/sim/kernel/trace-recorder.ts';
import { CALM, Network, type NetworkPort } from '../../src/sim/world/network.ts';

const NODES = ['', 'n1', 'n2', 'n3'];
const PLAIN = (): RecordingSource => directedSource('plain', () => 0);

interface Net {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly trace: TraceRecorder;
  readonly arrived: string[];
  readonly down: Set<number>;
}

function net(source: RecordingSource = PLAIN()): Net {
  const scheduler = new Scheduler(100_000);
  const trace = new TraceRecorder({ nodes: NODES, groups: ['', 'g1'] }, scheduler, true);
  const arrived: string[] = [];
  const down = new Set<number>();
  const port: NetworkPort = {
    isUp: (node) => !down.has(node),
    isRunning: (node) => !down.has(node),
    deliver: (to, group, from, m) => arrived.push(`${from}>${to} g${group} ${m.index} @${scheduler.nowMs}`),
    datagram: (to, from, payload) => arrived.push(`${from}>${to} ${JSON.stringify(payload)} @${scheduler.nowMs}`),
    stirred: () => {},
    undeliverable: (from, to, payload, why) => arrived.push(`${from}>${to} ${JSON.stringify(payload)} ${why}`),
  };
  return { scheduler, network: new Network(NODES, 8, scheduler, source, trace, port), trace, arrived, down };
}

const app = (index: number): Message => messageOf({ type: MessageType.MsgApp, term: 1, index });

test('in calm weather messages of a link arrive in order, after its base delay, and nothing is drawn', (t) => {
  const source = seedSource('calm');
  const { scheduler, network, arrived } = net(source);
  const drawn = source.tape('s').choices.length;
  for (let i = 1; i <= 3; i++) scheduler.after(i, () => network.send(1, 2, 1, app(i)));
  scheduler.runUntil(100);
  t.is(arrived.length, 3);
  const delays = arrived.map((line, i) => Number(line.split('@')[1]) - (i + 1));
  t.true(delays.every((delay) => delay === delays[0] && delay >= 1 && delay <= 5));
  t.is(source.tape('s').choices.length, drawn);
});

test('a cut loses messages one way only, until it is mended', (t) => {
  const { scheduler, network, arrived, trace } = net();
  network.cut(1, 2);
  network.send(1, 2, 1, app(1));
  network.send(2, 1, 1, app(2));
  t.false(network.reaches(1, 2));
  t.true(network.reaches(2, 1));
  t.false(network.steady(1, 2));
  t.true(network.steady(1, 3));
  scheduler.runUntil(50);
  network.mend(1, 2);
  network.send(1, 2, 1, app(3));
  scheduler.runUntil(100);
  t.deepEqual(arrived, ['2>1 g1 2 @1', '1>2 g1 3 @51']);
  t.deepEqual(
    trace.events().map((e) => e.kind),
    ['send', 'lose', 'send', 'deliver', 'send', 'deliver'],
  );
});

test('in a storm a message is lost, doubled or held up by what is drawn for its content', (t) => {
  const fates = new Map([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  const source = directedSource('fates', (stream, _key, _nth, n, perMillion) => {
    if (perMillion === null) return stream === 'network/n1>n2' && n > 10 ? 7 : 0;
    return fates.get(asked++) ?? 0;
  });
  let asked = 1;
  const { scheduler, network, arrived } = net(source);
  network.setWeather({ lossPerMillion: 1, duplicatePerMillion: 1, delayPerMillion: 1, delayMs: [10, 40] });
  t.false(network.steady(1, 2));
  for (let i = 1; i <= 4; i++) network.send(1, 2, 1, app(i));
  scheduler.runUntil(100);
  t.deepEqual(arrived, ['1>2 g1 2 @1', '1>2 g1 4 @1', '1>2 g1 2 @2', '1>2 g1 3 @18']);
  network.setWeather(CALM);
  t.true(network.steady(1, 2));
});

test('the storm of a seed has about the losses it should, and its tape repeats every one of them', (t) => {
  const storm = {
    lossPerMillion: 200_000,
    duplicatePerMillion: 50_000,
    delayPerMillion: 100_000,
    delayMs: [1, 80],
  } as const;
  const rage = (source: RecordingSource): string[] => {
    const { scheduler, network, arrived } = net(source);
    network.setWeather(storm);
    for (let i = 0; i < 2000; i++) network.send(1 + (i % 2), 3, 1, app(i % 50));
    scheduler.runUntil(1000);
    return arrived;
  };
  const source = seedSource('storm');
  const arrived = rage(source);
  t.true(Math.abs(arrived.length - 2000 * 0.85) < 80, String(arrived.length));
  t.deepEqual(rage(tapeSource(source.tape('s'))), arrived);
});

test('what reaches a node that is down is lost, and a datagram says so to its sender', (t) => {
  const { scheduler, network, arrived, down, trace } = net();
  down.add(2);
  network.send(1, 2, 1, app(1));
  network.datagram(1, 2, { call: 1 });
  network.datagram(0, 1, { call: 2 });
  network.cut(3, 1);
  network.datagram(3, 1, { call: 3 });
  network.datagram(1, 0, { call: 4 });
  scheduler.runUntil(10);
  t.deepEqual([...arrived].sort(), [
    '0>1 {"call":2} @1',
    '1>0 {"call":4} @1',
    '1>2 {"call":1} down',
    '3>1 {"call":3} cut',
  ]);
  t.is(trace.events().filter((e) => e.kind === 'lose').length, 1);
});

test('a director holds, loses and releases messages', (t) => {
  const { scheduler, network, arrived } = net();
  network.direct = (_from, _to, _group, m) => (m.index === 1 ? 'hold' : m.index === 2 ? 'lose' : 'pass');
  for (let i = 1; i <= 3; i++) network.send(1, 2, 1, app(i));
  scheduler.runUntil(20);
  t.is(network.held.length, 1);
  network.release(0);
  scheduler.runUntil(40);
  t.deepEqual(arrived, ['1>2 g1 3 @1', '1>2 g1 1 @21']);
  t.is(network.inFlight, 0);
});

test('a new connection between two nodes drops what a group had under way on the old one, and many things may be', (t) => {
  const { scheduler, network, arrived } = net();
  for (let i = 0; i < 300; i++) network.send(1 + (i % 2), 3, 1, app(i));
  network.send(3, 1, 1, app(900));
  network.send(1, 3, 2, app(901));
  network.forget(1, 3, 1);
  scheduler.runUntil(20);
  t.is(arrived.length, 151);
  t.true(arrived.every((line) => line.startsWith('2>3 g1') || line.startsWith('1>3 g2')));
});

const MENU: Faults = {
  partition: ['isolateOne', 'halves', 'oneWay'],
  lossPerMillion: [0, 200_000],
  duplicatePerMillion: [0, 100_000],
  delayMs: [1, 80],
  crashMax: 2,
  tornWrites: true,
  pauseMax: 2,
  clockSkewMs: 50,
  healByMs: 8_000,
};

interface Staged {
  readonly injector: FaultInjector;
  readonly log: string[];
  readonly down: Set<number>;
  readonly paused: Set<number>;
  readonly skewed: Set<number>;
  readonly net: Net;
}

function stage(menu: Faults | null, source: RecordingSource): Staged {
  const n = net(source);
  const log: string[] = [];
  const paused = new Set<number>();
  const skewed = new Set<number>();
  const goesDown = (node: number): void => {
    n.down.add(node);
    paused.delete(node);
  };
  const world: FaultWorld = {
    nodes: NODES,
    network: n.network,
    scheduler: n.scheduler,
    electionMs: 150,
    isUp: (node) => !n.down.has(node),
    crash: (node) => goesDown(node),
    restart: (node) => void n.down.delete(node),
    pause: (node) => void paused.add(node),
    resume: (node) => void paused.delete(node),
    skew: (node, ticks, per) => void (ticks === per ? skewed.delete(node) : skewed.add(node)),
    tornWrites: () => undefined,
    armDiskCrash: (node, steps, then) => {
      if (steps === 0) return;
      n.scheduler.after(steps, () => {
        goesDown(node);
        then();
      });
    },
    linksChanged: () => undefined,
    note: (kind, detail) => log.push(`${n.scheduler.nowMs} ${kind} ${detail}`),
    healed: () => log.push(`${n.scheduler.nowMs} healed`),
  };
  return { injector: new FaultInjector(menu, world, source), log, down: n.down, paused, skewed, net: n };
}

test('whatever a run took, after healing everyone is up, every link is open, every clock exact', (t) => {
  const kinds = new Set<string>();
  let quiet = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const staged = stage(MENU, seedSource(`${seed}`));
    staged.injector.start();
    staged.net.scheduler.runUntil(3000);
    if (seed % 2 === 0) staged.injector.planDone();
    staged.net.scheduler.runUntil(8000);
    t.true(staged.injector.isHealed);
    t.is(staged.log.filter((line) => line.endsWith('healed')).length, 1);
    t.deepEqual([staged.down.size, staged.paused.size, staged.skewed.size], [0, 0, 0]);
    for (const a of [1, 2, 3]) for (const b of [1, 2, 3]) if (a !== b) t.true(staged.net.network.steady(a, b));
    t.is(staged.net.scheduler.runUntil(100_000), 'idle');
    for (const phrase of staged.injector.taken)
      kinds.add(/^(crash|pause|clock)|cut off|nothing|lost|doubled|held/.exec(phrase)![0]);
    if (staged.injector.taken.length === 0) quiet++;
  }
  t.deepEqual([...kinds].sort(), ['clock', 'crash', 'cut off', 'doubled', 'held', 'lost', 'nothing', 'pause']);
  t.true(quiet < 30);
});

test('with plain choices, or without a menu, a run has no fault and is healed with its plan', (t) => {
  for (const menu of [MENU, null]) {
    const staged = stage(menu, PLAIN());
    staged.injector.start();
    staged.net.scheduler.runUntil(100);
    staged.injector.planDone();
    t.true(staged.injector.isHealed);
    t.deepEqual(staged.injector.taken, []);
  }
});

test('the faults of a seed are repeated by its tape', (t) => {
  const source = seedSource('11');
  const first = stage(MENU, source);
  first.injector.start();
  first.net.scheduler.runUntil(8000);
  const again = stage(MENU, tapeSource(source.tape('s')));
  again.injector.start();
  again.net.scheduler.runUntil(8000);
  t.true(first.log.length > 3);
  t.deepEqual(again.log, first.log);
});

test('a partition has two sides that are not empty, or one direction, and names them', (t) => {
  for (let seed = 0; seed < 100; seed++) {
    for (const kind of ['isolateOne', 'halves', 'oneWay'] as const) {
      const names = ['', ...Array.from({ length: 2 + (seed % 4) }, (_, i) => `n${i + 1}`)];
      const drawn = drawPartition([kind], names, seedSource(`${seed}`).stream('fault'), seed);
      if (names.length < 3) t.is(drawn, null);
      else {
        t.true(drawn!.cuts.length > 0 && drawn!.says.length > 5);
        const back = drawn!.cuts.filter(([a, b]) => drawn!.cuts.some(([c, d]) => c === b && d === a));
        t.is(back.length, kind === 'oneWay' ? 0 : drawn!.cuts.length);
      }
    }
  }
  t.is(drawPartition(['halves'], ['', 'n1'], PLAIN().stream('fault'), 1), null);
});

test('spans lie between the least and the doubled most, over all orders of magnitude', (t) => {
  const stream = seedSource('spans').stream('fault');
  const spans = Array.from({ length: 400 }, (_, i) => drawSpan(stream, i, 10, 8));
  t.true(spans.every((ms) => ms >= 10 && ms < 2560));
  t.true(spans.some((ms) => ms < 20) && spans.some((ms) => ms > 1500));
  t.deepEqual([spanText(40), spanText(2050)], ['40 ms', '2.050 s']);
});
