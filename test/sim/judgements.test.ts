// Histories, a scenario's own properties, and the judge that puts everything behind one probe.
import test from 'ava';
import fc from 'fast-check';
import { InputError } from '../../src/base/errors.ts';
import type { ClusterView } from '../../src/gate/atom.ts';
import { always, builtin, eventually, leadsTo, linearizable, never, sometimes } from '../../src/scenario/properties.ts';
import type { Property } from '../../src/scenario/properties.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { openJudge, type Judge } from '../../src/sim/checkers/index.ts';
import { judgeRegister, type Operation } from '../../src/sim/checkers/linearizability.ts';
import { KvEnd } from '../../src/sim/checkers/probe.ts';
import { UserProperties } from '../../src/sim/checkers/user-properties.ts';
import { FakeCluster, finds, say } from './fake-cluster.ts';

const BOUND = 100_000;

/** Tries every order of every subset that must or may take effect. */
function bruteForce(history: readonly Operation[]): boolean {
  const place = (left: readonly Operation[], value: string | null): boolean => {
    if (left.every((op) => op.returnedAt === Infinity)) return true;
    const firstReturn = Math.min(...left.map((op) => op.returnedAt));
    return left.some((op) => {
      if (op.calledAt > firstReturn) return false;
      if (op.kind === 'read' && op.returnedAt < Infinity && op.value !== value) return false;
      return place(
        left.filter((other) => other !== op),
        op.kind === 'write' ? op.value : value,
      );
    });
  };
  return place(history, null);
}

/** Up to seven operations with distinct times, over few values so that they meet. */
const histories = fc
  .array(
    fc.record({
      write: fc.boolean(),
      value: fc.constantFrom('a', 'b', 'c', null),
      calledAt: fc.nat(40),
      lasts: fc.nat(15),
      lost: fc.integer({ min: 0, max: 4 }),
    }),
    { maxLength: 7 },
  )
  .map((drafts) =>
    drafts.map((d, i): Operation => {
      const calledAt = d.calledAt + i / 100;
      return {
        kind: d.write ? 'write' : 'read',
        calledAt,
        returnedAt: d.lost === 0 ? Infinity : calledAt + d.lasts + 0.5 + i / 1000,
        value: d.write ? (d.value ?? 'a') : d.value,
      };
    }),
  );

test('the judge of histories agrees with trying every order', (t) => {
  let [yes, no] = [0, 0];
  fc.assert(
    fc.property(histories, (history) => {
      const expected = bruteForce(history);
      if (expected) yes++;
      else no++;
      return judgeRegister(history, BOUND).is === (expected ? 'linearizable' : 'not');
    }),
    { numRuns: 5000 },
  );
  t.true(yes > 500 && no > 500, `${yes} ${no}`);
});

const op = (kind: 'read' | 'write', calledAt: number, returnedAt: number, value: string | null): Operation => ({
  kind,
  calledAt,
  returnedAt,
  value,
});

test('a stale read, a read of what was never written, and a read that goes back are found at that read', (t) => {
  const cases: Operation[][] = [
    [op('write', 1, 2, 'a'), op('write', 3, 4, 'b'), op('read', 5, 6, 'a')],
    [op('write', 1, 2, 'a'), op('read', 3, 4, 'x')],
    [op('write', 1, 2, 'a'), op('write', 3, 20, 'b'), op('read', 4, 5, 'b'), op('read', 6, 7, 'a')],
  ];
  for (const history of cases) {
    const judgement = judgeRegister(history, BOUND);
    t.is(judgement.is, 'not');
    t.is(judgement.is === 'not' ? judgement.at : null, history[history.length - 1]!);
  }
});

test('a write of unknown outcome may have happened, late or never, but only once', (t) => {
  const lost = op('write', 1, Infinity, 'b');
  const rest = [op('write', 2, 3, 'a'), op('read', 4, 5, 'a'), op('read', 6, 7, 'b')];
  t.is(judgeRegister([lost, ...rest], BOUND).is, 'linearizable');
  t.is(judgeRegister([lost, op('read', 4, 5, null)], BOUND).is, 'linearizable');
  const again = [...rest, op('write', 8, 9, 'c'), op('read', 10, 11, 'b')];
  t.is(judgeRegister([lost, ...again], BOUND).is, 'not');
});

