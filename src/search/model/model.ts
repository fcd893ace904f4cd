// A scenario laid out as a finite system: nodes with builds and side files, an abstract Raft log per replica, the plan. All
// of a state is one record of bytes at fixed offsets, worked on in place; this file says where everything is and reads it.
// What the record does not hold (messages, timers, votes) is folded into the moves: only what can decide between a safe
// run and a halted replica is told apart.
import type { Build } from '../../scenario/build.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { resolveBound, type ResolvedBound } from './bound.ts';
import { Facts } from './facts.ts';
import { compileGates, type GateSpec } from './gate-spec.ts';
import { ModelLimit, type Touched } from './limit.ts';
import { PlanState } from './plan-state.ts';
import { layOutPlan, type MemberChange } from './plan-tree.ts';
import { checkSizes, disturbs, groupSpec, writeOf } from './group-spec.ts';

/** Offsets in a node's block. */
export const BUILD = 0;
export const NODE_FLAGS = 1;
export const DURABLE = 2;
export const PREVIOUS = 3;
export const RESTARTS = 4;
const NODE_BYTES = 5;

/** Flags of a node: it runs; and, by group, whether the RPCs that propose are wired. */
export const UP = 1;

/** The flag of a group's wiring. */
export function wireFlag(group: number): number {
  return 2 << group;
}

/** Offsets in a replica's block; its log follows, one byte an entry: content in the upper half, term in the lower. */
export const HALTED = 0;
export const LENGTH = 1;
export const LAST_TERM = 2;
export const APPLIED = 3;
/** How far this disk knows entries to be committed: a restart replays up to here before it serves. */
export const REPLAY = 4;
export const SNAPSHOT = 5;
export const STATE = 6;
export const SNAPSHOT_STATE = 8;
export const CONFIG = 10;
/** The last membership change that the replica knows to be committed and has not applied; 0 if there is none; `LOST`. */
export const PENDING = 11;
export const LOG = 12;

/** The disk of a member was lost: nobody who still counts on what it held may found a new log on the node. */
export const LOST = 255;

/** What an entry is, as a number that no entry of another kind has in any group. */
export function kindOf(group: number, entry: number): number {
  return group * 16 + (entry >> 4);
}

/** Offsets in a group's block; the committed entries follow. */
export const LEADER = 0;
/** From here on the leader's byte says that there is none, and who went down last. */
const NO_LEADER = 128;
export const COMMITTED = 1;
export const COMMITTED_LOG = 2;

/** Offsets of the record's head. */
export const CRASHES = 0;
export const CHANGES = 1;
export const ADMITTED = 2;
export const SNAPSHOTS = 3;
const HEAD_BYTES = 4;
/** Situations in which this run has passed the gate in question, as a mask. */
export const ORACLE_BYTES = 8;

/** What an entry is. */
export type Content =
  | { readonly kind: 'op'; readonly op: string; readonly args: Readonly<Record<string, string>> }
  /** A KV write that the subject has no opcode for: it changes nothing its `apply` sees. */
  | { readonly kind: 'write' }
  | { readonly kind: 'member'; readonly change: MemberChange; readonly node: number };

export interface GroupSpec {
  readonly name: string;
  readonly voters: number;
  readonly learners: number;
  /** Nodes that vote from the start, or that the plan may promote. */
  readonly everVoters: number;
  /** Replica by node; -1 where the node can never host the group. */
  readonly replicaOf: Int32Array;
  readonly replicas: readonly number[];
  /** Entries this group's log may hold. */
  readonly room: number;
  /** Distinct entries from 1; index 0 is unused. */
  readonly contents: readonly (Content | null)[];
}

export interface ReplicaSpec {
  readonly node: number;
  readonly group: number;
}

/** Voters and learners as masks of nodes. */
export interface Config {
  readonly voters: number;
  readonly learners: number;
}

/** Which gate is left open as a question, and over which atoms its situations are told apart. */
export interface Question {
  readonly at: string;
  /** Builds by name whose gate at that point is the one in question. */
  readonly builds: readonly string[];
  readonly atoms: readonly string[];
  /** All situations that silence can make, not only the best informed: for gates with negations. */
  readonly everySituation: boolean;
  /** The starts that set the cluster up do not pass the gate. */
  readonly exceptSetUp: boolean;
}

