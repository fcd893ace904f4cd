// The simulator's ground: time, choices, tapes and the trace. What breaks here makes every verdict above it a matter of luck.
import test from 'ava';
import fc from 'fast-check';
import { InputError } from '../../src/base/errors.ts';
import { messageOf, MessageType } from '../../src/raft/index.ts';
import { directedSource, overrideSource } from '../../src/sim/kernel/override-source.ts';
import { Prng, rootPrng } from '../../src/sim/kernel/prng.ts';
import { Scheduler } from '../../src/sim/kernel/scheduler.ts';
import { seedSource } from '../../src/sim/kernel/seed-source.ts';
import { checkTapeApplied, checkTapeOf, formatTape, parseTape } from '../../src/sim/kernel/tape-file.ts';
import { tapeSource } from '../../src/sim/kernel/tape-source.ts';
import { TraceRecorder } from '../../src/sim/kernel/trace-recorder.ts';
import { NONE_DUE, Wheel } from '../../src/sim/kernel/wheel.ts';
import type { ChoiceSource, TapeChoice } from '../../src/sim/kernel/choices.ts';

/** One action on a wheel: add a moment so far ahead, cancel one of the pending ones, or move on. */
const action = fc.oneof(
  fc.record({ do: fc.constant('add' as const), ms: fc.oneof(fc.nat(3), fc.nat(3000), fc.nat(4_000_000)) }),
  fc.record({ do: fc.constant('cancel' as const), pick: fc.nat() }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.oneof(fc.nat(5), fc.nat(2000), fc.nat(3_000_000)) }),
);

test('a wheel yields what a list sorted by time and arrival yields', (t) => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const wheel = new Wheel(2);
      let list: { at: number; seq: number; handle: number }[] = [];
      let now = 0;
      let seq = 0;
      for (const a of actions) {
        if (a.do === 'add' && now + a.ms < 1 << 30) {
          list.push({ at: now + a.ms, seq: seq++, handle: wheel.add(now + a.ms) });
        } else if (a.do === 'cancel' && list.length > 0) {
          const [gone] = list.splice(a.pick % list.length, 1);
          wheel.cancel(gone!.handle);
        } else if (a.do === 'advance') {
          now = Math.min(now + a.ms, (1 << 30) - 1);
          const due = list.filter((e) => e.at <= now).sort((x, y) => x.at - y.at || x.seq - y.seq);
          list = list.filter((e) => e.at > now);
          for (const e of due) {
            if (wheel.pop(now) !== e.handle || wheel.atMs(e.handle) !== e.at) return false;
          }
          if (wheel.pop(now) !== NONE_DUE) return false;
        }
        if (wheel.size !== list.length) return false;
      }
      return true;
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('events of one moment run in the order in which they were scheduled, whatever their distance', (t) => {
  const scheduler = new Scheduler(1000);
  const seen: string[] = [];
  const kind = scheduler.kind((a, b) => seen.push(`${a}.${b}@${scheduler.nowMs}`));
  scheduler.at(1500, kind, 1, 0);
  scheduler.after(600, () => scheduler.at(1500, kind, 2, 0));
  scheduler.after(1400, () => scheduler.at(1500, kind, 3, 7));
  t.is(scheduler.runUntil(5000), 'idle');
  t.deepEqual(seen, ['1.0@1500', '2.0@1500', '3.7@1500']);
});

test('an event may schedule another for the moment it runs in, and it still runs in that moment', (t) => {
  const scheduler = new Scheduler(1000);
  const seen: number[] = [];
  scheduler.after(10, () => {
    scheduler.after(0, () => seen.push(scheduler.nowMs));
  });
  scheduler.runUntil(10);
  t.deepEqual(seen, [10]);
});

test('the clock stands at the end of a span although nothing happened, and a later event still runs', (t) => {
  const scheduler = new Scheduler(1000);
  const seen: number[] = [];
  scheduler.after(70_000, () => seen.push(scheduler.nowMs));
  t.is(scheduler.runUntil(69_999), 'time');
  t.is(scheduler.nowMs, 69_999);
  scheduler.after(0, () => seen.push(scheduler.nowMs));
  scheduler.runUntil(80_000);
  t.deepEqual(seen, [69_999, 70_000]);
});

test('a cancelled event does not run, a stop ends the loop, and the limit of events is kept', (t) => {
  const scheduler = new Scheduler(3);
  const seen: number[] = [];
  const gone = scheduler.after(5, () => seen.push(5));
  scheduler.after(6, () => scheduler.stop());
  scheduler.after(7, () => seen.push(7));
  scheduler.after(8, () => seen.push(8));
  scheduler.after(9, () => seen.push(9));
  scheduler.cancel(gone);
  t.throws(() => scheduler.cancel(gone), { message: /CANCEL_DEAD/ });
  t.is(scheduler.runUntil(100), 'stop');
  t.is(scheduler.runUntil(100), 'limit');
  t.deepEqual(seen, [7, 8]);
  t.throws(() => scheduler.at(1, 0, 0, 0), { message: /SCHEDULE_PAST/ });
});

test('the generator is alea, pinned by its first outputs', (t) => {
  t.is(new Prng('seed-42').word(), Math.floor(0.8542981129139662 * 2 ** 32) | 0);
  const draws = rootPrng('seed-42').child('network').child('n1>n2');
  t.is(draws.path, 'seed-42/network/n1>n2');
  t.deepEqual([draws.int(1000), draws.int(1000), draws.int(1000)], GOLDEN_DRAWS);
});
const GOLDEN_DRAWS = [159, 455, 815];

test('an empty seed is refused', (t) => {
  const error = t.throws(() => seedSource(''), { instanceOf: InputError });
  t.is(error.code, 'CLI002');
});

/** Asks a source a fixed list of questions. */
function interview(source: ChoiceSource, skip = -1): number[] {
  const weights = Int32Array.of(100_000, 300_000);
  const answers: number[] = [];
  for (let i = 0; i < 200; i++) {
    if (i === skip) continue;
    const stream = source.stream(i % 3 === 0 ? 'plan' : 'network/n1>n2');
    answers.push(i % 2 === 0 ? stream.choose(i % 40, 5) : stream.weigh(i % 40, weights));
  }
  return answers;
}

test('a seed always answers alike, and another seed otherwise', (t) => {
  t.deepEqual(interview(seedSource('7')), interview(seedSource('7')));
  t.notDeepEqual(interview(seedSource('7')), interview(seedSource('8')));
});

test('an answer does not depend on what else was asked before', (t) => {
  const all = interview(seedSource('7'));
  const skipped = interview(seedSource('7'), 199);
  t.deepEqual(skipped, all.slice(0, 199));
  const a = seedSource('s').stream('plan');
  a.choose(1, 1000);
  a.choose(2, 1000);
  const b = seedSource('s').stream('plan');
  t.is(b.choose(3, 1000), a.choose(3, 1000));
});

test('answers of a seed are spread evenly over keys, occurrences and streams', (t) => {
  for (const vary of ['key', 'nth', 'stream'] as const) {
    const source = seedSource(`even ${vary}`);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const stream = source.stream(vary === 'stream' ? `s${i}` : 's');
      counts[stream.choose(vary === 'key' ? i : 0, 10)]!++;
    }
    const chi = counts.reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0);
    // 9 degrees of freedom: above 33 is one case in ten thousand.
    t.true(chi < 33, `${vary}: chi² ${chi}`);
  }
});

