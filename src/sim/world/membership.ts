// Membership as an operator changes it: through the leader, past its join and promote gates, one member at a time.
import { Code } from '../../base/errors.ts';
import { drive, type Task } from '../../base/task.ts';
import { ConfChangeTransition, ConfChangeType } from '../../raft/index.ts';
import type { Build } from '../../scenario/build.ts';
import { NO_DATA } from '../../raft/index.ts';
import { CALL_TIMEOUT_MS, findLeader } from './plan-steps.ts';
import { leads, type Process } from './process.ts';
import type { Replica } from './replica.ts';
import { failed, Pending } from './waiters.ts';
import type { World } from './world.ts';

/** How often an operator tries a change that met a leader change, and how long it waits in between. */
const TRIES = 5;
const RETRY_MS = 100;
/** What an operator is told when the leader's process ends with a change in hand. */
const DIED = 'connection closed: the leader is gone';

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
  for (const group of groups) {
    const call = world.calls.begin('removeMember', `${name} ${group}`);
    const done = yield* change(world, world.groupNumber(group), ConfChangeType.RemoveNode, world.nodeNumber(name));
    world.calls.end(call, 'removeMember', done === null ? Code.Ok : Code.Unavailable, done ?? '');
  }
}

/** The old machine is gone for good; an empty one joins each of its groups under its name, in the same part. */
export function* replaceNode(world: World, name: string, as: Build | null): Task<void> {
  const node = world.nodeNumber(name);
  const build = as ?? world.home(node).build;
  const parts = world.partsOf(node);
  world.crash(node, 'machine lost');
  for (const { group } of parts) yield* removeMember(world, name, [world.groupName(group)]);
  world.replace(node);
  if (build === null) return;
  world.start(node, build);
  while (world.process(node)?.status === 'starting') yield* world.sleep(10);
  for (const { group, voter } of parts) {
    yield* addLearner(world, name, [world.groupName(group)]);
    if (voter) yield* promote(world, name, [world.groupName(group)]);
  }
}

function* admitted(world: World, name: string, groupName: string, step: 'join' | 'promote'): Task<void> {
  const rpc = step === 'join' ? 'addLearner' : 'promote';
  const group = world.groupNumber(groupName);
  const node = world.nodeNumber(name);
  const call = world.calls.begin(rpc, `${name} ${groupName}`);
  const leader = yield* findLeader(world, group);
  const process = leader === 0 ? null : world.process(leader);
  if (process === null || process.status !== 'serving') {
    return world.calls.end(call, rpc, Code.Unavailable, `connection refused: group ${groupName} has no leader`);
  }
  const refusal = yield* within(world, process, process.program.admit(groupName, step, name), DIED);
  if (refusal !== null) return world.calls.end(call, rpc, Code.FailedPrecondition, refusal);
  world.home(node).readmit(group);
  const type = step === 'join' ? ConfChangeType.AddLearnerNode : ConfChangeType.AddNode;
  // The gate was asked at this leader; another leader would have to be asked again.
  const done = yield* change(world, group, type, node, leader);
  world.calls.end(call, rpc, done === null ? Code.Ok : Code.Unavailable, done ?? '');
}

/** Runs a task of a process for somebody outside: if the process dies with it, the outside is told. */
function* within<T>(world: World, process: Process, task: Task<T>, ifItDies: T): Task<T> {
  const pending = new Pending<T>(world.outside);
  const forget = process.onBreak(() => pending.settle(ifItDies));
  drive(task, (outcome) => {
    forget();
    if ('error' in outcome) throw outcome.error;
    pending.settle(outcome.value);
  });
  return yield* pending.wait();
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
    const task = replica.proposeConfChange(
      { version: 2, transition: ConfChangeTransition.Auto, changes: [{ type, nodeId }], context: NO_DATA },
      world.nowMs() + CALL_TIMEOUT_MS,
    );
    const proposed = yield* within(world, process, task, failed('closed', DIED));
    if (proposed.ok) {
      if (isAsWanted(replica, type, nodeId)) return null;
      why = 'another change is under way';
    } else {
      why = proposed.detail;
      if (proposed.why !== 'not-leader' && proposed.why !== 'transfer-in-progress') return why;
    }
    yield* world.sleep(RETRY_MS);
  }
  return why;
}
