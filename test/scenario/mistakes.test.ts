// What a file that nobody type-checked may hand in. An option that is misspelt is an option that is not set, a step in the
// wrong place is one that is not taken: each has to be refused where it stands, with what there is to choose from.
import test from 'ava';
import { InputError } from '../../src/base/errors.ts';
import * as gate from '../../src/index.ts';
import { search } from '../../src/search/exhaustive.ts';
import { run, seedSource } from '../../src/sim/index.ts';

/** A value that no type allows at its place. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the mistakes a type check would have found
const odd = (value: unknown): any => value;

const parts = {
  name: 'store',
  opcodes: { put: 1, use: 2 },
  initial: () => ({ used: false }),
  apply: (state: { used: boolean }) => state,
  rpcs: { Status: { answers: () => ({ knows: true }) }, Use: { proposes: 'use' } },
  atoms: { allKnow: gate.every('voters', 'Status', (a) => a.knows) },
} as const;
const store = gate.defineSubject(parts);
const build = (options: object = {}): gate.Build => store.build('v1', { applies: ['put', 'use'], ...options });
const subject = (options: object): unknown => gate.defineSubject({ ...parts, ...options });
const asking = (...args: unknown[]): unknown =>
  subject({ atoms: { allKnow: odd(gate.every)(...args, (a: { knows: boolean }) => a.knows) } });
const one = gate.cluster({ nodes: ['a', 'b'], groups: { g: { voters: ['a', 'b'] } } });
const base = {
  about: 'x',
  cluster: one,
  faults: gate.noFaults,
  properties: [gate.never('halted', (c) => c.replicas.some((r) => r.halted))],
  plan: gate.seq(gate.start(build()), store.call('Use', { to: gate.leaderOf('g') }), gate.settle()),
};
const scenario = (options: object): gate.Scenario => gate.scenario('x', { ...base, ...options });
const step = (make: (...args: never[]) => unknown, ...args: unknown[]): unknown => odd(make)(...args);
const expecting = (expect: unknown): unknown => scenario({ expect });

const MISTAKES: readonly [what: string, says: RegExp, make: () => unknown][] = [
  [
    'an option of a subject',
    /subject\.durabel: no option "durabel".*did you mean durable/,
    () => subject({ durabel: [] }),
  ],
  ['a subject without apply', /subject\.apply: wants a function, got nothing/, () => subject({ apply: undefined })],
  [
    'an initial state that is no function',
    /subject\.initial: wants a function, got an obj/,
    () => subject({ initial: {} }),
  ],
  [
    'an atom that is a bare function',
    /atoms\.on: wants self\(…\).*got a function/,
    () => subject({ atoms: { on: () => true } }),
  ],
  [
    'an atom over no function',
    /atoms\.on: wants a function, got "on"/,
    () => subject({ atoms: { on: gate.self(odd('on')) } }),
  ],
  ['whom an atom asks', /who: no circle of members "voter".*did you mean voters/, () => asking('voter', 'Status')],
  ['whom of a group an atom asks', /who\.who: no circle/, () => asking({ of: 'g', who: 'votes' }, 'Status')],
  [
    'an option of an atom',
    /allKnow\.frseh: no option "frseh"/,
    () => subject({ atoms: { allKnow: gate.every('voters', 'Status', () => true, odd({ frseh: '1s' })) } }),
  ],
  [
    'what silence means',
    /onSilence: no answer to silence "refused".*did you mean refuse/,
    () => subject({ atoms: { allKnow: gate.every('voters', 'Status', () => true, odd({ onSilence: 'refused' })) } }),
  ],
  ['an option of a build', /build\.confg: no option "confg".*did you mean config/, () => build({ confg: {} })],
  ['the scope of a halt', /build\.onHalt: no scope of a halt "proces"/, () => build({ onHalt: 'proces' })],
  [
    'a gate with params',
    /"allKnow" takes no params/,
    () => build({ gates: { Use: { type: 'allKnow', params: { n: 1 } } } }),
  ],
  ["a guard of one's own", /function "mine" cannot be read back/, () => build({ gates: { Use: function mine() {} } })],
  ['an option of a call', /call\.too: no option "too"/, () => store.call('Use', odd({ too: 'a' }))],
  [
    'an argument that is no text',
    /call\.args\.n: wants a text, got 5/,
    () => store.call('Use', { args: odd({ n: 5 }) }),
  ],
  [
    'members of a group',
    /groups\.g\.voter: no option "voter"/,
    () => gate.cluster({ nodes: ['a'], groups: { g: odd({ voter: ['a'] }) } }),
  ],
  [
    'an option of a cluster',
    /cluster\.tik: no option "tik"/,
    () => gate.cluster(odd({ nodes: ['a'], groups: { g: { voters: ['a'] } }, tik: '1ms' })),
  ],
  [
    'an option of the engine',
    /cluster\.raft\.prevote: no option/,
    () => gate.cluster({ nodes: ['a'], groups: { g: { voters: ['a'] } }, raft: odd({ prevote: true }) }),
  ],
  ['a fault', /faults\.healby: no option "healby".*did you mean healBy/, () => gate.swarm(odd({ healby: '1s' }))],
  ['crashes as a number', /faults\.crash: wants \{ max, tornWrites \}, got 1/, () => gate.swarm({ crash: odd(1) })],
  ['faults that are no menu', /faults: wants what swarm\(…\) or noFaults returns/, () => scenario({ faults: {} })],
  ['steps in an array', /seq: step 1: wants a step .*got an array/, () => step(gate.seq, [gate.settle()])],
  [
    'a step that is not there',
    /par: step 2: wants a step .*got nothing/,
    () => step(gate.par, gate.settle(), undefined),
  ],
  ['two steps in a maybe', /maybe: takes one step/, () => step(gate.maybe, gate.settle(), gate.settle())],
  ['a count of times', /times: wants \[least, most\], got 3/, () => step(gate.times, 3, gate.settle())],
  ['a build by its name', /start: wants what build\(…\) of a subject returns, got "v1"/, () => step(gate.start, 'v1')],
  ['nodes as a text', /start\.nodes: wants a list of names, got "a"/, () => step(gate.start, build(), 'a')],
  [
    'a build in place of options',
    /restart: a build to start on is given as \{ as/,
    () => step(gate.restart, 'a', build()),
  ],
  [
    'an option of a roll-out',
    /rolling\.mayRollback: no option.*mayRollBack/,
    () => step(gate.rolling, ['a'], build(), { mayRollback: 1 }),
  ],
  [
    'the order of a roll-out',
    /rolling\.order: no order "random"/,
    () => step(gate.rolling, ['a'], build(), { order: 'random' }),
  ],
  [
    'where a roll-out stops',
    /stopAfter: wants \[least, most\], got 2/,
    () => step(gate.rolling, ['a'], build(), { stopAfter: 2 }),
  ],
  [
    'a group as a text',
    /addLearner\.to: wants a list of names, got "g"/,
    () => step(gate.addLearner, 'a', { to: 'g' }),
  ],
  [
    'the preposition of a step',
    /promote\.to: no option "to"; there is in/,
    () => step(gate.promote, 'a', { to: ['g'] }),
  ],
  ['a property over no function', /never "n": wants a function, got "halted"/, () => step(gate.never, 'n', 'halted')],
  [
    'a property without a deadline',
    /eventually "e"\.within: .*no duration/,
    () => step(gate.eventually, 'e', () => true),
  ],
  [
    'when a deadline counts from',
    /eventually "e"\.once: no moment "heald"/,
    () => step(gate.eventually, 'e', () => true, { within: '1s', once: 'heald' }),
  ],
  [
    'a model of histories',
    /linearizable "l"\.model: no model "kvs"/,
    () => step(gate.linearizable, 'l', { model: 'kvs' }),
  ],
  ['a property that is none', /properties\[0\]: wants never\(…\)/, () => scenario({ properties: [() => true] })],
  ['an option of a scenario', /scenario\.explor: no option "explor".*explore/, () => scenario({ explor: {} })],
  ['an option of a search', /explore\.bounds: no option "bounds"/, () => scenario({ explore: { bounds: {} } })],
  ['a bound', /explore\.bound\.commit: no option "commit"/, () => scenario({ explore: { bound: { commit: 1 } } })],
  ['a number of seeds', /explore\.seeds: wants \[least, most\], got 3/, () => scenario({ explore: { seeds: 3 } })],
  ['an expectation by a word', /expect: no expectation "hold".*did you mean holds/, () => expecting('hold')],
  [
    'a part of an expectation',
    /expect\.blame: no option "blame".*blames/,
    () => expecting({ violates: 'halted', blame: {} }),
  ],
  [
    'a blame by a word',
    /expect\.blames: wants \{ atom \}, \{ gatePoint \} or/,
    () => expecting({ violates: 'halted', blames: 'x' }),
  ],
  [
    'a bound of a witness',
    /expect\.witness\.maxSteps: no option/,
    () => expecting({ violates: 'halted', witness: { maxSteps: 1 } }),
  ],
];

for (const [what, says, make] of MISTAKES) {
  test(`${what} is refused where it stands`, (t) => {
    const error = t.throws(make, { instanceOf: InputError });
    t.regex(error.message, says);
    t.true(error.at?.file.endsWith('mistakes.test.ts') === true, String(error.at?.file));
  });
}

test('what is spread into a scenario or a build may hold more than is asked for', (t) => {
  const row = { name: 'row', halts: true, refs: [], flags: { on: true } };
  t.notThrows(() => scenario({ ...row }));
  t.notThrows(() => build({ ...row }));
});

test('an atom that asks the members of a group asks one that there is', (t) => {
  const other = gate.defineSubject({
    ...parts,
    atoms: { there: gate.every({ of: 'h', who: 'voters' }, 'Status', () => true) },
  });
  const plan = (gates: object): gate.Plan =>
    gate.seq(gate.start(other.build('v1', { applies: ['put', 'use'], gates })));
  t.throws(() => scenario({ plan: plan({ Use: 'there' }) }), { message: /there\.who\.of: no group "h"; there is g/ });
  t.notThrows(() => scenario({ plan: plan({}) }), 'nobody asks it');
});

/** What a run and the search say of a feature with these parts. */
function told(options: object, properties: gate.Property[] = base.properties): string[] {
  const odds = odd(gate.defineSubject({ ...parts, ...options } as unknown as typeof parts)) as typeof store;
  const gates = { Use: 'allKnow' as const };
  const start = gate.start(odds.build('v1', { applies: ['put', 'use'], gates }));
  const plan = gate.seq(start, odds.call('Use', { to: gate.leaderOf('g') }), gate.settle());
  const asked = scenario({ properties, plan }) as Parameters<typeof search>[0];
  return [() => run(asked, seedSource('1')), () => search(asked)].map((ask) => {
    const error = thrownBy(ask);
    return error instanceof InputError ? `${error.code} ${error.message} ${error.at?.file}` : String(error);
  });
}