test('weighed answers come as often as their weights say', (t) => {
  const stream = seedSource('weights').stream('network/n1>n2');
  const counts = [0, 0, 0];
  for (let i = 0; i < 50_000; i++) counts[stream.weigh(i & 7, Int32Array.of(20_000, 300_000))]!++;
  t.true(Math.abs(counts[1]! - 1000) < 150, String(counts));
  t.true(Math.abs(counts[2]! - 15_000) < 600, String(counts));
});

test('a tape repeats what its seed answered, and nothing of it is left over', (t) => {
  const source = seedSource('7');
  const answers = interview(source);
  const tape = source.tape('a scenario');
  t.true(tape.choices.length > 50 && tape.choices.every((c) => c.value > 0));
  const replay = tapeSource(tape);
  t.deepEqual(interview(replay), answers);
  t.deepEqual(replay.unused(), []);
  t.is(replay.misfit(), null);
  t.deepEqual(replay.tape('a scenario').choices, tape.choices);
});

test('an empty tape answers 0 to everything', (t) => {
  const replay = tapeSource({ scenario: 's', seed: null, strategy: 'tape', choices: [] });
  t.true(interview(replay).every((answer) => answer === 0));
});

test('a tape tells which choices were never asked for and which no longer fit', (t) => {
  const stray: TapeChoice = { stream: 'gone', key: 1, nth: 0, value: 1, of: 2 };
  const misfit: TapeChoice = { stream: 'plan', key: 1, nth: 0, value: 4, of: 5 };
  const tape = { scenario: 's', seed: '1', strategy: 'seed', choices: [stray, misfit] };
  const replay = tapeSource(tape);
  t.is(replay.stream('plan').choose(1, 3), 0);
  t.deepEqual(replay.unused(), [stray]);
  t.is(replay.misfit(), misfit);
  const error = t.throws(() => checkTapeApplied(tape, replay, 'x.tape'), { instanceOf: InputError });
  t.is(error.code, 'TAP003');
  t.deepEqual(error.at, { file: 'x.tape', line: 3 });
});

