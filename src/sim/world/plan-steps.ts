// What each leaf of a plan does. A step ends when its operator would go on: a call when it was answered or timed out, a
// restart when the process serves or its start was refused, a membership step when the change is applied at the leader.
import type { Task } from '../../base/task.ts';
import type { Build } from '../../scenario/build.ts';
import { durationMs } from '../../scenario/duration.ts';
import type { Target } from '../../scenario/plan.ts';
import { hashText } from '../kernel/fingerprint.ts';
import { runCall } from './calls.ts';
import { changeDisk, crashWriting } from './disk-steps.ts';
import { exercise } from './exercise.ts';
import type { Home } from './home.ts';
import { addLearner, promote, removeMember, replaceNode } from './membership.ts';
import type { Step } from './plan-cursor.ts';
import { leads } from './process.ts';
import type { World } from './world.ts';

/** How long an operator looks for a leader before giving up a step, virtual ms. */
const FIND_LEADER_MS = 5_000;
/** How long an operator waits for an answer. */
export const CALL_TIMEOUT_MS = 5_000;
const POLL_MS = 10;
const SETTLE_MS = 5_000;
/** How long a node is down in a restart. */
const DOWN_MS: readonly number[] = [10, 40, 150, 400];

/** Runs one leaf. */
export function* runStep(world: World, step: Step, path: string): Task<void> {
  world.note.plan(path, step);
  switch (step.plan) {
    case 'start':
      return yield* start(world, step.nodes ?? world.scenario.cluster.nodes, step.build);
    case 'restart':
      return yield* restart(world, step.node, path, (home) => step.as ?? home.build);
    case 'upgrade':
      return yield* restart(world, step.node, path, (home) => home.upgradedTo(step.to));
    case 'rollBack':
      return yield* restart(world, step.node, path, (home) => home.previousBuild());
    case 'call':
      return yield* runCall(world, step, path);
    case 'write':
      return yield* world.writes.write(step.group, step.kv, path);
    case 'addLearner':
      return yield* addLearner(world, step.node, step.groups);
    case 'promote':
      return yield* promote(world, step.node, step.groups);
    case 'removeMember':
      return yield* removeMember(world, step.node, step.groups);
    case 'replaceNode':
      return yield* replaceNode(world, step.node, step.as);
    case 'transferLeadership':
      return yield* transfer(world, step, path);
    case 'compact':
      return world.compactAll(world.groupNumber(step.group));
    case 'crash':
      return world.hold(world.nodeNumber(step.node), 'crash', 'power cut');
    case 'stop':
      return world.hold(world.nodeNumber(step.node), 'stop', '');
    case 'exercise':
      return yield* exercise(world, step, path);
    case 'disk':
      return changeDisk(world, step);
    case 'crashWriting':
      return crashWriting(world, step.node, step.after);
    case 'wait':
      return yield* world.sleep(durationMs(step.for, 'wait', world.scenario.cluster.electionMs[0]));
    case 'settle':
      return yield* settle(
        world,
        step.for === null ? SETTLE_MS : durationMs(step.for, 'settle', world.scenario.cluster.electionMs[0]),
      );
  }
}

function* start(world: World, names: readonly string[], build: Build): Task<void> {
  const nodes = names.map((name) => world.nodeNumber(name));
  yield* takeInHand(world, nodes);
  yield* startAndWait(world, nodes, build);
  letGo(world, nodes);
}

/**
 * Waits until no other operator is at work on these nodes. Whoever is down for an upgrade must not be started by somebody
 * else on the old build: the upgrade would be over without having happened.
 */
export function* takeInHand(world: World, nodes: readonly number[]): Task<void> {
  while (nodes.some((node) => world.home(node).inHand)) yield* world.sleep(POLL_MS);
  for (const node of nodes) world.home(node).inHand = true;
}

/** The operator is done with these nodes. */
export function letGo(world: World, nodes: readonly number[]): void {
  for (const node of nodes) world.home(node).inHand = false;
}

/** Starts nodes side by side and waits until each of them serves, was refused its start, or went down. */
export function* startAndWait(world: World, nodes: readonly number[], build: Build): Task<void> {
  for (const node of nodes) world.start(node, build);
  while (nodes.some((node) => world.process(node)?.status === 'starting')) yield* world.sleep(POLL_MS);
}

/** An orderly stop and start; a node that is down is just started. @param choose the build, when nobody else is at work there */
function* restart(world: World, name: string, path: string, choose: (home: Home) => Build | null): Task<void> {
  const node = world.nodeNumber(name);
  yield* takeInHand(world, [node]);
  const build = choose(world.home(node));
  world.hold(node, 'stop', '');
  const draw = world.planDraw.choose(hashText(`${path} down`), DOWN_MS.length);
  yield* world.sleep(DOWN_MS[draw]!);
  if (build !== null) yield* startAndWait(world, [node], build);
  letGo(world, [node]);
}

/** Waits until a group has a leader that serves; its node, or 0 after a while. */
export function* findLeader(world: World, group: number): Task<number> {
  const untilMs = world.nowMs() + FIND_LEADER_MS;
  for (;;) {
    const leader = world.leaderOf(group);
    if (leader !== 0) return leader;
    if (world.nowMs() >= untilMs || world.isHopeless(group)) return 0;
    yield* world.sleep(POLL_MS);
  }
}

/** Which node and group a target means; node 0 where a group has no leader. */
export function* resolve(world: World, target: Target | null): Task<{ node: number; group: number }> {
  if (target === null) return yield* resolve(world, { t: 'leader', group: world.groupName(1) });
  if (typeof target === 'string') {
    const node = world.nodeNumber(target);
    return { node, group: world.firstGroupOf(node) };
  }
  const group = world.groupNumber(target.group);
  if (target.t === 'listener') return { node: world.nodeNumber(target.node), group };
  return { node: yield* findLeader(world, group), group };
}

function* transfer(world: World, step: Step & { plan: 'transferLeadership' }, path: string): Task<void> {
  const group = world.groupNumber(step.group);
  const leader = yield* findLeader(world, group);
  const replica = world.process(leader)?.replica(group) ?? null;
  if (!leads(replica)) return;
  const others = replica.conf.voters.filter((node) => node !== leader && world.process(node)?.status === 'serving');
  const wanted = step.to === null ? others : others.filter((node) => world.nodeName(node) === step.to);
  if (wanted.length === 0) return;
  const to = wanted[world.planDraw.choose(hashText(`${path} to`), wanted.length)]!;
  replica.transferTo(to);
  const untilMs = world.nowMs() + FIND_LEADER_MS;
  while (world.nowMs() < untilMs && world.leaderOf(group) !== to && leads(replica)) yield* world.sleep(POLL_MS);
}

/** Waits until nothing is outstanding, at most for the given time. */
function* settle(world: World, forMs: number): Task<void> {
  const untilMs = world.nowMs() + forMs;
  let quiet = 0;
  while (world.nowMs() < untilMs && quiet < 3) {
    yield* world.sleep(POLL_MS);
    quiet = world.isQuiet() ? quiet + 1 : 0;
  }
}
