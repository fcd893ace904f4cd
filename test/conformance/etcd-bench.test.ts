// The benchmark does exactly the reference's work: its counters and checksum for short runs are those the shared
// description lists, and the generator behind them is the one it spells out.
import test from 'ava';
import fc from 'fast-check';
import { measure, runBench, type Benched, WORKLOADS, workloadNamed } from '../../src/conform/bench/index.ts';
import { electionDraw, Mulberry } from '../../src/conform/bench/mulberry.ts';
import { countersOf } from '../../src/conform/bench/report.ts';
import { Slots } from '../../src/conform/bench/slots.ts';
import { World } from '../../src/conform/bench/world.ts';

/** @source bench workloads section 8, short runs, seed 1 */
const SHORT = {
  W1: [{ proposals: 2000 }, 64, 15_452, 0, 15_188, 0, 2_049, 5_891, 2_048, 0, 0, 1, 1, 'a982ea36'],
  W2: [{ ticks: 200 }, 200, 240_232, 2_407, 229_520, 0, 25_624, 75_649, 25_522, 16, 0, 100, 4, '26aa7f72'],
  W3: [{ ticks: 100 }, 100, 732_264, 0, 724_264, 0, 1_000, 5_000, 0, 0, 0, 1_000, 2, '33885702'],
  W4: [{ ticks: 30 }, 30, 789_854, 0, 750_241, 0, 9_804, 29_396, 0, 0, 0, 9_830, 2, 'd0f99986'],
} as const;

for (const [name, [size, ...expected]] of Object.entries(SHORT)) {
  test(`a short run of ${name} counts what the reference counts`, (t) => {
    const run = measure({ ...workloadNamed(name)!, ...size }, 1);
    t.deepEqual(
      [
        run.ticks,
        run.messages_sent,
        run.messages_dropped,
        run.messages_delivered,
        run.snapshots_delivered,
        run.entries_committed,
        run.entries_applied,
        run.proposals_completed,
        run.proposals_lost,
        run.proposals_rejected,
        run.groups_with_leader,
        run.max_term,
        run.checksum,
      ],
      [...expected],
    );
  });
}

test('how groups are sharded is not to be seen in a run', (t) => {
  fc.assert(
    fc.property(
      fc.record({
        groups: fc.integer({ min: 1, max: 12 }),
        nodes: fc.integer({ min: 1, max: 5 }),
        window: fc.integer({ min: 0, max: 4 }),
        ticks: fc.integer({ min: 20, max: 120 }),
        delayMin: fc.integer({ min: 1, max: 3 }),
        spread: fc.constantFrom(0, 0, 2),
        dropPer10k: fc.constantFrom(0, 0, 300),
      }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 1, max: 20 }),
      ({ spread, ...drawn }, seed, shardReplicas) => {
        const size = { ...drawn, delayMax: drawn.delayMin + spread, payloadBytes: 16, proposals: 0 };
        const run = (replicas: number): unknown => {
          const world = new World({ name: 'drawn', ...size }, seed, replicas);
          while (!world.isOver()) world.tick();
          return countersOf(world);
        };
        t.deepEqual(run(shardReplicas), run(1_000_000));
      },
    ),
    { numRuns: 60 },
  );
});

test('mulberry32 gives the known sequence', (t) => {
  const stream = new Mulberry(1);
  t.deepEqual([stream.next(), stream.next(), stream.next()], [2693262067, 11749833, 2265367787]);
});

test('election draws lie in 0..9 and reach both ends', (t) => {
  const stream = new Mulberry(7);
  const seen = new Set(Array.from({ length: 500 }, () => electionDraw(stream)));
  t.deepEqual(
    [...seen].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test('the application map comes back from its bytes in key order', (t) => {
  const slots = new Slots();
  for (const id of [5000, 3, 1027, 2 ** 32 - 1]) slots.put(id);
  const read: [number, number][] = [];
  Slots.decode(slots.encode()).forEach((key, value) => read.push([key, value]));
  t.deepEqual(read, [
    [3, 1027],
    [904, 5000],
    [1023, 2 ** 32 - 1],
  ]);
});

test('every workload can be named, and no other', (t) => {
  t.deepEqual(
    WORKLOADS.map((w) => workloadNamed(w.name)?.name),
    ['W1', 'W2', 'W3', 'W4'],
  );
  t.throws(() => runBench({ workloads: ['W5'] }, () => undefined), { code: 'CLI002' });
  t.throws(() => runBench({ workloads: ['W1'], ticks: 0 }, () => undefined), { code: 'CLI002' });
});

test('a run reports counters, cost and rate as data', (t) => {
  const told: Benched[] = [];
  runBench({ workloads: ['W1'], proposals: 500 }, (benched) => void told.push(benched));
  const { outcome, lines, differences } = told[0]!;
  t.is(outcome.workload, 'W1');
  t.regex(outcome.checksum, /^[0-9a-f]{8}$/);
  t.true(outcome.cpuSeconds > 0);
  t.true(outcome.rssMiB > 0);
  t.deepEqual(differences, []);
  t.regex(lines[0] ?? '', /^W1 {2}seed 1, 1 run, checksum [0-9a-f]{8}$/);
});
