// Whole runs: the same choices give the same run, whatever is recorded; a cluster by the book holds in every storm; and a
// cluster on disks that lie does not.
import test from 'ava';
import {
  cluster,
  defineSubject,
  eventually,
  linearizable,
  maybe,
  never,
  par,
  restart,
  scenario,
  seq,
  settle,
  start,
  swarm,
  transferLeadership,
  write,
} from '../../src/index.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { seedSource } from '../../src/sim/kernel/seed-source.ts';
import { tapeSource } from '../../src/sim/kernel/tape-source.ts';
import { run } from '../../src/sim/run.ts';

interface State {
  readonly rows: Readonly<Record<string, string>>;
}

const store = defineSubject({
  name: 'store',
  opcodes: { put: 0x01 },
  initial: (): State => ({ rows: {} }),
  apply: (s, e): State => ({ rows: { ...s.rows, [e.args.key ?? '']: e.args.value ?? '' } }),
  rpcs: {},
  atoms: {},
});
const v1 = store.build('v1', { applies: ['put'] });
const everyone = { voters: ['n1', 'n2', 'n3'] };

const stormy: Scenario = scenario('stormy', {
  about: 'Writes to two groups through every storm there is.',
  cluster: cluster({ nodes: ['n1', 'n2', 'n3'], groups: { g1: everyone, g2: everyone } }),
  plan: seq(
    start(v1),
    par(write('g1'), write('g2'), maybe(transferLeadership('g1'))),
    settle(),
    restart('n2'),
    settle(),
  ),
  faults: swarm({
    partition: ['isolateOne', 'halves', 'oneWay'],
    loss: [0, 0.2],
    duplicate: [0, 0.1],
    delay: ['1ms', '80ms'],
    crash: { max: 3, tornWrites: true },
    pause: { max: 2 },
    clockSkew: '30ms',
    healBy: '10s',
  }),
  properties: [
    never('halted', (c) => c.replicas.some((r) => r.halted !== null)),
    eventually('everyone catches up', (c) => c.replicas.every((r) => r.appliedIndex === r.commitIndex), {
      within: '10s',
    }),
    linearizable('reads and writes', { model: 'kv' }),
  ],
});

test('a seed gives the same run twice, traced or not, and its tape gives it again', (t) => {
  for (let seed = 1; seed <= 8; seed++) {
    const first = run(stormy, seedSource(`${seed}`), { record: true, allInvariants: true });
    const again = run(stormy, seedSource(`${seed}`), { allInvariants: true });
    const taped = run(stormy, tapeSource(first.tape), { allInvariants: true });
    t.is(again.hash, first.hash);
    t.is(taped.hash, first.hash);
    t.deepEqual(taped.tape.choices, first.tape.choices);
    t.is(first.trace.length, first.events);
    t.true(first.events > 300);
  }
  const hashes = ['1', '2', '3'].map((seed) => run(stormy, seedSource(seed)).hash);
  t.is(new Set(hashes).size, 3);
});

test('a cluster by the book breaks no invariant in any storm', (t) => {
  const taken = new Set<string>();
  for (let seed = 100; seed < 180; seed++) {
    const result = run(stormy, seedSource(`${seed}`), { allInvariants: true });
    t.deepEqual(result.violations, [], `seed ${seed}`);
    t.is(result.verdict, 'holds', result.inconclusive ?? '');
    for (const phrase of result.taken)
      taken.add(/^(crash|pause|clock)|cut off|nothing|lost/.exec(phrase)?.[0] ?? 'other');
  }
  for (const kind of ['crash', 'pause', 'clock', 'cut off', 'nothing', 'lost']) t.true(taken.has(kind), kind);
});

test('on disks that only pretend to sync, votes and acknowledgements are found not to be durable', (t) => {
  const result = run(stormy, seedSource('1'), {
    allInvariants: true,
    prepare: (world) => {
      for (const node of [1, 2, 3]) world.home(node).disk.loseLogSyncs(true);
    },
  });
  t.is(result.verdict, 'violated');
  t.true(result.violations.some((v) => v.property === 'durability'));
});
