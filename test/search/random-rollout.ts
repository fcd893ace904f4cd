// Rollouts made at random from a number: clusters of one to four nodes, features with side files, order and flags, builds
// with gates at any point, and plans of every kind of step side by side. Wider than random-scenario.ts, and not made to be
// shrunk: what a run can do and a search leaves out shows in the steps nobody thought of.
import { and, not, or } from 'xstate';
import {
  addLearner,
  anyOrder,
  cluster,
  compact,
  crash,
  defineSubject,
  every,
  leaderOf,
  log,
  maybe,
  never,
  par,
  promote,
  removeMember,
  replaceNode,
  restart,
  rolling,
  scenario,
  self,
  seq,
  settle,
  start,
  stop,
  swarm,
  times,
  transferLeadership,
  write,
} from '../../src/index.ts';
import type { Build, Plan, Property } from '../../src/index.ts';
import type { FaultMenu } from '../../src/scenario/faults.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { AnyGate } from './corpus.ts';

/** Numbers that follow from a seed. */
class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) >>> 0;
  }

  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  percent(chance: number): boolean {
    return this.below(100) < chance;
  }
}

interface State {
  readonly on: boolean;
  readonly count: number;
}

/** Turning something on, and in some features counting, for which it may have to be on. */
function subjectOf(d: Draw) {
  const [needsFlag, needsOn, toggles] = [d.percent(30), d.percent(40), d.percent(30)];
  const asked = d.one([{}, {}, { fresh: '1s' }, { onSilence: 'lastAnswer' }] as const);
  const ready = (a: { readonly ready: boolean }): boolean => a.ready;
  return defineSubject({
    name: 'rollout at random',
    opcodes: { turnOn: 1, count: 2 },
    initial: (): State => ({ on: false, count: 0 }),
    durable: d.percent(20) ? ['on'] : [],
    apply(s, e, me) {
      if (!me.applies(e.op)) return { halt: `unknown opcode ${e.op}` };
      if (e.op === 'count') return needsOn && !s.on ? { halt: 'not on' } : { ...s, count: Math.min(2, s.count + 1) };
      return needsFlag && me.config['flag'] !== true ? { halt: 'no flag' } : { ...s, on: !toggles || !s.on };
    },
    rpcs: {
      Ask: { answers: (me) => ({ ready: me.applies('turnOn') && (!needsFlag || me.config['flag'] === true) }) },
      TurnOn: { proposes: 'turnOn' },
      Count: { proposes: 'count' },
    },
    atoms: {
      flag: self((me) => me.config['flag'] === true),
      able: self((me) => me.applies('turnOn')),
      voters: every('voters', 'Ask', ready, asked),
      members: every('votersAndLearners', 'Ask', ready, asked),
      everybody: every('votersAndLearnersOfEveryGroup', 'Ask', ready, asked),
      quorum: every('quorumOfVoters', 'Ask', ready, asked),
      joiner: every('joiner', 'Ask', ready),
      on: log((s: State) => s.on),
    },
  });
}

type Subject = ReturnType<typeof subjectOf>;

const SELF = ['flag', 'able'];
const ANY = [...SELF, 'voters', 'members', 'everybody', 'quorum', 'on'];
const JOINING = ['joiner', 'able', 'members', 'on'];
/** Which facts a point may ask, and how often, per cent, a build has a gate there. */
const POINTS: readonly (readonly [at: string, chance: number, atoms: readonly string[]])[] = [
  ['wire', 30, SELF],
  ['TurnOn', 50, ANY],
  ['Count', 40, ANY],
  ['startup', 20, [...SELF, 'voters', 'members']],
  ['join', 30, JOINING],
  ['promote', 30, JOINING],
  ['connect', 5, ['joiner', ...SELF]],
];

function gateOf(d: Draw, atoms: readonly string[]): AnyGate {
  const [a, b] = [d.one(atoms), d.one(atoms)];
  return d.one<AnyGate>([a, a, a, not(a), and([a, b]), and([a, b]), or([a, b]), 'open', 'closed']);
}

function buildOf(d: Draw, subject: Subject, name: string, old: boolean): Build {
  const gates = POINTS.flatMap(([at, chance, atoms]) => (d.percent(chance) ? [[at, gateOf(d, atoms)] as const] : []));
  const applies = old && d.percent(70) ? d.one([[], ['turnOn'], ['count']] as const) : (['turnOn', 'count'] as const);
  return subject.build(name, {
    applies,
    ...(d.percent(30) ? { serves: ['Ask', 'TurnOn', 'Count'] as const } : {}),
    config: { flag: d.percent(old ? 30 : 80) },
    gates: Object.fromEntries(gates),
    onHalt: d.one(['group', 'group', 'process'] as const),
  });
}

