// What the rollout scenarios have in common: small clusters, the operator's commands, and how a hazard is shown. A hazard is a
// pair over one plan: the wrong wiring breaks a property, the rule that was adopted keeps it. What is named for a seed
// range here is enough to find each violation many times over and leaves the whole folder a matter of seconds.
import {
  builtin,
  cluster,
  leaderOf,
  listener,
  noFaults,
  scenario,
  sometimes,
  type Blame,
  type Build,
  type CallOptions,
  type Cluster,
  type Faults,
  type Plan,
  type Property,
  type Scenario,
} from '../../src/index.ts';
import { encryption, property, type EncryptionProperty, type State } from '../../src/subjects/encryption.ts';

/** Logs are cut where a plan says so: a hazard should not depend on when somebody takes a snapshot. */
export const raft = { snapshots: 'asked', joinersStartFrom: 'firstConfiguration' } as const;

/** Three voters and one group. */
export const three = cluster({ nodes: ['n1', 'n2', 'n3'], groups: { g1: { voters: ['n1', 'n2', 'n3'] } }, raft });
/** Three voters of two groups; g1 is the default group. */
export const twoGroups = cluster({
  nodes: ['n1', 'n2', 'n3'],
  groups: { g1: { voters: ['n1', 'n2', 'n3'] }, g2: { voters: ['n1', 'n2', 'n3'] } },
  raft,
});
/** Three voters and a fourth node that is no member yet. */
export const spare = cluster({ nodes: ['n1', 'n2', 'n3', 'n4'], groups: { g1: { voters: ['n1', 'n2', 'n3'] } }, raft });

type Rpc = Parameters<typeof encryption.call>[0];
type Args = NonNullable<CallOptions['args']>;

/** A command to the leader of a group. */
export const ask = (rpc: Rpc, args: Args = {}, group = 'g1'): Plan =>
  encryption.call(rpc, { to: leaderOf(group), args });
/** A command to one node. */
export const askAt = (node: string, rpc: Rpc, args: Args = {}): Plan =>
  encryption.call(rpc, { to: listener(node, 'g1'), args });

export const bootstrap = ask('BootstrapEncryption');
export const storageCutover = ask('EnableStorageEnvelope');
export const raftCutover = ask('EnableRaftEnvelope');
export const rotate = (purpose: 'storage' | 'raft' = 'storage', args: Args = {}): Plan =>
  ask('RotateDEK', { purpose, ...args });

/** The sidecar of a node started with all flags. */
export const SIDECAR = 'enc/keys.json';

/** A property of the simulator's own. */
export const builtinOf = builtin;
/** What no replica may do. */
export const noHalt = builtin('no-apply-halt');
/** What no two replicas may do. */
export const noSplit = builtin('state-machine-safety');

/** Guards against a gate that is welded shut. */
export const served = (rpc: Rpc): Property =>
  sometimes<State>(`${rpc} was served`, (c) => c.calls.some((call) => call.rpc === rpc && call.outcome === 'ok'));
export const refused = (rpc: string): Property =>
  sometimes<State>(`${rpc} was refused`, (c) => c.calls.some((call) => call.rpc === rpc && call.outcome === 'refused'));

/** One hazard of the rollout. */
export interface Hazard {
  /** `H-03`, or several that one pair shows. */
  readonly id: string;
  /** The rule, in a few words; it names the scenarios. */
  readonly rule: string;
  readonly about: string;
  readonly cluster?: Cluster;
  readonly faults?: Faults;
  /** What operators do; the build is the wrong one or the right one. */
  readonly plan: (build: Build) => Plan;
  readonly wrong: Build;
  readonly right: Build;
  readonly violates: EncryptionProperty | Property;
  readonly blames?: Blame;
  /** Steps of the witness, at most. */
  readonly within?: number;
  /** What has to be seen under the wrong and under the right wiring. */
  readonly seen?: readonly Property[];
  readonly seenWhenRight?: readonly Property[];
  readonly seeds?: readonly [number, number];
}

/** Both scenarios of a hazard: `rollout/H-03 …/wrong` and `…/right`. */
export function hazard(h: Hazard): Scenario[] {
  const broken = typeof h.violates === 'string' ? property(h.violates) : h.violates;
  const seen = h.seen ?? [];
  const base = {
    about: h.about,
    cluster: h.cluster ?? three,
    faults: h.faults ?? noFaults,
    explore: { seeds: h.seeds ?? ([1, 4] as const) },
  };
  const name = `rollout/${h.id} ${h.rule}`;
  return [
    scenario(`${name}/wrong`, {
      ...base,
      plan: h.plan(h.wrong),
      properties: [broken, ...seen],
      expect: {
        violates: broken.name,
        ...(h.blames === undefined ? {} : { blames: h.blames }),
        ...(h.within === undefined ? {} : { witness: { maxEvents: h.within } }),
      },
    }),
    scenario(`${name}/right`, {
      ...base,
      plan: h.plan(h.right),
      properties: [broken, ...seen, ...(h.seenWhenRight ?? [])],
    }),
  ];
}