test('forced choices replace answers of the source below and leave the others in place', (t) => {
  const plain = interview(seedSource('7'));
  const forced: TapeChoice[] = [
    { stream: 'plan', key: 0, nth: 1, value: 4, of: 5 },
    { stream: 'network/n1>n2', key: 2, nth: 0, value: 0, of: 5 },
    { stream: 'network/n1>n2', key: 4, nth: 0, value: 99, of: 5 },
  ];
  const answers = interview(overrideSource(seedSource('7'), forced));
  const differs = answers.flatMap((answer, i) => (answer === plain[i] ? [] : [i]));
  // Question 120 is the second with key 0 in `plan`; question 2 the first with key 2 in the other stream.
  t.true(differs.every((i) => i === 120 || i === 2));
  t.is(answers[120], 4);
  t.is(answers[2], 0);
});

test('a directed source asks for every choice by name and is held to the range', (t) => {
  const asked: string[] = [];
  const source = directedSource('search', (stream, key, nth, n) => {
    asked.push(`${stream} ${key} ${nth} ${n}`);
    return n - 1;
  });
  t.is(source.stream('plan').choose(5, 3), 2);
  t.is(source.stream('plan').weigh(5, Int32Array.of(10)), 1);
  t.deepEqual(asked, ['plan 5 0 3', 'plan 5 1 2']);
  t.deepEqual(source.tape('s').choices, [
    { stream: 'plan', key: 5, nth: 0, value: 2, of: 3 },
    { stream: 'plan', key: 5, nth: 1, value: 1, of: 2 },
  ]);
  const wild = directedSource('search', (_stream, _key, _nth, n) => n);
  t.throws(() => wild.stream('plan').choose(1, 2), { message: /CHOICE_RANGE/ });
});

const choices = fc.array(
  fc
    .record({
      stream: fc.string({ minLength: 1 }),
      key: fc.integer(),
      nth: fc.nat(),
      value: fc.integer({ min: 1, max: 0x7fff_fffe }),
    })
    .map((c): TapeChoice => ({ ...c, of: c.value + 1 })),
  { maxLength: 20 },
);
const tapeFiles = fc.record({
  tape: fc.record({
    scenario: fc.string({ minLength: 1 }),
    seed: fc.option(fc.string({ minLength: 1 })),
    strategy: fc.string({ minLength: 1 }),
    choices,
  }),
  expect: fc.record({
    verdict: fc.constantFrom('holds' as const, 'violated' as const, 'inconclusive' as const),
    property: fc.option(fc.string()),
    code: fc.option(fc.string()),
    hash: fc.option(fc.constant('0a'.repeat(32))),
  }),
});

test('a tape file read back is what was written', (t) => {
  fc.assert(
    fc.property(tapeFiles, (file) => {
      t.deepEqual(parseTape(formatTape(file), 'x.tape'), { tape: { ...file.tape }, expect: { ...file.expect } });
    }),
    { numRuns: 200 },
  );
});

test('a tape file cut off anywhere is refused with line and column', (t) => {
  const source = seedSource('7');
  interview(source);
  const tape = source.tape('a scenario');
  const text = formatTape({ tape, expect: { verdict: 'holds', property: null, code: null, hash: null } });
  for (let cut = 0; cut < text.length; cut++) {
    const error = t.throws(() => parseTape(text.slice(0, cut), 'x.tape'), { instanceOf: InputError });
    if (error.code !== 'TAP001' || error.at?.line === undefined || error.at.column === undefined) t.fail(String(cut));
  }
});

