// Opens one replica from a node's disk, as the real engine opens a group: an empty disk of a founding member gets the first
// configuration, a later one the newest snapshot it wrote, and the core is told what was applied.
import { DEFAULT_CONFIG, ReadOnlyOption, type Config, type ConfState } from '../../raft/index.ts';
import type { Process } from './process.ts';
import { Replica } from './replica.ts';

/** Index and term of the snapshot a founding member starts from: the log proper begins behind it. */
const FOUNDING_INDEX = 1;

/** Limits of the engine: messages in flight per peer, and bytes of entries per message. */
export const MAX_INFLIGHT_MSGS = 64;
const MAX_SIZE_PER_MSG = 1 << 20;

/** Opens the replica of a group on a process. The caller pumps it, which replays what the disk knows to be committed. */
export function openReplica(process: Process, group: number): Replica {
  const { world, home, program } = process;
  const id = { name: world.groupName(group), id: group };
  const machine = program.machine(id);
  const disk = home.log(group);
  const founders = world.founders(group);
  if (
    disk.isEmpty() &&
    founders.voters.length > 0 &&
    isMember(founders, home.node) &&
    !world.hasFounded(home.node, group)
  ) {
    world.noteFounded(home.node, group);
    disk.found({ index: FOUNDING_INDEX, term: 1, confState: founders, data: machine.snapshot(FOUNDING_INDEX) });
  }
  const snapshot = disk.storage.snapshot();
  const from = typeof snapshot === 'number' ? null : snapshot;
  if (from !== null && from.index > machine.durableAppliedIndex()) machine.restore(from.data, from.index);
  const config: Config = {
    ...DEFAULT_CONFIG,
    id: home.node,
    group,
    electionTick: world.electionTick,
    heartbeatTick: world.heartbeatTick,
    storage: disk.storage,
    applied: from?.index ?? 0,
    maxSizePerMsg: MAX_SIZE_PER_MSG,
    maxInflightMsgs: MAX_INFLIGHT_MSGS,
    checkQuorum: true,
    preVote: true,
    readOnlyOption: ReadOnlyOption.Safe,
    disableProposalForwarding: true,
    stepDownOnRemoval: true,
    random: world.electionDraw(home.node, group),
    trace: world.stateTrace,
  };
  const codec = program.engine(id);
  return new Replica(
    { node: home.node, group, config, disk, machine, codec, clock: home.clock, tickMs: world.scenario.cluster.tickMs },
    process,
  );
}

function isMember(conf: ConfState, node: number): boolean {
  return conf.voters.includes(node) || conf.learners.includes(node);
}