/** A scenario as a finite system. */
export class Model {
  readonly scenario: Scenario;
  readonly bound: ResolvedBound;
  readonly touched: Touched;
  readonly facts: Facts;
  readonly nodes: readonly string[];
  readonly builds: readonly Build[];
  readonly groups: readonly GroupSpec[];
  readonly replicas: readonly ReplicaSpec[];
  /** Replicas by node. */
  readonly replicasOf: readonly (readonly number[])[];
  readonly plan: PlanState;
  readonly gates: readonly GateSpec[];
  readonly question: Question | null;
  /** Leaders may change although nothing happened to them: where the scenario says that nothing disturbs, they do not. */
  readonly elections: boolean;
  /** Fold what makes no difference: elections nobody uses, terms that decide nothing, crashes that change nothing. */
  readonly folds: boolean;
  /** Bytes of a record; a multiple of 4. */
  readonly stride: number;
  readonly nodeAt: Int32Array;
  readonly groupAt: Int32Array;
  readonly replicaAt: Int32Array;
  /** Start of the answers a process may still hold: a byte for each (asking RPC, asker, member); -1 if no gate reuses any. */
  readonly cacheAt: number;
  readonly oracleAt: number;
  readonly configs: Config[] = [];
  readonly #configSteps = new Map<number, number>();

  constructor(scenario: Scenario, bound: ResolvedBound, touched: Touched, question: Question | null, folds: boolean) {
    this.folds = folds;
    this.scenario = scenario;
    this.bound = bound;
    this.touched = touched;
    this.question = question;
    this.nodes = scenario.cluster.nodes;
    this.builds = scenario.builds;
    const subject = this.builds[0]!.subject;
    checkSizes(scenario);
    this.elections = scenario.faults === null || disturbs(scenario.faults);
    this.facts = new Facts(subject, this.builds, this.nodes, touched);
    const tree = layOutPlan(
      scenario.plan,
      {
        nodes: this.nodes,
        groups: scenario.cluster.groups,
        builds: this.builds,
        elections: this.elections,
        seesWrites: writeOf(subject, null).kind === 'op',
        commits: bound.commits,
      },
      folds,
    );
    const replicas: ReplicaSpec[] = [];
    this.groups = scenario.cluster.groups.map((_, g) => groupSpec(scenario, tree, bound, g, replicas));
    this.replicas = replicas;
    this.replicasOf = this.nodes.map((_, n) => replicas.flatMap((replica, r) => (replica.node === n ? [r] : [])));
    for (const group of this.groups) this.configId(group.voters, group.learners);
    this.gates = compileGates(this, question);
    const caches = this.gates.some((gate) => gate.reuses);
    let at = HEAD_BYTES;
    this.oracleAt = question === null ? -1 : at;
    if (question !== null) at += ORACLE_BYTES;
    this.plan = new PlanState(tree, at, touched.calls, folds);
    at += tree.bytes;
    this.nodeAt = Int32Array.from(this.nodes, (_, n) => at + n * NODE_BYTES);
    at += this.nodes.length * NODE_BYTES;
    this.cacheAt = caches ? at : -1;
    if (caches) at += this.facts.rpcs.length * this.nodes.length * this.nodes.length;
    this.groupAt = new Int32Array(this.groups.length);
    for (const [g, group] of this.groups.entries()) {
      this.groupAt[g] = at;
      at += COMMITTED_LOG + group.room;
    }
    this.replicaAt = new Int32Array(replicas.length);
    for (const [r, replica] of replicas.entries()) {
      this.replicaAt[r] = at;
      at += LOG + this.groups[replica.group]!.room;
    }
    this.stride = (at + 3) & ~3;
  }

  configId(voters: number, learners: number): number {
    const known = this.configs.findIndex((config) => config.voters === voters && config.learners === learners);
    if (known >= 0) return known;
    if (this.configs.length >= 255) throw new ModelLimit('more than 255 distinct group configurations');
    return this.configs.push({ voters, learners }) - 1;
  }