function thrownBy(ask: () => unknown): unknown {
  try {
    return ask();
  } catch (error) {
    return error;
  }
}

test('an answer has to be facts by name', (t) => {
  const answering = (answers: unknown): string[] => told({ rpcs: { ...parts.rpcs, Status: { answers } } });
  for (const says of answering(async () => ({ knows: true })))
    t.regex(says, /answer of Status: wants.*got a promise.*mistakes/);
  for (const says of answering(() => true)) t.regex(says, /answer of Status: wants facts by name.*got true/);
});

test('an opcode that there is not is applied by nobody and committed never, and says so', (t) => {
  const rpcs = { ...parts.rpcs, Status: { answers: (me: gate.SelfView) => ({ knows: me.applies('usee') }) } };
  for (const says of told({ rpcs })) t.regex(says, /SCN010 me\.applies: no opcode "usee".*did you mean use.*mistakes/);
  const properties = [gate.never('p', (c) => c.commits('usee').length > 0)];
  for (const says of told({}, properties)) t.regex(says, /SCN010 commits: no opcode "usee"; there are put, use/);
  const apply = (state: object, _: unknown, me: gate.SelfView): object => (me.applies('usee') ? state : { halt: 'no' });
  for (const says of told({ apply })) t.regex(says, /SCN010 me\.applies: no opcode "usee"/, 'no halt either');
});
