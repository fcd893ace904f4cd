// An exercise of one group: a stream of drawn operations at the Raft layer, past gates and RPCs. Whoever believes to lead is
// asked, also a leader that was deposed and does not know it: what such a leader still accepts is how logs part, and what
// it still answers is how a read goes stale. Nothing is waited for, so operations overlap as they do under real load.
import type { Task } from '../../base/task.ts';
import { ConfChangeTransition, ConfChangeType, NO_DATA, type ConfChangeSingle } from '../../raft/index.ts';
import { durationMs } from '../../scenario/duration.ts';
import { EXERCISES, type Exercise, type Plan } from '../../scenario/plan.ts';
import { hashText } from '../kernel/fingerprint.ts';
import { within } from './outside.ts';
import { leads } from './process.ts';
import type { Replica } from './replica.ts';
import type { World } from './world.ts';

type ExercisePlan = Plan & { readonly plan: 'exercise' };

/** How long anyone waits for the fate of an operation, virtual ms. */
const PATIENCE_MS = 2_000;
const PAUSE_STEPS = 4;
const TRANSITIONS = [
  ConfChangeTransition.Auto,
  ConfChangeTransition.JointImplicit,
  ConfChangeTransition.JointExplicit,
] as const;
const CHANGES = [ConfChangeType.AddNode, ConfChangeType.AddLearnerNode, ConfChangeType.RemoveNode] as const;

/** Runs an exercise to its last operation. */
export function* exercise(world: World, plan: ExercisePlan, path: string): Task<void> {
  yield* new Exercises(world, plan, path).run();
}

class Exercises {
  readonly #world: World;
  readonly #plan: ExercisePlan;
  readonly #group: number;
  readonly #key: number;
  readonly #menu: Exercise[];
  #written = 0;

  constructor(world: World, plan: ExercisePlan, path: string) {
    this.#world = world;
    this.#plan = plan;
    this.#group = world.groupNumber(plan.group);
    this.#key = hashText(`${path} exercise`);
    this.#menu = EXERCISES.flatMap((kind) => new Array<Exercise>(plan.mix[kind] ?? 0).fill(kind));
  }

  *run(): Task<void> {
    const { least, most, pause } = this.#plan;
    const pauseMs = durationMs(pause, 'exercise.pause', this.#world.scenario.cluster.electionMs[0]);
    const count = least + this.#draw(most - least + 1);
    for (let i = 0; i < count; i++) {
      this.#do(this.#menu[this.#draw(this.#menu.length)]!);
      // Bursts and lulls: half of the pauses are none, the rest are a quarter of the longest, or twice that …
      const step = this.#draw(2 * PAUSE_STEPS) - PAUSE_STEPS + 1;
      if (step > 0) yield* this.#world.sleep(Math.max(1, Math.trunc((pauseMs * step) / PAUSE_STEPS)));
    }
  }

  #draw(n: number): number {
    return this.#world.planDraw.choose(this.#key, n);
  }

