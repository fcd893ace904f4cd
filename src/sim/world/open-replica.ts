// Opens one replica from a node's disk, as the real engine opens a group: an empty disk of a founding member gets the first
// configuration, a later one the newest snapshot it wrote, and the core is told what was applied.
import { DEFAULT_CONFIG, ReadOnlyOption, type Config, type ConfState } from '../../raft/index.ts';
import { hashText } from '../kernel/fingerprint.ts';
import type { Process } from './process.ts';
import { Replica } from './replica.ts';
import { APPEND_MS, APPLY_MS, type StorageDelays } from './storage-threads.ts';

/** Index and term of the snapshot a founding member starts from: the log proper begins behind it. */
const FOUNDING_INDEX = 1;

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
  const { raft, tickMs } = world.scenario.cluster;
  const config: Config = {
    ...DEFAULT_CONFIG,
    id: home.node,
    group,
    electionTick: world.electionTick,
    heartbeatTick: world.heartbeatTick,
    storage: disk.storage,
    applied: from?.index ?? 0,
    asyncStorageWrites: raft.asyncStorage,
    maxSizePerMsg: raft.maxMessageBytes,
    maxCommittedSizePerReady: raft.maxApplyingBytes,
    maxUncommittedEntriesSize: raft.maxUncommittedBytes,
    maxInflightMsgs: raft.maxInflight,
    maxInflightBytes: raft.maxInflightBytes,
    checkQuorum: raft.checkQuorum,
    preVote: raft.preVote,
    readOnlyOption: raft.reads === 'lease' ? ReadOnlyOption.LeaseBased : ReadOnlyOption.Safe,
    disableProposalForwarding: true,
    stepDownOnRemoval: true,
    random: world.electionDraw(home.node, group),
    trace: world.stateTrace,
  };
  const codec = program.engine(id);
  return new Replica(
    {
      node: home.node,
      group,
      config,
      disk,
      machine,
      codec,
      clock: home.clock,
      tickMs,
      incarnation: home.incarnation,
      delays: raft.asyncStorage ? storageDelays(process, group) : null,
    },
    process,
  );
}

function storageDelays({ world, home }: Process, group: number): StorageDelays {
  const stream = `storage/${home.name}/${world.groupName(group)}`;
  const [append, apply] = [hashText('append'), hashText('apply')];
  return {
    appendMs: () => APPEND_MS[world.choose(stream, append, APPEND_MS.length)]!,
    applyMs: () => APPLY_MS[world.choose(stream, apply, APPLY_MS.length)]!,
  };
}

function isMember(conf: ConfState, node: number): boolean {
  return conf.voters.includes(node) || conf.learners.includes(node);
}
