// What a feature's `apply` may be: a pure function over plain data. What breaks that is told as a mistake of the scenario,
// by the simulator and by the model alike, and never as a violation found.
import test from 'ava';
import { InputError } from '../../src/base/errors.ts';
import {
  cluster,
  defineSubject,
  every,
  leaderOf,
  never,
  noFaults,
  scenario,
  seq,
  settle,
  start,
} from '../../src/index.ts';
import { search } from '../../src/search/exhaustive.ts';
import { run, seedSource } from '../../src/sim/index.ts';

type Checked = Parameters<typeof search>[0];
type State = { rows: string[]; extra?: unknown };

function adding(apply: (state: State) => State, initial = (): State => ({ rows: [] })): Checked {
  const store = defineSubject({
    name: 'adding',
    opcodes: { add: 1 },
    initial,
    apply,
    rpcs: { Add: { proposes: 'add' } },
    atoms: {},
  });
  return scenario('adding', {
    about: 'One entry.',
    cluster: cluster({ nodes: ['a'], groups: { g: { voters: ['a'] } } }),
    faults: noFaults,
    plan: seq(start(store.build('only', { applies: ['add'] })), store.call('Add', { to: leaderOf('g') }), settle()),
    properties: [never('apply-halted', (c) => c.replicas.some((r) => r.halted))],
  }) as Checked;
}

function told(one: Checked): string[] {
  return [() => run(one, seedSource('1')), () => search(one)].map((tried) => {
    try {
      tried();
      return 'no error';
    } catch (error) {
      return error instanceof InputError ? `${error.code} ${error.message}` : `another error: ${String(error)}`;
    }
  });
}

const MISTAKES: readonly [title: string, apply: (state: State) => State, says: RegExp][] = [
  [
    'changes its argument',
    (state) => {
      state.rows.push('x');
      return state;
    },
    /SCN009.*apply\(add\) of adding changes the state it was given \(Cannot add property 0.*has to return a new one/,
  ],
  ['returns nothing', () => undefined as unknown as State, /SCN009.*apply\(add\) of adding returns no state/],
  [
    'makes a Date',
    (state) => ({ ...state, extra: new Date(0) }),
    /SCN009.*apply\(add\)\.extra is a Date; a state is plain data.*keep a number of milliseconds/,
  ],
  [
    'hides a class of its own in a Map',
    (state) => ({ ...state, extra: new Map([['k', new (class Row {})()]]) }),
    /SCN009.*apply\(add\)\.extra\.get\(k\) is a Row; a state is plain data/,
  ],
  [
    'hides a function in an object it froze itself',
    (state) => Object.freeze({ ...state, extra: () => 1 }),
    /SCN009.*apply\(add\)\.extra is a function; .*keep a name/,
  ],
  ['makes no number', (state) => ({ ...state, extra: NaN }), /SCN009.*apply\(add\)\.extra is NaN/],
];

for (const [title, apply, says] of MISTAKES) {
  test(`an apply that ${title} is a mistake, not a halt`, (t) => {
    for (const message of told(adding(apply))) t.regex(message, says);
  });
}

test('an initial state that is no plain data is refused where the subject is defined', (t) => {
  const error = t.throws(
    () =>
      defineSubject({
        name: 'mapped',
        opcodes: { add: 1 },
        initial: () => ({ rows: new WeakMap<object, string>() }),
        apply: (state) => state,
        rpcs: { Add: { proposes: 'add' } },
        atoms: {},
      }),
    { instanceOf: InputError },
  );
  t.regex(error.message, /subject\.initial\.rows is a WeakMap; .*keep a Map/);
  t.regex(error.at?.file ?? '', /pure-apply\.test/);
});

test('a panic of apply is a halt, in the simulator and in the model', (t) => {
  const one = adding(() => {
    throw new Error('index out of range');
  });
  t.is(run(one, seedSource('1')).violations[0]?.property, 'apply-halted');
  t.is(search(one).broken[0]?.depth, 3);
});

test('what a predicate, an atom or an answer throws is a mistake of the scenario, with its place', (t) => {
  const asking = (wrong: 'answer' | 'atom' | 'property'): Checked => {
    const fails = (where: string): true => {
      if (where === wrong) throw new TypeError('nothing there');
      return true;
    };
    const store = defineSubject({
      name: 'asking',
      opcodes: { add: 1 },
      initial: (): State => ({ rows: [] }),
      apply: (state) => state,
      rpcs: { Add: { proposes: 'add' }, Status: { answers: () => ({ able: fails('answer') }) } },
      atoms: { able: every('voters', 'Status', () => fails('atom')) },
    });
    return scenario('asking', {
      about: 'One entry behind a gate.',
      cluster: cluster({ nodes: ['a', 'b'], groups: { g: { voters: ['a', 'b'] } } }),
      faults: noFaults,
      plan: seq(
        start(store.build('only', { applies: ['add'], gates: { Add: 'able' } })),
        store.call('Add', { to: leaderOf('g') }),
        settle(),
      ),
      properties: [never('fails', () => !fails('property'))],
    }) as Checked;
  };
  for (const wrong of ['answer', 'atom', 'property'] as const) {
    for (const message of told(asking(wrong))) t.regex(message, /SCN009.* throws: nothing there/, wrong);
  }
});

test('a Map or a Set that was handed in cannot be changed; a copy can', (t) => {
  const initial = (): State => ({ rows: [], extra: new Set(['x']) });
  const add = (state: State): State => {
    (state.extra as Set<string>).add('y');
    return { ...state };
  };
  for (const message of told(adding(add, initial))) t.regex(message, /changes the state it was given.*frozen Set/);
  const copies = (state: State): State => ({ ...state, extra: new Set(state.extra as Set<string>).add('y') });
  t.deepEqual(told(adding(copies, initial)), ['no error', 'no error']);
});

test('an apply that answers the same question in two ways is found by the model', (t) => {
  let calls = 0;
  const counting = adding((state) => ({ ...state, rows: [`${++calls}`] }));
  t.regex(told(counting)[1] ?? '', /SCN009 apply\(add\) of adding answers .* and then .* to the same state and entry/);
});
