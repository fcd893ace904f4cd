// Small clusters for tests of the simulated world: a counter as the feature, builds that differ in one thing, and a run
// with its trace. A build's program can be altered in single methods, to put a process into a state that a real feature
// would need a long story for.
import {
  cluster,
  defineSubject,
  noFaults,
  scenario,
  seq,
  type Build,
  type ClusterOptions,
  type Faults,
  type Plan,
} from '../../src/index.ts';
import type { Property } from '../../src/index.ts';
import { genericProgram } from '../../src/scenario/generic-program.ts';
import type { ProcessPort, Program } from '../../src/scenario/program.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { seedSource } from '../../src/sim/kernel/seed-source.ts';
import type { TraceEvent } from '../../src/sim/kernel/trace.ts';
import { run } from '../../src/sim/run.ts';
import type { RunResult } from '../../src/sim/verdict.ts';
import type { World } from '../../src/sim/world/world.ts';

/** What replicas of the counter hold. */
export interface Counted {
  readonly rows: Readonly<Record<string, string>>;
  readonly marks: number;
}

export const counter = defineSubject({
  name: 'counter',
  opcodes: { put: 1, mark: 2 },
  initial: (): Counted => ({ rows: {}, marks: 0 }),
  apply(s, e, me) {
    if (!me.applies(e.op)) return { halt: `no way to apply ${e.op}` };
    if (e.op === 'mark') return { ...s, marks: s.marks + 1 };
    return { ...s, rows: { ...s.rows, [e.args.key ?? '']: e.args.value ?? '' } };
  },
  rpcs: { Mark: { proposes: 'mark' }, Ping: { answers: () => ({ here: true }) } },
  atoms: {},
});

/** Applies everything. */
export const whole = counter.build('whole', { applies: ['put', 'mark'] });
/** Applies everything too, under another name. */
export const newer = counter.build('newer', { applies: ['put', 'mark'] });
/** Serves Mark and cannot apply it. */
export const broken = counter.build('broken', { applies: ['put'], serves: ['Mark', 'Ping'] });

export const THREE = { voters: ['n1', 'n2', 'n3'] } as const;

/** A build whose program does some things otherwise. */
export function altered(name: string, alter: (program: Program, port: ProcessPort) => Partial<Program>): Build {
  const build = counter.build(name, { applies: ['put', 'mark'] });
  const plain = genericProgram(build.subject);
  const program = {
    ...plain,
    create(port: ProcessPort): Program {
      const made = plain.create(port);
      const changes = alter(made, port);
      return new Proxy(made, {
        get(target, key) {
          const owner = key in changes ? changes : target;
          const value = Reflect.get(owner, key, owner) as unknown;
          return typeof value === 'function' ? (value.bind(owner) as unknown) : value;
        },
      });
    },
  };
  return { ...build, subject: { ...build.subject, name, program } };
}

export interface SmallOptions {
  readonly cluster?: Partial<ClusterOptions>;
  readonly faults?: Faults;
  readonly properties?: readonly Property[];
  readonly limits?: { readonly virtualMs?: number; readonly events?: number };
}

/** A scenario over three nodes and two groups unless told otherwise. */
export function small(steps: readonly Plan[], options: SmallOptions = {}): Scenario {
  return scenario('small', {
    about: 'a test',
    cluster: cluster({ nodes: ['n1', 'n2', 'n3', 'n4'], groups: { g1: THREE, g2: THREE }, ...options.cluster }),
    plan: seq(...steps),
    faults: options.faults ?? noFaults,
    properties: [...(options.properties ?? [])],
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
}

export interface Story extends RunResult {
  /** The world as the run left it. */
  readonly world: World;
  /** Events of some kinds. */
  of(...kinds: TraceEvent['kind'][]): TraceEvent[];
  /** `kind node detail` of what happened to processes. */
  readonly lives: string[];
}

const LIVES = ['start', 'serving', 'stop', 'crash', 'refused', 'exit'];

/** Runs a scenario with its trace, and keeps the world. */
export function tell(told: Scenario, seed = '1', prepare: (world: World) => void = () => {}): Story {
  let kept: World | null = null;
  const result = run(told, seedSource(seed), {
    record: true,
    allInvariants: true,
    prepare: (world) => {
      kept = world;
      prepare(world);
    },
  });
  const { trace } = result;
  const lives = trace.flatMap((e) =>
    LIVES.includes(e.kind) && 'build' in e ? [`${e.node} ${e.kind} ${e.build}`] : [],
  );
  return { ...result, world: kept!, of: (...kinds) => trace.filter((e) => kinds.includes(e.kind)), lives };
}

/** The calls of a run in the order in which they were answered: `rpc code`, with the message where there is one. */
export function answers({ of }: Story): string[] {
  return of('return').map((e) => (e.kind === 'return' ? `${e.rpc} ${e.code}${e.message && `: ${e.message}`}` : ''));
}
