// Constructing scenarios: the designer's API as documented, and every mistake it has to name.
import test from 'ava';
import { and, not, or, setup, stateIn } from 'xstate';
import * as rangeTombstone from '../../scenarios/examples/range-tombstone.ts';
import { InputError } from '../../src/base/errors.ts';
import type { InputCode } from '../../src/base/errors.ts';
import * as gate from '../../src/index.ts';
import type { Plan } from '../../src/index.ts';
import { encryption } from '../../src/subjects/encryption.ts';
import pr760 from './model/pr760.ts';
import * as rolling from './model/stage6-rolling.ts';

const HERE = 'test/scenario/constructors.test.ts';

const plain = encryption.build('plain', { applies: ['registration', 'bootstrap', 'rotation'] });
const three = gate.cluster({ nodes: ['n1', 'n2', 'n3'], groups: { g1: { voters: ['n1', 'n2', 'n3'] } } });
const base = {
  about: 'A scenario to break.',
  cluster: three,
  properties: [gate.never('apply-halted', (c) => c.replicas.some((r) => r.halted !== null))],
};

/** What the mistake is reported as. */
function mistake(t: { fail(message: string): void }, make: () => unknown): InputError {
  try {
    make();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  t.fail('nothing was refused');
  throw new InputError('SCN009', 'nothing was refused');
}

function planned(plan: Plan): () => unknown {
  return () => gate.scenario('broken', { ...base, plan });
}

test('the documented examples construct, with their names, builds and expectations', (t) => {
  t.deepEqual(
    pr760.map((s) => s.name),
    ['encryption/pr760/round1', 'encryption/pr760/round2', 'encryption/pr760/merged', 'encryption/pr760/later'],
  );
  t.deepEqual(
    pr760.map((s) => s.builds[0]?.gates['wire']),
    [
      { f: 'true' },
      { f: 'atom', name: 'sidecarPathSet' },
      { f: 'false' },
      {
        f: 'and',
        of: [
          { f: 'atom', name: 'applierWired' },
          { f: 'atom', name: 'kekFileSet' },
        ],
      },
    ],
  );
  t.deepEqual(
    rolling.local.builds.map((b) => b.name),
    ['stage6A', 'stage6B'],
  );
  t.is(rolling.fanOut.expect, 'holds');
  t.deepEqual(rolling.weakest.expect, { equivalentTo: 'groupCapable' });
  t.deepEqual(rangeTombstone.asDrafted.expect, {
    violates: 'apply-halted',
    blames: { gatePoint: 'startup', build: 'v1.0' },
    witness: { maxEvents: 8 },
  });
});

test('a build serves by default what only answers and what it can apply', (t) => {
  const v10 = rangeTombstone.asDrafted.builds[0];
  t.deepEqual(v10?.serves, ['Status']);
  t.deepEqual(v10?.gates, {});
  t.deepEqual(rangeTombstone.asFixed.builds[0]?.serves, ['Status', 'Fence']);
});

test('durations become whole milliseconds, election timeouts those of the cluster', (t) => {
  t.is(rolling.local.faults?.clockSkewMs, 250);
  t.deepEqual(rolling.local.faults?.lossPerMillion, [0, 200_000]);
  const slow = gate.cluster({ nodes: ['a'], groups: { g: { voters: ['a'] } }, electionTimeout: ['1s', '2s'] });
  const s = gate.scenario('slow', {
    ...base,
    cluster: slow,
    plan: gate.start(plain),
    faults: gate.swarm({ delay: ['0ms', '1 election timeout'] }),
  });
  t.deepEqual(s.faults?.delayMs, [0, 1000]);
});

test('the weakest-gate question puts each candidate where it asks', (t) => {
  t.deepEqual(rolling.weakest.with(gate.closed).builds[1]?.gates['BootstrapEncryption'], { f: 'false' });
  t.deepEqual(rolling.weakest.with(and(['kekFileSet', 'groupCapable'])).builds[1]?.gates['BootstrapEncryption'], {
    f: 'and',
    of: [
      { f: 'atom', name: 'kekFileSet' },
      { f: 'atom', name: 'groupCapable' },
    ],
  });
});

test('gatesOf joins the guards of an event over states, and drops what is open somewhere', (t) => {
  const machine = setup({ guards: { a: () => true, b: () => true } }).createMachine({
    initial: 'x',
    states: {
      x: { on: { One: { guard: 'a' }, Two: { guard: 'b' }, '*': { guard: 'b' } }, after: { 10: { guard: 'a' } } },
      y: { on: { One: [{ guard: not('b') }, { guard: 'a' }], Two: {}, Three: { guard: or(['a', 'b']) } } },
    },
  });
  t.deepEqual(gate.gatesOf(machine) as unknown, {
    One: {
      f: 'or',
      of: [
        { f: 'atom', name: 'a' },
        { f: 'not', of: { f: 'atom', name: 'b' } },
      ],
    },
    Three: {
      f: 'or',
      of: [
        { f: 'atom', name: 'a' },
        { f: 'atom', name: 'b' },
      ],
    },
  });
  const opaque = setup({ guards: { a: () => true } }).createMachine({ on: { One: { guard: stateIn('x') } } });
  t.is(mistake(t, () => gate.gatesOf(opaque)).code, 'SCN005');
});

const halves: readonly [string, InputCode, RegExp, () => unknown][] = [
  [
    'an unknown node',
    'SCN004',
    /plan\.steps\[1\]\.node: no node "n4"; there are n1, n2, n3$/,
    planned(gate.seq(gate.start(plain), gate.restart('n4'))),
  ],
  [
    'an unknown group',
    'SCN003',
    /plan\.steps\[1\]\.step\.group: no group "g2"; there is g1/,
    planned(gate.seq(gate.start(plain), gate.maybe(gate.write('g2')))),
  ],
  [
    'an unknown group of a target',
    'SCN003',
    /plan\.steps\[1\]\.to\.group/,
    planned(gate.seq(gate.start(plain), encryption.call('RotateDEK', { to: gate.leaderOf('g9') }))),
  ],
  [
    'an unknown node of a listener',
    'SCN004',
    /plan\.steps\[1\]\.to\.node/,
    planned(gate.seq(gate.start(plain), encryption.call('RotateDEK', { to: gate.listener('n9', 'g1') }))),
  ],
  [
    'an unknown RPC',
    'SCN006',
    /no RPC "RotateDEX".*did you mean RotateDEK/,
    () => encryption.call('RotateDEX' as 'RotateDEK'),
  ],
  [
    'an unknown atom in a gate',
    'SCN005',
    /build\.gates\.wire: no atom "sidecarPathset".*did you mean sidecarPathSet/,
    () => encryption.build('b', { applies: [], gates: { wire: 'sidecarPathset' as 'sidecarPathSet' } }),
  ],
  [
    'a ghost atom in a gate',
    'SCN005',
    /"trulyCapable" is a ghost atom/,
    () => encryption.build('b', { applies: [], gates: { RotateDEK: and(['kekFileSet', 'trulyCapable']) } }),
  ],
  [
    'an unknown gate point',
    'SCN006',
    /no gate point or RPC "wires".*did you mean wire/,
    () => encryption.build('b', { applies: [], gates: { ['wires' as 'wire']: 'kekFileSet' } }),
  ],
  [
    'an unknown opcode',
    'SCN010',
    /build\.applies\[0\]: no opcode "rotate".*did you mean rotation/,
    () => encryption.build('b', { applies: ['rotate' as 'rotation'] }),
  ],
  [
    'an opcode listed twice',
    'SCN002',
    /build\.applies\[1\]/,
    () => encryption.build('b', { applies: ['rotation', 'rotation'] }),
  ],
  [
    'an inline guard',
    'SCN005',
    /function.* cannot be read back; make what it asks an atom/,
    () => encryption.build('b', { applies: [], gates: { wire: (() => true) as never } }),
  ],
  [
    'two builds of one name',
    'SCN002',
    /plan\.steps\[1\]: another build of this plan is named "plain"/,
    planned(gate.seq(gate.start(plain), gate.restart('n1', { as: encryption.build('plain', { applies: [] }) }))),
  ],
  [
    'two nodes of one name',
    'SCN002',
    /cluster\.nodes\[1\]: "a" is already node 0/,
    () => gate.cluster({ nodes: ['a', 'a'], groups: { g: { voters: ['a'] } } }),
  ],
  [
    'a member that is no node',
    'SCN004',
    /cluster\.groups\.g\.learners\[0\]: no node "b"/,
    () => gate.cluster({ nodes: ['a'], groups: { g: { voters: ['a'], learners: ['b'] } } }),
  ],
  [
    'a voter that is a learner too',
    'SCN002',
    /"a" is a member twice/,
    () => gate.cluster({ nodes: ['a'], groups: { g: { voters: ['a'], learners: ['a'] } } }),
  ],
  [
    'two properties of one name',
    'SCN002',
    /properties\[1\]/,
    () =>
      gate.scenario('broken', {
        ...base,
        plan: gate.start(plain),
        properties: [...base.properties, ...base.properties],
      }),
  ],
  [
    'two rows of one name',
    'SCN002',
    /rows\[1\]\.name/,
    () => gate.scenario.each([{ name: 'x' }, { name: 'x' }], () => ({ ...base, plan: gate.start(plain) })),
  ],
  [
    'an expectation of a missing property',
    'SCN007',
    /expect\.violates: no property "apply-halt".*did you mean apply-halted/,
    () => gate.scenario('broken', { ...base, plan: gate.start(plain), expect: { violates: 'apply-halt' } }),
  ],
  [
    'a blamed atom that is none',
    'SCN005',
    /expect\.blames\.atom/,
    () =>
      gate.scenario('broken', {
        ...base,
        plan: gate.start(plain),
        expect: { violates: 'apply-halted', blames: { atom: 'kekfile' } },
      }),
  ],
  [
    'a blamed build that is none',
    'SCN008',
    /expect\.blames\[1\]\.build: no build "plane".*did you mean plain/,
    () =>
      gate.scenario('broken', {
        ...base,
        plan: gate.start(plain),
        expect: { violates: 'apply-halted', blames: ['no admission gate', { gatePoint: 'wire', build: 'plane' }] },
      }),
  ],
  [
    'a blast in a missing group',
    'SCN003',
    /expect\.blast\.groups\[0\]/,
    () =>
      gate.scenario('broken', {
        ...base,
        plan: gate.start(plain),
        expect: { violates: 'apply-halted', blast: { groups: ['g7'] } },
      }),
  ],
  [
    'a seed range backwards',
    'SCN009',
    /explore\.seeds: runs backwards, from 9 to 3/,
    () => gate.scenario('broken', { ...base, plan: gate.start(plain), explore: { seeds: [9, 3] } }),
  ],
  ['a plan without a build', 'SCN009', /plan: starts no build/, planned(gate.write('g1'))],
  [
    'a stop after more nodes than there are',
    'SCN009',
    /stopAfter/,
    planned(gate.seq(gate.start(plain), gate.rolling(['n1'], plain, { stopAfter: [1, 2] }))),
  ],
  [
    'a bad duration',
    'SCN009',
    /plan\.steps\[1\]\.for: "5 s" is no duration/,
    planned(gate.seq(gate.start(plain), gate.settle('5 s' as '5s'))),
  ],
  ['a delay range backwards', 'SCN009', /faults\.delay: runs backwards/, () => gate.swarm({ delay: ['2s', '1s'] })],
  ['a loss beyond certainty', 'SCN009', /faults\.loss/, () => gate.swarm({ loss: [0, 1.5] })],
  [
    'a question that puts its candidate nowhere',
    'SCN009',
    /no build puts the candidate at "RotateDEK"/,
    () =>
      gate.scenario.weakestGate('q', {
        ...base,
        at: 'RotateDEK',
        atoms: ['kekFileSet'],
        plan: () => gate.start(plain),
      }),
  ],
];

for (const [what, code, says, make] of halves) {
  test(`${what} is refused by name and place`, (t) => {
    const error = mistake(t, make);
    t.is(error.code, code);
    t.regex(error.message, says);
    t.true(error.at?.file.endsWith(HERE) === true, `at ${error.at?.file}`);
    t.true((error.at?.line ?? 0) > 1 && (error.at?.column ?? 0) >= 1);
  });
}

test('a subject that cannot be read is refused', (t) => {
  const good = {
    name: 's',
    opcodes: { put: 1 },
    initial: () => ({ n: 0 }),
    apply: <T>(s: T) => s,
    atoms: {},
    rpcs: {},
  };
  const cases: readonly [InputCode, RegExp, () => unknown][] = [
    ['SCN002', /reserved word/, () => gate.defineSubject({ ...good, atoms: { open: gate.self(() => true) } })],
    ['SCN002', /gate point/, () => gate.defineSubject({ ...good, rpcs: { join: { proposes: 'put' } } })],
    ['SCN002', /same byte as "put"/, () => gate.defineSubject({ ...good, opcodes: { put: 1, set: 1 } })],
    ['SCN009', /one byte/, () => gate.defineSubject({ ...good, opcodes: { put: 256 } })],
    ['SCN010', /no opcode "get"/, () => gate.defineSubject({ ...good, rpcs: { Get: { proposes: 'get' as 'put' } } })],
    [
      'SCN006',
      /no RPC that answers "Ask"/,
      () => gate.defineSubject({ ...good, atoms: { a: gate.every('voters', 'Ask', () => true) } }),
    ],
    [
      'SCN009',
      /no field of the initial state "m"; there is n/,
      () => gate.defineSubject({ ...good, durable: ['m' as never] }),
    ],
  ];
  for (const [code, says, make] of cases) {
    const error = mistake(t, make);
    t.is(error.code, code);
    t.regex(error.message, says);
  }
});