test('a long history is judged, an entangled one is given up', (t) => {
  const long: Operation[] = [];
  for (let i = 0; i < 20_000; i++) {
    const at = 10 * i;
    long.push(op('write', at, at + 12, `v${i}`), op('read', at + 13.5, at + 15, `v${i}`));
    if (i % 50 === 0) long.push(op('write', at + 1, Infinity, `lost${i}`));
  }
  t.is(judgeRegister(long, 200 * long.length).is, 'linearizable');
  const knot = Array.from({ length: 24 }, (_, i) => op('write', i, 1000 + i, `v${i}`));
  t.is(judgeRegister(knot, 2000).is, 'unknown');
  const wide = Array.from({ length: 40 }, (_, i) => op('write', i, 1000 + i, `v${i}`));
  t.is(judgeRegister(wide, 1_000_000).is, 'unknown');
});

/** A view whose facts a test sets. */
class View {
  version = 0;
  facts: Record<string, boolean> = {};
  readonly view = { facts: this.facts } as unknown as ClusterView;

  set(name: string, value = true): void {
    this.facts[name] = value;
    this.version++;
  }
}

const fact =
  (name: string) =>
  (c: ClusterView): boolean =>
    (c as unknown as View).facts[name] === true;

function judge(properties: readonly Property[], cluster = new FakeCluster(), view = new View()): Judge {
  return openJudge({
    scenario: { properties } as unknown as Scenario,
    allInvariants: false,
    view: view.view,
    viewVersion: () => view.version,
    seq: () => 42,
    first: null,
    context: cluster.context,
  });
}

function own(properties: readonly Property[]): { cluster: FakeCluster; view: View; user: UserProperties } {
  const cluster = new FakeCluster();
  const view = new View();
  return { cluster, view, user: new UserProperties(properties, view.view, () => view.version, cluster.context) };
}

test('always and never are broken at the event that shows it, and each is told once', (t) => {
  const { cluster, view, user } = own([never('bad', fact('bad')), always('good', fact('good'))]);
  view.set('good');
  user.onCommit();
  finds(t, cluster);
  view.set('bad');
  user.onApply();
  finds(t, cluster, /^bad\/never/);
  view.set('good', false);
  user.onRole();
  user.onRole();
  finds(t, cluster, /^bad\/never/, /^good\/always/);
});

test('sometimes is met by one moment and stays met', (t) => {
  const { view, user } = own([sometimes('seen', fact('seen')), sometimes('unseen', fact('unseen'))]);
  user.onStart();
  t.deepEqual(user.met(), []);
  view.set('seen');
  user.onTick(50);
  view.set('seen', false);
  user.onEnd();
  t.deepEqual(user.met(), ['seen']);
});

test('eventually counts from healing, whatever held before, and keeps the run going until it is decided', (t) => {
  for (const comes of [true, false]) {
    const { cluster, view, user } = own([eventually('done', fact('done'), { within: '2s' })]);
    view.set('done');
    user.onRole();
    view.set('done', false);
    user.onRole();
    t.is(user.unmetUntilMs(), -1);
    cluster.nowMs = 1000;
    user.onHealed(1000);
    t.true(user.unmetUntilMs() > 3000);
    if (comes) view.set('done');
    cluster.nowMs = 3000;
    user.onTick(3000);
    finds(t, cluster);
    cluster.nowMs = 3050;
    user.onTick(3050);
    if (comes) finds(t, cluster);
    else finds(t, cluster, /^done\/eventually: eventually: done: not within 2050 ms/);
    t.is(user.unmetUntilMs(), -1);
  }
});

test('leadsTo opens an obligation when its cause is seen, closes it with its effect, and may open it again', (t) => {
  const { cluster, view, user } = own([
    leadsTo('answer', fact('asked'), fact('answered'), { within: '1s', once: 'planDone' }),
  ]);
  user.onPlanDone(0);
  user.onRole();
  t.is(user.unmetUntilMs(), -1);
  cluster.nowMs = 500;
  view.set('asked');
  user.onReturn();
  t.is(user.unmetUntilMs(), 1600);
  view.set('answered');
  view.set('asked', false);
  user.onReturn();
  t.is(user.unmetUntilMs(), -1);
  view.set('answered', false);
  view.set('asked');
  cluster.nowMs = 2000;
  user.onReturn();
  view.set('asked', false);
  cluster.nowMs = 2900;
  user.onTick(2900);
  finds(t, cluster);
  cluster.nowMs = 3100;
  user.onTick(3100);
  finds(t, cluster, /^answer\/leadsTo: leadsTo: answer: not within 1100 ms/);
});