/** Who is there. */
interface Cast {
  readonly subject: Subject;
  readonly builds: readonly Build[];
  readonly nodes: readonly string[];
  readonly voters: readonly string[];
  /** A node that is no voter, and whether it is a learner from the start. */
  readonly spare: string | null;
  readonly learns: boolean;
}

function stepOf(d: Draw, { subject, builds, nodes, spare, learns }: Cast): Plan {
  const node = d.one(nodes);
  const as = d.percent(50) ? { as: d.one(builds) } : {};
  switch (d.below(13)) {
    case 0:
    case 1:
    case 2:
      return subject.call(d.percent(60) ? 'TurnOn' : 'Count', { to: d.percent(80) ? leaderOf('g1') : node });
    case 3:
    case 4: {
      const some = d.percent(60) ? nodes : [node];
      const least = d.percent(50) ? some.length : d.below(some.length + 1);
      const stopAfter = [least, some.length] as const;
      return rolling(some, d.one(builds), {
        order: d.one(['any', 'given'] as const),
        stopAfter,
        mayRollBack: d.one([0, 0, 0, 1]),
      });
    }
    case 5:
      return restart(node, as);
    case 6:
      return d.percent(50) ? transferLeadership('g1') : write('g1');
    case 7:
      if (spare === null) return settle();
      return learns ? promote(spare, { in: ['g1'] }) : addLearner(spare, { to: ['g1'] });
    case 8:
      return removeMember(node, { from: ['g1'] });
    case 9:
      return replaceNode(node, as);
    case 10:
      return compact('g1');
    case 11:
      return d.percent(50) ? crash(node) : stop(node);
    default:
      return settle();
  }
}

function planOf(d: Draw, cast: Cast, depth: number): Plan {
  if (depth === 0) return stepOf(d, cast);
  const part = (): Plan => planOf(d, cast, depth - 1);
  switch (d.below(7)) {
    case 0:
    case 1:
      return stepOf(d, cast);
    case 2:
      return maybe(part());
    case 3:
      return times([d.below(2), 2], stepOf(d, cast));
    case 4:
      return anyOrder(part(), part());
    case 5:
      return par(part(), part());
    default:
      return seq(part(), part());
  }
}

const MENUS: readonly FaultMenu[] = [
  { crash: { max: 1 } },
  { partition: ['isolateOne'], loss: [0, 0.2] },
  { crash: { max: 1 }, partition: ['isolateOne', 'oneWay'], delay: ['1ms', '60ms'] },
];

const PROPERTIES: readonly Property[] = [
  never<State>('halted', (c) => c.replicas.some((r) => r.halted)),
  never<State>('bricked', (c) => c.replicas.some((r) => r.halted && r.restarts > 0)),
  never<State>('on under v1', (c) => c.replicas.some((r) => r.state?.on && r.build === 'v1')),
];

/** The rollout of a number. */
export function rolloutOf(seed: number): Scenario {
  const d = new Draw(seed);
  const nodes = ['n1', 'n2', 'n3', 'n4'].slice(0, d.one([2, 3, 3, 3, 4]));
  const voters = nodes.slice(0, Math.max(1, nodes.length - d.below(2)));
  const spare = nodes[voters.length] ?? null;
  const learns = spare !== null && d.percent(50);
  const subject = subjectOf(d);
  const builds = [
    buildOf(d, subject, 'v1', true),
    buildOf(d, subject, 'v2', false),
    buildOf(d, subject, 'v3', d.percent(50)),
  ].slice(0, d.one([2, 2, 3]));
  const cast = { subject, builds, nodes, voters, spare, learns };
  const first = d.percent(80) ? start(builds[0]!) : seq(...nodes.map((node) => start(d.one(builds), [node])));
  const others = Array.from({ length: 1 + d.below(3) }, () => planOf(d, cast, 2));
  const two = d.percent(20) ? { g2: { voters: nodes.slice(0, d.one([1, 2])) } } : {};
  return scenario(`rollout ${seed}`, {
    about: 'A rollout made at random.',
    cluster: cluster({ nodes, groups: { g1: { voters, learners: learns ? [spare] : [] }, ...two } }),
    ...(d.percent(40) ? { faults: swarm(d.one(MENUS)) } : {}),
    properties: [d.one([PROPERTIES[0]!, ...PROPERTIES])],
    plan: seq(first, par(subject.call('TurnOn', { to: leaderOf('g1') }), ...others), settle()),
    explore: { bound: { crashes: 1 } },
  });
}