  #do(kind: Exercise): void {
    switch (kind) {
      case 'propose':
        return this.#propose();
      case 'read':
        return this.#read();
      case 'transfer':
        return this.#atLeader((leader) => leader.transferTo(this.#node()));
      case 'reconfigure':
        return this.#atLeader((leader) => this.#reconfigure(leader));
      case 'compact':
        return this.#at(this.#node(), (replica) => replica.compact(this.#draw(3)));
      case 'forgetLeader':
        return this.#at(this.#node(), (replica) => replica.forgetLeader());
      case 'unreachable':
        return this.#atLeader((leader) => leader.reportUnreachable(this.#node()));
    }
  }

  #propose(): void {
    const process = this.#leaders();
    if (process === null) return;
    const value = 'x'.repeat(this.#draw(this.#plan.bytes + 1));
    const kv = this.#world.process(process.node)?.program.kv ?? null;
    if (kv === null) return;
    const payload = kv.put(`k${this.#written++ % 4}`, `${this.#written}${value}`);
    this.#forget(process.propose(payload, this.#deadline()));
  }

  #read(): void {
    this.#at(this.#node(), (replica) => this.#forget(replica.readIndex(false, this.#deadline(), 'anyone')));
  }

  #reconfigure(leader: Replica): void {
    const { conf } = leader;
    const isJoint = conf.votersOutgoing.length > 0;
    // Mostly leave what is joint; now and then ask for the impossible.
    const count = isJoint ? Math.max(0, this.#draw(4) - 2) : 1 + this.#draw(3);
    const changes: ConfChangeSingle[] = [];
    for (let i = 0; i < count; i++) {
      const nodeId = this.#node();
      const type = CHANGES[this.#draw(3)]!;
      if (changes.every((other) => other.nodeId !== nodeId)) changes.push({ type, nodeId });
    }
    const transition = changes.length === 0 ? ConfChangeTransition.Auto : TRANSITIONS[this.#draw(3)]!;
    if (isPossible(leader, changes, transition)) {
      this.#forget(leader.proposeConfChange({ version: 2, transition, changes, context: NO_DATA }, this.#deadline()));
    }
  }

  #deadline(): number {
    return this.#world.nowMs() + PATIENCE_MS;
  }

  #node(): number {
    return 1 + this.#draw(this.#world.scenario.cluster.nodes.length);
  }

  #at(node: number, act: (replica: Replica) => void): void {
    const process = this.#world.process(node);
    const replica = process === null || process.paused ? null : process.replica(this.#group);
    if (replica !== null && replica.isLive()) act(replica);
  }

  #atLeader(act: (leader: Replica) => void): void {
    const leader = this.#leaders();
    if (leader !== null) act(leader);
  }

  /** One of those who believe to lead. */
  #leaders(): Replica | null {
    const leaders: Replica[] = [];
    for (let node = 1; node <= this.#world.scenario.cluster.nodes.length; node++) {
      this.#at(node, (replica) => void (leads(replica) && leaders.push(replica)));
    }
    return leaders.length === 0 ? null : leaders[this.#draw(leaders.length)]!;
  }

  /** Starts what nobody waits for. */
  #forget<T>(task: Task<T>): void {
    const wait = function* (): Task<void> {
      yield* task;
    };
    this.#world.run(wait());
  }
}

/** Whether the core could apply a change if nothing comes between: it panics on one that is impossible when its turn comes. */
function isPossible(leader: Replica, changes: readonly ConfChangeSingle[], transition: ConfChangeTransition): boolean {
  const voters = new Set(leader.conf.voters);
  for (const { type, nodeId } of changes) {
    if (type === ConfChangeType.AddNode) voters.add(nodeId);
    else voters.delete(nodeId);
  }
  if (voters.size === 0) return false;
  if (transition !== ConfChangeTransition.Auto || changes.length > 1) return true;
  return Math.abs(voters.size - leader.conf.voters.length) <= 1;
}

/** After healing: proposes and reads until the group answers both, and tells the checkers. */
export function* untilServed(world: World, group: number): Task<void> {
  for (;;) {
    const leader = world.replica(world.leaderOf(group), group);
    const process = leader === null ? null : world.process(leader.node);
    if (process !== null && leads(leader) && (yield* within(world, process, serves(world, leader), false))) {
      return world.probe.onServed(group);
    }
    yield* world.sleep(PATIENCE_MS / 20);
  }
}

function* serves(world: World, leader: Replica): Task<boolean> {
  const deadlineMs = world.nowMs() + PATIENCE_MS / 4;
  const kv = world.process(leader.node)?.program.kv ?? null;
  if (kv !== null) {
    const proposed = yield* leader.propose(kv.put('healed', '1'), deadlineMs);
    if (!proposed.ok) return false;
  }
  if (isAlone(leader)) return true;
  const index = yield* leader.readIndex(true, deadlineMs);
  return typeof index === 'number';
}

/** A joint configuration whose only voter in both halves leads: as in the reference, a read waits there until it is left. */
function isAlone({ conf, node }: Replica): boolean {
  return conf.votersOutgoing.length > 0 && [...conf.voters, ...conf.votersOutgoing].every((voter) => voter === node);
}