test('leadsTo does not fall due before the moment it counts from', (t) => {
  const { cluster, view, user } = own([leadsTo('answer', fact('asked'), fact('answered'), { within: '1s' })]);
  view.set('asked');
  user.onReturn();
  cluster.nowMs = 60_000;
  user.onTick(60_000);
  finds(t, cluster);
  user.onHealed(60_000);
  user.onTick(60_900);
  finds(t, cluster);
  user.onTick(61_050);
  finds(t, cluster, /answer/);
});

test('after many changes plain progress is thinned, and nothing else is', (t) => {
  const { cluster, view, user } = own([never('bad', fact('bad'))]);
  for (let i = 0; i < 6000; i++) user.onCommit();
  const asked = user.asked.get('bad')!;
  t.true(asked <= 5001);
  view.set('bad');
  user.onApply();
  finds(t, cluster);
  user.onHalt();
  finds(t, cluster, /bad/);
});

test('a predicate that throws is bad input, with its name', (t) => {
  const { user } = own([
    never('careless', () => {
      throw new TypeError('no such replica');
    }),
  ]);
  const error = t.throws(() => user.onStart(), { instanceOf: InputError });
  t.regex(error.message, /"careless" throws: no such replica/);
});

test('a judge keeps the first violation of each property, with place and time', (t) => {
  const cluster = new FakeCluster();
  cluster.nowMs = 777;
  const one = judge([builtin('no-apply-halt'), builtin('election-safety')], cluster);
  const halt = { kind: 'halt', index: 5, opcode: 4, code: 'ErrKEKNotConfigured', detail: 'no KEK' } as const;
  one.probe.onHalt(2, 1, halt);
  one.probe.onHalt(3, 1, halt);
  t.deepEqual(one.violations, [
    {
      property: 'no-apply-halt',
      says: 'n2 halts in g1 at index 5: no KEK',
      seq: 42,
      atMs: 777,
      code: 'ErrKEKNotConfigured',
      node: 'n2',
      group: 'g1',
    },
  ]);
  t.false(one.wantsKvClients);
  t.throws(() => judge([builtin('nonsense')]), { instanceOf: InputError });
});

test('a judge watches histories per group and key, and tells who read what', (t) => {
  const one = judge([linearizable('reads and writes', { model: 'kv' })]);
  t.true(one.wantsKvClients);
  const run = (op_: number, group: number, key: string, value: string | null, end: KvEnd, got: string | null): void => {
    one.probe.onKvCall(op_, 7, group, key, value);
    one.probe.onKvEnd(op_, end, got);
  };
  run(0, 1, 'k', 'a', KvEnd.Ok, 'a');
  run(1, 2, 'k', null, KvEnd.Ok, null);
  run(2, 1, 'k', 'b', KvEnd.Failed, null);
  run(3, 1, 'j', null, KvEnd.Unknown, null);
  run(4, 1, 'k', null, KvEnd.Ok, 'b');
  one.probe.onEnd(100, true);
  t.deepEqual(
    one.violations.map((v) => [v.property, v.code, v.group, v.says]),
    [
      [
        'reads and writes',
        'not-linearizable',
        'g1',
        'g1 key "k": client 7 reads "b", although "a" was written before it asked; no order of all operations explains it',
      ],
    ],
  );
  t.is(one.gaveUp(), null);
});

test('a judge that cannot decide a history says so', (t) => {
  const one = judge([linearizable('reads and writes', { model: 'kv' })]);
  for (let i = 0; i < 40; i++) one.probe.onKvCall(i, 1, 1, 'k', `v${i}`);
  for (let i = 0; i < 40; i++) one.probe.onKvEnd(i, KvEnd.Ok, `v${i}`);
  one.probe.onEnd(100, true);
  t.deepEqual(one.violations, []);
  t.regex(one.gaveUp()!, /g1 key "k" is too entangled to judge/);
});

test('with all invariants asked for, every checker of the Raft layer listens', (t) => {
  const cluster = new FakeCluster();
  const one = openJudge({
    scenario: { properties: [] } as unknown as Scenario,
    allInvariants: true,
    view: new View().view,
    viewVersion: () => 0,
    seq: () => 1,
    first: null,
    context: cluster.context,
  });
  cluster.at(1).log(1);
  one.probe.onAppend(1, 1, say(1, 1, 'x'), false);
  one.probe.onAppend(2, 1, say(1, 1, 'y'), false);
  t.deepEqual(
    one.violations.map((v) => v.property),
    ['log-matching'],
  );
});
