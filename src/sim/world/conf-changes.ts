// What a configuration that takes effect means for the wires and disks around a replica: new connections to whom it gained,
// and the end of a member that is out. A member that is out gives up its log; nobody may count on that log afterwards, and
// nobody may found an empty one in its place before the node is in again. Each of these rules is a way to lose committed
// entries that real clusters have met.
import type { ConfState } from '../../raft/index.ts';
import { leads, type Process } from './process.ts';
import type { Replica } from './replica.ts';
import type { World } from './world.ts';

/** How long a removed leader that does not step down goes on until its host stops it, virtual ms. */
const STOP_REMOVED_MS = 300;

/** Whether a node is a member, of either half while the configuration is joint. */
export function isIn(conf: ConfState, node: number): boolean {
  return (
    conf.voters.includes(node) ||
    conf.votersOutgoing.includes(node) ||
    conf.learners.includes(node) ||
    conf.learnersNext.includes(node)
  );
}

/** Sees to what follows from a configuration that took effect at a replica. @param before the one it had */
export function confChanged(world: World, process: Process, replica: Replica, before: ConfState): void {
  world.touched();
  const { node, group, conf } = replica;
  for (let other = 1; other <= world.scenario.cluster.nodes.length; other++) {
    // What is still under way between the two was meant for, or came from, an earlier member of that name.
    if (other !== node && isIn(conf, other) && !isIn(before, other)) world.wire.network.forget(node, other, group);
  }
  if (!world.scenario.cluster.raft.stepDownOnRemoval) stopLater(world, process, replica);
  if (isIn(conf, node) || world.scenario.cluster.raft.keepRemoved) return;
  world.soon(() => {
    if (process.replica(group) !== replica || !process.isUp() || !isOutForGood(world, replica)) return;
    process.leave(replica);
    process.home.left(group, replica.applied());
  });
}

/** Whether somebody who still counts the node in, or counts it in again, may contact it: only then may it found a log. */
export function mayFound(world: World, from: number, node: number, group: number): boolean {
  const sender = world.replica(from, group);
  return sender !== null && isIn(sender.conf, node) && world.home(node).mayJoin(group, sender.applied());
}

/** The leader knows, and nobody has gone on to a configuration with the node in it. */
function isOutForGood(world: World, { node, group, conf }: Replica): boolean {
  const leader = world.replica(world.leaderOf(group), group);
  if (leader === null || isIn(conf, node)) return false;
  for (let other = 1; other <= world.scenario.cluster.nodes.length; other++) {
    const replica = world.replica(other, group);
    if (replica !== null && replica.applied() >= leader.applied() && isIn(replica.conf, node)) return false;
  }
  return !isIn(leader.conf, node);
}

/** Stops a leader that is no voter any more and whose core does not step down by itself; its disk stays. */
function stopLater(world: World, process: Process, replica: Replica): void {
  if (replica.isVoter()) return;
  world.scheduler.after(STOP_REMOVED_MS, () => {
    const isThere = process.isUp() && process.replica(replica.group) === replica;
    if (isThere && leads(replica) && !replica.isVoter()) process.leave(replica);
  });
}
