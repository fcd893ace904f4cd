// The world under random plans: it never throws and never hangs, the same choices give the same run, and the invariants of
// Raft hold in every storm. Ticks that are handed over in one go are as good as single ones, and a group that rests is as
// good as one that is awake.
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import {
  addLearner,
  anyOrder,
  compact,
  leaderOf,
  linearizable,
  maybe,
  noFaults,
  par,
  promote,
  removeMember,
  replaceNode,
  restart,
  seq,
  settle,
  start,
  stop,
  swarm,
  times,
  transferLeadership,
  wait,
  write,
  type Faults,
  type Plan,
} from '../../src/index.ts';
import { seedSource } from '../../src/sim/kernel/seed-source.ts';
import { tapeSource } from '../../src/sim/kernel/tape-source.ts';
import { run } from '../../src/sim/run.ts';
import { answers, counter, newer, small, tell, whole, type Counted, type Story } from './small-world.ts';

const node = fc.constantFrom('n1', 'n2', 'n3', 'n4');
const group = fc.constantFrom('g1', 'g2');

/** Steps that leave a majority of founders alone where they are combined one after the other. */
const calmStep: fc.Arbitrary<Plan> = fc.oneof(
  group.map((g) => write(g)),
  group.map((g) => transferLeadership(g)),
  group.map((g) => compact(g)),
  node.map((n) => restart(n)),
  node.map((n) => restart(n, { as: newer })),
  group.map((g) => counter.call('Mark', { to: leaderOf(g) })),
  group.map((g) => seq(addLearner('n4', { to: [g] }), maybe(promote('n4', { in: [g] })))),
  fc.constantFrom<Plan>(settle(), settle('300ms'), wait('700ms'), wait('50ms')),
);
const step: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 4, arbitrary: calmStep },
  fc.tuple(node, group).map(([n, g]) => removeMember(n, { from: [g] })),
  node.map((n) => replaceNode(n)),
  node.map((n) => seq(stop(n), restart(n))),
);
const plan: fc.Arbitrary<Plan> = fc.oneof(
  fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => seq(...steps)),
  fc.array(step, { minLength: 2, maxLength: 3 }).map((steps) => par(...steps)),
  fc.array(step, { minLength: 2, maxLength: 3 }).map((steps) => anyOrder(...steps)),
  step.map((one) => times([0, 2], one)),
);
const plans = fc.array(plan, { minLength: 1, maxLength: 2 });
const seeds = fc.integer({ min: 1, max: 1_000_000 }).map(String);

const storm = swarm({
  partition: ['isolateOne', 'halves', 'oneWay'],
  loss: [0, 0.2],
  duplicate: [0, 0.1],
  delay: ['1ms', '80ms'],
  crash: { max: 3, tornWrites: true },
  pause: { max: 2 },
  clockSkew: '30ms',
  healBy: '4s',
});
const faults = fc.constantFrom<Faults>(noFaults, storm, storm);
const properties = [linearizable('reads and writes', { model: 'kv' })];

testProp(
  'random plans neither throw nor hang, repeat to the hash, and hold what Raft promises',
  [plans, seeds, faults, fc.boolean()],
  (t, steps, seed, menu, parking) => {
    const told = small([start(whole), ...steps, settle()], { faults: menu, properties, cluster: { parking } });
    const first = run(told, seedSource(seed), { record: true, allInvariants: true });
    t.deepEqual(first.violations, []);
    t.is(first.inconclusive, null);
    t.is(run(told, seedSource(seed), { allInvariants: true }).hash, first.hash);
    t.is(run(told, tapeSource(first.tape), { allInvariants: true }).hash, first.hash);
  },
  { numRuns: 60 },
);

/** What an operator and a client could tell about a run afterwards. */
function outcome(story: Story): object {
  return {
    verdict: story.verdict,
    violations: story.violations,
    answers: answers(story),
    states: story.world.state.replicas.map((r) => [
      r.node,
      r.group,
      (r.state as Counted).marks,
      (r.state as Counted).rows,
    ]),
  };
}

/** Keys and values that do not depend on when something happens. */
const told = fc
  .array(fc.tuple(calmStep, group), { minLength: 1, maxLength: 6 })
  .map((steps) => steps.flatMap(([one, g], i) => [one, write(g, { [`k${i}`]: `v${i}` }), settle()]));

testProp(
  'a cluster whose idle groups rest answers and ends as one whose groups never do, and does less',
  [told, seeds],
  (t, steps, seed) => {
    // Writes of drawn values would tell the moments apart.
    const plain = steps.filter((one) => one.plan !== 'write' || one.kv !== null);
    const at = (parking: boolean): Story =>
      tell(small([start(whole), ...plain, wait('2s'), settle()], { cluster: { parking } }), seed);
    const [awake, resting] = [at(false), at(true)];
    t.deepEqual(outcome(resting), outcome(awake));
    t.true(resting.events < awake.events);
  },
  { numRuns: 40 },
);

test('a group that rests sends nothing, and wakes for a write, a read, a fault and a membership step', (t) => {
  const sends = (story: Story, fromMs: number, toMs: number): number =>
    story.of('send').filter((e) => e.group === 'g1' && e.atMs > fromMs && e.atMs <= toMs).length;
  const quiet = tell(small([start(whole), wait('10s'), settle()], { cluster: { parking: true } }));
  t.is(sends(quiet, 1_000, 10_000), 0);
  t.is(quiet.verdict, 'holds');

  const woken = tell(
    small([start(whole), wait('5s'), write('g1'), wait('2s'), addLearner('n4', { to: ['g1'] }), wait('2s'), settle()], {
      cluster: { parking: true },
      properties,
    }),
  );
  t.is(woken.verdict, 'holds');

  let ledBy = 0;
  let leader = 0;
  const failed = tell(small([start(whole), wait('10s'), settle()], { cluster: { parking: true } }), '1', (world) => {
    world.scheduler.after(5_000, () => {
      leader = world.leaderOf(1);
      world.crash(leader, 'test');
    });
    world.scheduler.after(7_000, () => {
      ledBy = world.leaderOf(1);
    });
  });
  t.is(failed.verdict, 'holds');
  t.not(ledBy, 0);
  t.not(ledBy, leader);
  t.true(sends(failed, 5_000, 6_000) > 0);
});

testProp(
  'a replica that is looked at in every tick does what one does that sleeps until there is work',
  [plans, seeds],
  (t, steps, seed) => {
    const scenario = small([start(whole), ...steps, settle()]);
    const nagged = tell(scenario, seed, (world) => {
      const { tickMs } = scenario.cluster;
      const look = (): void => {
        for (let n = 1; n <= scenario.cluster.nodes.length; n++) {
          for (const { id } of world.groups) {
            const replica = world.replica(n, id);
            if (replica === null || !replica.isLive()) continue;
            replica.catchUp();
            replica.pump();
          }
        }
        world.scheduler.after(tickMs, look);
      };
      look();
    });
    t.is(nagged.hash, tell(scenario, seed).hash);
  },
  { numRuns: 40 },
);