test('a damaged tape file is refused at the line that is damaged', (t) => {
  const expect = { verdict: 'holds', property: null, code: null, hash: null } as const;
  const tape = {
    scenario: 's',
    seed: null,
    strategy: 'x',
    choices: [{ stream: 'p', key: 1, nth: 0, value: 1, of: 2 }],
  };
  const good = formatTape({ tape, expect });
  const cases: [string, string, number, RegExp][] = [
    ['"tape":1', '"tape":9', 1, /format 1/],
    ['"verdict":"holds"', '"verdict":"fine"', 1, /verdict/],
    ['["p",1,0,1,2]', '["p",1,0,2,2]', 2, /below the number of outcomes/],
    ['["p",1,0,1,2]', '["p",1,0,1.5,2]', 2, /integer/],
    ['["p",1,0,1,2]', '["p",1,0,1,2', 2, /JSON/],
    ['["p",1,0,1,2]', '["p",1,0,1,2]\n["q",1,0,1,2]', 3, /more lines/],
  ];
  for (const [from, to, line, says] of cases) {
    t.true(good.includes(from));
    const error = t.throws(() => parseTape(good.replace(from, to), 'x.tape'), {
      instanceOf: InputError,
      message: says,
    });
    t.is(error.code, 'TAP001');
    t.is(error.at?.line, line);
  }
  const other = t.throws(() => checkTapeOf(tape, 'another', 'x.tape'), { instanceOf: InputError });
  t.is(other.code, 'TAP002');
});

const NAMES = { nodes: ['', 'n1', 'n2'], groups: ['', 'g1'] };

function record(keep: boolean, events: number, odd = -1): TraceRecorder {
  const scheduler = new Scheduler(1);
  const trace = new TraceRecorder(NAMES, scheduler, keep);
  const m = messageOf({ type: MessageType.MsgApp, from: 1, to: 2, term: 3, index: 4, commit: 2 });
  for (let i = 0; i < events; i++) {
    scheduler.nowMs = i;
    trace.send(1, 2, 1, m);
    trace.deliver(1, 2, 1, m);
    trace.lose(2, 1, 1, m);
    trace.role(1, 1, 2, i === odd ? 4 : 3);
    trace.append(1, 1, i, 3, 4, 'bootstrap');
    trace.commit(2, 1, i, 3);
    trace.apply(2, 1, i, 3, 4, 'bootstrap', i % 2 === 0 ? null : `refused ${i}`);
    trace.rare('fault', 0, 0, { detail: `fault ${i % 7}` });
    trace.kv(7, 1, 'get', 'unknown', 'k', i % 2 === 0 ? null : `v${i}`);
  }
  return trace;
}

test('the hash of a trace is the same kept or not, and another when one integer differs', (t) => {
  for (const events of [0, 1, 700, 3000]) {
    const kept = record(true, events);
    const hash = kept.hash();
    t.regex(hash, /^[0-9a-f]{64}$/);
    t.is(record(false, events).hash(), hash);
    t.is(kept.hash(), hash);
    if (events > 0) t.not(record(false, events, events - 1).hash(), hash);
    t.is(kept.events().length, events * 9);
    t.is(kept.seq, events * 9);
  }
});

test('a kept trace reads back as the events that were recorded, over many chunks', (t) => {
  const events = record(true, 2000).events();
  const place = (seq: number, atMs: number, node: string, group: string): object => ({ seq, atMs, node, group });
  const message = { from: 'n1', to: 'n2', type: 'MsgApp', term: 3, index: 4, entries: 0, commit: 2 };
  const i = 1501;
  const at = i * 9;
  t.deepEqual(events.slice(at, at + 9) as object[], [
    { ...place(at + 1, i, 'n1', 'g1'), kind: 'send', ...message },
    { ...place(at + 2, i, 'n2', 'g1'), kind: 'deliver', ...message },
    { ...place(at + 3, i, 'n2', 'g1'), kind: 'lose', ...message, from: 'n2', to: 'n1' },
    { ...place(at + 4, i, 'n1', 'g1'), kind: 'role', role: 'leader', term: 3 },
    { ...place(at + 5, i, 'n1', 'g1'), kind: 'append', index: i, term: 3, opcode: 4, name: 'bootstrap' },
    { ...place(at + 6, i, 'n2', 'g1'), kind: 'commit', index: i, term: 3 },
    {
      ...place(at + 7, i, 'n2', 'g1'),
      kind: 'apply',
      index: i,
      term: 3,
      opcode: 4,
      name: 'bootstrap',
      error: 'refused 1501',
    },
    { ...place(at + 8, i, '', ''), kind: 'fault', detail: 'fault 3' },
    { ...place(at + 9, i, '', 'g1'), kind: 'kv', client: 7, op: 'get', phase: 'unknown', key: 'k', value: 'v1501' },
  ]);
});

test('a trace that nobody wants holds no events, and a closed one takes none', (t) => {
  const trace = record(false, 3);
  t.deepEqual(trace.events(), []);
  trace.hash();
  t.throws(() => trace.role(1, 1, 0, 1), { message: /TRACE_CLOSED/ });
  t.throws(() => record(false, 0).commit(1, 1, 2 ** 31, 1), { message: /TRACE_RANGE/ });
});