  /** The configuration after a membership change. */
  nextConfig(config: number, change: MemberChange, node: number): number {
    const key = (config * 3 + (change === 'addLearner' ? 0 : change === 'promote' ? 1 : 2)) * 16 + node;
    let next = this.#configSteps.get(key);
    if (next === undefined) {
      const { voters, learners } = this.configs[config]!;
      const bit = 1 << node;
      if (change === 'addLearner') next = this.configId(voters, voters & bit ? learners : learners | bit);
      else if (change === 'promote') next = this.configId(voters | bit, learners & ~bit);
      else next = this.configId(voters & ~bit, learners & ~bit);
      this.#configSteps.set(key, next);
    }
    return next;
  }

  /** Whether a replica's configuration has a node for a member. */
  isMember(s: Uint8Array, replica: number, node: number): boolean {
    const { voters, learners } = this.configOf(s, replica);
    return ((voters | learners) & (1 << node)) !== 0;
  }

  /** Build of a node, counted from 0; -1 before its first start. */
  build(s: Uint8Array, node: number): number {
    return s[this.nodeAt[node]! + BUILD]! - 1;
  }

  durable(s: Uint8Array, node: number): number {
    return s[this.nodeAt[node]! + DURABLE]!;
  }

  isUp(s: Uint8Array, node: number): boolean {
    return (s[this.nodeAt[node]! + NODE_FLAGS]! & UP) !== 0;
  }

  /** True once the process serves: it is up and has replayed what its disk knows to be committed. A later halt is one group's. */
  isOpen(s: Uint8Array, node: number): boolean {
    if (!this.isUp(s, node)) return false;
    for (const r of this.replicasOf[node]!) {
      const at = this.replicaAt[r]!;
      if (s[at + HALTED] === 0 && s[at + APPLIED]! < s[at + REPLAY]!) return false;
    }
    return true;
  }

  /** The leader's node; -1 if there is none. */
  leader(s: Uint8Array, group: number): number {
    const leader = s[this.groupAt[group]! + LEADER]!;
    return leader < NO_LEADER ? leader - 1 : -1;
  }

  /** The voter that went down last in a group without a leader; -1 if there is none. */
  lastDown(s: Uint8Array, group: number): number {
    const leader = s[this.groupAt[group]! + LEADER]!;
    return leader < NO_LEADER ? -1 : leader - NO_LEADER - 1;
  }

  /** Notes that a node went down: if it led, or nobody did, it is not the one to lead next. */
  setDown(t: Uint8Array, group: number, node: number): void {
    const at = this.groupAt[group]! + LEADER;
    const led = t[at] === node + 1;
    const { contents, replicaOf } = this.groups[group]!;
    const replica = replicaOf[node]!;
    // A group that gets no entries has no use for a leader.
    if (contents.length === 1 && this.folds) t[at] = 0;
    else if (
      led ||
      (this.leader(t, group) < 0 && replica >= 0 && (this.configOf(t, replica).voters & (1 << node)) !== 0)
    ) {
      t[at] = NO_LEADER + node + 1;
    }
  }

  state(s: Uint8Array, replica: number): number {
    const at = this.replicaAt[replica]! + STATE;
    return s[at]! | (s[at + 1]! << 8);
  }

  setState(s: Uint8Array, replica: number, state: number): void {
    const at = this.replicaAt[replica]! + STATE;
    s[at] = state;
    s[at + 1] = state >> 8;
  }

  /** The configuration a replica has applied. */
  configOf(s: Uint8Array, replica: number): Config {
    return this.configs[s[this.replicaAt[replica]! + CONFIG]!]!;
  }

  content(group: number, entry: number): Content {
    return this.groups[group]!.contents[entry >> 4]!;
  }

  /** Number of a content in a group's list; 0 if it is not there. */
  contentId(group: number, wanted: Content): number {
    const text = JSON.stringify(wanted);
    return this.groups[group]!.contents.findIndex((content) => content !== null && JSON.stringify(content) === text);
  }
}

/** The model of a scenario, its bound settled. @throws ModelLimit where it is too large */
export function modelOf(
  scenario: Scenario,
  touched: Touched,
  asked: Parameters<typeof resolveBound>[1] = {},
  question: Question | null = null,
  folds = true,
): Model {
  return new Model(scenario, resolveBound(scenario, asked), touched, question, folds);
}
