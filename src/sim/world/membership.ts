// Membership as an operator changes it: through the leader, past its join and promote gates, one member at a time. The one
// thing an operator must never do, to start an empty machine under the id of a member, cannot be done here either.
import { Code } from '../../base/errors.ts';
import type { Task } from '../../base/task.ts';
import { ConfChangeTransition, ConfChangeType, NO_DATA } from '../../raft/index.ts';
import type { Build } from '../../scenario/build.ts';
import { within } from './outside.ts';
import { CALL_TIMEOUT_MS, findLeader, letGo, startAndWait, takeInHand } from './plan-steps.ts';
import { leads } from './process.ts';
import type { Replica } from './replica.ts';
import { failed } from './waiters.ts';
import type { World } from './world.ts';

/** How often an operator tries a change that met a leader change, and how long it waits in between. */
const TRIES = 5;
const RETRY_MS = 100;
/** How long an operator whose machine is gone tries to take it out of a group. */
const REMOVE_PATIENCE_MS = 15_000;
/** What an operator is told when the leader's process ends with a change in hand. */
const DIED = 'connection closed: the leader is gone';
/** What no leader hears of: told to remove all voters, the core of every member panics. */
const ONLY_VOTER = 'the group has no other voter';

/** Adds a node as a learner of groups, past the join gate of each group's leader. */
export function* addLearner(world: World, name: string, groups: readonly string[]): Task<void> {
  for (const group of groups) yield* admitted(world, name, group, 'join');
}

/** Makes a learner a voter, past the promote gate of each group's leader. */
export function* promote(world: World, name: string, groups: readonly string[]): Task<void> {
  for (const group of groups) yield* admitted(world, name, group, 'promote');
}

/** Removes a member from groups; no gate is asked. */
export function* removeMember(world: World, name: string, groups: readonly string[]): Task<void> {
  for (const group of groups) yield* removed(world, name, group, 0);
}

/**
 * The old machine is gone for good; an empty one joins each of its groups under its name, in the same part. It is not
 * started before the old one is out of every group: under the id of a voter that has promised and forgotten, it would
 * vote twice in a term, and its leader would count on entries that it does not hold.
 */
export function* replaceNode(world: World, name: string, as: Build | null): Task<void> {
  const node = world.nodeNumber(name);
  yield* takeInHand(world, [node]);
  yield* replaceMachine(world, name, as);
  letGo(world, [node]);
}

function* replaceMachine(world: World, name: string, as: Build | null): Task<void> {
  const node = world.nodeNumber(name);
  const build = as ?? world.home(node).build;
  const parts = world.partsOf(node);
  world.hold(node, 'crash', 'machine lost');
  world.replace(node);
  for (const { group } of parts) world.home(node).lostIn(group);
  for (const { group } of parts) {
    if (!(yield* removed(world, name, world.groupName(group), REMOVE_PATIENCE_MS))) return;
  }
  if (build === null) return;
  yield* startAndWait(world, [node], build);
  for (const { group, voter } of parts) {
    const joined = yield* admitted(world, name, world.groupName(group), 'join');
    if (joined && voter) yield* admitted(world, name, world.groupName(group), 'promote');
  }
}

/** Takes a node out of a group, again and again for a while; whether it is out. */
function* removed(world: World, name: string, groupName: string, patienceMs: number): Task<boolean> {
  const [node, group] = [world.nodeNumber(name), world.groupNumber(groupName)];
  const call = world.calls.begin('removeMember', `${name} ${groupName}`);
  const untilMs = world.nowMs() + patienceMs;
  let why = yield* change(world, group, ConfChangeType.RemoveNode, node);
  while (why !== null && world.nowMs() < untilMs) {
    yield* world.sleep(RETRY_MS);
    why = yield* change(world, group, ConfChangeType.RemoveNode, node);
  }
  const failure = why === ONLY_VOTER ? Code.FailedPrecondition : Code.Unavailable;
  world.calls.end(call, 'removeMember', why === null ? Code.Ok : failure, why ?? '');
  return why === null;
}

/** Has a node join a group or promoted there; whether it is known to be done. */
function* admitted(world: World, name: string, groupName: string, step: 'join' | 'promote'): Task<boolean> {
  const rpc = step === 'join' ? 'addLearner' : 'promote';
  const group = world.groupNumber(groupName);
  const node = world.nodeNumber(name);
  const call = world.calls.begin(rpc, `${name} ${groupName}`);
  const end = (code: Code, why: string): boolean => {
    world.calls.end(call, rpc, code, why);
    return code === Code.Ok;
  };
  const leader = yield* findLeader(world, group);
  const process = leader === 0 ? null : world.process(leader);
  if (process === null || process.status !== 'serving') {
    return end(Code.Unavailable, `connection refused: group ${groupName} has no leader`);
  }
  const misfit = misfitOf(process.replica(group), step, node);
  if (misfit !== null) return end(Code.FailedPrecondition, `${name} ${misfit} ${groupName}`);
  const refusal = yield* within(world, process, process.program.admit(groupName, step, name), DIED);
  if (refusal !== null) return end(Code.FailedPrecondition, refusal);
  const type = step === 'join' ? ConfChangeType.AddLearnerNode : ConfChangeType.AddNode;
  // The gate was asked at this leader; another leader would have to be asked again.
  const done = yield* change(world, group, type, node, leader);
  return end(done === null ? Code.Ok : Code.Unavailable, done ?? '');
}

/** Why a leader will not hear of a change: a voter that is "added" would lose its vote, and a promotion is no way in. */
function misfitOf(replica: Replica | null, step: 'join' | 'promote', node: number): string | null {
  const conf = replica?.conf ?? null;
  if (conf === null) return null;
  if (step === 'promote') return conf.learners.includes(node) ? null : 'is no learner of';
  return conf.voters.includes(node) || conf.learners.includes(node) ? 'is already a member of' : null;
}

/** Whether a change took effect: the core replaces one that meets another by an empty entry. */
function isAsWanted({ conf }: Replica, type: ConfChangeType, node: number): boolean {
  if (type === ConfChangeType.AddNode) return conf.voters.includes(node);
  const there = conf.voters.includes(node) || conf.learners.includes(node);
  return type === ConfChangeType.RemoveNode ? !there : there;
}

/** Proposes one change and waits until it is applied at the leader. Null, or why it is not known to be. */
function* change(
  world: World,
  group: number,
  type: ConfChangeType,
  nodeId: number,
  only: number | null = null,
): Task<string | null> {
  let why = 'no leader';
  for (let i = 0; i < TRIES; i++) {
    const leader = only ?? (yield* findLeader(world, group));
    const process = world.process(leader);
    const replica = process?.replica(group) ?? null;
    if (process === null || !leads(replica)) return why;
    if (type === ConfChangeType.RemoveNode && replica.conf.voters.every((voter) => voter === nodeId)) return ONLY_VOTER;
    const task = replica.proposeConfChange(
      { version: 2, transition: ConfChangeTransition.Auto, changes: [{ type, nodeId }], context: NO_DATA },
      world.nowMs() + CALL_TIMEOUT_MS,
    );
    const proposed = yield* within(world, process, task, failed('closed', DIED));
    if (proposed.ok) {
      if (isAsWanted(replica, type, nodeId)) {
        if (type === ConfChangeType.RemoveNode) world.home(nodeId).removedAt(group, replica.applied());
        return null;
      }
      why = 'another change is under way';
    } else {
      why = proposed.detail;
      if (proposed.why !== 'not-leader' && proposed.why !== 'transfer-in-progress') return why;
    }
    yield* world.sleep(RETRY_MS);
  }
  return why;
}
