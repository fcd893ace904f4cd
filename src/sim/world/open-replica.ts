// Opens one replica from a node's disk, as the real engine opens a group: an empty disk of a founding member gets the first
// configuration, a later one the newest snapshot it wrote, and the core is told what was applied.
import type { StateMachine } from '../../fsm/state-machine.ts';
import { ReadOnlyOption, type ConfState, type Snapshot } from '../../raft/index.ts';
import { LiveStorage } from './live-storage.ts';
import type { Process } from './process.ts';
import type { ReplicaParts } from './replica-parts.ts';
import { Replica } from './replica.ts';

/** Index and term of the snapshot a founding member starts from: the log proper begins behind it. */
const FOUNDING_INDEX = 1;

/**
 * Opens the replica of a group on a process. The caller pumps it, which replays what the disk knows to be committed.
 * `refusal` says why the state machine cannot start from the snapshot on the disk; null if it did.
 */
export function openReplica(process: Process, group: number): { replica: Replica; refusal: string | null } {
  const { world, home, program } = process;
  const id = { name: world.groupName(group), id: group };
  const machine = program.machine(id);
  const disk = home.log(group);
  const founders = world.founders(group);
  if (disk.isEmpty() && startsFromFirst(process, group, founders)) {
    disk.found({ index: FOUNDING_INDEX, term: 1, confState: founders, data: machine.snapshot(0) });
  }
  const snapshot = disk.storage.snapshot();
  const from = typeof snapshot === 'number' ? null : snapshot;
  const refusal = from === null ? null : restore(machine, from);
  const replica = new Replica(
    {
      node: home.node,
      group,
      config: configOf(process, group, from?.index ?? 0),
      disk,
      machine,
      codec: program.engine(id),
      clock: home.clock,
      tickMs: world.scenario.cluster.tickMs,
      incarnation: home.incarnation,
      delays: world.scenario.cluster.raft.asyncStorage ? world.draws.storage(home.node, group) : null,
    },
    process,
  );
  return { replica, refusal };
}

/** Whether a replica with an empty disk begins with the group's first configuration; otherwise it waits for a snapshot. */
function startsFromFirst({ world, home }: Process, group: number, founders: ConfState): boolean {
  const { joinersStartFrom } = world.scenario.cluster.raft;
  if (joinersStartFrom === 'firstConfiguration') return true;
  if (isMember(founders, home.node)) return home.founds(group);
  return joinersStartFrom === 'drawn' && world.draws.startsFromFirst(home.node, group);
}

/** A store that is ahead of the snapshot keeps what it has, and takes the header alone; the log is not applied to it again. */
function restore(machine: StateMachine, { data, index }: Snapshot): string | null {
  if (index > machine.durableAppliedIndex()) return machine.restore(data, index);
  return machine.restoreHeader?.(data) ?? null;
}

function configOf({ world, home }: Process, group: number, applied: number): ReplicaParts['config'] {
  const { raft } = world.scenario.cluster;
  // Written out in full: spreading the defaults costs more than opening the replica does.
  return {
    id: home.node,
    group,
    electionTick: world.electionTick,
    heartbeatTick: world.heartbeatTick,
    storage: new LiveStorage(home.log(group).storage),
    applied,
    asyncStorageWrites: raft.asyncStorage,
    maxSizePerMsg: raft.maxMessageBytes,
    maxCommittedSizePerReady: raft.maxApplyingBytes,
    maxUncommittedEntriesSize: raft.maxUncommittedBytes,
    maxInflightMsgs: raft.maxInflight,
    maxInflightBytes: raft.maxInflightBytes,
    checkQuorum: raft.checkQuorum,
    preVote: raft.preVote === true || (raft.preVote === 'after a restart' && home.restarts > 0),
    readOnlyOption: raft.reads === 'lease' ? ReadOnlyOption.LeaseBased : ReadOnlyOption.Safe,
    disableProposalForwarding: true,
    disableConfChangeValidation: false,
    stepDownOnRemoval: raft.stepDownOnRemoval,
    random: world.draws.election(home.node, group),
    logger: null,
    trace: world.stateTrace(world.groupName(group)),
  };
}

function isMember(conf: ConfState, node: number): boolean {
  return conf.voters.includes(node) || conf.learners.includes(node);
}
