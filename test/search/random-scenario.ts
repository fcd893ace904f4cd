// Small features made at random: what each build can apply, what its flags say, who is asked what, how operators go about
// it. Each is small enough to be searched without any reduction, or once for every gate there is.
import fc from 'fast-check';
import {
  addLearner,
  anyOrder,
  cluster,
  defineSubject,
  every,
  leaderOf,
  log,
  maybe,
  never,
  par,
  promote,
  restart,
  rolling,
  scenario,
  self,
  seq,
  start,
  swarm,
  times,
} from '../../src/index.ts';
import type { Build, Plan } from '../../src/index.ts';
import type { Scenario, WeakestQuestion } from '../../src/scenario/scenario.ts';
import type { AnyGate } from './corpus.ts';

/** The choices behind one feature. */
export interface Recipe {
  readonly voters: number;
  readonly learner: boolean;
  readonly oldApplies: boolean;
  readonly oldFlag: boolean;
  readonly newFlag: boolean;
  readonly needsFlag: boolean;
  readonly rollBack: boolean;
  readonly crash: boolean;
  readonly keeps: boolean;
  readonly fresh: boolean;
  readonly second: boolean;
  readonly twice: boolean;
  readonly extra: 'nothing' | 'promote' | 'join' | 'restart' | 'anyOrder';
  readonly order: 'any' | 'given';
  readonly stopAfter: number;
  readonly atoms: readonly string[];
  readonly gate: number;
  readonly halts: 'group' | 'process';
}

const ATOMS = ['flag', 'votersReady', 'groupReady', 'someReady', 'appliedOnce'];

/** @param atomCount how many atoms the gate in question ranges over */
export function recipes(atomCount: number): fc.Arbitrary<Recipe> {
  return fc.record({
    voters: fc.constantFrom(2, 3),
    learner: fc.boolean(),
    oldApplies: fc.boolean(),
    oldFlag: fc.boolean(),
    newFlag: fc.constantFrom(true, true, false),
    needsFlag: fc.boolean(),
    rollBack: fc.constantFrom(false, false, true),
    crash: fc.constantFrom(false, false, false, true),
    keeps: fc.boolean(),
    fresh: fc.constantFrom(false, false, true),
    second: fc.boolean(),
    twice: fc.constantFrom(false, false, false, true),
    extra: fc.constantFrom('nothing', 'nothing', 'promote', 'join', 'restart', 'anyOrder'),
    order: fc.constantFrom('any', 'given'),
    stopAfter: fc.constantFrom(0, 1, 2),
    atoms: fc.shuffledSubarray(ATOMS, { minLength: atomCount, maxLength: atomCount }),
    gate: fc.nat(15),
    halts: fc.constantFrom('group', 'process'),
  }) as fc.Arbitrary<Recipe>;
}

type State = { readonly on: boolean; readonly count: number };

function subjectOf(r: Recipe) {
  const ready = (a: { ready: boolean }): boolean => a.ready;
  const options = r.fresh ? ({ fresh: '1s' } as const) : {};
  return defineSubject({
    name: 'made at random',
    opcodes: { turnOn: 1, count: 2 },
    initial: (): State => ({ on: false, count: 0 }),
    durable: r.keeps ? ['on'] : [],
    apply(s, e, me) {
      if (!me.applies(e.op)) return { halt: `unknown opcode ${e.op}` };
      if (e.op === 'turnOn')
        return r.needsFlag && me.config['flag'] !== true ? { halt: 'no flag' } : { ...s, on: true };
      return s.on ? { ...s, count: Math.min(2, s.count + 1) } : { halt: 'not on' };
    },
    rpcs: {
      Ask: { answers: (me) => ({ ready: me.applies('turnOn') && (!r.needsFlag || me.config['flag'] === true) }) },
      TurnOn: { proposes: 'turnOn' },
      Count: { proposes: 'count' },
    },
    atoms: {
      flag: self((me) => me.config['flag'] === true),
      votersReady: every('voters', 'Ask', ready, options),
      groupReady: every('votersAndLearners', 'Ask', ready, options),
      someReady: every('quorumOfVoters', 'Ask', ready, options),
      appliedOnce: log((s: State) => s.on),
    },
  });
}

/** The scenario of a recipe with a gate at TurnOn of the new build. */
export function scenarioOf(r: Recipe, gate: AnyGate): Scenario {
  const subject = subjectOf(r);
  const nodes = ['n1', 'n2', 'n3', 'n4'].slice(0, r.voters + (r.learner || r.extra === 'join' ? 1 : 0));
  const voters = nodes.slice(0, r.voters);
  const learners = r.learner ? [nodes[r.voters]!] : [];
  const applies = r.oldApplies ? (['turnOn', 'count'] as const) : ([] as const);
  const old = subject.build('old', {
    applies,
    config: { flag: r.oldFlag },
    gates: { TurnOn: 'closed' },
    onHalt: r.halts,
  });
  const now = subject.build('new', {
    applies: ['turnOn', 'count'],
    config: { flag: r.newFlag },
    gates: { TurnOn: gate as 'open', Count: 'appliedOnce' },
    onHalt: r.halts,
  });
  const turnOn = subject.call('TurnOn', { to: leaderOf('g1') });
  const calls = r.second ? seq(turnOn, subject.call('Count', { to: leaderOf('g1') })) : turnOn;
  return scenario('made at random', {
    about: 'A feature made at random.',
    cluster: cluster({ nodes, groups: { g1: { voters, learners } } }),
    ...(r.crash ? { faults: swarm({ crash: { max: 1 } }) } : {}),
    properties: [never<State>('halted', (c) => c.replicas.some((x) => x.halted))],
    plan: seq(
      start(old),
      par(rollingOf(r, nodes, now), r.twice ? times([1, 2], calls) : calls, extraOf(r, nodes, now)),
    ),
    explore: { bound: { commits: 2, crashes: 1, memberChanges: 1 } },
  });
}

function rollingOf(r: Recipe, nodes: readonly string[], to: Build): Plan {
  const least = Math.max(0, nodes.length - r.stopAfter);
  const options = { order: r.order, stopAfter: [least, nodes.length] as const, mayRollBack: r.rollBack ? 1 : 0 };
  return rolling(nodes, to, options);
}

function extraOf(r: Recipe, nodes: readonly string[], now: Build): Plan {
  const last = nodes[nodes.length - 1]!;
  switch (r.extra) {
    case 'promote':
      return r.learner ? maybe(promote(last, { in: ['g1'] })) : seq();
    case 'join':
      return r.learner ? seq() : maybe(addLearner(last, { to: ['g1'] }));
    case 'restart':
      return maybe(restart(nodes[0]!, { as: now }));
    case 'anyOrder':
      return anyOrder(restart(nodes[0]!), restart(last));
    case 'nothing':
      return seq();
  }
}

/** The question which gate at TurnOn is the weakest that holds. */
export function questionOf(r: Recipe): WeakestQuestion {
  const like = scenarioOf(r, 'open');
  return scenario.weakestGate('made at random', {
    about: like.about,
    cluster: like.cluster,
    ...(like.faults === null ? {} : { faults: like.faults }),
    properties: like.properties,
    explore: like.explore,
    at: 'TurnOn',
    atoms: r.atoms as readonly 'flag'[],
    plan: (candidate) => scenarioOf(r, candidate as AnyGate).plan,
  });
}
